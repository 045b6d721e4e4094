/* From a table of predictions to every figure of the report: see evaluation.h. */
#include "common/stats/evaluation.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/stats/auc.h"
#include "common/table/groups.h"

bool mm_default_positive(const mm_predictions *table, uint8_t *positive_class)
{
    size_t background = mm_predictions_class(table, "background");
    if (table->K != 2 && background == table->K)
        return false;
    for (size_t k = 0; k < table->K; k++)
        positive_class[k] = background < table->K ? k != background : k == 1;
    return true;
}

int mm_positive_of_list(const mm_predictions *table, const char *list, uint8_t *positive_class, mm_error *error)
{
    size_t set = 0;
    memset(positive_class, 0, table->K);
    for (;;) {
        size_t length = strcspn(list, ","), k = 0;
        while (k < table->K && (strlen(table->class_name[k]) != length || memcmp(table->class_name[k], list, length) != 0))
            k++;
        if (k == table->K)
            return mm_fail(error, MM_USAGE, "the predictions have no class '%.*s'", (int)length, list);
        set += !positive_class[k];
        positive_class[k] = 1;
        if (!list[length])
            break;
        list += length + 1;
    }
    if (set == table->K)
        return mm_fail(error, MM_USAGE, "some classes must be positive and some not, '%s' is all of them", list);
    return 0;
}

void mm_positive_scores(const mm_predictions *table, const uint8_t *positive_class, double *score, uint8_t *positive)
{
    size_t K = table->K, negatives = 0, negative = 0;
    for (size_t k = 0; k < K; k++)
        if (!positive_class[k]) {
            negatives++;
            negative = k;
        }
    for (size_t i = 0; i < table->n; i++) {
        const double *p = table->prob + i * K;
        double sum = 0;
        for (size_t k = 0; k < K; k++)
            sum += positive_class[k] ? p[k] : 0;
        score[i] = negatives == 1 && K > 2 ? 1 - p[negative] : sum;
        positive[i] = positive_class[table->label[i]];
    }
}

const mm_area mm_area_unknown = {.area = NAN, .bootstrap = {NAN, NAN}, .delong = {NAN, NAN}, .delong_se = NAN,
                                 .average_precision = NAN, .average_precision_bootstrap = {NAN, NAN}};

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
    area->area = mm_roc_area(&roc);
    area->average_precision = mm_roc_average_precision(&roc);
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
        area->average_precision_bootstrap = mm_percentile_interval(precision, s->draws, 0.95, NULL);
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
static int evaluate_classes(mm_evaluation *e, const mm_predictions *t, const mm_sample *s, mm_error *error)
{
    size_t n = e->n, K = e->K, known = 0;
    e->of_class = calloc(K, sizeof *e->of_class);
    double *score = malloc(n * sizeof *score), *drawn = calloc(s->draws + 1, sizeof *drawn);
    double *sum = calloc(s->draws + 1, sizeof *sum), total = 0;
    uint8_t *positive = malloc(n);
    int code = e->of_class && score && drawn && sum && positive ? 0 : mm_no_memory(error);
    for (size_t k = 0; k < K && !code; k++) {
        for (size_t i = 0; i < n; i++) {
            score[i] = t->prob[i * K + k];
            positive[i] = t->label[i] == k;
        }
        code = mm_area_evaluate(&e->of_class[k], score, positive, s, drawn, error);
        if (code || !e->of_class[k].known)
            continue;
        known++;
        total += e->of_class[k].area;
        for (size_t d = 0; d < s->draws; d++)
            sum[d] += drawn[d]; /* NaN when a class is missing from the draw: then the draw is lost */
    }
    e->macro_area = (mm_estimate){known ? total / (double)known : NAN, {NAN, NAN}};
    if (!code && known && s->patients > 1) {
        for (size_t d = 0; d < s->draws; d++)
            sum[d] /= (double)known;
        e->macro_area.bootstrap = mm_percentile_interval(sum, s->draws, 0.95, NULL);
    }
    free(score);
    free(drawn);
    free(sum);
    free(positive);
    return code;
}

static int evaluate_groups(mm_area *area, mm_aggregate how, const mm_evaluation *e, const size_t *group, size_t groups,
                           const mm_sample *s, mm_error *error)
{
    double *score = malloc(groups * sizeof *score);
    uint8_t *positive = malloc(groups);
    size_t *patient = malloc(groups * sizeof *patient);
    int code = score && positive && patient ? 0 : mm_no_memory(error);
    if (!code) {
        mm_group_scores(how, e->score, e->positive, e->patient, group, e->n, groups, score, positive, patient);
        code = mm_area_evaluate(area, score, positive, &(mm_sample){patient, groups, s->patients, s->draws, s->seed}, NULL, error);
    }
    free(score);
    free(positive);
    free(patient);
    return code;
}

static int evaluate_level(mm_level *level, const mm_evaluation *e, const size_t *group, size_t groups, const mm_sample *s,
                          mm_error *error)
{
    level->groups = groups;
    int code = groups ? evaluate_groups(&level->maximum, MM_MAXIMUM, e, group, groups, s, error) : 0;
    return code || !groups ? code : evaluate_groups(&level->mean, MM_MEAN, e, group, groups, s, error);
}

/* Numbers the breasts: patient and side. *breasts stays 0 when a side is unknown. */
static int group_breasts(const mm_evaluation *e, const mm_predictions *t, const char *side, size_t *breast, size_t *breasts,
                         mm_error *error)
{
    *breasts = 0;
    bool *present = calloc(2 * e->patients, sizeof *present);
    size_t *number = calloc(2 * e->patients, sizeof *number);
    int code = present && number ? 0 : mm_no_memory(error);
    bool all = !code;
    for (size_t i = 0; i < e->n && all; i++) {
        char s = side ? side[i] : mm_side_of_key(t->key[i]);
        all = s == 'L' || s == 'R';
        breast[i] = 2 * e->patient[i] + (s == 'R');
        present[breast[i]] = true;
    }
    for (size_t b = 0; b < 2 * e->patients && all; b++)
        if (present[b])
            number[b] = (*breasts)++;
    for (size_t i = 0; i < e->n && all; i++)
        breast[i] = number[breast[i]];
    free(present);
    free(number);
    return code;
}

static int evaluate_levels(mm_evaluation *e, const mm_predictions *t, const mm_evaluation_options *o, const mm_sample *s,
                           mm_error *error)
{
    size_t *group = malloc(e->n * sizeof *group), groups = 0;
    int code = group ? evaluate_level(&e->per_patient, e, e->patient, e->patients, s, error) : mm_no_memory(error);
    if (!code)
        code = group_breasts(e, t, o->side, group, &groups, error);
    if (!code)
        code = evaluate_level(&e->breast, e, group, groups, s, error);
    if (!code && o->image)
        code = mm_number_names(o->image, e->n, group, &groups, error);
    if (!code && o->image)
        code = evaluate_level(&e->image, e, group, groups, s, error);
    free(group);
    return code;
}

static int no_other_kind(const mm_evaluation *e, const mm_predictions *t, mm_error *error)
{
    size_t missing = 0;
    while (missing + 1 < e->K && e->positive_class[missing] != (e->headline.positives == 0))
        missing++;
    return mm_fail(error, MM_FAILURE, "class '%s' without samples: of %zu records %zu are positive, an area under the ROC curve "
                   "needs both kinds", t->class_name[missing], e->n, e->headline.positives);
}

/* Points of the curve, and what thresholds do. */
static int evaluate_points(mm_evaluation *e, const mm_evaluation_options *o, const mm_sample *sample, mm_error *error)
{
    mm_roc roc;
    int code = mm_roc_make(&roc, e->score, e->positive, e->n, error);
    if (code)
        return code;
    e->choices = mm_thresholds_choose(&roc, e->chosen);
    const mm_threshold best = {"best here", roc.threshold[mm_roc_youden(&roc)]};
    mm_roc_free(&roc);
    code = mm_fixed_evaluate(e->score, e->positive, sample, e->sensitivity_at, e->specificity_at, error);
    if (!code)
        code = mm_operate(&e->youden, best, e->score, e->positive, o->prevalence, sample, error);
    e->givens = o->thresholds;
    for (size_t i = 0; i < e->givens && !code; i++)
        code = mm_operate(&e->given[i], o->threshold[i], e->score, e->positive, o->prevalence, sample, error);
    return code;
}

/* The two-way question: headline area, operating points, calibration, groups. */
static int evaluate_positive(mm_evaluation *e, const mm_predictions *t, const mm_evaluation_options *o, const mm_sample *sample,
                             mm_error *error)
{
    mm_positive_scores(t, e->positive_class, e->score, e->positive);
    int code = mm_area_evaluate(&e->headline, e->score, e->positive, sample, NULL, error);
    if (!code && !e->headline.known)
        code = no_other_kind(e, t, error);
    if (!code)
        code = evaluate_points(e, o, sample, error);
    if (!code) {
        mm_reliability_make(&e->reliability, e->score, e->positive, e->n);
        code = mm_reliability_intervals(&e->reliability, e->score, e->positive, sample, error);
    }
    return code ? code : evaluate_levels(e, t, o, sample, error);
}

int mm_evaluate(mm_evaluation *e, const mm_predictions *t, const mm_evaluation_options *o, mm_error *error)
{
    size_t n = t->n, K = t->K;
    *e = (mm_evaluation){.n = n, .K = K, .no_patient = t->no_patient};
    e->patient = malloc(n * sizeof *e->patient);
    e->score = malloc(n * sizeof *e->score);
    e->positive = malloc(n);
    e->positive_class = calloc(K, 1);
    int code = e->patient && e->score && e->positive && e->positive_class ? 0 : mm_no_memory(error);
    if (!code)
        code = mm_number_names(t->patient, n, e->patient, &e->patients, error);
    const mm_sample sample = {e->patient, n, e->patients, o->draws, o->seed};
    if (!code)
        code = mm_predicted_evaluate(&e->predicted, t, &sample, error);
    if (!code)
        code = evaluate_classes(e, t, &sample, error);
    if (!code) {
        bool asked = o->positive_class != NULL;
        if (asked)
            memcpy(e->positive_class, o->positive_class, K);
        if (asked || mm_default_positive(t, e->positive_class)) {
            code = evaluate_positive(e, t, o, &sample, error);
        } else {
            free(e->positive_class);
            e->positive_class = NULL;
        }
    }
    if (code)
        mm_evaluation_free(e);
    return code;
}

void mm_evaluation_free(mm_evaluation *e)
{
    mm_predicted_free(&e->predicted);
    free(e->of_class);
    free(e->positive_class);
    free(e->score);
    free(e->positive);
    free(e->patient);
    memset(e, 0, sizeof *e);
}
