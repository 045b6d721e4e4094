/* CBIS-DDSM to a manifest: see cbis.h. */
#include "formats/dataset/cbis.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/image/image.h"

/* ---- views ---- */

/* Pixels of a mammogram's file; one that cannot be decoded is not a file any more. */
static int read_pixels(mm_cbis_image *m, mm_image *image, const mm_notice *listener, mm_error *error)
{
    mm_error what = {0};
    int code = mm_image_read(m->file, NULL, image, &what);
    if (code == MM_OK)
        return MM_OK;
    if (code != MM_DAMAGED) {
        *error = what;
        return code;
    }
    mm_notify(listener, true, "%s: image rejected: %s", m->name, what.text);
    free(m->file);
    m->file = NULL;
    m->unreadable = true;
    return MM_OK;
}

static size_t bytes_of(const mm_image *image)
{
    return image->dim[0] * image->dim[1] * mm_dtype_size(image->dtype);
}

/* Whether the two images of a view agree, pixel by pixel. Files that cannot be decoded turn out here. */
static int compare(mm_cbis_image *a, mm_cbis_image *b, bool *agree, const mm_notice *listener, mm_error *error)
{
    mm_image x = {0}, y = {0};
    *agree = false;
    if (a->height != b->height || a->width != b->width)
        return MM_OK;
    int code = read_pixels(a, &x, listener, error);
    if (!code && a->file)
        code = read_pixels(b, &y, listener, error);
    if (!code && a->file && b->file)
        *agree = x.ndim == 2 && y.ndim == 2 && x.dtype == y.dtype && x.dim[0] == y.dim[0] && x.dim[1] == y.dim[1] &&
                 !memcmp(x.data, y.data, bytes_of(&x));
    mm_image_free(&x);
    mm_image_free(&y);
    return code;
}

static void set_flags(mm_cbis *c, const mm_cbis_image *m, unsigned flags)
{
    for (size_t l = m->first; l < m->first + m->n; l++)
        c->lesion[l].flags |= flags;
}

/* Makes one of the two images of a view where that can be done. */
static int unite(mm_cbis *c, mm_cbis_view *v, const mm_notice *listener, mm_error *error)
{
    mm_cbis_image *a = &c->image[v->image[0]], *b = &c->image[v->image[1]];
    bool agree = false;
    int code = a->file && b->file ? compare(a, b, &agree, listener, error) : MM_OK;
    if (code || (!a->file && !b->file))
        return code;
    unsigned flag = agree ? MM_CBIS_MERGED : a->file && b->file ? MM_CBIS_SEPARATE : MM_CBIS_UNSEEN;
    v->one = flag != MM_CBIS_SEPARATE;
    if (!v->one)
        mm_notify(listener, true, "%s and %s: their pixels differ, so they stay two images", a->name, b->name);
    set_flags(c, a, flag);
    set_flags(c, b, flag);
    return MM_OK;
}

/* ---- images of the manifest ---- */

/* What becomes one key: an image of a table, or the two of a view. */
struct group {
    char key[MM_CBIS_NAME];
    const mm_cbis_image *image[2], *shown; /* shown: whose file it is; NULL: none */
    size_t n;
    bool test, malignant;
};

static struct group group_of(const mm_cbis *c, const mm_cbis_view *v, size_t i)
{
    struct group g = {.n = v->one ? 2 : 1};
    for (size_t k = 0; k < g.n; k++) {
        const mm_cbis_image *m = &c->image[v->image[v->one ? k : i]];
        g.image[k] = m;
        g.shown = g.shown ? g.shown : m->file ? m : NULL;
        g.test = g.test || m->test;
        g.malignant = g.malignant || m->malignant;
    }
    const mm_cbis_image *m = g.image[0];
    if (v->one)
        snprintf(g.key, sizeof g.key, "CalcMass-%s_%.16s_%.5s_%.3s", g.test ? "Test" : "Training", m->patient, m->side, m->view);
    else
        memcpy(g.key, m->name, sizeof g.key);
    return g;
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct group *)a)->key, ((const struct group *)b)->key);
}

/* All groups in the order of their keys. */
static struct group *groups_of(const mm_cbis *c, size_t *n)
{
    struct group *groups = calloc(c->nimages + 1, sizeof *groups);
    *n = 0;
    for (size_t k = 0; groups && k < c->nviews; k++)
        for (size_t i = 0; i < (c->view[k].one ? 1 : c->view[k].n); i++)
            groups[(*n)++] = group_of(c, &c->view[k], i);
    if (groups && *n)
        qsort(groups, *n, sizeof *groups, by_key);
    return groups;
}

/* What becomes of a group's lesions, and their masks. */
static int settle(mm_cbis *c, const struct group *g, const mm_cbis_options *options, const mm_cbis_disk *disk, mm_error *error)
{
    int code = MM_OK;
    for (size_t k = 0; k < g->n; k++) {
        const mm_cbis_image *m = g->image[k];
        unsigned flags = m->file ? 0 : m->unreadable ? MM_CBIS_BAD_IMAGE : MM_CBIS_NO_IMAGE;
        bool leaks = options->drop_leaks && !g->test && (c->lesion[m->first].flags & MM_CBIS_LEAKING);
        if (!g->shown)
            flags |= MM_CBIS_LOST;
        else if (leaks)
            flags |= MM_CBIS_LEFT_OUT;
        else
            flags |= MM_CBIS_KEPT | (g->test ? MM_CBIS_KEPT_TEST : 0) | (g->malignant ? MM_CBIS_KEPT_MALIGNANT : 0);
        set_flags(c, m, flags);
        for (size_t l = m->first; l < m->first + m->n && !code && (flags & MM_CBIS_KEPT); l++)
            code = mm_cbis_look_for_mask(c, disk, l, g->shown->height, g->shown->width, &options->listener, error);
    }
    return code;
}

/* ---- lines ---- */

enum { PLAIN = 10, ADDED = 2, COLUMNS = PLAIN + MM_CBIS_DETAILS + ADDED };

static int begin(mm_manifest *m, mm_error *error)
{
    static const char *const plain[PLAIN] = {"key", "image", "mask", "patient", "side", "view", "pathology", "label", "split",
                                             "case"};
    const char *names[COLUMNS];
    size_t n = 0;
    for (size_t i = 0; i < PLAIN; i++)
        names[n++] = plain[i];
    for (size_t i = 0; i < MM_CBIS_DETAILS; i++)
        names[n++] = mm_cbis_detail_names[i];
    names[n++] = "table_label";
    return mm_manifest_begin(m, names, n, error);
}

static int add_lines(const mm_cbis *c, const struct group *g, mm_manifest *m, mm_error *error)
{
    int code = MM_OK;
    for (size_t k = 0; k < g->n; k++) {
        const mm_cbis_image *of = g->image[k];
        for (size_t i = of->first; i < of->first + of->n && !code; i++) {
            const mm_cbis_lesion *l = &c->lesion[i];
            const char *cell[COLUMNS] = {g->key, g->shown ? g->shown->file : "", l->mask ? l->mask : "", of->patient, of->side,
                                         of->view, l->pathology, g->malignant ? "1" : "0", g->test ? "test" : "train", l->name};
            for (size_t d = 0; d < MM_CBIS_DETAILS; d++)
                cell[PLAIN + d] = l->detail[d];
            cell[PLAIN + MM_CBIS_DETAILS] = of->malignant ? "1" : "0";
            if (l->flags & MM_CBIS_KEPT)
                code = mm_manifest_add(m, cell, m->nrows + 2, error);
        }
    }
    return code;
}

static int find_tables(const mm_cbis_options *options, char *folder[MM_CBIS_TABLES], mm_error *error)
{
    if (!options->tables)
        return mm_cbis_find_tables(options->dir, folder, error);
    for (size_t t = 0; t < MM_CBIS_TABLES; t++)
        if (!(folder[t] = strdup(options->tables)))
            return mm_no_memory(error);
    return MM_OK;
}

/* The manifest of what the tables say and the disk holds. */
static int make(mm_cbis *c, const mm_cbis_disk *disk, const mm_cbis_options *options, mm_manifest *manifest, mm_error *error)
{
    size_t n = 0, found = 0;
    int code = mm_cbis_look_at_images(c, disk, &options->listener, error);
    for (size_t k = 0; k < c->nviews && !code && !options->separate_tables; k++)
        if (c->view[k].n == 2)
            code = unite(c, &c->view[k], &options->listener, error);
    struct group *groups = code ? NULL : groups_of(c, &n);
    if (!code && !groups)
        code = mm_no_memory(error);
    for (size_t i = 0; i < n && !code; i++) {
        found += groups[i].shown != NULL;
        code = settle(c, &groups[i], options, disk, error);
    }
    if (!code && found == 0)
        code = mm_fail(error, MM_DAMAGED, "'%s' has none of the %zu images that the tables name", options->dir, c->nimages);
    if (!code)
        code = begin(manifest, error);
    for (size_t i = 0; i < n && !code; i++)
        code = add_lines(c, &groups[i], manifest, error);
    free(groups);
    return code;
}

int mm_cbis_manifest(const mm_cbis_options *options, mm_manifest *manifest, char **report, mm_error *error)
{
    char *folder[MM_CBIS_TABLES] = {NULL};
    mm_cbis c = {0};
    mm_cbis_disk disk = {0};
    *manifest = (mm_manifest){0};
    *report = NULL;
    int code = find_tables(options, folder, error);
    if (!code)
        code = mm_cbis_read_tables(&c, folder, error);
    if (!code)
        code = mm_cbis_find_files(&c, options->dir, &disk, error);
    if (!code)
        code = make(&c, &disk, options, manifest, error);
    if (!code && disk.others)
        mm_notify(&options->listener, false, "%zu image files belong to nothing in the tables", disk.others);
    if (!code && !(*report = mm_cbis_report(&c)))
        code = mm_no_memory(error);
    if (code)
        mm_manifest_free(manifest);
    mm_cbis_disk_free(&disk);
    mm_cbis_free(&c);
    for (size_t t = 0; t < MM_CBIS_TABLES; t++)
        free(folder[t]);
    return code;
}
