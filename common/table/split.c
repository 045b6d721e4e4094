/* Sets of patients: see split.h. */
#include "common/table/split.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/table/classes.h"
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

/* A line speaks of a malignant lesion by its pathology, or by the image's label where that is all there is. */
static bool is_malignant(const mm_manifest *m, size_t row)
{
    const char *pathology = mm_manifest_get(m, row, "pathology");
    if (*pathology)
        return mm_pathology_of(pathology) == MM_MALIGNANT;
    return !strcmp(mm_manifest_get(m, row, "label"), "1");
}

struct patient {
    size_t group;
    uint64_t draw;
    const char *name;
    bool malignant;
};

static int by_draw(const void *a, const void *b)
{
    const struct patient *x = a, *y = b;
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

static int draw_stratum(mm_manifest *m, const mm_row_groups *groups, struct patient *patients, size_t n,
                        const mm_split_options *options, mm_error *error)
{
    size_t count[MM_SPLIT_SETS] = {0}, at = 0;
    int code = MM_OK;
    share(n, options, count);
    qsort(patients, n, sizeof *patients, by_draw);
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

int mm_split(mm_manifest *m, const mm_split_options *options, mm_split_report *report, mm_error *error)
{
    *report = (mm_split_report){0};
    mm_row_groups groups = {0};
    for (size_t r = 0; r < m->nrows; r++) {
        if (!*mm_manifest_get(m, r, "patient"))
            return mm_fail(error, MM_DAMAGED, "line %zu: no patient: a split is made by patients", m->line[r]);
        if (options->sets == 3 && !strcmp(mm_manifest_get(m, r, "split"), "test"))
            return mm_fail(error, MM_DAMAGED, "line %zu: a test set is given: two parts, as in 80:20, divide the rest",
                           m->line[r]);
    }
    if (m->nrows == 0)
        return mm_fail(error, MM_DAMAGED, "no patients");
    int code = mm_manifest_group(m, "patient", &groups, error);
    struct patient *patients = calloc(2 * (groups.n + 1), sizeof *patients);
    bool *keep = malloc(m->nrows * sizeof *keep);
    if (!code && (!patients || !keep))
        code = mm_no_memory(error);
    for (size_t r = 0; r < m->nrows && !code; r++)
        keep[r] = true;
    size_t n[2] = {0};
    for (size_t g = 0; g < groups.n && !code; g++) {
        bool is_test = false;
        code = settle_test(m, &groups, g, options, keep, &is_test, report, error);
        if (code || is_test)
            continue;
        struct patient p = {.group = g, .name = mm_manifest_get(m, groups.row[groups.first[g]], "patient")};
        for (size_t i = groups.first[g]; i < groups.first[g + 1]; i++)
            p.malignant = p.malignant || is_malignant(m, groups.row[i]);
        mm_random r;
        mm_random_init(&r, options->seed, mm_hash_more(mm_hash_string(p.name), "split"), 0);
        p.draw = mm_random_u64(&r);
        patients[p.malignant * (groups.n + 1) + n[p.malignant]++] = p;
    }
    for (size_t stratum = 0; stratum < 2 && !code; stratum++)
        code = draw_stratum(m, &groups, patients + stratum * (groups.n + 1), n[stratum], options, error);
    mm_row_groups_free(&groups);
    free(patients);
    if (!code) {
        mm_manifest_filter(m, keep);
        code = count_sets(m, report, !options->keep_leaking, error);
    }
    free(keep);
    return code;
}
