/* Figures in parts of the records: see strata.h. */
#include "common/stats/strata.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/table/groups.h"

enum { FEW = 8 };        /* so many different numbers are parts themselves */
enum { MOST_EDGES = 16 };

char *mm_strata_attribute(const char *what)
{
    return strndup(what, strcspn(what, ":"));
}

void mm_strata_free(mm_strata *s)
{
    free(s->attribute);
    free(s->item);
    *s = (mm_strata){0};
}

/* ---- which part a record belongs to ---- */

static bool number_of(const char *text, double *number)
{
    char *end;
    *number = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*number);
}

/* "NAME:1,2.5": the numbers after the colon. */
static int parse_edges(const char *what, double edge[MOST_EDGES], size_t *edges, mm_error *error)
{
    const char *at = strchr(what, ':');
    *edges = 0;
    while (at && *at) {
        char *end;
        double e = strtod(at + 1, &end);
        if (end == at + 1 || (*end && *end != ',') || !isfinite(e) || (*edges && e <= edge[*edges - 1]) || *edges == MOST_EDGES)
            return mm_fail(error, MM_USAGE, "--by %s: up to %d ascending numbers with commas are wanted after the colon", what,
                           MOST_EDGES);
        edge[(*edges)++] = e;
        at = end;
    }
    return 0;
}

/* Where the numbers fall into thirds; none when there are few different ones. */
static int find_edges(char *const *value, size_t n, double edge[MOST_EDGES], size_t *edges, mm_error *error)
{
    double *sorted = malloc((n ? n : 1) * sizeof *sorted);
    size_t known = 0, different = 0;
    if (!sorted)
        return mm_no_memory(error);
    for (size_t i = 0; i < n; i++)
        known += value[i] && number_of(value[i], &sorted[known]);
    qsort(sorted, known, sizeof *sorted, mm_compare_doubles);
    for (size_t i = 0; i < known; i++)
        different += i == 0 || sorted[i] != sorted[i - 1];
    if (different > FEW) {
        edge[0] = mm_quantile(sorted, known, 1 / 3.0);
        edge[1] = mm_quantile(sorted, known, 2 / 3.0);
        *edges = edge[0] < edge[1] ? 2 : 1;
    }
    free(sorted);
    return 0;
}

static void name_part(char name[80], const double *edge, size_t edges, double number)
{
    size_t part = 0;
    while (part < edges && number >= edge[part])
        part++;
    if (part == 0)
        snprintf(name, 80, "below %g", edge[0]);
    else if (part == edges)
        snprintf(name, 80, "from %g", edge[edges - 1]);
    else
        snprintf(name, 80, "%g to %g", edge[part - 1], edge[part]);
}

/* The parts' names in order: numbers ascending, then words, "below" before all else. */
static double rank_of(const char *name)
{
    double number;
    if (strncmp(name, "below ", 6) == 0)
        return -INFINITY;
    char *end;
    number = strtod(strncmp(name, "from ", 5) == 0 ? name + 5 : name, &end);
    return *name && (*end == '\0' || *end == ' ') && end != name ? number : INFINITY;
}

static int by_rank(const void *a, const void *b)
{
    const char *x = ((const mm_stratum *)a)->name, *y = ((const mm_stratum *)b)->name;
    double p = rank_of(x), q = rank_of(y);
    return p != q ? (p < q ? -1 : 1) : strcmp(x, y);
}

static int add_part(mm_strata *s, const char *name, mm_error *error)
{
    for (size_t k = 0; k < s->n; k++)
        if (strcmp(s->item[k].name, name) == 0)
            return 0;
    if (s->n == MM_MOST_STRATA)
        return mm_fail(error, MM_FAILURE, "attribute '%s' has more than %d different values (%s, ...): too many for parts",
                       s->attribute, MM_MOST_STRATA, name);
    s->item[s->n] = (mm_stratum){.records = 0};
    snprintf(s->item[s->n++].name, sizeof s->item->name, "%s", name);
    return 0;
}

/* Names each record's part: part[n][80], "" for none. */
static int name_parts(mm_strata *s, const char *what, char *const *value, size_t n, char (*part)[80], mm_error *error)
{
    double edge[MOST_EDGES], number;
    size_t edges, known = 0, numbers = 0;
    int code = parse_edges(what, edge, &edges, error);
    for (size_t i = 0; i < n; i++)
        if (value[i]) {
            known++;
            numbers += number_of(value[i], &number) || strcmp(value[i], "mixed") == 0;
        }
    s->unknown = n - known;
    if (!code && !known)
        code = mm_fail(error, MM_FAILURE, "attribute '%s' is unknown for every record", s->attribute);
    if (!code && edges && numbers < known)
        code = mm_fail(error, MM_USAGE, "--by %s: the values are no numbers", what);
    if (!code && !edges && numbers == known)
        code = find_edges(value, n, edge, &edges, error);
    for (size_t i = 0; i < n && !code; i++) {
        part[i][0] = '\0';
        if (value[i] && edges && number_of(value[i], &number))
            name_part(part[i], edge, edges, number);
        else if (value[i])
            snprintf(part[i], sizeof part[i], "%s", value[i]);
        if (value[i])
            code = add_part(s, part[i], error);
    }
    qsort(s->item, s->n, sizeof *s->item, by_rank);
    return code;
}

/* ---- the figures of a part ---- */

/* The records of a part (and, where it has one kind only, all of the other kind), laid out anew. */
typedef struct subset {
    double *score;
    uint8_t *positive, *right, *all;
    size_t *patient;
    char **name;
    size_t own, n, patients;
} subset;

static void subset_free(subset *u)
{
    free(u->score);
    free(u->positive);
    free(u->right);
    free(u->all);
    free(u->patient);
    free(u->name);
}

static int subset_new(subset *u, size_t n, mm_error *error)
{
    *u = (subset){malloc(n * sizeof *u->score), malloc(n), malloc(n), malloc(n), malloc(n * sizeof *u->patient),
                  malloc(n * sizeof *u->name), 0, 0, 0};
    return u->score && u->positive && u->right && u->all && u->patient && u->name ? 0 : mm_no_memory(error);
}

static void take(subset *u, size_t i, const mm_evaluation *e, const mm_predictions *t)
{
    size_t K = t->K;
    u->score[u->n] = e->positive_class ? e->score[i] : 0;
    u->positive[u->n] = e->positive_class ? e->positive[i] : 0;
    u->right[u->n] = mm_argmax(t->prob + i * K, K) == t->label[i];
    u->all[u->n] = 1;
    u->name[u->n] = t->patient[i];
    u->n++;
}

static int measure_own(mm_stratum *s, subset *u, const mm_evaluation *e, const mm_evaluation_options *o, mm_error *error)
{
    int code = mm_number_names(u->name, u->n, u->patient, &u->patients, error);
    const mm_sample sample = {u->patient, u->n, u->patients, o->draws, o->seed};
    s->patients = u->patients;
    if (!code)
        code = mm_proportion_evaluate(&s->accuracy, u->right, u->all, &sample, NULL, error);
    s->thresholds = e->positive_class ? o->thresholds : 0;
    for (size_t k = 0; k < s->thresholds && !code; k++)
        code = mm_operate(&s->operating[k], o->threshold[k], u->score, u->positive, NAN, &sample, error);
    return code;
}

static int measure(mm_stratum *s, subset *u, char (*part)[80], const mm_evaluation *e, const mm_predictions *t,
                   const mm_evaluation_options *o, mm_error *error)
{
    u->n = 0;
    for (size_t i = 0; i < t->n; i++)
        if (strcmp(part[i], s->name) == 0)
            take(u, i, e, t);
    s->records = u->n;
    for (size_t i = 0; i < u->n; i++)
        s->positives += u->positive[i];
    int code = measure_own(s, u, e, o, error);
    s->area = mm_area_unknown;
    if (code || !e->positive_class)
        return code;
    bool lacking = s->positives == 0; /* which kind it lacks, if it does */
    if (s->positives == 0 || s->positives == s->records)
        for (size_t i = 0; i < t->n; i++)
            if (e->positive[i] == lacking)
                take(u, i, e, t);
    s->borrowed = u->n - s->records;
    code = mm_number_names(u->name, u->n, u->patient, &u->patients, error);
    if (!code)
        code = mm_area_evaluate(&s->area, u->score, u->positive, &(mm_sample){u->patient, u->n, u->patients, o->draws, o->seed}, NULL,
                                error);
    return code;
}

int mm_strata_make(mm_strata *s, const char *what, char *const *value, const mm_evaluation *e, const mm_predictions *t,
                   const mm_evaluation_options *o, mm_error *error)
{
    *s = (mm_strata){.attribute = mm_strata_attribute(what), .item = calloc(MM_MOST_STRATA, sizeof *s->item)};
    char(*part)[80] = calloc(t->n, sizeof *part);
    subset u = {0};
    int code = s->attribute && s->item && part ? subset_new(&u, t->n, error) : mm_no_memory(error);
    if (!code)
        code = name_parts(s, what, value, t->n, part, error);
    for (size_t k = 0; k < s->n && !code; k++)
        code = measure(&s->item[k], &u, part, e, t, o, error);
    subset_free(&u);
    free(part);
    if (code)
        mm_strata_free(s);
    return code;
}

int mm_strata_callback(mm_strata *s, char *const *pathology, const mm_evaluation *e, const mm_predictions *t,
                       const mm_evaluation_options *o, mm_error *error)
{
    char without_name[] = "without call-back", other_name[] = "others", **value = calloc(t->n, sizeof *value);
    size_t without = 0;
    int code = value ? 0 : mm_no_memory(error);
    *s = (mm_strata){0};
    for (size_t i = 0; i < t->n && !code; i++) {
        bool apart = pathology[i] && strcasecmp(pathology[i], "BENIGN_WITHOUT_CALLBACK") == 0;
        if (!e->positive[i])
            value[i] = apart ? without_name : other_name;
        without += apart && !e->positive[i];
    }
    if (!code && !without)
        code = mm_fail(error, MM_FAILURE, "no negative record is known to be benign without callback (attribute 'pathology')");
    if (!code)
        code = mm_strata_make(s, "call-back", value, e, t, o, error);
    free(value);
    return code;
}
