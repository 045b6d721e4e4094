/* Which curves the picture of an evaluation has: see plot.h. */
#include <math.h>
#include <stdlib.h>

#include "filters/picture/plot.h"

enum { NAME = 160 };

typedef struct pictures {
    mm_roc *roc;          /* [K + 1] */
    mm_plot_curve *curve; /* [K + 1] */
    char (*name)[NAME];   /* [K + 1] */
    size_t n;
} pictures;

static int add(pictures *p, const char *name, const mm_area *area, const double *score, const uint8_t *positive, mm_error *error)
{
    int code = mm_roc_make(&p->roc[p->n], score, positive, area->records, error);
    if (code)
        return code;
    if (isnan(area->bootstrap.low))
        snprintf(p->name[p->n], NAME, "%.60s  %.3f", name, area->area);
    else
        snprintf(p->name[p->n], NAME, "%.60s  %.3f (%.3f to %.3f)", name, area->area, area->bootstrap.low, area->bootstrap.high);
    p->curve[p->n] = (mm_plot_curve){&p->roc[p->n], p->name[p->n]};
    p->n++;
    return 0;
}

static int add_class(pictures *p, size_t k, const mm_evaluation *e, const mm_evaluation_data *d, mm_error *error)
{
    double *rank = malloc(d->n * sizeof *rank);
    uint8_t *positive = malloc(d->n), *only = calloc(d->K, 1);
    int code = rank && positive && only ? 0 : mm_no_memory(error);
    if (!code) {
        only[k] = 1;
        mm_positive_ranks(d->prob, d->log_prob, d->label, d->n, d->K, only, rank, positive);
        code = add(p, d->class_name[k], &e->of_class[k], rank, positive, error);
    }
    free(rank);
    free(positive);
    free(only);
    return code;
}

/* True if class k against the rest is the question of the headline, or its mirror image, which has the same curve. */
static bool is_headline(const mm_evaluation *e, size_t K, size_t k)
{
    size_t positive = 0;
    for (size_t i = 0; e->positive_class && i < K; i++)
        positive += e->positive_class[i] != 0;
    return e->positive_class && positive == (e->positive_class[k] ? 1 : K - 1);
}

int mm_plot_evaluation(const mm_evaluation *e, const mm_evaluation_data *d, const char *positive, mm_canvas_format format, FILE *out,
                       mm_error *error)
{
    pictures p = {calloc(d->K + 1, sizeof *p.roc), calloc(d->K + 1, sizeof *p.curve), calloc(d->K + 1, sizeof *p.name), 0};
    int code = p.roc && p.curve && p.name ? 0 : mm_no_memory(error);
    if (!code && e->positive_class)
        code = add(&p, positive, &e->headline, e->rank, e->positive, error);
    for (size_t k = 0; k < d->K && !code; k++)
        if (e->of_class[k].known && !is_headline(e, d->K, k))
            code = add_class(&p, k, e, d, error);
    if (!code) {
        char title[200];
        snprintf(title, sizeof title, "%zu records of %zu patients, accuracy %.3f (%.3f to %.3f)", e->n, e->patients,
                 e->predicted.accuracy.value, e->predicted.accuracy.bootstrap.low, e->predicted.accuracy.bootstrap.high);
        if (isnan(e->predicted.accuracy.bootstrap.low))
            snprintf(title, sizeof title, "%zu records, accuracy %.3f", e->n, e->predicted.accuracy.value);
        const mm_plot plot = {title, p.curve, p.n, e->positive_class ? &e->reliability : NULL, positive, e->predicted.confusion,
                              d->class_name, d->K};
        code = mm_plot_write(&plot, format, out, error);
    }
    for (size_t i = 0; i < p.n; i++)
        mm_roc_free(&p.roc[i]);
    free(p.roc);
    free(p.curve);
    free(p.name);
    return code;
}
