/* What programs say on standard error: "mmresize: cannot open 'x': No such file or directory". */
#ifndef MM_CLI_MESSAGE_H
#define MM_CLI_MESSAGE_H

#include "common/base/error.h"

/* Sets the program's name for messages and SIGPIPE's default action, and opens standard descriptors that are closed. Call first in
 * main. */
void mm_begin(const char *program);

/* One line on stderr with the program's name before it; lines of several threads do not mix. */
void mm_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void mm_warn(const char *format, ...) __attribute__((format(printf, 1, 2))); /* "NAME: warning: ..." */

/* Draws a line, with the program's name before it, over the last such line of a terminal. The next message, or NULL, wipes it. */
void mm_line(const char *text);

/* Prints the error, after a usage error also how to get help, and returns its code: `return mm_exit(&error)`. */
int mm_exit(const mm_error *error);

#endif
