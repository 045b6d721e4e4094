/* What a file holds, told by its first bytes and never by its name. */
#ifndef MM_FORMATS_IMAGE_CONTENT_H
#define MM_FORMATS_IMAGE_CONTENT_H

#include <stdbool.h>
#include <stddef.h>

enum { MM_CONTENT_BYTES = 512 }; /* so many first bytes decide (fewer where a file has no more) */

typedef enum mm_content {
    MM_CONTENT_EMPTY, MM_CONTENT_STREAM, MM_CONTENT_PNG, MM_CONTENT_JPEG, MM_CONTENT_DICOM, MM_CONTENT_PNM,
    MM_CONTENT_NPY,
    MM_CONTENT_TAR,    /* a tar archive, or something packed that may be one (gzip, zstd, xz, bzip2) */
    MM_CONTENT_FOREIGN /* something else */
} mm_content;

mm_content mm_content_of(const void *bytes, size_t size);
bool mm_content_is_image(mm_content content);

/* What it is, for people: "a PNG image", "a DICOM file", "a damaged PNG image (its signature is wrong)", "text". Static. */
const char *mm_content_name(const void *bytes, size_t size);

#endif
