/* SIGTERM and SIGINT as a request: the first signal is only noted, the second acts as it did before. */
#ifndef MM_CLI_INTERRUPT_H
#define MM_CLI_INTERRUPT_H

#include <signal.h>

/* Begins to note signals. Returns a variable that holds the first signal's number, 0 until one arrives. Call it after
 * mm_output_open, whose handlers (they remove temporary files) are restored for the second signal. */
const volatile sig_atomic_t *mm_interrupt_catch(void);

#endif
