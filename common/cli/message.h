/* What programs say on standard error: "mmresize: cannot open 'x': No such file or directory". */
#ifndef MM_CLI_MESSAGE_H
#define MM_CLI_MESSAGE_H

#include "common/base/error.h"

/* Sets the program's name for messages and, for a filter, SIGPIPE's default action; fills standard descriptors that are
 * closed. Call first in main. */
void mm_begin(const char *program);

/* One line on stderr with the program's name before it; lines of several threads do not mix. */
void mm_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void mm_warn(const char *format, ...) __attribute__((format(printf, 1, 2))); /* "NAME: warning: ..." */

/* A line of a terminal, with the program's name before it, that is drawn over itself each time; the next message, or NULL,
 * wipes it. */
void mm_line(const char *text);

/* Prints the error, says how to get help after a usage error, and returns its code: `return mm_exit(&error)`. */
int mm_exit(const mm_error *error);

#endif
