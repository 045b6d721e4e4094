/* The tables of CBIS-DDSM: see cbis_tables.h. */
#include "formats/dataset/cbis_tables.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/base/text.h"
#include "common/table/classes.h"
#include "common/base/bytes.h"

const char *const mm_cbis_table_files[MM_CBIS_TABLES] = {
    "calc_case_description_train_set.csv", "calc_case_description_test_set.csv",
    "mass_case_description_train_set.csv", "mass_case_description_test_set.csv",
};
const char *const mm_cbis_detail_names[MM_CBIS_DETAILS] = {"type", "distribution", "margins", "density", "assessment",
                                                           "subtlety", "abnormality"};

/* Columns as the tables call them; a blank stands for '_' too. Not every table has all of the details. */
enum column {
    PATIENT, SIDE, VIEW, NUMBER, PATHOLOGY, IMAGE, CROP, MASK, NEEDED,
    CALC_TYPE = NEEDED, MASS_SHAPE, DISTRIBUTION, MARGINS, DENSITY, ASSESSMENT, SUBTLETY, ABNORMALITY, COLUMNS
};
static const char *const column_names[COLUMNS] = {
    [PATIENT] = "patient id", [SIDE] = "left or right breast", [VIEW] = "image view", [NUMBER] = "abnormality id",
    [PATHOLOGY] = "pathology", [IMAGE] = "image file path", [CROP] = "cropped image file path",
    [MASK] = "ROI mask file path", [CALC_TYPE] = "calc type", [MASS_SHAPE] = "mass shape",
    [DISTRIBUTION] = "calc distribution", [MARGINS] = "mass margins", [DENSITY] = "breast density",
    [ASSESSMENT] = "assessment", [SUBTLETY] = "subtlety", [ABNORMALITY] = "abnormality type",
};

void mm_cbis_free(mm_cbis *c)
{
    for (size_t i = 0; i < c->nlesions; i++)
        free(c->lesion[i].mask);
    for (size_t i = 0; i < c->nimages; i++)
        free(c->image[i].file);
    for (size_t t = 0; t < MM_CBIS_TABLES; t++)
        mm_csv_free(&c->table[t]);
    free(c->lesion);
    free(c->image);
    free(c->view);
    *c = (mm_cbis){0};
}

/* The column's number, or the number of columns. */
static size_t find_column(const mm_csv *table, const char *name)
{
    size_t n = table->nrows ? table->first[1] : 0, c = 0;
    for (; c < n; c++) {
        char *p = mm_csv_clean(table->cell[c]);
        for (char *q = p; *q; q++)
            *q = *q == '_' ? ' ' : *q;
        if (!strcasecmp(p, name))
            break;
    }
    return c;
}

/* "Case/study/series/000001.dcm" to series and 1. */
static bool take_path(char *path, const char **series, size_t *place)
{
    char *slash[3], *at = path;
    for (size_t i = 0; i < 3; i++, at++)
        if (!(slash[i] = at = strchr(at, '/')))
            return false;
    char *dot = strchr(slash[2], '.');
    *slash[2] = '\0';
    *series = slash[1] + 1;
    if (dot)
        *dot = '\0';
    long number;
    *place = mm_parse_long(slash[2] + 1, 0, 1000000, &number) ? 0 : (size_t)number;
    return **series && !strchr(slash[2] + 1, '/');
}

static bool is_name(const char *text)
{
    size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");
    return n > 0 && n <= 16 && !text[n];
}

/* A line of a table as a lesion, and the image it speaks of; `cell` is what the columns hold, "" where there is none. */
static int take_line(char *const cell[COLUMNS], bool calc, bool test, mm_cbis_lesion *l, mm_cbis_image *m, mm_error *error)
{
    *l = (mm_cbis_lesion){.pathology = cell[PATHOLOGY], .flags = (calc ? MM_CBIS_CALC : 0) | (test ? MM_CBIS_TEST : 0)};
    *m = (mm_cbis_image){.patient = cell[PATIENT], .calc = calc, .test = test};
    mm_pathology pathology = mm_pathology_of(l->pathology);
    mm_abnormality abnormality = mm_abnormality_of(cell[ABNORMALITY]);
    size_t place;
    if (!is_name(m->patient))
        return mm_fail(error, MM_DAMAGED, "'%.40s' is not a patient id", m->patient);
    if (mm_vocabulary_find("side", cell[SIDE], &m->side, error) || mm_vocabulary_find("view", cell[VIEW], &m->view, error))
        return error->code;
    if (!*m->side)
        return mm_fail(error, MM_DAMAGED, "no side");
    if (strcmp(m->view, "CC") != 0 && strcmp(m->view, "MLO") != 0)
        return mm_fail(error, MM_DAMAGED, "'%.40s' is not a view of this data set: expected CC or MLO", cell[VIEW]);
    if (mm_parse_long(cell[NUMBER], 1, 999, &l->number))
        return mm_fail(error, MM_DAMAGED, "'%.40s' is not an abnormality id", cell[NUMBER]);
    if (pathology != MM_BENIGN && pathology != MM_MALIGNANT)
        return mm_fail(error, MM_DAMAGED, "'%.40s' is not a pathology: expected MALIGNANT, BENIGN or BENIGN_WITHOUT_CALLBACK",
                       l->pathology);
    if (abnormality != (calc ? MM_CALC : MM_MASS))
        return mm_fail(error, MM_DAMAGED, "'%.40s' is not an abnormality of this table", cell[ABNORMALITY]);
    if (!take_path(cell[IMAGE], &m->series, &place) || !take_path(cell[CROP], &l->crop_series, &place) ||
        !take_path(cell[MASK], &l->mask_series, &l->mask_place))
        return mm_fail(error, MM_DAMAGED, "expected a path of four parts, Case/study/series/file, for image, crop and mask");
    l->flags |= pathology == MM_MALIGNANT ? MM_CBIS_MALIGNANT : 0;
    const enum column details[MM_CBIS_DETAILS] = {calc ? CALC_TYPE : MASS_SHAPE, DISTRIBUTION, MARGINS, DENSITY, ASSESSMENT,
                                                  SUBTLETY, ABNORMALITY};
    for (size_t d = 0; d < MM_CBIS_DETAILS; d++)
        l->detail[d] = cell[details[d]];
    snprintf(m->name, sizeof m->name, "%s-%s_%s_%s_%s", calc ? "Calc" : "Mass", test ? "Test" : "Training", m->patient, m->side,
             m->view);
    snprintf(l->name, sizeof l->name, "%.50s_%ld", m->name, l->number);
    return MM_OK;
}

/* Appends the lines of table t; `images` gains an image per lesion. */
static int take_table(mm_cbis *c, size_t t, mm_cbis_image *images, mm_error *error)
{
    static char none[] = "";
    const mm_csv *table = &c->table[t];
    size_t at[COLUMNS], width = table->nrows ? table->first[1] : 0;
    for (size_t i = 0; i < COLUMNS; i++) {
        at[i] = find_column(table, column_names[i]);
        if (i < NEEDED && at[i] == width)
            return mm_fail(error, MM_DAMAGED, "no column '%s'", column_names[i]);
    }
    for (size_t r = 1; r < table->nrows; r++) {
        char *cell[COLUMNS];
        size_t n = table->first[r + 1] - table->first[r];
        if (n != width)
            return mm_fail(error, MM_DAMAGED, "line %zu: %zu cells where the header names %zu columns", table->line[r], n,
                           width);
        for (size_t i = 0; i < COLUMNS; i++)
            cell[i] = at[i] < width ? mm_csv_clean(table->cell[table->first[r] + at[i]]) : none;
        mm_cbis_lesion *l = &c->lesion[c->nlesions];
        if (take_line(cell, t < 2, t % 2 == 1, l, &images[c->nlesions], error))
            return mm_fail_in(error, "line %zu", table->line[r]);
        l->image = c->nlesions++; /* until they are brought together */
    }
    return MM_OK;
}

static int read_table(const char *folder, const char *name, mm_csv *table, mm_error *error)
{
    char path[4096];
    int n = snprintf(path, sizeof path, "%s/%s", folder, name);
    if (n < 0 || (size_t)n >= sizeof path)
        return mm_fail(error, MM_FAILURE, "path '%.80s...' is too long", folder);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return mm_fail(error, MM_FAILURE, "cannot open '%s':", path);
    mm_bytes text = {0};
    int code = mm_bytes_read(&text, fd, path, (size_t)1 << 28, error);
    close(fd);
    const char *lines = text.data ? (const char *)text.data : "";
    if (!code && (code = mm_csv_parse(lines, text.size, table, error)))
        mm_fail_in(error, "'%s'", path);
    mm_bytes_free(&text);
    return code;
}

static int by_image_name(const void *a, const void *b)
{
    return strcmp(((const mm_cbis_image *)a)->name, ((const mm_cbis_image *)b)->name);
}

struct entry {
    const mm_cbis_image *image;
    mm_cbis_lesion lesion;
};

static int by_image_and_number(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = strcmp(x->image->name, y->image->name);
    return order ? order : (x->lesion.number > y->lesion.number) - (x->lesion.number < y->lesion.number);
}

/* Sorts lesions by image and number, and makes one image of all that have a name. `images` has one per lesion. */
static int bring_together(mm_cbis *c, const mm_cbis_image *images, mm_error *error)
{
    struct entry *entries = calloc(c->nlesions + 1, sizeof *entries);
    c->image = calloc(c->nlesions + 1, sizeof *c->image);
    if (!entries || !c->image) {
        free(entries);
        return mm_no_memory(error);
    }
    int code = MM_OK;
    for (size_t i = 0; i < c->nlesions; i++)
        entries[i] = (struct entry){&images[c->lesion[i].image], c->lesion[i]};
    qsort(entries, c->nlesions, sizeof *entries, by_image_and_number);
    for (size_t i = 0; i < c->nlesions && !code; i++) {
        mm_cbis_lesion *l = &c->lesion[i];
        const mm_cbis_image *of = entries[i].image;
        *l = entries[i].lesion;
        if (i > 0 && !strcmp(l->name, l[-1].name))
            code = mm_fail(error, MM_DAMAGED, "the tables have lesion '%s' twice", l->name);
        if (i == 0 || by_image_name(of, &c->image[c->nimages - 1])) {
            c->image[c->nimages] = *of;
            c->image[c->nimages++].first = i;
        }
        mm_cbis_image *m = &c->image[c->nimages - 1];
        if (!code && strcmp(m->series, of->series) != 0)
            code = mm_fail(error, MM_DAMAGED, "the tables have two series for image '%s'", m->name);
        m->n++;
        m->malignant = m->malignant || (l->flags & MM_CBIS_MALIGNANT);
        l->image = c->nimages - 1;
    }
    free(entries);
    return code;
}

static int by_view(const void *a, const void *b)
{
    const mm_cbis_image *x = *(const mm_cbis_image *const *)a, *y = *(const mm_cbis_image *const *)b;
    int order = strcmp(x->patient, y->patient);
    order = order ? order : strcmp(x->side, y->side);
    order = order ? order : strcmp(x->view, y->view);
    return order ? order : strcmp(x->name, y->name);
}

/* Views and patients: images in the order of patient, side, view. */
static int find_views(mm_cbis *c, mm_error *error)
{
    mm_cbis_image **order = calloc(c->nimages + 1, sizeof *order);
    c->view = calloc(c->nimages + 1, sizeof *c->view);
    int code = order && c->view ? MM_OK : mm_no_memory(error);
    for (size_t i = 0; i < c->nimages && !code; i++)
        order[i] = &c->image[i];
    if (!code)
        qsort(order, c->nimages, sizeof *order, by_view);
    for (size_t i = 0; i < c->nimages && !code; i++) {
        const mm_cbis_image *m = order[i], *before = i ? order[i - 1] : NULL;
        bool same_patient = before && !strcmp(m->patient, before->patient);
        bool same_view = same_patient && !strcmp(m->side, before->side) && !strcmp(m->view, before->view);
        c->npatients += !same_patient;
        c->nviews += !same_view;
        mm_cbis_view *v = &c->view[c->nviews - 1];
        v->patient = c->npatients - 1;
        if (v->n == 2 || (same_view && m->calc == before->calc))
            code = mm_fail(error, MM_DAMAGED, "'%s' and '%s': a view that tables of one kind have twice", before->name, m->name);
        else
            v->image[v->n++] = (size_t)(m - c->image);
        order[i]->owner = c->nviews - 1;
    }
    free(order);
    return code;
}

/* What is to be known of every lesion by all tables. */
static int set_facts(mm_cbis *c, mm_error *error)
{
    unsigned char *sets = calloc(c->npatients + 1, 1); /* 1: training, 2: test */
    if (!sets)
        return mm_no_memory(error);
    for (size_t i = 0; i < c->nimages; i++)
        sets[c->view[c->image[i].owner].patient] |= c->image[i].test ? 2 : 1;
    for (size_t k = 0; k < c->nviews; k++) {
        const mm_cbis_view *v = &c->view[k];
        const mm_cbis_image *a = &c->image[v->image[0]], *b = v->n == 2 ? &c->image[v->image[1]] : a;
        unsigned flags = (v->n == 2 ? MM_CBIS_BOTH : 0) | (a->malignant != b->malignant ? MM_CBIS_CONFLICT : 0) |
                         (a->test != b->test ? MM_CBIS_ACROSS : 0) | (sets[v->patient] == 3 ? MM_CBIS_LEAKING : 0);
        bool mixed[2] = {false, false};
        for (size_t i = 0; i < v->n; i++) {
            const mm_cbis_image *m = &c->image[v->image[i]];
            for (size_t l = m->first; l < m->first + m->n; l++)
                mixed[i] = mixed[i] || (m->malignant && !(c->lesion[l].flags & MM_CBIS_MALIGNANT));
        }
        if (mixed[0] || mixed[1] || a->malignant != b->malignant)
            flags |= MM_CBIS_MIXED_VIEW;
        for (size_t i = 0; i < v->n; i++) {
            const mm_cbis_image *m = &c->image[v->image[i]];
            for (size_t l = m->first; l < m->first + m->n; l++)
                c->lesion[l].flags |= flags | (mixed[i] ? MM_CBIS_MIXED_IMAGE : 0);
        }
    }
    free(sets);
    return MM_OK;
}

int mm_cbis_read_tables(mm_cbis *c, char *const folder[MM_CBIS_TABLES], mm_error *error)
{
    size_t lines = 0;
    int code = MM_OK;
    *c = (mm_cbis){0};
    for (size_t t = 0; t < MM_CBIS_TABLES && !code; t++) {
        code = read_table(folder[t], mm_cbis_table_files[t], &c->table[t], error);
        lines += c->table[t].nrows;
    }
    mm_cbis_image *images = code ? NULL : calloc(lines + 1, sizeof *images);
    c->lesion = code ? NULL : calloc(lines + 1, sizeof *c->lesion);
    if (!code && (!images || !c->lesion))
        code = mm_no_memory(error);
    for (size_t t = 0; t < MM_CBIS_TABLES && !code; t++)
        if ((code = take_table(c, t, images, error)))
            mm_fail_in(error, "'%s/%s'", folder[t], mm_cbis_table_files[t]);
    if (!code)
        code = bring_together(c, images, error);
    if (!code)
        code = find_views(c, error);
    if (!code)
        code = set_facts(c, error);
    free(images);
    if (code)
        mm_cbis_free(c);
    return code;
}
