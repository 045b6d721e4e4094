/* Two models on the same records: see compare.h. */
#include "filters/evaluate/compare.h"

#include <stdlib.h>

#include "common/table/groups.h"
#include "filters/evaluate/joined.h"

typedef struct common_records {
    size_t n, *position, *number;
    double *first, *second;
    uint8_t *positive;
    char **patient;
} common_records;

static int gather(common_records *c, const mm_scored *first, const mm_scored *second, mm_error *error)
{
    for (size_t i = 0; i < first->n; i++) {
        size_t j = c->position[i];
        if (j == SIZE_MAX)
            continue;
        if (first->positive[i] != second->positive[j])
            return mm_fail(error, MM_FAILURE, "record '%s' is %s in '%s' and %s in '%s'", first->key[i],
                           first->positive[i] ? "positive" : "negative", first->name, second->positive[j] ? "positive" : "negative",
                           second->name);
        c->first[c->n] = first->score[i];
        c->second[c->n] = second->score[j];
        c->positive[c->n] = first->positive[i];
        c->patient[c->n] = first->patient[i];
        c->n++;
    }
    if (c->n == 0)
        return mm_fail(error, MM_FAILURE, "'%s' and '%s' have no record in common", first->name, second->name);
    return 0;
}

void mm_scored_free(mm_scored *scored)
{
    free((void *)scored->score);
    free((void *)scored->positive);
    *scored = (mm_scored){0};
}

int mm_scored_predictions(mm_scored *scored, const mm_predictions *table, const char *list, const char *name, mm_error *error)
{
    uint8_t *positive = malloc(table->n), *positive_class = NULL;
    double *score = malloc(table->n * sizeof *score);
    *scored = (mm_scored){name, table->n, table->key, table->patient, score, positive};
    int code = positive && score ? mm_positive_classes(&positive_class, table, list, error) : mm_no_memory(error);
    if (!code && !positive_class)
        code = mm_fail(error, MM_USAGE, "'%s': say with --positive which of its %zu classes are positive", name, table->K);
    if (!code)
        mm_positive_ranks(table->prob, table->log_prob, table->label, table->n, table->K, positive_class, score, positive);
    if (code)
        mm_scored_free(scored);
    free(positive_class);
    return code;
}

int mm_compare_scores(mm_comparison *comparison, size_t *unmatched, const mm_scored *first, const mm_scored *second, size_t draws,
              uint64_t seed, mm_error *error)
{
    size_t room = first->n ? first->n : 1, patients;
    common_records c = {0, malloc(room * sizeof *c.position), malloc(room * sizeof *c.number), malloc(room * sizeof *c.first),
                        malloc(room * sizeof *c.second), malloc(room), malloc(room * sizeof *c.patient)};
    int code = c.position && c.number && c.first && c.second && c.positive && c.patient
                   ? mm_find_names(first->key, first->n, second->key, second->n, c.position, error)
                   : mm_no_memory(error);
    if (!code)
        code = gather(&c, first, second, error);
    if (!code)
        code = mm_number_names(c.patient, c.n, c.number, &patients, error);
    if (!code)
        code = mm_compare_areas(comparison, c.first, c.second, c.positive, &(mm_sample){c.number, c.n, patients, draws, seed}, error);
    *unmatched = first->n + second->n - 2 * c.n;
    free(c.position);
    free(c.number);
    free(c.first);
    free(c.second);
    free(c.positive);
    free(c.patient);
    return code;
}

/* The scores of `other` in the order of `first`, on the heap; NULL after an error. */
static double *in_order(const mm_scored *first, const mm_scored *other, mm_error *error)
{
    size_t *at = malloc((first->n + 1) * sizeof *at);
    double *score = malloc((first->n + 1) * sizeof *score);
    int code = at && score ? mm_find_names(first->key, first->n, other->key, other->n, at, error) : mm_no_memory(error);
    for (size_t i = 0; i < first->n && !code; i++)
        if (at[i] == SIZE_MAX)
            code = mm_fail(error, MM_FAILURE, "'%s' lacks record '%s' of '%s'", other->name, first->key[i], first->name);
        else if (first->positive[i] != other->positive[at[i]])
            code = mm_fail(error, MM_FAILURE, "record '%s' is of different kinds in '%s' and '%s'", first->key[i], first->name, other->name);
        else
            score[i] = other->score[at[i]];
    if (!code && other->n > first->n)
        code = mm_fail(error, MM_FAILURE, "'%s' has %zu records that '%s' lacks", other->name, other->n - first->n, first->name);
    free(at);
    if (code)
        free(score);
    return code ? NULL : score;
}

int mm_compare_repeats(mm_repeats *repeats, const mm_scored *trained, size_t n, const mm_scored *other, size_t draws, uint64_t seed,
                       mm_error *error)
{
    const mm_scored *first = &trained[0];
    size_t patients, *number = malloc((first->n + 1) * sizeof *number);
    double **score = calloc(n + 1, sizeof *score); /* the last is the other's */
    int code = number && score ? mm_number_names(first->patient, first->n, number, &patients, error) : mm_no_memory(error);
    for (size_t k = 0; k < n + (other != NULL) && !code; k++)
        if (!(score[k] = in_order(first, k < n ? &trained[k] : other, error)))
            code = error->code;
    if (!code)
        code = mm_repeats_measure(repeats, (const double *const *)score, n, score[n], first->positive,
                                  &(mm_sample){number, first->n, patients, draws, seed}, error);
    for (size_t k = 0; score && k <= n; k++)
        free(score[k]);
    free(score);
    free(number);
    return code;
}
