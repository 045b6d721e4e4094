/* A child process that works for many inputs: for libraries that may end their process where ours call them in a child of
 * its own for each file, since a fork takes longer under sanitizers than all the rest. What it is thought to promise
 * is checked in the process that asks: the library's findings are no findings here.
 *
 * The branches taken in the child are counted in the fuzzer, as features. */
#ifndef MM_TESTS_FUZZ_HARNESS_WORKER_H
#define MM_TESTS_FUZZ_HARNESS_WORKER_H

#include <stddef.h>
#include <stdint.h>

/* Done in the child: input to result, a file to write to from its beginning. */
typedef void (*mm_fuzz_work)(const uint8_t *data, size_t size, int result);

/* A descriptor that reads what work(data, size) wrote, as far as the child came. */
int mm_fuzz_ask(mm_fuzz_work work, const uint8_t *data, size_t size);

#endif
