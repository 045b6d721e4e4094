/* The output of mmpredict: a text table, which appears once it is complete, or the stream, where each record gets a tensor `prob`.
 *
 * What is known of the table as a whole (remarks.h) lies in a JSON file: the one that is asked for, or else one beside a table that is a
 * file. To standard output the table has a column of remarks, if there are any. */
#ifndef MM_FILTERS_PREDICT_PREDICTIONS_OUTPUT_H
#define MM_FILTERS_PREDICT_PREDICTIONS_OUTPUT_H

#include "common/base/output.h"
#include "common/cli/options.h"
#include "common/stream/stream.h"
#include "filters/predict/ensemble.h"

typedef struct mm_predictions_output {
    const char *program, *command_line; /* for @PG */
    const mm_common *common;
    const mm_ensemble *ensemble;
    bool logits, averaged; /* values are logits; are means, to which the thresholds of one model do not apply */
    const char *thresholds; /* path of the JSON file, or NULL */
    const char *threshold;  /* name of a threshold of the model, for the column `call`, or NULL */

    mm_output output;
    mm_writer *writer; /* of the stream; NULL for a table */
    mm_text text;
    mm_threshold call;  /* of the name `threshold` */
    uint8_t *positive;  /* [classes], with `threshold` */
    size_t written, written_here; /* records in all, in this segment */
} mm_predictions_output;

/* Opens the output. The fields up to `threshold` are set, the others 0. Close it also after an error.
 * MM_FAILURE: the model has no threshold of that name. */
int mm_predictions_output_open(mm_predictions_output *out, bool stream, mm_error *error);
void mm_predictions_output_close(mm_predictions_output *out);

/* The output of a layer, for the stream: tensor `features`. data NULL: none is wanted. */
typedef struct mm_features {
    const float *data;
    int ndim;
    size_t dim[3];
} mm_features;

/* Write the items of the input, in its order. `prob` holds a value for each class, log_prob their natural logarithms or NULL
 * for logits. A table has the record's label as it is, whatever
 * its scheme: the number, or the name of the class if the network's class of that number goes by another name. */
int mm_predictions_output_head(mm_predictions_output *out, mm_head *head, mm_error *error);
int mm_predictions_output_record(mm_predictions_output *out, mm_record *record, const double *prob, const double *log_prob,
                                 const mm_features *features, mm_error *error);
int mm_predictions_output_block(mm_predictions_output *out, const mm_block *block, mm_error *error);
int mm_predictions_output_done(mm_predictions_output *out, size_t skipped, size_t skipped_before, mm_error *error);

/* Ends the output, which then appears under its name. MM_FAILURE if every record was skipped. */
int mm_predictions_output_commit(mm_predictions_output *out, size_t skipped, size_t skipped_before, mm_error *error);

#endif
