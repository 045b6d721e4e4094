/* Folders of DICOM files to manifests: see dicom_index.h. */
#include "formats/dataset/dicom_index.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/walk.h"
#include "common/table/keys.h"
#include "formats/dataset/dicom_columns.h"
#include "formats/dicom/dicom_result.h"
#include "formats/image/probe.h"

enum { PATH_ROOM = 4096 };

/* Is it DICOM, by its first bytes? *packed: how it is packed, if what is in it may be DICOM, else NULL. An error when it cannot be
 * read. */
static int look(const char *path, bool *is_dicom, const mm_signature **packed, mm_error *error)
{
    unsigned char first[MM_SIGNATURE_BYTES];
    size_t n;
    int code = mm_signature_read(path, first, &n, error);
    *is_dicom = n > 0 && mm_dicom_is(first, n);
    const mm_signature *signature = mm_signature_of(first, n);
    *packed = signature->kind == MM_KIND_ARCHIVE && strstr(signature->advice, "unpack") ? signature : NULL;
    return code;
}

/* The path without an ending that says no more than DICOM: a UID as a name keeps its dots. */
static size_t stem_of(const char *path)
{
    static const char *const endings[] = {".dcm", ".dicom", ".dic", ".ima"};
    size_t n = strlen(path);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t k = strlen(endings[i]);
        if (n > k && path[n - k - 1] != '/' && !strcasecmp(path + n - k, endings[i]))
            return n - k;
    }
    return n;
}

/* What is made of the files. */
struct making {
    const char *root;
    const mm_pseudonym_key *key;
    mm_manifest *m;
    mm_path_key *keys; /* of the manifest's rows */
    mm_dicom_index_report *report;
};

/* Notes what is wrong with a file. Under a key its path is not named: what it would be called is. */
static void note(const struct making *k, const char *below, const char *path, const char *text)
{
    char hidden[MM_PSEUDONYM];
    size_t n = strlen(path);
    if (!k->key) {
        mm_notify(&k->report->listener, true, "%s", text);
        return;
    }
    mm_pseudonym(k->key, below, hidden);
    const char *found = strstr(text, path);
    if (found && found[n] == '\'' && found[n + 1])
        mm_notify(&k->report->listener, true, "file '%s'%s", hidden, found + n + 1);
    else
        mm_notify(&k->report->listener, true, "file '%s' cannot be used", hidden);
}

static int add_file(struct making *k, const char *below, mm_error *error)
{
    char path[2 * PATH_ROOM];
    bool is_dicom;
    mm_probe probe = {0};
    const mm_signature *packed;
    mm_dicom_cells cells;
    mm_error what;
    mm_manifest *m = k->m;
    mm_dicom_index_report *report = k->report;
    snprintf(path, sizeof path, "%s/%s", k->root, below);
    int code = look(path, &is_dicom, &packed, &what);
    if (packed) {
        mm_fail(&what, MM_DAMAGED, "'%s' is %s, which may hold an image%s", path, packed->name, packed->advice);
        note(k, below, path, what.text);
    }
    if (!code && !is_dicom) {
        report->others++;
        return MM_OK;
    }
    if (!code && strpbrk(path, "\t\n\r"))
        code = mm_fail(&what, MM_DAMAGED, "'%s': a manifest cannot hold a path with a tab or a line end", path);
    if (!code)
        code = mm_probe_file(path, &probe, &what);
    const char *result = is_dicom && probe.kind == MM_KIND_DICOM ? mm_dicom_result(&probe.dicom) : NULL;
    if (result) {
        report->results++;
        mm_fail(&what, MM_DAMAGED, "'%s' is %s, not an image of a breast: left out", path, result);
        note(k, below, path, what.text);
        return MM_OK;
    }
    if (code) {
        report->bad++;
        note(k, below, path, what.text);
        return MM_OK;
    }
    report->no_patient += !probe.dicom.patient[0];
    mm_dicom_cells_fill(&cells, &probe.dicom, &probe.details, k->key);
    const char *cell[MM_DICOM_COLUMNS] = {"", k->key ? "-" : path};
    for (size_t c = 2; c < MM_DICOM_COLUMNS; c++)
        cell[c] = cells.cell[c];
    k->keys[m->nrows] = (mm_path_key){.path = below, .stem = stem_of(below)};
    return mm_manifest_add(m, cell, m->nrows + 2, error);
}

static int set_keys(const struct making *k, mm_error *error)
{
    char hidden[MM_PSEUDONYM];
    int code = mm_keys_of_paths(k->keys, k->m->nrows, true, error);
    for (size_t r = 0; r < k->m->nrows && !code; r++) {
        if (k->key)
            mm_pseudonym(k->key, k->keys[r].key, hidden);
        code = mm_manifest_set(k->m, r, "key", k->key ? hidden : k->keys[r].key, error);
    }
    return code;
}

static int count_patients(const mm_manifest *m, mm_dicom_index_report *report, mm_error *error)
{
    mm_row_groups groups = {0};
    int code = mm_manifest_group(m, "patient", &groups, error);
    report->patients = code ? 0 : groups.n - (report->no_patient > 0);
    report->images = m->nrows;
    mm_row_groups_free(&groups);
    return code;
}

static int add_files(struct making *k, const mm_file_list *files, mm_error *error)
{
    int code = mm_manifest_begin(k->m, mm_dicom_columns, MM_DICOM_COLUMNS, error);
    for (size_t i = 0; i < files->n && !code; i++)
        code = add_file(k, files->path[i], error);
    if (!code)
        code = set_keys(k, error);
    if (!code)
        code = count_patients(k->m, k->report, error);
    if (!code && k->key)
        mm_manifest_remove(k->m, "series_description");
    if (!code && k->key)
        mm_manifest_remove(k->m, "study_description");
    if (!code && k->m->nrows == 0)
        code = mm_fail(error, MM_DAMAGED, "'%s' has no DICOM image", k->root);
    return code;
}

int mm_dicom_index(const char *dir, const mm_pseudonym_key *key, mm_manifest *m, mm_dicom_index_report *report, mm_error *error)
{
    mm_file_list files = {0};
    struct making k = {.root = dir, .key = key, .m = m, .report = report};
    *m = (mm_manifest){0};
    int code = mm_file_list_read(&files, dir, error);
    if (code && key && files.n)
        code = mm_fail(error, code, "'%s': a folder below it cannot be read", dir);
    if (!code && !(k.keys = calloc(files.n + 1, sizeof *k.keys)))
        code = mm_no_memory(error);
    if (!code)
        code = add_files(&k, &files, error);
    if (k.keys)
        mm_keys_free(k.keys, files.n);
    free(k.keys);
    mm_file_list_free(&files);
    if (code)
        mm_manifest_free(m);
    return code;
}
