/* What a file is that holds no weights, for messages: what a download, a clone or another framework leaves in their place. */
#ifndef MM_FORMATS_WEIGHTS_NOT_WEIGHTS_H
#define MM_FORMATS_WEIGHTS_NOT_WEIGHTS_H

#include <stddef.h>

#include "common/base/error.h"
#include "formats/weights/zip.h"

/* Return MM_FAILURE with an error that says what the file, or the zip archive, is. */
int mm_not_weights(const void *bytes, size_t n, const char *name, mm_error *error);
int mm_not_weights_zip(const mm_zip *zip, const char *name, mm_error *error);

#endif
