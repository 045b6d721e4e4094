/* Files of CBIS-DDSM: which exist, and what they belong to. See cbis_disk.h. */
#include "formats/dataset/cbis_disk.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "common/base/grow.h"
#include "common/base/walk.h"
#include "formats/image/probe.h"

enum { PATH_ROOM = 4096, SUFFIX = 5 };

/* ---- tables ---- */

struct table_search {
    char **folder;
    const char *root;
};

static size_t depth_of(const char *path)
{
    size_t n = 0;
    for (; *path; path++)
        n += *path == '/';
    return n;
}

/* Of several tables of a name: the least deep, then the first by its path. */
static int note_table(void *context, const char *path, mm_error *error)
{
    struct table_search *search = context;
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    for (size_t t = 0; t < MM_CBIS_TABLES; t++) {
        char folder[2 * PATH_ROOM];
        if (strcmp(name, mm_cbis_table_files[t]) != 0)
            continue;
        snprintf(folder, sizeof folder, "%s%s%.*s", search->root, slash ? "/" : "", slash ? (int)(slash - path) : 0, path);
        char **best = &search->folder[t];
        if (*best && (depth_of(*best) < depth_of(folder) || (depth_of(*best) == depth_of(folder) && strcmp(*best, folder) < 0)))
            continue;
        free(*best);
        if (!(*best = strdup(folder)))
            return mm_no_memory(error);
    }
    return MM_OK;
}

int mm_cbis_find_tables(const char *dir, char *folder[MM_CBIS_TABLES], mm_error *error)
{
    struct table_search search = {folder, dir};
    int code = mm_walk(dir, note_table, &search, error);
    for (size_t t = 0; t < MM_CBIS_TABLES && !code; t++)
        if (!folder[t])
            code = mm_fail(error, MM_FAILURE, "'%s' has no table '%s', which the archive offers beside the images "
                           "(--tables=DIR says where it is)", dir, mm_cbis_table_files[t]);
    return code;
}

/* ---- whose file is it ---- */

/* What a part of a path may be: a case's name, or the UID of a series. */
struct part {
    const char *text;
    size_t owner;
    int series;
};

static int by_text(const void *a, const void *b)
{
    return strcmp(((const struct part *)a)->text, ((const struct part *)b)->text);
}

struct search {
    const mm_cbis *c;
    const char *root;
    mm_cbis_disk *disk;
    struct part *part;
    size_t nparts;
};

static int list_parts(struct search *s, mm_error *error)
{
    const mm_cbis *c = s->c;
    s->part = calloc(2 * c->nimages + 3 * c->nlesions + 1, sizeof *s->part);
    if (!s->part)
        return mm_no_memory(error);
    for (size_t i = 0; i < c->nimages; i++) {
        s->part[s->nparts++] = (struct part){c->image[i].name, i, 0};
        s->part[s->nparts++] = (struct part){c->image[i].series, i, 0};
    }
    for (size_t l = 0; l < c->nlesions; l++) {
        const mm_cbis_lesion *of = &c->lesion[l];
        bool one = !strcmp(of->mask_series, of->crop_series);
        s->part[s->nparts++] = (struct part){of->name, c->nimages + l, 0};
        s->part[s->nparts++] = (struct part){of->mask_series, c->nimages + l, one ? 3 : 1};
        if (!one)
            s->part[s->nparts++] = (struct part){of->crop_series, c->nimages + l, 2};
    }
    qsort(s->part, s->nparts, sizeof *s->part, by_text);
    for (size_t i = 1; i < s->nparts; i++)
        if (!by_text(&s->part[i - 1], &s->part[i]))
            return mm_fail(error, MM_DAMAGED, "the tables give the series '%.80s' to two images or lesions", s->part[i].text);
    return MM_OK;
}

static const struct part *find_part(const struct search *s, const char *text)
{
    struct part wanted = {.text = text};
    return bsearch(&wanted, s->part, s->nparts, sizeof *s->part, by_text);
}

/* A folder of the Data Retriever ends in the last five digits of its series' UID. */
static bool has_suffix(const char *folder, const char *series)
{
    size_t n = strlen(folder), k = strlen(series);
    return n > SUFFIX && k >= SUFFIX && folder[n - SUFFIX - 1] == '-' && !strcmp(folder + n - SUFFIX, series + k - SUFFIX);
}

/* The part of the path that tells whose the file is; *last: the folder that it lies in. `path` is overwritten. */
static const struct part *part_of_path(const struct search *s, char *path, const char **last)
{
    const struct part *found = NULL;
    char *slash = strrchr(path, '/');
    *last = NULL;
    while (!found && slash) {
        *slash = '\0';
        slash = strrchr(path, '/');
        const char *folder = slash ? slash + 1 : path;
        *last = *last ? *last : folder;
        found = find_part(s, folder);
    }
    return found;
}

static bool is_image_name(const char *path)
{
    static const char *const endings[] = {".dcm", ".dicom", ".jpg", ".jpeg"};
    const char *slash = strrchr(path, '/'), *dot = strrchr(slash ? slash : path, '.');
    for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; i++)
        if (!strcasecmp(dot, endings[i]))
            return true;
    return false;
}

/* Takes the path over. */
static int add_file(mm_cbis_disk *disk, char *path, size_t owner, int series, mm_error *error)
{
    if (mm_grow(&disk->file, &disk->room, disk->n + 1, sizeof *disk->file, error)) {
        free(path);
        return error->code;
    }
    disk->file[disk->n++] = (mm_cbis_file){path, owner, series};
    return MM_OK;
}

static int note_file(void *context, const char *below, mm_error *error)
{
    struct search *s = context;
    char copy[PATH_ROOM];
    if (!is_image_name(below))
        return MM_OK;
    size_t room = strlen(s->root) + strlen(below) + 2;
    char *path = malloc(room);
    if (!path)
        return mm_no_memory(error);
    snprintf(path, room, "%s/%s", s->root, below);
    snprintf(copy, sizeof copy, "%s", below);
    const char *folder;
    const struct part *part = part_of_path(s, copy, &folder);
    mm_probe probe;
    mm_error ignored;
    if (!part && !mm_probe_file(path, &probe, &ignored) && probe.dicom.series[0])
        part = find_part(s, probe.dicom.series);
    if (!part) {
        s->disk->others++;
        free(path);
        return MM_OK;
    }
    int series = part->series;
    if (part->owner >= s->c->nimages && !series && folder) {
        const mm_cbis_lesion *l = &s->c->lesion[part->owner - s->c->nimages];
        series = (has_suffix(folder, l->mask_series) ? 1 : 0) | (has_suffix(folder, l->crop_series) ? 2 : 0);
    }
    return add_file(s->disk, path, part->owner, series, error);
}

/* By owner, folder, and in a folder 1-2 before 1-10. */
static int by_owner(const void *a, const void *b)
{
    const mm_cbis_file *x = a, *y = b;
    if (x->owner != y->owner)
        return x->owner < y->owner ? -1 : 1;
    const char *p = strrchr(x->path, '/'), *q = strrchr(y->path, '/');
    size_t n = (size_t)(p - x->path), k = (size_t)(q - y->path);
    int order = strncmp(x->path, y->path, n < k ? n : k);
    order = order ? order : (n > k) - (n < k);
    n = strlen(p);
    k = strlen(q);
    order = order ? order : (n > k) - (n < k);
    return order ? order : strcmp(p, q);
}

int mm_cbis_find_files(const mm_cbis *c, const char *dir, mm_cbis_disk *disk, mm_error *error)
{
    struct search s = {.c = c, .root = dir, .disk = disk};
    size_t owners = c->nimages + c->nlesions;
    *disk = (mm_cbis_disk){.first = calloc(owners + 1, sizeof *disk->first)};
    int code = disk->first ? list_parts(&s, error) : mm_no_memory(error);
    if (!code)
        code = mm_walk(dir, note_file, &s, error);
    free(s.part);
    if (code) {
        mm_cbis_disk_free(disk);
        return code;
    }
    if (disk->n)
        qsort(disk->file, disk->n, sizeof *disk->file, by_owner);
    for (size_t i = 0, o = 0; o <= owners; o++) {
        while (i < disk->n && disk->file[i].owner < o)
            i++;
        disk->first[o] = i;
    }
    return MM_OK;
}

void mm_cbis_disk_free(mm_cbis_disk *disk)
{
    for (size_t i = 0; i < disk->n; i++)
        free(disk->file[i].path);
    free(disk->file);
    free(disk->first);
    *disk = (mm_cbis_disk){0};
}
