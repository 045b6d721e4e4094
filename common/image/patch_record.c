/* Patches of a record: what the rules need to know of it, and new records cut from it: see patch.h. */
#include "common/image/patch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/table/classes.h"
#include "common/image/geometry.h"
#include "common/image/tissue_windows.h"

/* ---- the planes that the rules look at ----------------------------------------------------------------------- */

/* A u8 tensor of planes, if there is one of that name; *planes 0 otherwise. */
static int find_planes(const mm_record *record, const char *name, int max_dims, const uint8_t **data, size_t *planes,
                       mm_error *error)
{
    const mm_tensor *t = mm_record_tensor(record, name);
    *data = NULL;
    *planes = 0;
    if (!t)
        return 0;
    if (t->dtype != MM_U8)
        return mm_fail(error, MM_FAILURE, "tensor '%s' is %s: expected u8", name, mm_dtype_name(t->dtype));
    if (t->ndim > max_dims)
        return mm_fail(error, MM_FAILURE, "tensor '%s' has %d dimensions", name, t->ndim);
    *data = t->data;
    *planes = mm_geometry_planes(t);
    return 0;
}

/* The sum of the channels. NULL with an error. */
static float *image_grey(const mm_tensor *image, const mm_image_shape *shape, mm_error *error)
{
    if (image->dtype != MM_U8 && image->dtype != MM_U16 && image->dtype != MM_F32) {
        mm_fail(error, MM_FAILURE, "image is %s: background is matched in u8, u16 and f32", mm_dtype_name(image->dtype));
        return NULL;
    }
    size_t pixels = shape->height * shape->width;
    float *grey = calloc(pixels, sizeof *grey);
    if (!grey) {
        mm_no_memory(error);
        return NULL;
    }
    for (size_t c = 0; c < shape->channels; c++)
        for (size_t i = 0, at = c * pixels; i < pixels; i++, at++)
            grey[i] += image->dtype == MM_U8    ? ((const uint8_t *)image->data)[at]
                       : image->dtype == MM_U16 ? ((const uint16_t *)image->data)[at]
                                                : ((const float *)image->data)[at];
    return grey;
}

/* ---- lesions' classes ---------------------------------------------------------------------------------------- */

/* The class that a patch of the lesion gets: the lesion's own, or the one of the user's list that holds it. */
static int lesion_class(const mm_record *record, size_t lesion, const mm_class_names *list, const char **class, mm_error *error)
{
    static const char *const any = "lesion";
    char name[48];
    snprintf(name, sizeof name, "lesion.%zu.class", lesion);
    const char *own = mm_record_get(record, name);
    bool listed = list && list->n;
    if (!own && !listed)
        return mm_fail(error, MM_FAILURE, "lesion %zu has no class: attribute '%s' is missing (with --classes it is a lesion)", lesion,
                       name);
    *class = own ? own : any;
    size_t n = listed ? list->n : 1, among = mm_class_among(listed ? (const char *const *)list->name : &any, n, *class);
    if (among < n) {
        *class = listed ? list->name[among] : *class;
        return MM_OK;
    }
    return mm_fail(error, MM_FAILURE, listed ? "lesion %zu is of class '%s', which is not exactly one of --classes"
                   : "lesion %zu is of class '%s': expected calc_mal, calc_ben, mass_mal, mass_ben, calc, mass, malignant, benign or "
                     "lesion", lesion, *class);
}

/* The number of a patch's class; -1: it has none. */
static long label_of(const mm_class_names *list, const char *class)
{
    if (!list || !list->n)
        return mm_class_number(class);
    return (long)mm_class_among((const char *const *)list->name, list->n, class);
}

bool mm_patch_unplaced(const mm_record *record, size_t lesions)
{
    char prefix[48];
    snprintf(prefix, sizeof prefix, "lesion.%zu.", lesions);
    for (size_t i = 0; i < record->nattributes; i++)
        if (strncmp(record->attributes[i].name, prefix, strlen(prefix)) == 0)
            return true;
    const char *label = mm_record_get(record, "label"), *class = mm_record_get(record, "class");
    return lesions == 0 && (class ? mm_pathology_of(class) == MM_MALIGNANT : label && strcmp(label, "1") == 0);
}

int mm_patch_plan_record(const mm_record *record, const mm_patch_options *rules, mm_patch_list *list, bool *unplaced,
                         mm_error *error)
{
    const mm_tensor *image;
    mm_image_shape shape;
    mm_patch_planes planes = {0};
    uint8_t *tissue = NULL;
    float *grey = NULL;
    size_t breasts;
    int code = mm_geometry_pixels(record, &image, &shape, error);
    if (code == 0)
        code = find_planes(record, "mask", 3, &planes.masks, &planes.lesions, error);
    if (code == 0)
        code = find_planes(record, "breast", 2, &planes.tissue, &breasts, error);
    for (size_t i = 0; code == 0 && i < planes.lesions; i++) {
        const char *class;
        code = lesion_class(record, i, rules->classes, &class, error);
    }
    if (code != 0)
        return code;
    planes.height = shape.height;
    planes.width = shape.width;
    if (rules->min_tissue > 0 && !planes.tissue) {
        if (mm_tissue_plane(image, &shape, &tissue, error))
            return error->code;
        planes.tissue = tissue;
    }
    if (rules->matched && planes.lesions) {
        planes.grey = grey = image_grey(image, &shape, error);
        if (!grey)
            code = error ? error->code : MM_FAILURE;
    }
    if (code == 0)
        code = mm_patch_plan(&planes, rules, record->key, list, error);
    free(tissue);
    free(grey);
    *unplaced = code == 0 && mm_patch_unplaced(record, planes.lesions);
    if (*unplaced) { /* background could lie on the very lesion */
        size_t kept = 0;
        for (size_t i = 0; i < list->n; i++)
            if (!list->patches[i].background)
                list->patches[kept++] = list->patches[i];
        list->n = kept;
        list->missing_background = 0;
    }
    return code;
}

/* ---- cutting ------------------------------------------------------------------------------------------------- */

/* Copies the part of every plane that lies in the patch; the rest of the new tensor is zero already. */
static void cut_planes(const mm_tensor *from, mm_tensor *to, long left, long top)
{
    size_t size = mm_dtype_size(from->dtype), planes = mm_geometry_planes(from);
    size_t height = from->dim[from->ndim - 2], width = from->dim[from->ndim - 1];
    size_t patch_height = to->dim[to->ndim - 2], patch_width = to->dim[to->ndim - 1];
    long right = left + (long)patch_width, bottom = top + (long)patch_height;
    long x0 = left > 0 ? left : 0, x1 = right < (long)width ? right : (long)width;
    long y0 = top > 0 ? top : 0, y1 = bottom < (long)height ? bottom : (long)height;
    if (x0 >= x1)
        return;
    for (size_t i = 0; i < planes; i++)
        for (long y = y0; y < y1; y++) {
            size_t in = (i * height + (size_t)y) * width + (size_t)x0;
            size_t out = (i * patch_height + (size_t)(y - top)) * patch_width + (size_t)(x0 - left);
            memcpy((char *)to->data + out * size, (const char *)from->data + in * size, (size_t)(x1 - x0) * size);
        }
}

static int cut_tensors(const mm_record *record, const mm_patch_options *rules, long left, long top, mm_record *out,
                       mm_error *error)
{
    const mm_tensor *image;
    mm_image_shape shape;
    int code = mm_geometry_image(record, &image, &shape, error);
    for (size_t i = 0; code == 0 && i < record->ntensors; i++) {
        const mm_tensor *t = &record->tensors[i];
        if (!mm_geometry_spatial(t, shape.height, shape.width))
            continue;
        size_t dim[MM_MAX_DIMS];
        memcpy(dim, t->dim, sizeof dim);
        dim[t->ndim - 2] = rules->height;
        dim[t->ndim - 1] = rules->width;
        mm_tensor *cut = mm_record_add(out, t->name, t->dtype, t->ndim, dim, error);
        if (!cut)
            return error ? error->code : MM_FAILURE;
        cut_planes(t, cut, left, top);
    }
    return code;
}

static int set_attributes(const mm_record *record, const mm_patch *p, const char *class, long label, mm_record *out)
{
    static const char *const sets[] = {"", "s", "s10", "s,s10"};
    int failed = label >= 0 ? mm_record_setf(out, "label", "%ld", label) : 0;
    failed |= mm_record_set(out, "class", class);
    failed |= mm_record_set(out, "set", sets[p->sets & 3]);
    failed |= mm_record_set(out, "source", record->key);
    if (p->lesion >= 0)
        failed |= mm_record_setf(out, "lesion", "%ld", p->lesion);
    failed |= mm_record_setf(out, "centre", "%ld,%ld", p->x, p->y);
    failed |= mm_record_setf(out, "overlap", "%.6f", p->overlap);
    if (p->c >= 0)
        failed |= mm_record_setf(out, "c", "%d.%02d", p->c / 100, p->c % 100);
    failed |= mm_record_inherit(out, record);
    if (label < 0)
        mm_record_unset(out, "label"); /* the image's is not the patch's */
    return failed;
}

int mm_patch_cut(const mm_record *record, const mm_patch *p, const mm_patch_options *rules, mm_record **result,
                 mm_error *error)
{
    const char *class = mm_class_name(MM_BACKGROUND);
    if (!p->background && lesion_class(record, (size_t)p->lesion, rules->classes, &class, error))
        return error ? error->code : MM_FAILURE;
    size_t room = strlen(record->key) + 64;
    char *key = malloc(room);
    if (!key)
        return mm_no_memory(error);
    if (p->background)
        snprintf(key, room, "%s_b%02ld", record->key, p->number);
    else if (p->number < 0)
        snprintf(key, room, "%s_l%ld_c", record->key, p->lesion);
    else
        snprintf(key, room, "%s_l%ld_%02ld", record->key, p->lesion, p->number);
    mm_record *out = mm_record_new(key);
    free(key);
    if (!out || set_attributes(record, p, class, label_of(rules->classes, class), out) != 0) {
        mm_record_free(out);
        return mm_no_memory(error);
    }
    long left = p->x - (long)(rules->width / 2), top = p->y - (long)(rules->height / 2);
    mm_affine map = mm_affine_shift((double)left, (double)top);
    int code = cut_tensors(record, rules, left, top, out, error);
    if (code == 0)
        code = mm_geometry_moved(out, &map, error);
    if (code != 0) {
        mm_record_free(out);
        return code;
    }
    *result = out;
    return 0;
}
