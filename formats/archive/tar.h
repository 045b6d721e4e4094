/* Tar archives by libarchive: reading member by member, also gzip, zstd, xz and bzip2 packed; writing so that the same
 * members give the same bytes (format pax, which is ustar wherever that suffices; uid and gid 0, no names, one time). */
#ifndef MM_FORMATS_ARCHIVE_TAR_H
#define MM_FORMATS_ARCHIVE_TAR_H

#include <stddef.h>
#include <time.h>

#include "common/base/error.h"

typedef struct mm_member {
    char *name;                /* as in the archive, without a leading "./"; NULL behind the last member */
    const unsigned char *data; /* never NULL */
    size_t size;
    void *owned;               /* data when it is the member's own; NULL when it lies in the archive's memory */
} mm_member;

void mm_member_free(mm_member *member);

typedef struct mm_tar mm_tar;

/* From a descriptor, which stays the caller's; `first` are n bytes that were read from it before. */
int mm_tar_open_fd(mm_tar **out, int fd, const char *name, const void *first, size_t n, mm_error *error);

/* From memory that outlives the archive and what comes out of it. Members of an archive that is not packed lie in it. */
int mm_tar_open_memory(mm_tar **out, const void *bytes, size_t size, const char *name, mm_error *error);

/* The next regular file (others are passed over); archives one behind the other, as cat(1) joins them, are one.
 * MM_DAMAGED: no tar archive, one with sparse members, a damaged or truncated one, also one that is cut off between two
 * members: the blocks of zeros that end an archive are missed. */
int mm_tar_next(mm_tar *tar, mm_member *member, mm_error *error);
void mm_tar_close(mm_tar *tar);

typedef struct mm_tar_writer mm_tar_writer;

/* To a descriptor that stays the caller's; all members bear this time. */
int mm_tar_create(mm_tar_writer **out, int fd, const char *name, time_t mtime, mm_error *error);
int mm_tar_add(mm_tar_writer *writer, const char *name, const void *data, size_t size, mm_error *error);

/* Writes the end of the archive. */
int mm_tar_finish(mm_tar_writer *writer, mm_error *error);
void mm_tar_writer_free(mm_tar_writer *writer);

#endif
