/* Folders of DICOM files to manifests: see dicom_index.h. */
#include "formats/dataset/dicom_index.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/base/grow.h"
#include "common/base/walk.h"
#include "common/stream/meta.h"
#include "formats/dicom/dicom_result.h"
#include "formats/image/probe.h"

enum { COLUMNS = 6, PATH_ROOM = 4096, FIRST = 512 };

struct listing {
    const char *root;
    char **path; /* below root */
    size_t n, room;
};

static int note_file(void *context, const char *path, mm_error *error)
{
    struct listing *l = context;
    if (mm_grow(&l->path, &l->room, l->n + 1, sizeof *l->path, error))
        return error->code;
    l->path[l->n] = strdup(path);
    return l->path[l->n++] ? MM_OK : mm_no_memory(error);
}

static int by_path(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Is it DICOM, by its first bytes? What is packed may be: MM_LEFT_OUT. Another error when it cannot be read. */
static int look(const char *path, bool *is_dicom, mm_error *error)
{
    unsigned char first[FIRST];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, first, sizeof first) : -1;
    int code = n < 0 ? mm_fail(error, MM_FAILURE, "cannot read '%s':", path) : MM_OK;
    *is_dicom = n > 0 && mm_dicom_is(first, (size_t)n);
    const mm_signature *signature = mm_signature_of(first, n > 0 ? (size_t)n : 0);
    if (!code && signature->kind == MM_KIND_ARCHIVE && strstr(signature->advice, "unpack"))
        code = mm_fail(error, MM_LEFT_OUT, "'%s' is %s, which may hold an image%s", path, signature->name, signature->advice);
    if (fd >= 0)
        close(fd);
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

static int add_line(const char *below, const char *path, const mm_dicom_info *info, mm_manifest *m, mm_error *error)
{
    char spacing[64] = "", *key = mm_key_of_path(below, stem_of(below));
    if (!key)
        return mm_no_memory(error);
    if (info->spacing[0] > 0)
        snprintf(spacing, sizeof spacing, "%g %g", info->spacing[0], info->spacing[1]);
    const char *cells[COLUMNS] = {key, path, info->patient, info->side, info->view, spacing};
    int code = mm_manifest_add(m, cells, m->nrows + 2, error);
    free(key);
    return code;
}

static int add_file(const char *root, const char *below, mm_manifest *m, mm_dicom_index_report *report, mm_error *error)
{
    char path[2 * PATH_ROOM];
    bool is_dicom;
    mm_probe probe = {0};
    mm_error what;
    snprintf(path, sizeof path, "%s/%s", root, below);
    int code = look(path, &is_dicom, &what);
    if (!code && !is_dicom) {
        report->others++;
        return MM_OK;
    }
    if (!code && strpbrk(path, "\t\n\r"))
        code = mm_fail(&what, MM_DAMAGED, "'%s': a manifest cannot hold a path with a tab or a line end", path);
    if (!code)
        code = mm_probe_file(path, &probe, &what);
    if (mm_dicom_result(&probe.dicom))
        code = mm_fail(&what, MM_LEFT_OUT, "'%s' is %s, not an image of a breast: left out", path, mm_dicom_result(&probe.dicom));
    if (code) {
        report->others += code == MM_LEFT_OUT && !is_dicom;
        report->results += code == MM_LEFT_OUT && is_dicom;
        report->bad += code != MM_LEFT_OUT;
        mm_notify(&report->listener, true, "%s", what.text);
        return MM_OK;
    }
    report->no_patient += !probe.dicom.patient[0];
    return add_line(below, path, &probe.dicom, m, error);
}

/* Keys must differ; patients are counted. */
static int count(const mm_manifest *m, mm_dicom_index_report *report, mm_error *error)
{
    mm_row_groups groups = {0};
    int code = mm_manifest_group(m, "key", &groups, error);
    for (size_t g = 0; g < groups.n && !code; g++) {
        const size_t *row = groups.row + groups.first[g];
        if (groups.first[g + 1] - groups.first[g] > 1)
            code = mm_fail(error, MM_FAILURE, "'%s' and '%s' would have the same key", mm_manifest_get(m, row[0], "image"),
                           mm_manifest_get(m, row[1], "image"));
    }
    mm_row_groups_free(&groups);
    if (!code)
        code = mm_manifest_group(m, "patient", &groups, error);
    report->patients = code ? 0 : groups.n - (report->no_patient > 0);
    report->images = m->nrows;
    mm_row_groups_free(&groups);
    return code;
}

int mm_dicom_index(const char *dir, mm_manifest *m, mm_dicom_index_report *report, mm_error *error)
{
    static const char *const columns[COLUMNS] = {"key", "image", "patient", "side", "view", "spacing"};
    struct listing files = {.root = dir};
    *m = (mm_manifest){0};
    int code = mm_walk(dir, note_file, &files, error);
    if (!code && files.n)
        qsort(files.path, files.n, sizeof *files.path, by_path);
    if (!code)
        code = mm_manifest_begin(m, columns, COLUMNS, error);
    for (size_t i = 0; i < files.n && !code; i++)
        code = add_file(dir, files.path[i], m, report, error);
    if (!code)
        code = count(m, report, error);
    if (!code && m->nrows == 0)
        code = mm_fail(error, MM_DAMAGED, "'%s' has no DICOM image", dir);
    for (size_t i = 0; i < files.n; i++)
        free(files.path[i]);
    free(files.path);
    if (code)
        mm_manifest_free(m);
    return code;
}
