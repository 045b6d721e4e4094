/* The table of predictions that mmpredict writes and mmeval reads.
 *
 * The text is tab-separated. The header line has key, patient, label and one column per class, named after the class. Then
 * each record has a line: its key, its patient (may be empty), its class, one probability per class. The class is a number, or a name:
 * that of a column, or of a class that one column holds (classes.h), as "mass_mal" in a table of background and lesion. After the classes
 * there may be the columns `call`, 1 for a record that is called positive, and `remarks` on the whole table, which stand in one
 * record's line, each with a semicolon behind it:
 *
 *   skipped N                 records left out before
 *   threshold [NAME] X [Z]    a threshold on P(positive) that was chosen elsewhere; its name is "given" by default; Z: its log-odds
 *   temperature X             the divisor of the logits before they became probabilities
 *   averaged                  the probabilities are means over several models or mirror images
 *
 * Remarks may also be lines of their own that begin with "# " and hold no tab, as version 0.1.0 wrote them.
 * The header may be repeated (tables joined with cat). Every line ends in a newline; a table whose last line does not has been
 * cut. */
#ifndef MM_TABLE_PREDICTIONS_H
#define MM_TABLE_PREDICTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"
#include "common/stats/threshold.h"

#define MM_CALL_COLUMN "call"
#define MM_REMARKS_COLUMN "remarks"

typedef struct mm_predictions {
    size_t n, K;          /* records, classes (at least 2) */
    char **class_name;    /* [K] */
    char **key, **patient; /* [n]; for a record without a patient, patient is its key */
    size_t *label;        /* [n], below K */
    double *prob;         /* [n][K], each 0..1, with the sum 1 for a record */
    double *log_prob;     /* [n][K], their natural logarithms, exact also where prob is 0 or 1 by rounding */
    size_t no_patient;    /* records without a patient */
    size_t skipped;       /* records skipped by earlier programs */
    size_t left_out;      /* records left out here */
    mm_threshold threshold[MM_THRESHOLDS];
    size_t thresholds;
    bool mixed;           /* joined tables have different thresholds or temperatures; these were dropped */
    bool averaged;
    double temperature;   /* 1 without the remark */
    char *text;           /* holds the strings; owned */
} mm_predictions;

typedef struct mm_predictions_options {
    bool logits; /* the columns hold logits, which softmax turns into probabilities */
    bool skip;   /* leave out records that cannot be used, with a message through `left_out`, instead of failing */
    void (*left_out)(void *context, const char *message);
    void *context;
} mm_predictions_options;

/* Parses text[bytes + 1], malloc'd memory that it takes over, on failure too; `name` is for messages.
 * MM_DAMAGED: the text is empty, cut or another kind of file, a line has the wrong number of columns, or a probability is not a number.
 * MM_FAILURE: a label is not a class of the table, a key occurs twice, a value is NaN or infinite, probabilities do not add up to 1 (within
 * 0.01), there is no record, or memory. */
int mm_predictions_parse(mm_predictions *table, char *text, size_t bytes, const char *name,
                         const mm_predictions_options *options, mm_error *error);
/* Frees what the table owns. */
void mm_predictions_free(mm_predictions *table);

/* Returns the number of the class of that name, or K. */
size_t mm_predictions_class(const mm_predictions *table, const char *name);

#endif
