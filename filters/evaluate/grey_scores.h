/* Scores by a logistic model of four grey statistics of images, with C = 1: what brightness alone can do. */
#ifndef MM_FILTERS_EVALUATE_GREY_SCORES_H
#define MM_FILTERS_EVALUATE_GREY_SCORES_H

#include "common/stats/logistic.h"
#include "filters/evaluate/compare.h"
#include "filters/evaluate/examples.h"

/* Fits the model to the training examples, of which learnt[n] are 1 or 0; it is freed with mm_logistic_free. MM_FAILURE: the training
 * records are all of one kind; nothing is left to free then. */
int mm_grey_fit(mm_logistic *model, const mm_examples *training, const size_t *learnt, mm_error *error);

/* Scores the test examples, whose truth[n] is 1 or 0. The scores are freed with mm_scored_free; keys and patients stay the examples'.
 * 0 or MM_FAILURE (memory). */
int mm_grey_scores(mm_scored *scored, const mm_logistic *model, const mm_examples *test, const size_t *truth, mm_error *error);

#endif
