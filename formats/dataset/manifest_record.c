/* Images of a manifest as records: see manifest_record.h. */
#include "formats/dataset/manifest_record.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/table/classes.h"
#include "common/table/shape.h"
#include "common/base/clones.h"
#include "common/image/grey.h"
#include "common/image/resize.h"
#include "formats/dataset/pseudonym.h"

enum { PATH_ROOM = 4096 };

void mm_read_warn(const mm_read_options *options, const char *format, ...)
{
    char text[1024];
    va_list ap;
    if (!options->warn)
        return;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    options->warn(options->context, text);
}

/* The path of a manifest's file; `to` has PATH_ROOM bytes. */
static int path_of(const char *path, const mm_read_options *options, char *to, mm_error *error)
{
    bool below = options->root && path[0] != '/';
    int n = below ? snprintf(to, PATH_ROOM, "%s/%s", options->root, path) : snprintf(to, PATH_ROOM, "%s", path);
    return n >= 0 && n < PATH_ROOM ? MM_OK : mm_fail(error, MM_FAILURE, "path '%.80s...' is too long", path);
}

/* The rows of one image. */
struct rows {
    const mm_manifest *m;
    const size_t *row;
    size_t n;
};

static struct rows rows_of(const mm_manifest *m, const mm_row_groups *images, size_t i)
{
    return (struct rows){m, images->row + images->first[i], images->first[i + 1] - images->first[i]};
}

static bool has_place(const struct rows *r, size_t i)
{
    return *mm_manifest_get(r->m, r->row[i], "mask") != '\0';
}

/* A row speaks of a lesion when it has a place or names what it is; other rows stand for an image without any. */
static bool is_lesion(const struct rows *r, size_t i)
{
    mm_abnormality a = mm_abnormality_of(mm_manifest_get(r->m, r->row[i], "abnormality"));
    return has_place(r, i) || a == MM_CALC || a == MM_MASS;
}

static bool is_meaningful(const char *column)
{
    for (size_t c = 0; c < MM_MANIFEST_COLUMNS; c++)
        if (!strcmp(column, mm_manifest_columns[c]))
            return true;
    return false;
}

static bool all_agree(const struct rows *r, const char *column)
{
    for (size_t i = 1; i < r->n; i++)
        if (strcmp(mm_manifest_get(r->m, r->row[0], column), mm_manifest_get(r->m, r->row[i], column)) != 0)
            return false;
    return true;
}

static int set(mm_record *record, const char *name, const char *value, mm_error *error)
{
    if (*value && mm_record_set(record, name, value))
        return mm_no_memory(error);
    return MM_OK;
}

static int set_label(mm_record *record, const struct rows *r, mm_error *error)
{
    const char *given = mm_manifest_get(r->m, r->row[0], "label");
    bool malignant = false, known = true;
    for (size_t i = 0; i < r->n; i++) {
        const char *text = mm_manifest_get(r->m, r->row[i], "pathology");
        mm_pathology p = mm_pathology_of(text);
        mm_abnormality a = mm_abnormality_of(mm_manifest_get(r->m, r->row[i], "abnormality"));
        if (p == MM_PATHOLOGY_BAD)
            return mm_fail(error, MM_DAMAGED, "line %zu: '%.40s' is not a pathology: expected MALIGNANT, BENIGN or "
                           "BENIGN_WITHOUT_CALLBACK", r->m->line[r->row[i]], text);
        if (a == MM_ABNORMALITY_BAD)
            return mm_fail(error, MM_DAMAGED, "line %zu: '%.40s' is not an abnormality: expected calcification, mass or normal",
                           r->m->line[r->row[i]], mm_manifest_get(r->m, r->row[i], "abnormality"));
        malignant = malignant || p == MM_MALIGNANT;
        known = known && (p == MM_BENIGN || a == MM_NORMAL);
    }
    char *end;
    long label = strtol(given, &end, 10);
    if (*given && (*end || given[0] < '0' || given[0] > '9' || label < 0))
        return mm_fail(error, MM_DAMAGED, "line %zu: label '%.40s' is not a whole number from 0", r->m->line[r->row[0]], given);
    if (*given && label == 0 && malignant)
        return mm_fail(error, MM_DAMAGED, "line %zu: label 0, but a lesion of key '%.60s' is malignant",
                       r->m->line[r->row[0]], mm_manifest_get(r->m, r->row[0], "key"));
    if (!*given && !malignant && !known)
        return MM_OK;
    char text[32];
    if (!*given)
        label = malignant;
    snprintf(text, sizeof text, "%ld", label);
    int code = set(record, "label", text, error);
    if (!code && label < 2)
        code = set(record, "class", label ? "malignant" : "benign", error);
    return code;
}

/* Attributes of the lesion in row i, which is number `number` of its image. */
static int set_lesion(mm_record *record, const struct rows *r, size_t i, size_t number, mm_error *error)
{
    static const char *const copied[] = {"abnormality", "type", "pathology"};
    size_t row = r->row[i];
    char name[300];
    const char *class = mm_lesion_class(mm_abnormality_of(mm_manifest_get(r->m, row, "abnormality")),
                                        mm_pathology_of(mm_manifest_get(r->m, row, "pathology")));
    snprintf(name, sizeof name, "lesion.%zu.class", number);
    int code = class ? set(record, name, class, error) : MM_OK;
    for (size_t c = 0; c < 3 && !code; c++) {
        snprintf(name, sizeof name, "lesion.%zu.%s", number, copied[c]);
        code = set(record, name, mm_manifest_get(r->m, row, copied[c]), error);
    }
    for (size_t c = 0; c < r->m->ncolumns && !code; c++) {
        const char *column = r->m->column[c];
        if (is_meaningful(column) || all_agree(r, column))
            continue;
        snprintf(name, sizeof name, "lesion.%zu.%.200s", number, column);
        code = set(record, name, mm_manifest_get(r->m, row, column), error);
    }
    return code;
}

/* All attributes; `placed[i]` says whether row i's lesion has a plane. */
static int set_attributes(mm_record *record, const struct rows *r, const bool *placed, mm_error *error)
{
    static const char *const copied[] = {"patient", "side", "view", "split"};
    int code = set_label(record, r, error);
    for (size_t c = 0; c < 4 && !code; c++)
        code = set(record, copied[c], mm_manifest_get(r->m, r->row[0], copied[c]), error);
    size_t number = 0;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < r->n && !code; i++)
            if (placed[i] == (pass == 0) && (placed[i] || is_lesion(r, i)))
                code = set_lesion(record, r, i, number++, error);
    for (size_t c = 0; c < r->m->ncolumns && !code; c++)
        if (!is_meaningful(r->m->column[c]) && all_agree(r, r->m->column[c]))
            code = set(record, r->m->column[c], r->m->cell[r->row[0] * r->m->ncolumns + c], error);
    if (!code)
        code = set(record, "to_original", "1 0 0 0 1 0", error);
    return code;
}

/* Where the lesions lie, as far as the manifest tells. */
static bool *places(const struct rows *r)
{
    bool *placed = malloc(r->n * sizeof *placed);
    for (size_t i = 0; placed && i < r->n; i++)
        placed[i] = has_place(r, i);
    return placed;
}

static mm_record *record_for(const struct rows *r)
{
    return mm_record_new(mm_manifest_get(r->m, r->row[0], "key"));
}

int mm_manifest_attributes(const mm_manifest *m, const mm_row_groups *images, size_t i, mm_record **out, mm_error *error)
{
    struct rows r = rows_of(m, images, i);
    bool *placed = places(&r);
    mm_record *record = record_for(&r);
    int code = placed && record ? set_attributes(record, &r, placed, error) : mm_no_memory(error);
    free(placed);
    if (code) {
        mm_record_free(record);
        record = NULL;
    }
    *out = record;
    return code;
}

/* What the file says of the image; a manifest, and a record's JSON, come later and say it better. */
static int set_facts(mm_record *record, const mm_image *image)
{
    const char *facts[][2] = {{"patient", image->patient}, {"side", image->side}, {"view", image->view}};
    for (size_t i = 0; i < 3; i++)
        if (*facts[i][1] && mm_record_set(record, facts[i][0], facts[i][1]))
            return MM_FAILURE;
    return image->spacing[0] > 0 ? mm_record_setf(record, "spacing", "%.9g %.9g", image->spacing[0], image->spacing[1]) : MM_OK;
}

static int check_finite(const mm_record *record, mm_error *error)
{
    const mm_tensor *t = mm_record_tensor(record, "image");
    size_t at = t ? mm_first_not_finite(t->dtype, t->data, t->count) : 0;
    if (!t || at == t->count)
        return MM_OK;
    size_t width = t->ndim > 0 ? t->dim[t->ndim - 1] : 1, height = t->ndim > 1 ? t->dim[t->ndim - 2] : 1;
    return mm_fail(error, MM_DAMAGED, "pixel %zu of row %zu is not a finite number", at % width, at / width % height);
}

static int hide_patient(mm_record *record, const mm_read_options *options, mm_error *error)
{
    char hidden[MM_PSEUDONYM];
    const char *patient = options->pseudonyms ? mm_record_get(record, "patient") : NULL;
    if (!patient)
        return MM_OK;
    if (strlen(patient) > 2 && strstr(record->key, patient))
        mm_read_warn(options, "the key holds the patient's identifier, which --hash-ids does not hide there");
    mm_pseudonym(options->pseudonyms, patient, hidden);
    return mm_record_set(record, "patient", hidden) ? mm_no_memory(error) : MM_OK;
}

int mm_read_finish(mm_record *record, const mm_read_options *options, mm_error *error)
{
    int code = check_finite(record, error);
    return code ? code : hide_patient(record, options, error);
}

int mm_manifest_image(mm_record *record, const char *name, mm_image *image, const mm_read_options *options, mm_error *error)
{
    if (image->note[0])
        mm_read_warn(options, "%s", image->note);
    double full = mm_full_scale(image->dtype);
    if (options->full_scale > 0) {
        if (mm_image_own(image, error)) {
            mm_image_free(image);
            return error->code;
        }
        mm_image_rescale(image, options->full_scale);
    }
    if (image->dtype != MM_F32 && !mm_image_reaches(image, full / 4))
        mm_read_warn(options, "largest value %g is below a quarter of full scale %g: dark, or of fewer bits than its type "
             "(--full-scale=N sets the white value)", mm_image_maximum(image), full);
    if (!strcmp(name, "image") && set_facts(record, image)) {
        mm_image_free(image);
        return mm_no_memory(error);
    }
    const mm_tensor *given = image->file
        ? mm_record_lend(record, name, image->dtype, image->ndim, image->dim, image->data, image->file, error)
        : mm_record_give(record, name, image->dtype, image->ndim, image->dim, image->data, error);
    if (!given) {
        mm_image_free(image);
        return error->code;
    }
    image->data = image->file = NULL;
    return MM_OK;
}

bool mm_mask_fits(size_t h, size_t w, size_t H, size_t W)
{
    return fabs((double)w * (double)H / ((double)h * (double)W) - 1) <= 0.02;
}

/* binary[h][w] to plane[H][W]. */
static int rescale(const uint8_t *binary, size_t h, size_t w, uint8_t *plane, size_t H, size_t W, mm_error *error)
{
    mm_placement place;
    mm_resizer resizer = {0};
    mm_mask_fate fate;
    int code = mm_place(h, w, H, W, MM_FIT_STRETCH, MM_WIDE_SHRINK, &place, error);
    if (!code)
        code = mm_resizer_init(&resizer, &place, MM_INTERPOLATE_AREA, error);
    if (!code)
        code = mm_resize_mask(&resizer, binary, plane, &fate, error);
    mm_resizer_free(&resizer);
    return code;
}

/* 1 where a value reaches `least`, else 0; returns the largest value. */
MM_CLONES static unsigned at_least8(const uint8_t *restrict v, size_t n, uint8_t least, uint8_t *restrict to)
{
    uint8_t most = 0;
    for (size_t i = 0; i < n; i++) {
        to[i] = v[i] >= least;
        most = v[i] > most ? v[i] : most;
    }
    return most;
}

MM_CLONES static unsigned at_least16(const uint16_t *restrict v, size_t n, uint16_t least, uint8_t *restrict to)
{
    uint16_t most = 0;
    for (size_t i = 0; i < n; i++) {
        to[i] = v[i] >= least;
        most = v[i] > most ? v[i] : most;
    }
    return most;
}

/* 1 where a mask of n pixels reaches half of its largest value, else 0; false when it is empty. */
static bool halve(const mm_image *mask, size_t n, uint8_t *to)
{
    bool wide = mask->dtype == MM_U16;
    unsigned white = wide ? UINT16_MAX : UINT8_MAX, most = white;
    for (int pass = 0; pass < 2 && (pass == 0 || (most < white && most > 0)); pass++) { /* most masks go up to white */
        unsigned least = (most + 1) / 2;
        most = wide ? at_least16(mask->data, n, (uint16_t)least, to) : at_least8(mask->data, n, (uint8_t)least, to);
    }
    return most > 0;
}

/* A mask file into plane[H][W]: at least half of its largest value is inside. *fits turns false, with an error, when its
 * aspect is another. */
static int fill_from_file(const char *file, const mm_read_options *options, size_t H, size_t W, uint8_t *plane, bool *fits,
                          mm_error *error)
{
    char path[PATH_ROOM];
    mm_image mask;
    int code = path_of(file, options, path, error);
    if (!code)
        code = mm_image_read(path, NULL, &mask, error);
    if (code)
        return code;
    size_t h = mask.dim[0], w = mask.dim[1];
    bool inside = true;
    if (mask.ndim != 2 || mask.dtype == MM_F32) {
        mm_image_free(&mask);
        return mm_fail(error, MM_DAMAGED, "'%s': a mask is (H,W) of u8 or u16", path);
    }
    *fits = mm_mask_fits(h, w, H, W);
    if (!*fits) {
        mm_image_free(&mask);
        return mm_fail(error, MM_DAMAGED, "'%s': a mask of %zu x %zu pixels for an image of %zu x %zu: another aspect", path, h,
                       w, H, W);
    }
    uint8_t *binary = h == H && w == W ? plane : malloc(h * w);
    if (binary)
        inside = halve(&mask, h * w, binary);
    mm_image_free(&mask);
    if (!binary)
        return mm_no_memory(error);
    if (!inside)
        code = mm_fail(error, MM_DAMAGED, "'%s': the mask is empty", path);
    if (binary != plane) {
        if (!code && !(code = rescale(binary, h, w, plane, H, W, error)))
            mm_read_warn(options, "'%s': mask of %zu x %zu pixels resized to the image's %zu x %zu", path, h, w, H, W);
        free(binary);
    }
    return code;
}

static int fill(const struct rows *r, size_t i, const mm_read_options *options, size_t H, size_t W, uint8_t *plane, bool *fits,
                mm_error *error)
{
    const char *mask = mm_manifest_get(r->m, r->row[i], "mask");
    mm_lesion_shape shape;
    if (!mm_lesion_shape_is(mask))
        return fill_from_file(mask, options, H, W, plane, fits, error);
    int code = mm_lesion_shape_parse(mask, &shape, error);
    memset(plane, 0, H * W);
    if (!code && mm_lesion_shape_fill(&shape, H, W, plane) == 0)
        code = mm_fail(error, MM_DAMAGED, "'%.80s' is outside of the image's %zu x %zu pixels", mask, H, W);
    return code ? mm_fail_in(error, "line %zu", r->m->line[r->row[i]]) : MM_OK;
}

/* The masks, one plane per lesion whose place turns out to be good; the others' `placed` becomes false. */
static int set_masks(mm_record *record, const struct rows *r, const mm_read_options *options, bool *placed, mm_error *error)
{
    const mm_tensor *image = mm_record_tensor(record, "image");
    size_t H = image->dim[image->ndim - 2], W = image->dim[image->ndim - 1], n = 0, good = 0;
    for (size_t i = 0; i < r->n; i++)
        n += placed[i];
    if (n == 0)
        return MM_OK;
    size_t dim[3] = {n, H, W}, count, bytes;
    if (mm_shape_size(MM_U8, 3, dim, &count, &bytes))
        return mm_fail(error, MM_DAMAGED, "%zu masks of %zu x %zu pixels are too many", n, H, W);
    uint8_t *data = aligned_alloc(64, (bytes + 63) & ~(size_t)63);
    int code = data ? MM_OK : mm_no_memory(error);
    for (size_t i = 0; i < r->n && !code; i++) {
        bool fits = true;
        if (!placed[i])
            continue;
        code = fill(r, i, options, H, W, data + good * H * W, &fits, error);
        if (code == MM_DAMAGED && (options->keep_going || !fits)) {
            mm_read_warn(options, "line %zu: lesion left without a mask: %s", r->m->line[r->row[i]], error->text);
            *error = (mm_error){0};
            placed[i] = false;
            code = MM_OK;
        } else {
            good++;
        }
    }
    dim[0] = good;
    if (!code && good && mm_record_give(record, "mask", MM_U8, 3, dim, data, error))
        data = NULL;
    else if (!code && good)
        code = error->code;
    free(data);
    return code;
}

int mm_manifest_record(const mm_manifest *m, const mm_row_groups *images, size_t i, const mm_read_options *options,
                   mm_record **out, mm_error *error)
{
    struct rows r = rows_of(m, images, i);
    char path[PATH_ROOM];
    mm_image image = {0};
    bool *placed = places(&r);
    mm_record *record = record_for(&r);
    *out = NULL;
    int code = placed && record ? MM_OK : mm_no_memory(error);
    if (!code)
        code = path_of(mm_manifest_get(m, r.row[0], "image"), options, path, error);
    if (!code)
        code = mm_image_read(path, &options->image, &image, error);
    if (!code && (code = mm_manifest_image(record, "image", &image, options, error)))
        mm_fail_in(error, "'%s'", path);
    if (!code)
        code = set_masks(record, &r, options, placed, error);
    if (!code)
        code = set_attributes(record, &r, placed, error);
    free(placed);
    if (code)
        mm_record_free(record);
    else
        *out = record;
    return code;
}
