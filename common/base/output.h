/* An output that appears whole or not at all.
 *
 * A regular file is written beside its target, without a name where the file system knows such files, and renamed by
 * mm_output_commit; interrupted, failed or aborted, nothing is left. (Where it does not, SIGKILL leaves a hidden file.)
 * Standard output, /dev/null, FIFOs and other targets that are no regular file are written to directly. */
#ifndef MM_BASE_OUTPUT_H
#define MM_BASE_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "common/base/error.h"

typedef struct mm_output {
    int fd;
    FILE *file;        /* the same as a stdio stream, made by mm_output_file, else NULL */
    const char *name;  /* for messages */
    char *temporary, *target;
    bool nameless;     /* the temporary file has no name before the commit */
    bool to_stdout;
} mm_output;

/* path NULL: standard output, refused when a terminal and `binary`; "-": standard output in any case. */
int mm_output_open(mm_output *output, const char *path, bool binary, mm_error *error);
FILE *mm_output_file(mm_output *output, mm_error *error); /* NULL with an error */

/* Flushes, checks for delayed write errors, closes: all that can fail, and only the name is missing yet. For several files
 * that appear together. */
int mm_output_close(mm_output *output, mm_error *error);

/* The same, and gives the file its name. */
int mm_output_commit(mm_output *output, mm_error *error);
void mm_output_abort(mm_output *output); /* also after a failed commit; nothing happens when not open */

/* A whole output that is text, or bytes that may go to a terminal: opened as above, written, committed. */
int mm_output_text(const char *path, const char *text, size_t bytes, mm_error *error);

#endif
