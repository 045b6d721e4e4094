/* Sets of patients: see split.h. */
#include "common/table/split.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/table/classes.h"
#include "common/table/vocabulary.h"
#include "common/base/random.h"

const char *const mm_split_names[MM_SPLIT_SETS] = {"train", "val", "test"};

int mm_split_ratio(const char *text, mm_split_options *options, mm_error *error)
{
    const char *p = text;
    options->sets = 0;
    double sum = 0;
    for (bool more = true; more;) {
        char *end;
        double v = strtod(p, &end);
        more = *end == ':';
        if (end == p || (*end && !more) || !(v >= 0 && v <= 1e6) || options->sets == MM_SPLIT_SETS)
            return mm_fail(error, MM_USAGE, "'%.40s' is not a ratio such as 80:20 or 60:20:20", text);
        options->part[options->sets++] = v;
        sum += v;
        p = end + 1;
    }
    if (options->sets < 2 || sum <= 0)
        return mm_fail(error, MM_USAGE, "'%.40s' is not a ratio such as 80:20 or 60:20:20", text);
    return MM_OK;
}

static int set_of(const char *name)
{
    for (int s = 0; s < MM_SPLIT_SETS; s++)
        if (!strcmp(name, mm_split_names[s]))
            return s;
    return -1;
}

/* A line speaks of a malignant lesion by its pathology, else by the words of the image's class or label. */
static bool is_malignant(const mm_manifest *m, size_t row)
{
    static const char *const columns[] = {"pathology", "class", "label"};
    mm_pathology p = MM_PATHOLOGY_BAD;
    for (size_t i = 0; i < 3 && (p == MM_PATHOLOGY_BAD || p == MM_PATHOLOGY_UNKNOWN); i++)
        p = mm_pathology_of(mm_manifest_get(m, row, columns[i]));
    return p == MM_MALIGNANT;
}

/* Patients are drawn within strata: 1 with a malignant lesion, else the largest label that no word names, else 0. */
static long stratum_of(const mm_manifest *m, size_t row)
{
    long label = strtol(mm_manifest_get(m, row, "label"), NULL, 10);
    mm_pathology known = mm_pathology_of(mm_manifest_get(m, row, "pathology"));
    return is_malignant(m, row) ? 1 : known == MM_PATHOLOGY_UNKNOWN && label > 0 ? label : 0;
}

struct patient {
    size_t group;
    long stratum;
    uint64_t draw;
    const char *name;
};

static int by_draw(const void *a, const void *b)
{
    const struct patient *x = a, *y = b;
    if (x->stratum != y->stratum)
        return x->stratum < y->stratum ? -1 : 1;
    return x->draw != y->draw ? (x->draw < y->draw ? -1 : 1) : strcmp(x->name, y->name);
}

/* How many of n go to each set: whole parts first, the rest by the largest remainders; then, while there are enough, a
 * set that was to get some and got none takes one from the largest. */
static void share(size_t n, const mm_split_options *options, size_t *count)
{
    double sum = 0, rest[MM_SPLIT_SETS] = {0};
    size_t given = 0;
    for (size_t s = 0; s < options->sets; s++)
        sum += options->part[s];
    for (size_t s = 0; s < options->sets; s++) {
        double exact = (double)n * options->part[s] / sum;
        count[s] = (size_t)floor(exact);
        rest[s] = exact - floor(exact);
        given += count[s];
    }
    for (; given < n; given++) {
        size_t best = 0;
        for (size_t s = 1; s < options->sets; s++)
            if (rest[s] > rest[best])
                best = s;
        count[best]++;
        rest[best] -= 1;
    }
    for (size_t s = 0; s < options->sets; s++) {
        size_t largest = 0;
        for (size_t k = 1; k < options->sets; k++)
            if (count[k] > count[largest])
                largest = k;
        if (count[s] == 0 && options->part[s] > 0 && count[largest] > 1) {
            count[largest]--;
            count[s]++;
        }
    }
}

/* Gives the n patients of a stratum, in the order of their draws, to the sets. */
static int draw_stratum(mm_manifest *m, const mm_row_groups *groups, const struct patient *patients, size_t n,
                        const mm_split_options *options, mm_error *error)
{
    size_t count[MM_SPLIT_SETS] = {0}, at = 0;
    int code = MM_OK;
    share(n, options, count);
    for (size_t s = 0; s < options->sets; s++)
        for (size_t k = 0; k < count[s]; k++, at++)
            for (size_t i = groups->first[patients[at].group]; i < groups->first[patients[at].group + 1] && !code; i++)
                code = mm_manifest_set(m, groups->row[i], "split", mm_split_names[s], error);
    return code;
}

/* Patients of a given test: their other lines are left out, or go to train. True when the patient is one. */
static int settle_test(mm_manifest *m, const mm_row_groups *groups, size_t g, const mm_split_options *options, bool *keep,
                       bool *is_test, mm_split_report *report, mm_error *error)
{
    size_t in_test = 0, size = groups->first[g + 1] - groups->first[g];
    int code = MM_OK;
    for (size_t i = groups->first[g]; i < groups->first[g + 1]; i++)
        in_test += !strcmp(mm_manifest_get(m, groups->row[i], "split"), "test");
    *is_test = in_test > 0;
    if (!in_test || in_test == size)
        return MM_OK;
    report->leaking++;
    for (size_t i = groups->first[g]; i < groups->first[g + 1] && !code; i++) {
        size_t row = groups->row[i];
        if (!strcmp(mm_manifest_get(m, row, "split"), "test"))
            continue;
        if (options->keep_leaking) {
            code = mm_manifest_set(m, row, "split", "train", error);
        } else {
            keep[row] = false;
            report->dropped++;
        }
    }
    return code;
}

static int count_sets(const mm_manifest *m, mm_split_report *report, bool leaks_are_errors, mm_error *error)
{
    mm_row_groups by_patient = {0}, by_key = {0};
    int code = mm_manifest_group(m, "patient", &by_patient, error);
    if (!code)
        code = mm_manifest_group(m, "key", &by_key, error);
    for (size_t g = 0; g < by_patient.n && !code; g++) {
        bool in[MM_SPLIT_SETS] = {false}, malignant[MM_SPLIT_SETS] = {false};
        for (size_t i = by_patient.first[g]; i < by_patient.first[g + 1] && !code; i++) {
            size_t row = by_patient.row[i];
            const char *split = mm_manifest_get(m, row, "split"), *patient = mm_manifest_get(m, row, "patient");
            int s = set_of(split);
            if (s < 0)
                code = mm_fail(error, MM_FAILURE, "line %zu: '%.40s' is not a set: expected train, val or test", m->line[row], split);
            else if (!*patient)
                code = mm_fail(error, MM_FAILURE, "line %zu: no patient", m->line[row]);
            if (code)
                break;
            in[s] = true;
            malignant[s] = malignant[s] || is_malignant(m, row);
            report->lines[s]++;
        }
        size_t sets = 0;
        for (size_t s = 0; s < MM_SPLIT_SETS; s++) {
            sets += in[s];
            report->patients[s] += in[s];
            report->malignant[s] += malignant[s];
        }
        if (!code && sets > 1 && leaks_are_errors)
            code = mm_fail(error, MM_FAILURE, "patient '%.60s' is in %zu sets: what is learnt from one would be tested on "
                           "another", mm_manifest_get(m, by_patient.row[by_patient.first[g]], "patient"), sets);
    }
    for (size_t g = 0; g < by_key.n && !code; g++)
        report->images[set_of(mm_manifest_get(m, by_key.row[by_key.first[g]], "split"))]++;
    mm_row_groups_free(&by_patient);
    mm_row_groups_free(&by_key);
    return code;
}

int mm_split_check(const mm_manifest *m, mm_split_report *report, mm_error *error)
{
    *report = (mm_split_report){0};
    return count_sets(m, report, true, error);
}

static int draw_patients(mm_manifest *m, const mm_row_groups *groups, struct patient *patients, size_t n, const mm_split_options *options,
                         mm_error *error)
{
    int code = MM_OK;
    qsort(patients, n, sizeof *patients, by_draw);
    for (size_t from = 0, to = 0; from < n && !code; from = to) {
        while (to < n && patients[to].stratum == patients[from].stratum)
            to++;
        code = draw_stratum(m, groups, patients + from, to - from, options, error);
    }
    return code;
}

static struct patient patient_of(const mm_manifest *m, const mm_row_groups *groups, size_t g, uint64_t seed)
{
    struct patient p = {.group = g, .name = mm_manifest_get(m, groups->row[groups->first[g]], "patient")};
    mm_random r;
    mm_random_init(&r, seed, mm_hash_more(mm_hash_string(p.name), "split"), 0);
    p.draw = mm_random_u64(&r);
    for (size_t i = groups->first[g]; i < groups->first[g + 1]; i++) {
        long stratum = stratum_of(m, groups->row[i]);
        p.stratum = stratum > p.stratum ? stratum : p.stratum;
    }
    return p;
}

static int check_lines(const mm_manifest *m, const mm_split_options *options, mm_error *error)
{
    for (size_t r = 0; r < m->nrows; r++) {
        if (!*mm_manifest_get(m, r, "patient"))
            return mm_fail(error, MM_DAMAGED, "line %zu: no patient: a split is made by patients", m->line[r]);
        if (options->sets == 3 && !strcmp(mm_manifest_get(m, r, "split"), "test"))
            return mm_fail(error, MM_DAMAGED, "line %zu: a test set is given: two parts, as in 80:20, divide the rest",
                           m->line[r]);
    }
    return m->nrows ? MM_OK : mm_fail(error, MM_DAMAGED, "no patients");
}

/* True if a column has a test set's word and, but for empty cells, only words of sets. */
static bool holds_sets(const mm_manifest *m, const char *column)
{
    bool test = false;
    for (size_t r = 0; r < m->nrows; r++) {
        const char *word = mm_vocabulary_word("split", mm_manifest_get(m, r, column));
        if (!word)
            return false;
        test = test || !strcmp(word, "test");
    }
    return test;
}

/* A test set that stands in a column of another name is not to be dealt into training. */
static int check_columns(const mm_manifest *m, mm_error *error)
{
    for (size_t r = 0; r < m->nrows; r++)
        if (*mm_manifest_get(m, r, "split"))
            return MM_OK;
    for (size_t c = 0; c < m->ncolumns; c++)
        if (holds_sets(m, m->column[c]))
            return mm_fail(error, MM_DAMAGED, "the column '%.60s' names a test set: call it split, or remove it", m->column[c]);
    return MM_OK;
}

int mm_split(mm_manifest *m, const mm_split_options *options, mm_split_report *report, mm_error *error)
{
    *report = (mm_split_report){0};
    mm_row_groups groups = {0};
    int code = check_columns(m, error);
    if (!code)
        code = check_lines(m, options, error);
    if (!code)
        code = mm_manifest_group(m, "patient", &groups, error);
    struct patient *patients = code ? NULL : calloc(groups.n + 1, sizeof *patients);
    bool *keep = code ? NULL : malloc(m->nrows * sizeof *keep);
    if (!code && (!patients || !keep))
        code = mm_no_memory(error);
    for (size_t r = 0; r < m->nrows && !code; r++)
        keep[r] = true;
    size_t n = 0;
    for (size_t g = 0; g < groups.n && !code; g++) {
        bool is_test = false;
        code = settle_test(m, &groups, g, options, keep, &is_test, report, error);
        if (!code && !is_test)
            patients[n++] = patient_of(m, &groups, g, options->seed);
    }
    if (!code)
        code = draw_patients(m, &groups, patients, n, options, error);
    mm_row_groups_free(&groups);
    free(patients);
    if (!code) {
        mm_manifest_filter(m, keep);
        code = count_sets(m, report, !options->keep_leaking, error);
    }
    free(keep);
    return code;
}
