/* Thresholds and what they do: see operating.h. */
#include "common/stats/operating.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/stats/rank.h"

const double mm_fixed_points[MM_FIXED_POINTS] = {0.80, 0.90, 0.95};

double mm_positive_predictive(double sensitivity, double specificity, double prevalence)
{
    double right = sensitivity * prevalence, wrong = (1 - specificity) * (1 - prevalence);
    return right + wrong > 0 ? right / (right + wrong) : NAN;
}

double mm_negative_predictive(double sensitivity, double specificity, double prevalence)
{
    return mm_positive_predictive(specificity, sensitivity, 1 - prevalence);
}

static double inverse_logit(double x)
{
    return 1 / (1 + exp(-x));
}

/* Odds of one share against another, either with its number of trials: se of n1 against 1 - sp of n0 for the positive
 * predictive value. */
static mm_interval logit_interval(double value, double p1, size_t n1, double p0, size_t n0)
{
    if (isnan(value) || !(p1 > 0) || !(p1 < 1) || !(p0 > 0) || !(p0 < 1))
        return (mm_interval){NAN, NAN};
    double half = MM_Z95 * sqrt((1 - p1) / p1 / (double)n1 + (1 - p0) / p0 / (double)n0);
    double middle = log(value / (1 - value));
    return (mm_interval){inverse_logit(middle - half), inverse_logit(middle + half)};
}

void mm_predictive_logit(const mm_operating *o, double prevalence, mm_interval *positive, mm_interval *negative)
{
    size_t n1 = o->true_positives + o->false_negatives, n0 = o->true_negatives + o->false_positives;
    double se = (double)o->true_positives / (double)n1, sp = (double)o->true_negatives / (double)n0;
    *positive = logit_interval(mm_positive_predictive(se, sp, prevalence), se, n1, 1 - sp, n0);
    *negative = logit_interval(mm_negative_predictive(se, sp, prevalence), sp, n0, 1 - se, n1);
}

static int predict(mm_operating *o, double prevalence, const double *sensitivity, const double *specificity,
                   const mm_sample *s, mm_error *error)
{
    double *drawn = malloc((s->draws + 1) * sizeof *drawn);
    if (!drawn)
        return mm_no_memory(error);
    o->positive.value = mm_positive_predictive(o->sensitivity.value, o->specificity.value, prevalence);
    o->negative.value = mm_negative_predictive(o->sensitivity.value, o->specificity.value, prevalence);
    mm_predictive_logit(o, prevalence, &o->positive.logit, &o->negative.logit);
    if (s->patients > 1) {
        for (size_t d = 0; d < s->draws; d++)
            drawn[d] = mm_positive_predictive(sensitivity[d], specificity[d], prevalence);
        o->positive.bootstrap = mm_percentile_interval(drawn, s->draws, 0.95, NULL);
        for (size_t d = 0; d < s->draws; d++)
            drawn[d] = mm_negative_predictive(sensitivity[d], specificity[d], prevalence);
        o->negative.bootstrap = mm_percentile_interval(drawn, s->draws, 0.95, NULL);
    }
    free(drawn);
    return 0;
}

int mm_operate(mm_operating *o, mm_threshold threshold, const double *score, const uint8_t *positive, double prevalence,
               const mm_sample *s, mm_error *error)
{
    const mm_predictive unknown = {NAN, {NAN, NAN}, {NAN, NAN}};
    *o = (mm_operating){.threshold = threshold, .positive = unknown, .negative = unknown};
    uint8_t *part = malloc(2 * s->n + 1), *whole = part + s->n;
    double *drawn = malloc((2 * s->draws + 1) * sizeof *drawn);
    int code = part && drawn ? 0 : mm_no_memory(error);
    for (int kind = 1; kind >= 0 && !code; kind--) { /* the positives' sensitivity, the negatives' specificity */
        for (size_t i = 0; i < s->n; i++) {
            whole[i] = positive[i] == kind;
            part[i] = whole[i] && (score[i] >= threshold.rank) == kind;
        }
        code = mm_proportion_evaluate(kind ? &o->sensitivity : &o->specificity, part, whole, s,
                                      kind ? drawn : drawn + s->draws, error);
    }
    if (!code) {
        o->true_positives = o->sensitivity.part;
        o->false_negatives = o->sensitivity.whole - o->sensitivity.part;
        o->true_negatives = o->specificity.part;
        o->false_positives = o->specificity.whole - o->specificity.part;
        if (!isnan(prevalence))
            code = predict(o, prevalence, drawn, drawn + s->draws, s, error);
    }
    free(part);
    free(drawn);
    return code;
}

/* Halfway down to the next score, so that the last digit of a score decides nothing. */
static mm_threshold below(const char *name, const mm_roc *roc, size_t point)
{
    double here = roc->threshold[point];
    return mm_threshold_rank(name, point + 1 < roc->points ? mm_rank_halfway(here, roc->threshold[point + 1]) : here);
}

bool mm_threshold_youden(const mm_roc *roc, mm_threshold *threshold)
{
    size_t youden = mm_roc_youden(roc);
    if (youden > 0) /* point 0 is the threshold above all scores */
        *threshold = below("youden", roc, youden);
    return youden > 0;
}

size_t mm_thresholds_choose(const mm_roc *roc, mm_threshold threshold[MM_THRESHOLDS])
{
    size_t n = mm_threshold_youden(roc, threshold);
    char name[sizeof threshold->name];
    for (size_t f = 0; f < MM_FIXED_POINTS; f++) {
        size_t sensitive = roc->points - 1, specific = 0;
        while (sensitive > 1 && mm_roc_sensitivity(roc, sensitive - 1) >= mm_fixed_points[f])
            sensitive--;
        while (specific + 1 < roc->points && mm_roc_specificity(roc, specific + 1) >= mm_fixed_points[f])
            specific++;
        snprintf(name, sizeof name, "sensitivity_%.2f", mm_fixed_points[f]);
        threshold[n++] = below(name, roc, sensitive);
        snprintf(name, sizeof name, "specificity_%.2f", mm_fixed_points[f]);
        if (specific > 0)
            threshold[n++] = below(name, roc, specific);
    }
    return n;
}

typedef struct scored {
    double score;
    size_t patient;
    uint8_t positive;
} scored;

static int descending(const void *a, const void *b)
{
    const scored *x = a, *y = b;
    return (x->score < y->score) - (x->score > y->score);
}

typedef struct curve {
    const scored *order;
    size_t n;
} curve;

/* mm_figures_of_draw: the sensitivities, then the specificities; NaN when the draw lacks a kind. */
static void draw_points(const void *data, const size_t *times, double *figure)
{
    const curve *c = data;
    double *sensitivity = figure, *specificity = figure + MM_FIXED_POINTS;
    double total[2] = {0, 0}, called[2] = {0, 0}; /* negatives, positives */
    for (size_t i = 0; i < c->n; i++)
        total[c->order[i].positive] += (double)times[c->order[i].patient];
    bool known = total[0] > 0 && total[1] > 0;
    for (size_t f = 0; f < 2 * MM_FIXED_POINTS; f++)
        figure[f] = known ? 0 : NAN;
    for (size_t i = 0; i < c->n && known; i++) {
        called[c->order[i].positive] += (double)times[c->order[i].patient];
        if (i + 1 < c->n && c->order[i + 1].score == c->order[i].score)
            continue;
        double se = called[1] / total[1], sp = (total[0] - called[0]) / total[0];
        for (size_t f = 0; f < MM_FIXED_POINTS; f++) {
            if (sp >= mm_fixed_points[f])
                sensitivity[f] = fmax(sensitivity[f], se);
            if (se >= mm_fixed_points[f])
                specificity[f] = fmax(specificity[f], sp);
        }
    }
}

int mm_fixed_evaluate(const double *score, const uint8_t *positive, const mm_sample *s, mm_estimate sensitivity[MM_FIXED_POINTS],
                      mm_estimate specificity[MM_FIXED_POINTS], mm_error *error)
{
    mm_estimate e[2 * MM_FIXED_POINTS];
    scored *order = malloc((s->n + 1) * sizeof *order);
    if (!order)
        return mm_no_memory(error);
    for (size_t i = 0; i < s->n; i++)
        order[i] = (scored){score[i], s->patient[i], positive[i]};
    qsort(order, s->n, sizeof *order, descending);
    const curve c = {order, s->n};
    int code = mm_bootstrap(draw_points, &c, 2 * MM_FIXED_POINTS, s, e, error);
    for (size_t f = 0; f < MM_FIXED_POINTS && !code; f++) {
        sensitivity[f] = e[f];
        specificity[f] = e[MM_FIXED_POINTS + f];
    }
    free(order);
    return code;
}
