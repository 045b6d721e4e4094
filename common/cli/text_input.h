/* Text that a program reads as a whole: manifests, tables of predictions. */
#ifndef MM_CLI_TEXT_INPUT_H
#define MM_CLI_TEXT_INPUT_H

#include <stddef.h>

#include "common/base/error.h"

/* All bytes of one file ("-" or NULL: standard input, refused when a terminal) in malloc'd memory, with a zero byte
 * after them. At most 4 GiB. 0, MM_FAILURE, MM_USAGE. */
int mm_text_read(const char *path, char **text, size_t *bytes, mm_error *error);

/* The same of n operands (none: standard input), joined; each but a single one must end in a newline, else MM_DAMAGED. */
int mm_text_read_all(char **paths, size_t n, char **text, size_t *bytes, mm_error *error);

/* How messages call it: "standard input" or the path. */
const char *mm_text_name(const char *path);

#endif
