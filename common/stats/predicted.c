/* The predicted class against the truth: see predicted.h. */
#include "common/stats/predicted.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/stats/calibration.h"

/* Of a record: its class, the predicted one and with what confidence, minus the logarithm of P(its class). */
typedef struct call {
    size_t label, called, bin;
    double confidence, loss;
} call;

/* One draw's counts of each class. */
typedef struct counts {
    size_t samples, predicted, correct;
} counts;

/* What a draw is computed from; count is its scratch. */
typedef struct material {
    const call *record;
    const size_t *patient;
    size_t n, K;
    const mm_class_estimates *of_class; /* [K] with their recalls, which tell whether a class has samples */
    counts *count;       /* [K] */
} material;

enum { BALANCED, MACRO_F1, LOG_LOSS, CALIBRATION, FIGURES }; /* then the F1 of each class */

static double f1(const counts *c)
{
    return c->samples + c->predicted ? 2 * (double)c->correct / (double)(c->samples + c->predicted) : NAN;
}

static void of_classes(const material *m, double *figure)
{
    double recalls = 0, f1s = 0, classes = 0;
    for (size_t k = 0; k < m->K; k++) {
        const counts *c = &m->count[k];
        figure[FIGURES + k] = f1(c);
        if (!m->of_class[k].recall.whole)
            continue;
        classes++;
        recalls += c->samples ? (double)c->correct / (double)c->samples : NAN;
        f1s += c->samples ? f1(c) : NAN;
    }
    figure[BALANCED] = recalls / classes;
    figure[MACRO_F1] = f1s / classes;
}

/* mm_figures_of_draw */
static void compute(const void *data, const size_t *times, double *figure)
{
    const material *m = data;
    double loss = 0, total = 0, confidence[MM_CALIBRATION_BINS] = {0}, correct[MM_CALIBRATION_BINS] = {0}, off = 0;
    memset(m->count, 0, m->K * sizeof *m->count);
    for (size_t i = 0; i < m->n; i++) {
        const call *r = &m->record[i];
        size_t w = times[m->patient[i]];
        bool right = r->label == r->called;
        m->count[r->label].samples += w;
        m->count[r->called].predicted += w;
        m->count[r->label].correct += right ? w : 0;
        correct[r->bin] += right ? (double)w : 0;
        confidence[r->bin] += (double)w * r->confidence;
        loss += (double)w * r->loss;
        total += (double)w;
    }
    of_classes(m, figure);
    for (size_t b = 0; b < MM_CALIBRATION_BINS; b++)
        off += fabs(correct[b] - confidence[b]);
    figure[LOG_LOSS] = total > 0 ? loss / total : NAN;
    figure[CALIBRATION] = total > 0 ? off / total : NAN;
}

static int estimate(mm_predicted *p, const call *record, size_t K, const mm_sample *s, mm_error *error)
{
    counts *count = malloc(K * sizeof *count);
    mm_estimate *e = malloc((FIGURES + K) * sizeof *e);
    int code = count && e ? 0 : mm_no_memory(error);
    if (!code) {
        const material m = {record, s->patient, s->n, K, p->of_class, count};
        code = mm_bootstrap(compute, &m, FIGURES + K, s, e, error);
    }
    if (!code) {
        p->balanced_accuracy = e[BALANCED];
        p->macro_f1 = e[MACRO_F1];
        p->log_loss = e[LOG_LOSS];
        p->calibration_error = e[CALIBRATION];
        for (size_t k = 0; k < K; k++)
            p->of_class[k].f1 = e[FIGURES + k];
    }
    free(count);
    free(e);
    return code;
}

/* Accuracy, and precision and recall of each class. */
static int shares(mm_predicted *p, const call *record, size_t n, size_t K, const mm_sample *s, mm_error *error)
{
    uint8_t *part = malloc(2 * n + 1);
    if (!part)
        return mm_no_memory(error);
    uint8_t *whole = part + n;
    for (size_t i = 0; i < n; i++) {
        part[i] = record[i].called == record[i].label;
        whole[i] = 1;
    }
    int code = mm_proportion_evaluate(&p->accuracy, part, whole, s, NULL, error);
    for (size_t k = 0; k < K && !code; k++) {
        for (size_t i = 0; i < n; i++) {
            whole[i] = record[i].called == k;
            part[i] = whole[i] && record[i].label == k;
        }
        code = mm_proportion_evaluate(&p->of_class[k].precision, part, whole, s, NULL, error);
        for (size_t i = 0; i < n; i++)
            whole[i] = record[i].label == k;
        if (!code)
            code = mm_proportion_evaluate(&p->of_class[k].recall, part, whole, s, NULL, error);
    }
    free(part);
    return code;
}

int mm_predicted_evaluate(mm_predicted *p, const double *prob, const size_t *label, size_t K, const mm_sample *s, mm_error *error)
{
    size_t n = s->n;
    call *record = malloc(n * sizeof *record);
    *p = (mm_predicted){.confusion = calloc(K * K, sizeof *p->confusion), .of_class = calloc(K, sizeof *p->of_class)};
    int code = record && p->confusion && p->of_class ? 0 : mm_no_memory(error);
    if (!code) {
        mm_confusion(prob, label, n, K, p->confusion);
        for (size_t i = 0; i < n; i++) {
            const double *of_record = prob + i * K;
            size_t called = mm_argmax(of_record, K);
            record[i] = (call){label[i], called, mm_score_bin(of_record[called], MM_CALIBRATION_BINS), of_record[called],
                               mm_log_loss(of_record, &label[i], 1, K)};
        }
        code = shares(p, record, n, K, s, error);
    }
    if (!code)
        code = estimate(p, record, K, s, error);
    free(record);
    if (code)
        mm_predicted_free(p);
    return code;
}

void mm_predicted_free(mm_predicted *p)
{
    free(p->confusion);
    free(p->of_class);
    *p = (mm_predicted){0};
}
