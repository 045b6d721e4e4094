/* SIGTERM and SIGINT as a request: the first one is noted, and the second does what it would have done before. */
#ifndef MM_CLI_INTERRUPT_H
#define MM_CLI_INTERRUPT_H

#include <signal.h>

/* Begins to note them. Call after mm_output_open, which sets handlers that remove temporary files: these come back for
 * the second signal. Returns where the number of the signal will stand, 0 until then. */
const volatile sig_atomic_t *mm_interrupt_catch(void);

#endif
