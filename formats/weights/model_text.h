/* What is in a file of weights, as text: see mmmodel(1). */
#ifndef MM_FORMATS_WEIGHTS_MODEL_TEXT_H
#define MM_FORMATS_WEIGHTS_MODEL_TEXT_H

#include <stdio.h>

#include "formats/weights/model_file.h"

/* Lines of a word, a tab and a value: the file and its format; what a model says of itself, or the notes of a file that
 * is none; a line for each tensor. A model file that is not in order is an error; write errors stay with `out`. */
int mm_weights_print(FILE *out, const mm_weights *w, const char *name, mm_error *error);

#endif
