/* What the stand-in for CUDA's runtime records: pieces of work that are kept instead of done, and done at every replay. As on
 * a card, what moves bytes reads and writes at the replay what lies at the addresses of the recording. */
#ifndef MM_TESTS_SUPPORT_CUDA_HOST_RECORD_H
#define MM_TESTS_SUPPORT_CUDA_HOST_RECORD_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Runs and drops it; or, while recording, keeps it for replays. */
void mm_host_do(void (*run)(void *work), void (*drop)(void *work), void *work);

bool mm_host_recording(void);
bool mm_host_begin(void);            /* false: is recording already */
void *mm_host_end(void);             /* the recording, or NULL */
void mm_host_replay(void *recording);
void mm_host_forget(void *recording); /* NULL is fine */
unsigned long mm_host_replays(void); /* how many there were, for tests */

#ifdef __cplusplus
}
#endif
#endif
