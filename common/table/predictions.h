/* The table that mmpredict writes and mmeval reads.
 *
 * Tab-separated text. A header line: key, patient, label and one column per class, named after it; then a line per
 * record: its key, its patient (may be empty), the number of its class, one probability per class. Lines that begin
 * with '#' and hold no tab are remarks:
 *
 *   # skipped N               records left out before
 *   # threshold [NAME] X      a threshold on P(positive) that was chosen elsewhere, called "given" without a name
 *   # temperature X           what the logits were divided by before they became probabilities
 *   # averaged                the probabilities are means over several models or mirror images
 *
 * The header may come again (tables joined with cat). Every line ends in a newline: a table whose last line does not
 * has been cut. */
#ifndef MM_TABLE_PREDICTIONS_H
#define MM_TABLE_PREDICTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"
#include "common/stats/threshold.h"

typedef struct mm_predictions {
    size_t n, K;          /* records, classes (at least 2) */
    char **class_name;    /* [K] */
    char **key, **patient; /* [n]; a record without patient is its own: its key */
    size_t *label;        /* [n], below K */
    double *prob;         /* [n][K], of each record 0..1 and together 1 */
    size_t no_patient;    /* records without one */
    size_t skipped;       /* left out by programs before */
    size_t left_out;      /* left out here */
    mm_threshold threshold[MM_THRESHOLDS];
    size_t thresholds;
    bool mixed;           /* joined tables have different thresholds or temperatures; these were dropped */
    bool averaged;
    double temperature;   /* 1 without the remark */
    char *text;           /* holds the strings; owned */
} mm_predictions;

typedef struct mm_predictions_options {
    bool logits; /* the columns hold logits: softmax makes probabilities of them */
    bool skip;   /* leave out records that cannot be used, naming each through `left_out`, instead of failing */
    void (*left_out)(void *context, const char *message);
    void *context;
} mm_predictions_options;

/* Takes over `text`, bytes + 1 of malloc'd memory (freed with the table, also on failure); `name` is for messages.
 * MM_DAMAGED: empty, not such a table, cut, a line with another number of columns, a cell that is not a number.
 * MM_FAILURE: a label that is not a class, a key twice, NaN or infinity, probabilities that do not add up to 1 (within 0.01),
 * no record. */
int mm_predictions_parse(mm_predictions *table, char *text, size_t bytes, const char *name,
                         const mm_predictions_options *options, mm_error *error);
void mm_predictions_free(mm_predictions *table);

/* The class of that name, or K. */
size_t mm_predictions_class(const mm_predictions *table, const char *name);

#endif
