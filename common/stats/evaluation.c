/* From probabilities to every figure of the report: see evaluation.h. */
#include "common/stats/evaluation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/stats/aggregate.h"
#include "common/stats/auc.h"
#include "common/stats/rank.h"

void mm_positive_ranks(const double *prob, const double *log_prob, const size_t *label, size_t n, size_t K,
                       const uint8_t *positive_class, double *rank, uint8_t *positive)
{
    for (size_t i = 0; i < n; i++) {
        rank[i] = mm_class_rank(prob + i * K, log_prob + i * K, K, positive_class);
        positive[i] = positive_class[label[i]];
    }
}

/* P(positive) is 1 - P(negative class) if exactly one of more than two classes is negative, else the sum over the positive classes;
 * so is P(negative). */
static void positive_scores(const double *prob, size_t n, size_t K, const uint8_t *positive_class, double *score, double *complement)
{
    size_t negatives = 0, negative = 0;
    for (size_t k = 0; k < K; k++)
        if (!positive_class[k]) {
            negatives++;
            negative = k;
        }
    for (size_t i = 0; i < n; i++) {
        const double *p = prob + i * K;
        double sum[2] = {0, 0};
        for (size_t k = 0; k < K; k++)
            sum[positive_class[k] != 0] += p[k];
        score[i] = negatives == 1 && K > 2 ? 1 - p[negative] : sum[1];
        complement[i] = sum[0];
    }
}

/* Records at either end whose order is lost, and matters since there are both kinds. */
static size_t count_saturated(const double *rank, const uint8_t *positive, size_t n)
{
    size_t at[2][2] = {{0, 0}, {0, 0}}, lost = 0; /* at P = 0, at P = 1: negatives, positives */
    for (size_t i = 0; i < n; i++)
        if (isinf(rank[i]))
            at[rank[i] > 0][positive[i]]++;
    for (int end = 0; end < 2; end++)
        lost += at[end][0] && at[end][1] ? at[end][0] + at[end][1] : 0;
    return lost;
}

const mm_area mm_area_unknown = {.area = NAN, .bootstrap = {NAN, NAN}, .delong = {NAN, NAN}, .delong_se = NAN,
                                 .average_precision = {NAN, {NAN, NAN}}};

int mm_area_evaluate(mm_area *area, const double *score, const uint8_t *positive, const mm_sample *s, double *draw_area,
                     mm_error *error)
{
    *area = mm_area_unknown;
    area->records = s->n;
    area->patients = s->patients;
    for (size_t i = 0; i < s->n; i++)
        area->positives += positive[i];
    if (area->positives == 0 || area->positives == s->n)
        return 0;
    mm_roc roc;
    int code = mm_roc_make(&roc, score, positive, s->n, error);
    if (code)
        return code;
    area->known = true;
    area->saturated = count_saturated(score, positive, s->n);
    area->area = mm_roc_area(&roc);
    area->average_precision.value = mm_roc_average_precision(&roc);
    mm_roc_free(&roc);

    double same, variance;
    code = mm_delong(&score, 1, positive, s->patient, s->patients, s->n, &same, &variance, error);
    if (code)
        return code;
    area->delong = mm_delong_interval(area->area, variance, MM_Z95);
    area->delong_se = variance >= 0 ? sqrt(variance) : NAN;

    double *drawn = malloc((2 * s->draws + 1) * sizeof *drawn);
    if (!drawn)
        return mm_no_memory(error);
    double *precision = drawn + s->draws;
    code = mm_bootstrap_areas(score, positive, s, drawn, precision, error);
    if (!code && draw_area)
        memcpy(draw_area, drawn, s->draws * sizeof *drawn);
    if (!code && s->patients > 1) {
        area->bootstrap = mm_percentile_interval(drawn, s->draws, 0.95, &area->lost_draws);
        area->average_precision.bootstrap = mm_percentile_interval(precision, s->draws, 0.95, NULL);
    }
    free(drawn);
    return code;
}

int mm_compare_areas(mm_comparison *c, const double *first, const double *second, const uint8_t *positive, const mm_sample *s,
                     mm_error *error)
{
    double *a = malloc((2 * s->draws + 1) * sizeof *a);
    if (!a)
        return mm_no_memory(error);
    double *b = a + s->draws;
    *c = (mm_comparison){.bootstrap = {NAN, NAN}, .delong_se = NAN, .p = NAN};
    int code = mm_area_evaluate(&c->first, first, positive, s, a, error);
    if (!code)
        code = mm_area_evaluate(&c->second, second, positive, s, b, error);
    double area[2], covariance[4];
    if (!code)
        code = mm_delong((const double *const[]){first, second}, 2, positive, s->patient, s->patients, s->n, area, covariance, error);
    if (!code) {
        c->difference = c->first.area - c->second.area;
        for (size_t d = 0; d < s->draws; d++)
            a[d] -= b[d];
        if (s->patients > 1)
            c->bootstrap = mm_percentile_interval(a, s->draws, 0.95, NULL);
        double variance = covariance[0] + covariance[3] - covariance[1] - covariance[2];
        if (variance > 0) {
            c->delong_se = sqrt(variance);
            c->p = mm_normal_p(c->difference / c->delong_se);
        }
    }
    free(a);
    return code;
}

/* Area of each class against the rest, and their mean with an interval from the same draws. */
static int evaluate_classes(mm_evaluation *e, const mm_evaluation_data *d, const mm_sample *s, mm_error *error)
{
    size_t n = e->n, K = e->K, known = 0;
    e->of_class = calloc(K, sizeof *e->of_class);
    double *rank = malloc(n * sizeof *rank), *drawn = calloc(s->draws + 1, sizeof *drawn);
    double *sum = calloc(s->draws + 1, sizeof *sum), total = 0;
    uint8_t *positive = malloc(n), *only = calloc(K, 1);
    int code = e->of_class && rank && drawn && sum && positive && only ? 0 : mm_no_memory(error);
    for (size_t k = 0; k < K && !code; k++) {
        only[k] = 1;
        mm_positive_ranks(d->prob, d->log_prob, d->label, n, K, only, rank, positive);
        only[k] = 0;
        code = mm_area_evaluate(&e->of_class[k], rank, positive, s, drawn, error);
        if (code || !e->of_class[k].known)
            continue;
        known++;
        total += e->of_class[k].area;
        for (size_t i = 0; i < s->draws; i++)
            sum[i] += drawn[i]; /* NaN when a class is missing from the draw: then the draw is lost */
    }
    e->macro_area = (mm_estimate){known ? total / (double)known : NAN, {NAN, NAN}};
    if (!code && known && s->patients > 1) {
        for (size_t i = 0; i < s->draws; i++)
            sum[i] /= (double)known;
        e->macro_area.bootstrap = mm_percentile_interval(sum, s->draws, 0.95, NULL);
    }
    free(rank);
    free(drawn);
    free(sum);
    free(positive);
    free(only);
    return code;
}

/* Groups by their largest rank, or by the rank of their mean probability. */
static int evaluate_groups(mm_area *area, mm_aggregate how, const mm_evaluation *e, const size_t *group, size_t groups,
                           const mm_sample *s, mm_error *error)
{
    double *rank = malloc(groups * sizeof *rank), *complement = malloc(groups * sizeof *complement);
    uint8_t *positive = malloc(groups);
    size_t *patient = malloc(groups * sizeof *patient);
    int code = rank && complement && positive && patient ? 0 : mm_no_memory(error);
    if (!code) {
        const double *score = how == MM_MEAN ? e->score : e->rank;
        mm_group_scores(how, e->complement, e->positive, s->patient, group, e->n, groups, complement, positive, patient);
        mm_group_scores(how, score, e->positive, s->patient, group, e->n, groups, rank, positive, patient);
        for (size_t g = 0; g < groups && how == MM_MEAN; g++)
            rank[g] = mm_rank(rank[g], complement[g]);
        code = mm_area_evaluate(area, rank, positive, &(mm_sample){patient, groups, s->patients, s->draws, s->seed}, NULL, error);
    }
    free(rank);
    free(complement);
    free(positive);
    free(patient);
    return code;
}

static int evaluate_level(mm_level *level, const mm_evaluation *e, const size_t *group, size_t groups, const mm_sample *s,
                          mm_error *error)
{
    level->groups = groups;
    int code = evaluate_groups(&level->maximum, MM_MAXIMUM, e, group, groups, s, error);
    return code ? code : evaluate_groups(&level->mean, MM_MEAN, e, group, groups, s, error);
}

static int evaluate_levels(mm_evaluation *e, const mm_evaluation_data *d, const mm_sample *s, mm_error *error)
{
    int code = evaluate_level(&e->per_patient, e, d->patient, d->patients, s, error);
    if (!code && d->breast)
        code = evaluate_level(&e->breast, e, d->breast, d->breasts, s, error);
    if (!code && d->image)
        code = evaluate_level(&e->image, e, d->image, d->images, s, error);
    return code;
}

static int no_other_kind(const mm_evaluation *e, const mm_evaluation_data *d, mm_error *error)
{
    size_t missing = 0;
    while (missing + 1 < e->K && e->positive_class[missing] != (e->headline.positives == 0))
        missing++;
    return mm_fail(error, MM_FAILURE, "class '%s' without samples: of %zu records %zu are positive, an area under the ROC curve "
                   "needs both kinds", d->class_name[missing], e->n, e->headline.positives);
}

/* Points of the curve, and what thresholds do. */
static int evaluate_points(mm_evaluation *e, const mm_evaluation_options *o, const mm_sample *sample, mm_error *error)
{
    mm_roc roc;
    int code = mm_roc_make(&roc, e->rank, e->positive, e->n, error);
    if (code)
        return code;
    e->choices = mm_thresholds_choose(&roc, e->chosen);
    const mm_threshold best = mm_threshold_rank("best here", roc.threshold[mm_roc_youden(&roc)]);
    mm_roc_free(&roc);
    code = mm_fixed_evaluate(e->rank, e->positive, sample, e->sensitivity_at, e->specificity_at, error);
    if (!code)
        code = mm_operate(&e->youden, best, e->rank, e->positive, o->prevalence, sample, error);
    e->givens = o->thresholds;
    for (size_t i = 0; i < e->givens && !code; i++)
        code = mm_operate(&e->given[i], o->threshold[i], e->rank, e->positive, o->prevalence, sample, error);
    return code;
}

/* The two-way question: headline area, operating points, calibration, groups. */
static int evaluate_positive(mm_evaluation *e, const mm_evaluation_data *d, const mm_evaluation_options *o, const mm_sample *sample,
                             mm_error *error)
{
    positive_scores(d->prob, d->n, d->K, e->positive_class, e->score, e->complement);
    mm_positive_ranks(d->prob, d->log_prob, d->label, d->n, d->K, e->positive_class, e->rank, e->positive);
    int code = mm_area_evaluate(&e->headline, e->rank, e->positive, sample, NULL, error);
    if (!code && !e->headline.known)
        code = no_other_kind(e, d, error);
    if (!code)
        code = evaluate_points(e, o, sample, error);
    if (!code) {
        mm_reliability_make(&e->reliability, e->score, e->positive, e->n);
        code = mm_reliability_intervals(&e->reliability, e->score, e->positive, sample, error);
    }
    return code ? code : evaluate_levels(e, d, sample, error);
}

int mm_evaluate(mm_evaluation *e, const mm_evaluation_data *d, const mm_evaluation_options *o, mm_error *error)
{
    const mm_sample sample = {d->patient, d->n, d->patients, o->draws, o->seed};
    *e = (mm_evaluation){.n = d->n, .K = d->K, .patients = d->patients, .positive_class = o->positive_class,
                         .score = malloc(d->n * sizeof *e->score), .complement = malloc(d->n * sizeof *e->complement),
                         .rank = malloc(d->n * sizeof *e->rank), .positive = malloc(d->n)};
    int code = e->score && e->complement && e->rank && e->positive ? 0 : mm_no_memory(error);
    if (!code)
        code = mm_predicted_evaluate(&e->predicted, d->prob, d->label, d->K, &sample, error);
    if (!code)
        code = evaluate_classes(e, d, &sample, error);
    if (!code && e->positive_class)
        code = evaluate_positive(e, d, o, &sample, error);
    if (code)
        mm_evaluation_free(e);
    return code;
}

void mm_evaluation_free(mm_evaluation *e)
{
    mm_predicted_free(&e->predicted);
    free(e->of_class);
    free(e->score);
    free(e->complement);
    free(e->rank);
    free(e->positive);
    *e = (mm_evaluation){0};
}
