/* The one table of file signatures: the kind of a file follows from its first bytes, never from its name. The table holds the
 * formats that mmpipe reads and those that it only names in messages. formats/image/formats.h lists the image formats. */
#ifndef MM_BASE_SIGNATURE_H
#define MM_BASE_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"

enum { MM_SIGNATURE_BYTES = 512 }; /* first bytes that decide; all bytes of a shorter file */

typedef enum mm_kind {
    MM_KIND_UNKNOWN,
    MM_KIND_EMPTY,
    MM_KIND_TEXT,
    MM_KIND_STREAM,  /* a tensor stream, mms(5) */
    MM_KIND_ARCHIVE, /* a tar archive, or packed data that may be one (gzip, zstd, xz, bzip2) */
    MM_KIND_WEIGHTS, /* a file that may hold weights: zip, HDF5, safetensors */
    MM_KIND_DICOM,
    MM_KIND_PNG,
    MM_KIND_JPEG,
    MM_KIND_PNM,
    MM_KIND_NPY,
    MM_KIND_JPEG2000,
    MM_KIND_TIFF,
    MM_KIND_GIF,
    MM_KIND_BMP,
    MM_KIND_OTHER /* a format that has a name but is not read */
} mm_kind;

typedef struct mm_signature {
    mm_kind kind;
    const char *name;   /* for people: "a PNG image", "gzip data", "text", "empty" */
    const char *advice; /* follows the name where a tensor stream is wanted: ": read it with mmread", or "" */
} mm_signature;

/* Returns the signature of a file that begins with bytes[size]; static, never NULL. */
const mm_signature *mm_signature_of(const void *bytes, size_t size);

/* Reads the first bytes of the file at `path`; *n: how many. MM_FAILURE: it cannot be read. */
int mm_signature_read(const char *path, unsigned char first[MM_SIGNATURE_BYTES], size_t *n, mm_error *error);

/* True if bytes[size] begins as a file of this kind does, even if another kind matches too. Not for EMPTY and UNKNOWN. */
bool mm_signature_is(mm_kind kind, const void *bytes, size_t size);

#endif
