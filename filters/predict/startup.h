/* The start of programs that run networks. */
#ifndef MM_FILTERS_PREDICT_STARTUP_H
#define MM_FILTERS_PREDICT_STARTUP_H

#include <stdbool.h>

#include "common/nn/backend.h"

/* Begins as mm_begin does, and makes threads sleep soon while they wait for one another. GCC's OpenMP lets them spin for
 * milliseconds, which delays the very thread that they wait for when other programs of a pipeline need the processors. Sets
 * GOMP_SPINCOUNT, unless that or OMP_WAIT_POLICY is set; OpenMP reads it when the CPU backend is opened. Call first in main. */
void mm_begin_predict(const char *program);

/* Prints a line with the device's description, unless quiet. */
void mm_say_device(const mm_device *device, bool quiet);

/* Checks that --device allows --deterministic. MM_USAGE: the device's name asks for atomics, which give other bits in each run. */
int mm_check_deterministic(const char *device, mm_error *error);

#endif
