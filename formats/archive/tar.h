/* Tar archives by libarchive. They are read member by member, also when packed by gzip, zstd, xz or bzip2. The same members always
 * give the same archive: format pax (ustar wherever that suffices), uid and gid 0, no user names, the same time for all. */
#ifndef MM_FORMATS_ARCHIVE_TAR_H
#define MM_FORMATS_ARCHIVE_TAR_H

#include <stddef.h>
#include <time.h>

#include "common/base/error.h"

typedef struct mm_member {
    char *name;                /* as in the archive, without a leading "./"; NULL after the last member */
    const unsigned char *data; /* never NULL */
    size_t size;
    void *owned;               /* data if the member owns it; NULL if it lies in the archive's memory */
} mm_member;

void mm_member_free(mm_member *member);

typedef struct mm_tar mm_tar;

/* Opens an archive on a descriptor, which the caller keeps. `first` holds n bytes that were read from it already. */
int mm_tar_open_fd(mm_tar **out, int fd, const char *name, const void *first, size_t n, mm_error *error);

/* Opens an archive in memory, which must outlive it and its members. Members of an archive that is not packed lie in that memory. */
int mm_tar_open_memory(mm_tar **out, const void *bytes, size_t size, const char *name, mm_error *error);

/* Reads the next regular file that is not hidden; its name is NULL at the end. Archives that cat(1) joined are read as one. MM_DAMAGED:
 * the file is not a tar archive, has sparse members or links, or is damaged or truncated. An archive that is cut off between two members lacks the zeros at its
 * end and counts as truncated. */
int mm_tar_next(mm_tar *tar, mm_member *member, mm_error *error);
void mm_tar_close(mm_tar *tar);

typedef struct mm_tar_writer mm_tar_writer;

/* Begins an archive on a descriptor, which the caller keeps. All its members have this time. */
int mm_tar_create(mm_tar_writer **out, int fd, const char *name, time_t mtime, mm_error *error);

/* Adds a regular file. MM_FAILURE: cannot write. */
int mm_tar_add(mm_tar_writer *writer, const char *name, const void *data, size_t size, mm_error *error);

/* Writes the end of the archive. */
int mm_tar_finish(mm_tar_writer *writer, mm_error *error);
void mm_tar_writer_free(mm_tar_writer *writer);

#endif
