/* What is known of a table of predictions as a whole: where its thresholds come from, how its probabilities were made. */
#ifndef MM_TABLE_REMARKS_H
#define MM_TABLE_REMARKS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"
#include "common/stats/threshold.h"
#include "common/stream/meta.h"

typedef struct mm_remarks {
    mm_threshold threshold[MM_THRESHOLDS]; /* on P(positive), chosen elsewhere */
    size_t thresholds;
    double temperature; /* the divisor of the logits before they became probabilities; 0: not known, which means 1 */
    bool averaged;      /* the probabilities are means over several models or mirror images */
    size_t skipped;     /* records left out before */
} mm_remarks;

bool mm_remarks_empty(const mm_remarks *remarks);

/* Appends the remarks as they stand in a table (predictions.h): each after `before`, with `after` behind it. */
void mm_remarks_text(mm_text *text, const mm_remarks *remarks, const char *before, const char *after);

#endif
