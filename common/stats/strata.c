/* Figures in parts of the records: see strata.h. */
#include "common/stats/strata.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/stats/aggregate.h"

enum { FEW = 8 };        /* up to this many different numbers are parts of their own */
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
            return mm_fail(error, MM_USAGE, "--by %s: expected up to %d ascending numbers with commas between them after the colon", what,
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
        code = mm_fail(error, MM_USAGE, "--by %s: the values are not numbers", what);
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
    size_t n;
} subset;

static void subset_free(subset *u)
{
    free(u->score);
    free(u->positive);
    free(u->right);
    free(u->all);
    free(u->patient);
}

static int subset_new(subset *u, size_t n, mm_error *error)
{
    *u = (subset){malloc(n * sizeof *u->score), malloc(n), malloc(n), malloc(n), malloc(n * sizeof *u->patient), 0};
    return u->score && u->positive && u->right && u->all && u->patient ? 0 : mm_no_memory(error);
}

static void take(subset *u, size_t i, const mm_evaluation *e, const mm_evaluation_data *d)
{
    u->score[u->n] = e->positive_class ? e->rank[i] : 0;
    u->positive[u->n] = e->positive_class ? e->positive[i] : 0;
    u->right[u->n] = mm_argmax(d->prob + i * d->K, d->K) == d->label[i];
    u->all[u->n] = 1;
    u->patient[u->n] = d->patient[i];
    u->n++;
}

/* The subset's records, its patients numbered anew. */
static int sample_of(mm_sample *sample, subset *u, size_t patients, const mm_evaluation_options *o, mm_error *error)
{
    int code = mm_renumber(u->patient, u->n, &patients, error);
    *sample = (mm_sample){u->patient, u->n, patients, o->draws, o->seed};
    return code;
}

static int measure_own(mm_stratum *s, subset *u, const mm_evaluation *e, const mm_evaluation_options *o, mm_error *error)
{
    mm_sample sample;
    int code = sample_of(&sample, u, e->patients, o, error);
    s->patients = sample.patients;
    if (!code)
        code = mm_proportion_evaluate(&s->accuracy, u->right, u->all, &sample, NULL, error);
    s->thresholds = e->positive_class ? o->thresholds : 0;
    for (size_t k = 0; k < s->thresholds && !code; k++)
        code = mm_operate(&s->operating[k], o->threshold[k], u->score, u->positive, NAN, &sample, error);
    return code;
}

static void take_own(subset *u, const mm_stratum *s, char (*part)[80], const mm_evaluation *e, const mm_evaluation_data *d)
{
    u->n = 0;
    for (size_t i = 0; i < d->n; i++)
        if (strcmp(part[i], s->name) == 0)
            take(u, i, e, d);
}

static int measure(mm_stratum *s, subset *u, char (*part)[80], const mm_evaluation *e, const mm_evaluation_data *d,
                   const mm_evaluation_options *o, mm_error *error)
{
    take_own(u, s, part, e, d);
    s->records = u->n;
    for (size_t i = 0; i < u->n; i++)
        s->positives += u->positive[i];
    int code = measure_own(s, u, e, o, error);
    s->area = mm_area_unknown;
    if (code || !e->positive_class)
        return code;
    take_own(u, s, part, e, d); /* with all patients' numbers again */
    bool lacking = s->positives == 0; /* which kind it lacks, if it does */
    if (s->positives == 0 || s->positives == s->records)
        for (size_t i = 0; i < d->n; i++)
            if (e->positive[i] == lacking)
                take(u, i, e, d);
    s->borrowed = u->n - s->records;
    mm_sample sample;
    code = sample_of(&sample, u, e->patients, o, error);
    return code ? code : mm_area_evaluate(&s->area, u->score, u->positive, &sample, NULL, error);
}

int mm_strata_make(mm_strata *s, const char *what, char *const *value, const mm_evaluation *e, const mm_evaluation_data *d,
                   const mm_evaluation_options *o, mm_error *error)
{
    *s = (mm_strata){.attribute = mm_strata_attribute(what), .item = calloc(MM_MOST_STRATA, sizeof *s->item)};
    char(*part)[80] = calloc(d->n, sizeof *part);
    subset u = {0};
    int code = s->attribute && s->item && part ? subset_new(&u, d->n, error) : mm_no_memory(error);
    if (!code)
        code = name_parts(s, what, value, d->n, part, error);
    for (size_t k = 0; k < s->n && !code; k++)
        code = measure(&s->item[k], &u, part, e, d, o, error);
    subset_free(&u);
    free(part);
    if (code)
        mm_strata_free(s);
    return code;
}

int mm_strata_callback(mm_strata *s, char *const *pathology, const mm_evaluation *e, const mm_evaluation_data *d,
                       const mm_evaluation_options *o, mm_error *error)
{
    char without_name[] = "without call-back", other_name[] = "others", **value = calloc(d->n, sizeof *value);
    size_t without = 0;
    int code = value ? 0 : mm_no_memory(error);
    *s = (mm_strata){0};
    for (size_t i = 0; i < d->n && !code; i++) {
        bool apart = pathology[i] && strcasecmp(pathology[i], "BENIGN_WITHOUT_CALLBACK") == 0;
        if (!e->positive[i])
            value[i] = apart ? without_name : other_name;
        without += apart && !e->positive[i];
    }
    if (!code && !without)
        code = mm_fail(error, MM_FAILURE, "no negative record is known to be benign without callback (attribute 'pathology')");
    if (!code)
        code = mm_strata_make(s, "call-back", value, e, d, o, error);
    free(value);
    return code;
}
