/* The content of a file of weights as text: see mmmodel(1). */
#ifndef MM_FORMATS_WEIGHTS_MODEL_TEXT_H
#define MM_FORMATS_WEIGHTS_MODEL_TEXT_H

#include <stdio.h>

#include "formats/weights/model_file.h"

/* Prints lines of a word, a tab and a value: the file and its format; a model's metadata, or the notes of another file; a line for
 * each tensor. An invalid model file is an error. The caller checks `out` for write errors (ferror). */
int mm_weights_print(FILE *out, const mm_weights *w, const char *name, mm_error *error);

#endif
