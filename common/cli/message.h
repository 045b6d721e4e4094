/* What programs say on standard error: "mmresize: cannot open 'x': No such file or directory". */
#ifndef MM_CLI_MESSAGE_H
#define MM_CLI_MESSAGE_H

#include "common/base/error.h"

/* Prepares the process; call it first in main. Sets the program's name for messages, opens standard descriptors that are closed,
 * sets the actions of SIGPIPE, SIGXFSZ and SIGBUS, and makes the heap keep the memory of large records. */
void mm_begin(const char *program);

/* Print one line on stderr after the program's name. Lines of several threads do not mix. */
void mm_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void mm_warn(const char *format, ...) __attribute__((format(printf, 1, 2))); /* "NAME: warning: ..." */

/* Draws a line on the terminal, after the program's name, in place of the last such line. The next message, or NULL, wipes it. */
void mm_line(const char *text);

/* Prints the error, after a usage error how to get help too, and returns its code: `return mm_exit(&error)`. */
int mm_exit(const mm_error *error);

#endif
