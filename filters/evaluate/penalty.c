/* Choosing a penalty: see penalty.h. Folds run in several threads; the sums over folds are taken in their order. */
#include "filters/evaluate/penalty.h"

#include <stdlib.h>

#include "common/cli/pool.h"
#include "common/stats/folds.h"
#include "common/stats/rank.h"

const double mm_penalties[MM_PENALTIES] = {1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100};

/* One fold: the records to learn from, and those that are held out. */
typedef struct job {
    size_t number;
    size_t *row, *held, n, nheld;
    double loss[MM_PENALTIES]; /* sums over the held records */
    int code;
    mm_error error;
} job;

typedef struct choosing {
    const mm_logistic_data *data;
    char *const *class_name;
    const size_t *fold;
    size_t folds, taken;
    double loss[MM_PENALTIES];
} choosing;

static void drop(void *context, void *of)
{
    job *j = of;
    (void)context;
    free(j->row);
    free(j->held);
    free(j);
}

static int take(void *context, void **of, mm_error *error)
{
    choosing *c = context;
    const size_t n = c->data->n;
    *of = NULL;
    if (c->taken == c->folds)
        return MM_OK;
    job *j = calloc(1, sizeof *j);
    if (!j || !(j->row = malloc(n * sizeof *j->row)) || !(j->held = malloc(n * sizeof *j->held))) {
        if (j)
            drop(c, j);
        return mm_no_memory(error);
    }
    j->number = c->taken++;
    for (size_t i = 0; i < n; i++)
        if (c->fold[i] == j->number)
            j->held[j->nheld++] = i;
        else
            j->row[j->n++] = i;
    *of = j;
    return MM_OK;
}

static double loss_of(const mm_logistic *model, const mm_logistic_data *data, const job *j, double *logit, double *prob)
{
    double sum = 0;
    for (size_t i = 0; i < j->nheld; i++) {
        mm_logistic_logits(model, data->x + j->held[i] * data->F, logit);
        mm_softmax(logit, data->K, 1, prob);
        sum -= logit[data->label[j->held[i]]];
    }
    return sum;
}

/* Fits one penalty after another, each from the weights of the one before. */
static int fit_all(const choosing *c, job *j, double *logit, double *prob)
{
    mm_logistic_data data = *c->data;
    mm_logistic model;
    size_t missing;
    data.row = j->row;
    data.n = j->n;
    int code = mm_logistic_begin(&model, &data, &missing, &j->error);
    if (code)
        return missing == data.K ? code : mm_fail(&j->error, MM_FAILURE, "C cannot be chosen by folds: class '%s' has too few patients "
                                                  "(--C gives it)", c->class_name[missing]);
    for (size_t k = 0; k < MM_PENALTIES && !code; k++) {
        code = mm_logistic_fit(&model, &data, mm_penalties[k], &j->error);
        if (!code)
            j->loss[k] = loss_of(&model, &data, j, logit, prob);
    }
    mm_logistic_free(&model);
    return code;
}

static void work(void *context, void *of)
{
    const choosing *c = context;
    job *j = of;
    double *logit = malloc(2 * c->data->K * sizeof *logit);
    j->code = logit ? fit_all(c, j, logit, logit + c->data->K) : mm_no_memory(&j->error);
    free(logit);
}

static int finish(void *context, void *of, mm_error *error)
{
    choosing *c = context;
    job *j = of;
    int code = j->code;
    for (size_t k = 0; k < MM_PENALTIES; k++)
        c->loss[k] += j->loss[k];
    if (code)
        *error = j->error;
    drop(c, j);
    return code;
}

int mm_penalty_choose(mm_penalty_choice *choice, const mm_logistic_data *data, const size_t *patient, size_t patients,
                      char *const *class_name, long threads, mm_error *error)
{
    static const mm_pool pool = {take, work, finish, drop};
    const mm_fold_data folds = {patient, data->label, data->n, patients, data->K};
    *choice = (mm_penalty_choice){.folds = patients < MM_PENALTY_FOLDS ? patients : MM_PENALTY_FOLDS};
    if (patients < 2)
        return mm_fail(error, MM_FAILURE, "C cannot be chosen by folds: all records are of one patient (--C gives it)");
    size_t *fold = malloc(data->n * sizeof *fold), best = 0;
    choosing c = {.data = data, .class_name = class_name, .fold = fold, .folds = choice->folds};
    int code = fold ? mm_folds_by_patient(&folds, choice->folds, fold, error) : mm_no_memory(error);
    if (!code)
        code = mm_pool_run(&pool, &c, threads, error);
    for (size_t k = 0; k < MM_PENALTIES && !code; k++) {
        choice->log_loss[k] = c.loss[k] / (double)data->n;
        best = choice->log_loss[k] < choice->log_loss[best] ? k : best;
    }
    choice->C = mm_penalties[best];
    free(fold);
    return code;
}
