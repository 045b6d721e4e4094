/* Choosing a penalty: see penalty.h. Folds run in several threads; the sums over folds are taken in their order. */
#include "filters/evaluate/penalty.h"

#include <stdint.h>
#include <stdlib.h>

#include "common/cli/pool.h"
#include "common/stats/folds.h"
#include "common/stats/rank.h"

const double mm_penalties[MM_PENALTIES] = {1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100};

/* One fold: the records to learn from, those that are held out, and a model that goes from one penalty to the next. */
typedef struct job {
    mm_logistic_data data;            /* the records to learn from, with the classes that they have */
    size_t *row, *held, nheld, *label; /* label[...] is SIZE_MAX for a class that they have not */
    mm_logistic model;
    double *logit; /* [2][K] logits and probabilities of a record */
    double loss;   /* sum over the held records of these classes */
    int code;
    mm_error error;
} job;

typedef struct choosing {
    job job[MM_PENALTY_FOLDS];
    size_t folds, taken;
    size_t counted; /* held records of all jobs that have a loss */
    double C, loss; /* of the penalty under way */
} choosing;

static void clear(job *j)
{
    mm_logistic_free(&j->model);
    free(j->row);
    free(j->held);
    free(j->label);
    free(j->logit);
}

/* Numbers the classes of the records to learn from: a class of one patient alone is not among them when that patient is held out. */
static int number_classes(job *j, const mm_logistic_data *data, char *const *class_name, mm_error *error)
{
    size_t *number = malloc(data->K * sizeof *number), K = 0, last = 0;
    if (!number)
        return mm_no_memory(error);
    for (size_t k = 0; k < data->K; k++) {
        size_t i = 0;
        while (i < j->data.n && data->label[j->row[i]] != k)
            i++;
        number[k] = i < j->data.n ? K++ : SIZE_MAX;
        last = number[k] == SIZE_MAX ? k : last;
    }
    for (size_t i = 0; i < data->n; i++)
        j->label[i] = number[data->label[i]];
    free(number);
    j->data.label = j->label;
    j->data.K = K;
    return K > 1 ? MM_OK : mm_fail(error, MM_FAILURE, "C cannot be chosen by folds: class '%s' has too few patients (--C gives it)",
                                   class_name[last]);
}

static int begin(job *j, const mm_logistic_data *data, const size_t *fold, size_t number, char *const *class_name, mm_error *error)
{
    size_t missing;
    j->row = malloc(data->n * sizeof *j->row);
    j->held = malloc(data->n * sizeof *j->held);
    j->label = malloc(data->n * sizeof *j->label);
    j->logit = malloc(2 * data->K * sizeof *j->logit);
    if (!j->row || !j->held || !j->label || !j->logit)
        return mm_no_memory(error);
    j->data = *data;
    j->data.row = j->row;
    j->data.n = 0;
    for (size_t i = 0; i < data->n; i++)
        if (fold[i] == number)
            j->held[j->nheld++] = i;
        else
            j->row[j->data.n++] = i;
    int code = number_classes(j, data, class_name, error);
    return code ? code : mm_logistic_begin(&j->model, &j->data, &missing, error);
}

static int take(void *context, void **of, mm_error *error)
{
    choosing *c = context;
    (void)error;
    *of = c->taken < c->folds ? &c->job[c->taken++] : NULL;
    return MM_OK;
}

static void work(void *context, void *of)
{
    const choosing *c = context;
    job *j = of;
    const size_t F = j->data.F, K = j->data.K;
    j->code = mm_logistic_fit(&j->model, &j->data, c->C, &j->error);
    j->loss = 0;
    for (size_t i = 0; i < j->nheld && !j->code; i++) {
        if (j->label[j->held[i]] == SIZE_MAX)
            continue;
        mm_logistic_logits(&j->model, j->data.x + j->held[i] * F, j->logit);
        mm_softmax(j->logit, K, 1, j->logit + K);
        j->loss -= j->logit[j->label[j->held[i]]];
    }
}

static int finish(void *context, void *of, mm_error *error)
{
    choosing *c = context;
    const job *j = of;
    c->loss += j->loss;
    if (j->code)
        *error = j->error;
    return j->code;
}

static void drop(void *context, void *of)
{
    (void)context;
    (void)of;
}

/* Whether the last two of n losses were each more than the one before. */
static bool risen_twice(const double *loss, size_t n)
{
    return n > 2 && loss[n - 1] > loss[n - 2] && loss[n - 2] > loss[n - 3];
}

/* Tries one penalty after another, each from the weights of the one before. */
static int walk(choosing *c, mm_penalty_choice *choice, long threads, mm_error *error)
{
    static const mm_pool pool = {take, work, finish, drop};
    double *loss = choice->log_loss;
    size_t k = 0, best = 0;
    for (; k < MM_PENALTIES && !risen_twice(loss, k); k++) {
        c->C = mm_penalties[k];
        c->loss = 0;
        c->taken = 0;
        if (mm_pool_run(&pool, c, threads, error))
            return error->code;
        loss[k] = c->loss / (double)c->counted;
        best = loss[k] < loss[best] ? k : best;
    }
    choice->tried = k;
    choice->C = mm_penalties[best];
    return MM_OK;
}

int mm_penalty_choose(mm_penalty_choice *choice, const mm_logistic_data *data, const size_t *patient, size_t patients,
                      char *const *class_name, long threads, mm_error *error)
{
    const mm_fold_data folds = {patient, data->label, data->n, patients, data->K};
    *choice = (mm_penalty_choice){.folds = patients < MM_PENALTY_FOLDS ? patients : MM_PENALTY_FOLDS};
    if (patients < 2)
        return mm_fail(error, MM_FAILURE, "C cannot be chosen by folds: all records are of one patient (--C gives it)");
    size_t *fold = malloc(data->n * sizeof *fold);
    choosing c = {.folds = choice->folds};
    int code = fold ? mm_folds_by_patient(&folds, c.folds, fold, error) : mm_no_memory(error);
    for (size_t f = 0; f < c.folds && !code; f++)
        code = begin(&c.job[f], data, fold, f, class_name, error);
    for (size_t i = 0; i < data->n && !code; i++)
        c.counted += c.job[fold[i]].label[i] != SIZE_MAX;
    if (!code)
        code = walk(&c, choice, threads, error);
    for (size_t f = 0; f < c.folds; f++)
        clear(&c.job[f]);
    free(fold);
    return code;
}
