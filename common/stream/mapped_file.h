/* A file mapped into memory. It is read in place and passed on to a pipe without a copy.
 *
 * If another program changes the file meanwhile, results may be wrong and the pipe's reader may find a wrong checksum. If the
 * file becomes shorter, the program ends with a message (mm_begin). */
#ifndef MM_STREAM_MAPPED_FILE_H
#define MM_STREAM_MAPPED_FILE_H

#include <stddef.h>

typedef struct mm_mapped_file {
    const unsigned char *bytes;
    size_t size;
    int fd; /* of the file, read-only; owned */
} mm_mapped_file;

/* Maps a regular file that is not empty and takes its descriptor over. NULL: the file cannot be mapped or read to its end
 * (read(2) then shows the reason), or memory is out; the caller then keeps the descriptor. */
mm_mapped_file *mm_mapped_file_new(int fd, size_t size);
void mm_mapped_file_free(mm_mapped_file *file); /* NULL is fine */

#endif
