/* The strength of a logistic model's penalty, chosen by cross-validation within the training records. */
#ifndef MM_FILTERS_EVALUATE_PENALTY_H
#define MM_FILTERS_EVALUATE_PENALTY_H

#include "common/stats/logistic.h"

enum { MM_PENALTIES = 8, MM_PENALTY_FOLDS = 5 };
extern const double mm_penalties[MM_PENALTIES]; /* C: 1e-5, 1e-4, ..., 100 */

typedef struct mm_penalty_choice {
    double C;
    double log_loss[MM_PENALTIES]; /* [tried] mean over the records, each by a model that was fitted without its fold */
    size_t tried;                  /* the first of mm_penalties */
    size_t folds;                  /* 0: C was not chosen by folds */
} mm_penalty_choice;

/* Tries mm_penalties upwards until the log loss has risen twice in a row, and chooses the C of least log loss, the smaller of equal
 * ones. patient[n] holds numbers below `patients`; a patient's records are in one fold (folds.h). Fewer patients than MM_PENALTY_FOLDS
 * have a fold each. A record whose class only patients of its own fold have does not count for the log loss. The result does not depend
 * on `threads`. MM_FAILURE: there is one patient only, or only one class is left without a fold (class_name[K]); memory. */
int mm_penalty_choose(mm_penalty_choice *choice, const mm_logistic_data *data, const size_t *patient, size_t patients,
                      char *const *class_name, long threads, mm_error *error);

#endif
