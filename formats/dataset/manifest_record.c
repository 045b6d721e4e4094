/* Images of a manifest as records: see manifest_record.h. */
#include "formats/dataset/manifest_record.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/table/labels.h"
#include "common/table/shape.h"
#include "common/image/finite.h"
#include "common/image/grey.h"
#include "formats/dataset/lesion_planes.h"
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
    return has_place(r, i) || a == MM_CALC || a == MM_MASS || a == MM_LESION;
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

static int set_label(mm_record *record, const mm_label *label, mm_error *error)
{
    bool bad = label->number >= 0 && mm_record_setf(record, "label", "%ld", label->number);
    bad = bad || (label->class && mm_record_set(record, "class", label->class));
    return bad ? mm_no_memory(error) : MM_OK;
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
    int code = set(record, name, class, error);
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

/* Attributes of all lesions. `placed[i]` planes are row i's; `planes`, or NULL, has their labels. */
static int set_lesions(mm_record *record, const struct rows *r, const size_t *placed, const mm_lesion_planes *planes, mm_error *error)
{
    size_t number = 0;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < r->n; i++) {
            size_t n = pass == 0 ? placed[i] : !placed[i] && is_lesion(r, i);
            for (size_t k = 0; k < n; k++, number++) {
                unsigned label = pass == 0 && planes ? planes->label[number] : 0;
                if (set_lesion(record, r, i, number, error))
                    return error->code;
                char name[64];
                snprintf(name, sizeof name, "lesion.%zu.value", number);
                if (label && mm_record_setf(record, name, "%u", label))
                    return mm_no_memory(error);
            }
        }
    return MM_OK;
}

/* All attributes, see set_lesions. */
static int set_attributes(mm_record *record, const struct rows *r, const mm_label *label, const size_t *placed,
                          const mm_lesion_planes *planes, mm_error *error)
{
    static const char *const copied[] = {"patient", "side", "view", "split"};
    int code = set_label(record, label, error);
    for (size_t c = 0; c < 4 && !code; c++)
        code = set(record, copied[c], mm_manifest_get(r->m, r->row[0], copied[c]), error);
    if (!code)
        code = set_lesions(record, r, placed, planes, error);
    for (size_t c = 0; c < r->m->ncolumns && !code; c++)
        if (!is_meaningful(r->m->column[c]) && all_agree(r, r->m->column[c]))
            code = set(record, r->m->column[c], r->m->cell[r->row[0] * r->m->ncolumns + c], error);
    if (!code)
        code = set(record, "to_original", "1 0 0 0 1 0", error);
    return code;
}

/* How many planes the rows have, as far as the manifest tells. */
static size_t *places(const struct rows *r)
{
    size_t *placed = malloc(r->n * sizeof *placed);
    for (size_t i = 0; placed && i < r->n; i++)
        placed[i] = has_place(r, i);
    return placed;
}

static mm_record *record_for(const struct rows *r)
{
    return mm_record_new(mm_manifest_get(r->m, r->row[0], "key"));
}

int mm_manifest_attributes(const mm_manifest *m, const mm_row_groups *images, size_t i, const mm_class_names *classes, mm_record **out,
                           mm_error *error)
{
    mm_label label;
    struct rows r = rows_of(m, images, i);
    size_t *placed = places(&r);
    mm_record *record = record_for(&r);
    int code = placed && record ? mm_label_of(m, images, i, classes, &label, error) : mm_no_memory(error);
    if (!code)
        code = set_attributes(record, &r, &label, placed, NULL, error);
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
    size_t at = t ? mm_first_not_finite(t->dtype, t->data, t->count, 1) : 0;
    if (!t || at == t->count)
        return MM_OK;
    size_t width = t->ndim > 0 ? t->dim[t->ndim - 1] : 1, height = t->ndim > 1 ? t->dim[t->ndim - 2] : 1;
    return mm_fail(error, MM_DAMAGED, "pixel %zu of row %zu is not a finite number", at % width, at / width % height);
}

/* Takes away what mmindex dicom writes of a header and may identify. */
static int hide_header(mm_record *record, const char *patient, const mm_pseudonym_key *key, mm_error *error)
{
    const char *given = mm_record_get(record, "study_date");
    char date[16] = "";
    mm_record_unset(record, "study_description");
    mm_record_unset(record, "series_description");
    if (given)
        snprintf(date, sizeof date, "%s", given);
    if (given && patient && mm_pseudonym_date(key, patient, date))
        return mm_record_set(record, "study_date", date) ? mm_no_memory(error) : MM_OK;
    mm_record_unset(record, "study_date");
    return MM_OK;
}

static int hide_patient(mm_record *record, const mm_read_options *options, mm_error *error)
{
    char hidden[MM_PSEUDONYM];
    const char *patient = options->pseudonyms ? mm_record_get(record, "patient") : NULL;
    if (options->pseudonyms && hide_header(record, patient, options->pseudonyms, error))
        return error->code;
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

/* The file of row i's mask. A label map whose lesions stand on several lines does not say which is which. */
static int add_file(const struct rows *r, size_t i, const mm_read_options *options, mm_lesion_planes *planes, bool *fits, mm_error *error)
{
    const char *file = mm_manifest_get(r->m, r->row[i], "mask");
    char path[PATH_ROOM];
    mm_image mask;
    size_t before = planes->n;
    int code = path_of(file, options, path, error);
    if (!code)
        code = mm_image_read(path, &(mm_image_options){.is_mask = true}, &mask, error);
    if (code)
        return code;
    code = mm_lesion_planes_add_mask(planes, &mask, path, fits, error);
    mm_image_free(&mask);
    for (size_t k = 0; k < r->n && !code && planes->n > before + 1; k++)
        if (k != i && !strcmp(mm_manifest_get(r->m, r->row[k], "mask"), file))
            code = mm_fail(error, MM_DAMAGED, "lines %zu and %zu: '%s' has %zu labels, and nothing says which lesion is which",
                           r->m->line[r->row[i < k ? i : k]], r->m->line[r->row[i < k ? k : i]], path, planes->n - before);
    if (code)
        planes->n = before;
    return code;
}

static int add_shape(const struct rows *r, size_t i, mm_lesion_planes *planes, mm_error *error)
{
    const char *mask = mm_manifest_get(r->m, r->row[i], "mask");
    mm_lesion_shape shape;
    int code = mm_lesion_shape_parse(mask, &shape, error);
    if (!code && (code = mm_lesion_planes_add_shape(planes, &shape, error)))
        mm_fail_in(error, "'%.80s'", mask);
    mm_lesion_shape_free(&shape);
    return code ? mm_fail_in(error, "line %zu", r->m->line[r->row[i]]) : MM_OK;
}

/* The masks: planes for each lesion whose place turns out to be good; of the others `placed` becomes 0. */
static int add_masks(const struct rows *r, const mm_read_options *options, size_t *placed, mm_lesion_planes *planes, mm_error *error)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++)
        n += placed[i];
    int code = mm_lesion_planes_reserve(planes, n, error);
    for (size_t i = 0; i < r->n && !code; i++) {
        size_t before = planes->n;
        bool fits = true;
        if (!placed[i])
            continue;
        code = mm_lesion_shape_is(mm_manifest_get(r->m, r->row[i], "mask")) ? add_shape(r, i, planes, error)
                                                                            : add_file(r, i, options, planes, &fits, error);
        if (code == MM_DAMAGED && (options->keep_going || !fits)) {
            mm_read_warn(options, "line %zu: lesion left without a mask: %s", r->m->line[r->row[i]], error->text);
            *error = (mm_error){0};
            code = MM_OK;
        }
        placed[i] = planes->n - before;
    }
    return code;
}

int mm_manifest_record(const mm_manifest *m, const mm_row_groups *images, size_t i, const mm_read_options *options,
                   mm_record **out, mm_error *error)
{
    struct rows r = rows_of(m, images, i);
    char path[PATH_ROOM];
    mm_image image = {0};
    mm_label label;
    size_t *placed = places(&r);
    mm_record *record = record_for(&r);
    *out = NULL;
    int code = placed && record ? MM_OK : mm_no_memory(error);
    if (!code)
        code = mm_label_of(m, images, i, options->classes, &label, error);
    if (!code)
        code = path_of(mm_manifest_get(m, r.row[0], "image"), options, path, error);
    if (!code)
        code = mm_image_read(path, &options->image, &image, error);
    mm_lesion_planes planes = {.orientation = image.orientation, .options = options};
    if (!code && (code = mm_manifest_image(record, "image", &image, options, error)))
        mm_fail_in(error, "'%s'", path);
    const mm_tensor *t = code ? NULL : mm_record_tensor(record, "image");
    if (t) {
        planes.H = t->dim[t->ndim - 2];
        planes.W = t->dim[t->ndim - 1];
        code = add_masks(&r, options, placed, &planes, error);
    }
    if (!code)
        code = mm_lesion_planes_give(&planes, record, error);
    if (!code)
        code = set_attributes(record, &r, &label, placed, &planes, error);
    mm_lesion_planes_free(&planes);
    free(placed);
    if (code)
        mm_record_free(record);
    else
        *out = record;
    return code;
}
