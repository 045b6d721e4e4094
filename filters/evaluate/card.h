/* A model card in Markdown (after Mitchell et al. 2019, "Model cards for model reporting"): what the model is, what it was
 * trained on and how, its figures with their intervals on the records of a report, and its limits. What no file says is left out. */
#ifndef MM_FILTERS_EVALUATE_CARD_H
#define MM_FILTERS_EVALUATE_CARD_H

#include <jansson.h>
#include <stdio.h>

#include "formats/weights/model_file.h"

typedef struct mm_card {
    const json_t *figures;   /* mm_report_figures */
    const mm_model_info *model;
    const char *name;        /* of the model file, without folders */
    size_t parameters;       /* numbers that were trained */
    char *const *data;       /* [ndata] names of what the predictions were read from */
    size_t ndata;
} mm_card;

/* Writes to a stream whose errors the caller checks. MM_FAILURE: memory. */
int mm_card_write(FILE *out, const mm_card *card, mm_error *error);

#endif
