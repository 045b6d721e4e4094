/* The formats of images that are read: a table with a row for each. Messages list them from it, and tests/cli/formats.sh compares
 * the texts of --help and the manual with it.
 *
 * To add a format, write its decoder in a file of its own, with the two functions that a row points to, and add the row to
 * formats.c. A signature that common/base/signature.c does not name yet goes there, with a kind of its own. */
#ifndef MM_FORMATS_IMAGE_FORMATS_H
#define MM_FORMATS_IMAGE_FORMATS_H

#include "common/base/signature.h"
#include "formats/image/image.h"
#include "formats/image/probe.h"

typedef struct mm_image_format {
    const char *name;       /* for people: "PNG" */
    mm_kind kind;           /* its signature (common/base/signature.h) */
    bool (*is)(const void *bytes, size_t size); /* recognises files without a signature by their first MM_SIGNATURE_BYTES; or NULL */
    const char *endings[5]; /* of file names, in lower case, ended by NULL */
    /* Reads the header of a whole file in memory: fills height, width and bits of a cleared probe. MM_DAMAGED: not an image, or
     * damaged as far as can be seen without decoding. */
    int (*probe)(const void *bytes, size_t size, mm_probe *probe, mm_error *error);
    /* Decodes a whole file in memory into a cleared image, which the caller frees, on failure too. MM_DAMAGED or MM_FAILURE (memory). */
    int (*decode)(const void *bytes, size_t size, const mm_image_options *options, mm_image *image, mm_error *error);
} mm_image_format;

/* The table, ended by a row without a name. */
extern const mm_image_format mm_image_formats[];

/* Returns the format of a file that begins with bytes[size] (MM_SIGNATURE_BYTES, or the whole of a shorter file). NULL: not an image. */
const mm_image_format *mm_image_format_of(const void *bytes, size_t size);

/* True if `ending` ("png", in any case, without the dot) is that of a format's file names. */
bool mm_image_ending_is(const char *ending);

/* Returns the length of a path without the ending of an image file. Other endings stay: 1.2.840.113619 is a name without an ending. */
size_t mm_image_stem(const char *path);

/* Sets the error for bytes[size] that are not an image: "is text: an image is PNG, JPEG, ... or NPY". Returns MM_DAMAGED. */
int mm_image_refuse(const void *bytes, size_t size, mm_error *error);

#endif
