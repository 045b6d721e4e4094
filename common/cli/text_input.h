/* Text that a program reads as a whole: manifests, tables of predictions. */
#ifndef MM_CLI_TEXT_INPUT_H
#define MM_CLI_TEXT_INPUT_H

#include <stddef.h>

#include "common/base/error.h"

/* Reads one file whole, at most 4 GiB, into memory that the caller frees, and ends it with a NUL byte. "-" or NULL: standard
 * input. 0, MM_FAILURE, MM_USAGE (a terminal). */
int mm_text_read(const char *path, char **text, size_t *bytes, mm_error *error);

/* Reads n operands (none: standard input) and joins them. MM_DAMAGED if one of several does not end in a newline. */
int mm_text_read_all(char **paths, size_t n, char **text, size_t *bytes, mm_error *error);

/* Returns the name of an input for messages: "standard input" or the path. */
const char *mm_text_name(const char *path);

#endif
