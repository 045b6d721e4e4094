/* Folds of patients: see split_folds.h. */
#include "common/table/split_folds.h"

#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>

#include "common/table/vocabulary.h"

typedef struct patient {
    const char *name;
    size_t group;
    uint8_t digest[SHA256_DIGEST_SIZE];
    bool training, lesion;
} patient;

int mm_split_folds_parse(const char *text, mm_split_folds *f, mm_error *error)
{
    char *end, *last;
    const unsigned long fold = strtoul(text, &end, 10), n = *end == '/' ? strtoul(end + 1, &last, 10) : 0;
    if (*text < '0' || *text > '9' || n < 2 || n > 1000000 || *last || end[1] < '0' || end[1] > '9' || !fold || fold > n)
        return mm_fail(error, MM_USAGE, "'%.40s' is not a fold such as 1/5, the first of five", text);
    f->fold = fold;
    f->n = n;
    return MM_OK;
}

static bool has_lesion(const mm_manifest *m, size_t row)
{
    const mm_pathology p = mm_pathology_of(mm_manifest_get(m, row, "pathology"));
    return *mm_manifest_get(m, row, "mask") || p == MM_MALIGNANT || p == MM_BENIGN;
}

static patient patient_of(const mm_manifest *m, const mm_row_groups *groups, size_t g)
{
    patient p = {.group = g, .name = mm_manifest_get(m, groups->row[groups->first[g]], "patient")};
    struct sha256_ctx sha;
    for (size_t i = groups->first[g]; i < groups->first[g + 1]; i++)
        p.lesion = p.lesion || has_lesion(m, groups->row[i]);
    sha256_init(&sha);
    sha256_update(&sha, strlen(p.name), (const uint8_t *)p.name);
    sha256_digest(&sha, sizeof p.digest, p.digest);
    return p;
}

static int check(const mm_manifest *m, mm_error *error)
{
    for (size_t r = 0; r < m->nrows; r++) {
        if (!*mm_manifest_get(m, r, "patient"))
            return mm_fail(error, MM_DAMAGED, "line %zu: no patient: folds are made of patients", m->line[r]);
        if (!strcmp(mm_manifest_get(m, r, "split"), "test"))
            return mm_fail(error, MM_DAMAGED, "line %zu: a test set is given: folds are for manifests without one", m->line[r]);
    }
    return m->nrows ? MM_OK : mm_fail(error, MM_DAMAGED, "no patients");
}

/* Marks the patients that a text names. */
static int mark_training(patient *patients, size_t n, const char *text, mm_error *error)
{
    for (size_t length; text && *text; text += length + (text[length] == '\n')) {
        length = strcspn(text, "\n");
        const size_t bytes = length && text[length - 1] == '\r' ? length - 1 : length;
        size_t i = 0;
        while (i < n && (strncmp(patients[i].name, text, bytes) || patients[i].name[bytes]))
            i++;
        if (bytes && i == n)
            return mm_fail(error, MM_DAMAGED, "there is no patient '%.*s', who is to be in training always", (int)(bytes < 60 ? bytes : 60), text);
        if (bytes)
            patients[i].training = true;
    }
    return MM_OK;
}

/* Those who are dealt out first, with a lesion and without. */
static int in_turn(const void *a, const void *b)
{
    const patient *x = a, *y = b;
    if (x->training != y->training)
        return x->training ? 1 : -1;
    if (x->lesion != y->lesion)
        return x->lesion ? -1 : 1;
    return memcmp(x->digest, y->digest, sizeof x->digest);
}

static int deal(mm_manifest *m, const mm_row_groups *groups, const patient *patients, size_t n, const mm_split_folds *f, mm_error *error)
{
    int code = MM_OK;
    size_t turn = 0, dealt = 0;
    for (size_t k = 0; k < n && !code; k++) {
        const patient *p = &patients[k];
        turn = k && p->lesion != patients[k - 1].lesion ? 0 : turn;
        const bool test = !p->training && turn++ % f->n == f->fold - 1;
        dealt += !p->training;
        for (size_t i = groups->first[p->group]; i < groups->first[p->group + 1] && !code; i++)
            code = mm_manifest_set(m, groups->row[i], "split", mm_split_names[test ? 2 : 0], error);
    }
    return !code && dealt < f->n ? mm_fail(error, MM_DAMAGED, "%zu patients cannot be divided into %zu folds", dealt, f->n) : code;
}

int mm_split_into_folds(mm_manifest *m, const mm_split_folds *f, mm_split_report *report, mm_error *error)
{
    mm_row_groups groups = {0};
    if (check(m, error) || mm_manifest_group(m, "patient", &groups, error))
        return error->code;
    patient *patients = calloc(groups.n, sizeof *patients);
    int code = patients ? MM_OK : mm_no_memory(error);
    for (size_t g = 0; g < groups.n && !code; g++)
        patients[g] = patient_of(m, &groups, g);
    if (!code)
        code = mark_training(patients, groups.n, f->training, error);
    if (!code) {
        qsort(patients, groups.n, sizeof *patients, in_turn);
        code = deal(m, &groups, patients, groups.n, f, error);
    }
    mm_row_groups_free(&groups);
    free(patients);
    return code ? code : mm_split_check(m, report, error);
}
