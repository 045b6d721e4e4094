/* Folds by patient: see folds.h. */
#include "common/stats/folds.h"

#include <stdlib.h>

typedef struct patient {
    size_t number, records;
} patient;

static int by_records(const void *a, const void *b)
{
    const patient *x = a, *y = b;
    if (x->records != y->records)
        return x->records > y->records ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

/* How much of what a patient brings the fold has: by this the sum over classes of squared shares would grow. */
static double overlap(const double *fold, const double *own, const double *total, size_t K)
{
    double sum = 0;
    for (size_t k = 0; k < K; k++)
        sum += own[k] > 0 ? fold[k] * own[k] / (total[k] * total[k]) : 0;
    return sum;
}

/* The fold with least overlap; of several the one with fewest records, and of these the first. */
static size_t choose(const double *counts, const double *records, size_t folds, const double *own, const double *total, size_t K)
{
    size_t best = 0;
    double least = overlap(counts, own, total, K);
    for (size_t f = 1; f < folds; f++) {
        double here = overlap(counts + f * K, own, total, K);
        if (here < least || (here == least && records[f] < records[best])) {
            best = f;
            least = here;
        }
    }
    return best;
}

/* own[patients][K] and total[K] are counts of records by class; counts[folds][K] and records[folds] are 0. */
static void deal(patient *order, size_t patients, const double *own, const double *total, size_t K, size_t folds, double *counts,
                 double *records, size_t *fold_of)
{
    qsort(order, patients, sizeof *order, by_records);
    for (size_t i = 0; i < patients; i++) {
        const double *mine = own + order[i].number * K;
        size_t f = choose(counts, records, folds, mine, total, K);
        fold_of[order[i].number] = f;
        records[f] += (double)order[i].records;
        for (size_t k = 0; k < K; k++)
            counts[f * K + k] += mine[k];
    }
}

int mm_folds_by_patient(const mm_fold_data *d, size_t folds, size_t *fold, mm_error *error)
{
    const size_t P = d->patients, K = d->K;
    patient *order = calloc(P + 1, sizeof *order);
    double *own = calloc(P * K + 1, sizeof *own), *total = calloc(K + 1, sizeof *total);
    double *counts = calloc(folds * K + 1, sizeof *counts), *records = calloc(folds + 1, sizeof *records);
    size_t *fold_of = calloc(P + 1, sizeof *fold_of);
    int code = order && own && total && counts && records && fold_of ? MM_OK : mm_no_memory(error);
    for (size_t i = 0; i < d->n && !code; i++) {
        order[d->patient[i]].number = d->patient[i];
        order[d->patient[i]].records++;
        own[d->patient[i] * K + d->label[i]]++;
        total[d->label[i]]++;
    }
    if (!code)
        deal(order, P, own, total, K, folds, counts, records, fold_of);
    for (size_t i = 0; i < d->n && !code; i++)
        fold[i] = fold_of[d->patient[i]];
    free(order);
    free(own);
    free(total);
    free(counts);
    free(records);
    free(fold_of);
    return code;
}
