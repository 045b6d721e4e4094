/* A file in memory as it stands on the disk: read in place, and handed on to a pipe without being copied.
 *
 * Somebody may change the file meanwhile. What is computed from it may then be wrong, and a checksum of it no longer fit what a
 * pipe carries (whose reader says so); a file that becomes shorter ends the program with a message (mm_begin). */
#ifndef MM_STREAM_MAPPED_FILE_H
#define MM_STREAM_MAPPED_FILE_H

#include <stddef.h>

typedef struct mm_mapped_file {
    const unsigned char *bytes;
    size_t size;
    int fd; /* of the file, read-only; owned */
} mm_mapped_file;

/* Takes over the descriptor of a regular file that is not empty. NULL: it cannot be mapped, or not all of it be read (which read(2)
 * can tell the reason of), or memory is out; the descriptor then stays the caller's. */
mm_mapped_file *mm_mapped_file_new(int fd, size_t size);
void mm_mapped_file_free(mm_mapped_file *file); /* NULL is fine */

#endif
