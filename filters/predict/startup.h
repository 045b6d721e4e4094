/* How programs that run networks begin. */
#ifndef MM_FILTERS_PREDICT_STARTUP_H
#define MM_FILTERS_PREDICT_STARTUP_H

#include <stdbool.h>

#include "common/nn/backend.h"

/* mm_begin, and threads that wait for one another do so asleep. GCC's OpenMP lets them spin for milliseconds, which is
 * a loss when other programs of a pipeline want the processors: a thread that has to be waited for is then the one that
 * got none. Sets GOMP_SPINCOUNT unless that or OMP_WAIT_POLICY says what the user wants; OpenMP reads it when the CPU backend
 * is opened. Call first in main. */
void mm_begin_predict(const char *program);

/* One line that names the device, unless quiet. */
void mm_say_device(const mm_device *device, bool quiet);

/* --deterministic: the device of that name always makes the same bits of the same input. MM_USAGE when it was told that it
 * need not. */
int mm_check_deterministic(const char *device, mm_error *error);

#endif
