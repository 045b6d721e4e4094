/* Where the first weights of a model come from: the SHA-256 of their file, and what is known of public files by it. */
#ifndef MM_FORMATS_WEIGHTS_ORIGIN_H
#define MM_FORMATS_WEIGHTS_ORIGIN_H

#include "formats/weights/model_file.h"

/* Sets init_sha256, init_source and init_licence of the file at `path`, whose own description is `of`, or NULL for weights that are not
 * a model. The licence is the given one, else that of the model, else the published one of a known file; NULL if none is known. A file
 * that is not regular has no checksum. MM_FAILURE: the file cannot be read; memory. */
int mm_origin_set(mm_model_info *info, const char *path, const mm_model_info *of, const char *licence, mm_error *error);

/* Joins the terms of the training data with those of the data that the first weights were trained on; either may be NULL. */
int mm_origin_terms(mm_model_info *info, const char *terms, const mm_model_info *of, mm_error *error);

#endif
