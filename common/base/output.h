/* An output that appears whole or not at all.
 *
 * A regular file is written beside its target and renamed by mm_output_commit; nothing is left when the program is interrupted
 * or fails. The new file has no name until then if the file system allows that; if not, SIGKILL leaves a hidden file behind.
 * A file that is replaced keeps its mode from the first byte, and its owner and group where the caller may give them; if the group
 * cannot be kept it gets no more than others have. A new file's mode is that of the umask. A symbolic link is followed if the caller or
 * root owns it, also to a file that does not exist yet: the new file appears in the folder that the link leads to.
 *
 * Standard output, /dev/null, FIFOs and other targets that are not regular files are written to directly. */
#ifndef MM_BASE_OUTPUT_H
#define MM_BASE_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "common/base/error.h"

typedef struct mm_output {
    int fd;
    FILE *file;        /* a stdio stream to it, made by mm_output_file, else NULL */
    const char *name;  /* for messages */
    char *temporary, *target;
    bool nameless;     /* the temporary file has no name before the commit */
    bool to_stdout;
    mm_error failure;  /* the first failure to write through `file` */
} mm_output;

/* Opens an output. path NULL: standard output, which must not be a terminal if `binary`. "-": standard output, a terminal too.
 * MM_FAILURE: the file cannot be opened, or a link to it belongs to another user. */
int mm_output_open(mm_output *output, const char *path, bool binary, mm_error *error);

/* Returns a stdio stream to the output, which owns it and must not move in memory from then on. NULL with an error. */
FILE *mm_output_file(mm_output *output, mm_error *error);

/* Flushes, checks for delayed write errors and closes. Only the renaming is left for mm_output_commit. For several files that
 * appear together. */
int mm_output_close(mm_output *output, mm_error *error);

/* Closes the output, unless that is done, and gives the file its name. */
int mm_output_commit(mm_output *output, mm_error *error);

/* Closes the output and removes its temporary file. Call it after a failed commit too; does nothing after a successful one. */
void mm_output_abort(mm_output *output);

/* Returns the file that a path leads to, which need not exist; free it. Links are followed that the caller or root owns: in a folder
 * that all may write to, anybody can lay another one. NULL with an error. */
char *mm_output_target(const char *path, mm_error *error);

/* Opens an output that may be a terminal, writes all of `text` to it and commits it. */
int mm_output_text(const char *path, const char *text, size_t bytes, mm_error *error);

#endif
