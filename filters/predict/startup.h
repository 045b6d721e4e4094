/* How programs that run networks begin. */
#ifndef MM_FILTERS_PREDICT_STARTUP_H
#define MM_FILTERS_PREDICT_STARTUP_H

#include <stdbool.h>

#include "common/nn/backend.h"

/* Begins as mm_begin, and lets threads that wait for one another sleep. GCC's OpenMP lets them spin for milliseconds, which
 * delays the thread that they wait for when other programs of a pipeline want the processors. Sets GOMP_SPINCOUNT, unless that
 * or OMP_WAIT_POLICY is set; OpenMP reads it when the CPU backend is opened. Call first in main. */
void mm_begin_predict(const char *program);

/* Prints a line that names the device, unless quiet. */
void mm_say_device(const mm_device *device, bool quiet);

/* Checks that --deterministic and --device agree. MM_USAGE: the name of the device allows other bits in each run. */
int mm_check_deterministic(const char *device, mm_error *error);

#endif
