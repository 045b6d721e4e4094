/* Zip containers (libarchive) for NPZ and PyTorch files: whole archives in memory, members by name.
 *
 * Refused are encrypted members, links, two members of one name, members that share bytes, and archives that unpack to more than both
 * 64 MiB and 8 times their size. Checksums are verified. */
#ifndef MM_FORMATS_WEIGHTS_ZIP_H
#define MM_FORMATS_WEIGHTS_ZIP_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"

typedef struct mm_zip_member {
    char *name;
    unsigned char *data; /* never NULL */
    size_t size;
} mm_zip_member;

typedef struct mm_zip {
    mm_zip_member *members; /* in the archive's order */
    size_t n, room;
    mm_zip_member **sorted; /* by name */
} mm_zip;

/* True if bytes[n] begin a zip archive. */
bool mm_zip_is(const void *bytes, size_t n);

/* Unpacks all files of the archive. `name` is the subject of messages. On failure nothing is left to free. */
int mm_zip_decode(mm_zip *zip, const void *bytes, size_t n, const char *name, mm_error *error);
const mm_zip_member *mm_zip_find(const mm_zip *zip, const char *member); /* or NULL */
void mm_zip_free(mm_zip *zip);

/* Writing: members stored without compression, no times, the same bytes for the same members. */
typedef struct mm_zip_writer mm_zip_writer;

/* Begins an archive. The caller passes *out, which may be NULL, to mm_zip_finish also after a failure. */
int mm_zip_create(mm_zip_writer **out, int fd, const char *name, mm_error *error);

/* Adds a member whose data is in two parts, a header and the rest; either may be empty. */
int mm_zip_add(mm_zip_writer *writer, const char *member, const void *head, size_t head_size, const void *data, size_t size,
               mm_error *error);

/* Ends the archive and frees the writer. After an error, call it with error NULL: it then writes nothing. */
int mm_zip_finish(mm_zip_writer *writer, mm_error *error);

#endif
