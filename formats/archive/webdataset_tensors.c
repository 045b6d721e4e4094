/* Tensors of files: see webdataset_tensors.h. */
#include "formats/archive/webdataset_tensors.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/signature.h"
#include "formats/dataset/lesion_planes.h"
#include "formats/image/npy.h"
#include "formats/image/orientation.h"

static const mm_member *find(const mm_members_work *w, const char *name, long plane)
{
    for (size_t i = 0; i < w->n; i++)
        if (w->parts[i].role == MM_MEMBER_IMAGE && w->parts[i].plane == plane && !strcmp(w->parts[i].tensor, name))
            return &w->members[i];
    return NULL;
}

/* Name, type and shape as KEY.json gives them. */
static int shape_of(const json_t *entry, mm_tensor *t, mm_error *error)
{
    const char *name = json_string_value(json_object_get(entry, "name"));
    const char *dtype = json_string_value(json_object_get(entry, "dtype"));
    const json_t *shape = json_object_get(entry, "shape");
    if (!name || !dtype || mm_dtype_parse(dtype, &t->dtype) || !json_is_array(shape) || json_array_size(shape) > MM_MAX_DIMS)
        return mm_fail(error, MM_DAMAGED, "a tensor without name, dtype or shape");
    t->name = (char *)(uintptr_t)name;
    t->ndim = (int)json_array_size(shape);
    for (int i = 0; i < t->ndim; i++) {
        json_int_t d = json_integer_value(json_array_get(shape, (size_t)i));
        if (!json_is_integer(json_array_get(shape, (size_t)i)) || d < 0)
            return mm_fail(error, MM_DAMAGED, "tensor '%s' has an invalid shape", name);
        t->dim[i] = (size_t)d;
    }
    if (mm_shape_size(t->dtype, t->ndim, t->dim, &t->count, &t->bytes))
        return mm_fail(error, MM_DAMAGED, "tensor '%s' has a shape that is too large", name);
    return MM_OK;
}

static bool same_shape(const mm_tensor *a, const mm_tensor *b)
{
    if (a->ndim != b->ndim || mm_dtype_size(a->dtype) != mm_dtype_size(b->dtype))
        return false;
    return !memcmp(a->dim, b->dim, (size_t)a->ndim * sizeof *a->dim);
}

/* One PNG straight into its plane. */
static int decode_plane(const mm_member *member, const mm_tensor *t, size_t plane, void *data, mm_error *error)
{
    mm_image image;
    int code = mm_image_decode(member->data, member->size, NULL, &image, error);
    if (code)
        return mm_fail_in(error, "'%s'", member->name);
    size_t H = t->dim[t->ndim - 2], W = t->dim[t->ndim - 1], bytes = H * W * mm_dtype_size(t->dtype);
    if (image.ndim != 2 || image.dtype != t->dtype || image.dim[0] != H || image.dim[1] != W)
        code = mm_fail(error, MM_DAMAGED, "'%s': is not the %s image of %zu x %zu that the record's other files describe",
                       member->name, mm_dtype_name(t->dtype), H, W);
    else
        memcpy((char *)data + plane * bytes, image.data, bytes);
    mm_image_free(&image);
    return code;
}

static int take_npy(const mm_members_work *w, const mm_member *member, const mm_tensor *t, mm_error *error)
{
    mm_tensor array = {0};
    int code = mm_npy_decode(member->data, member->size, member->name, &array, error);
    if (code)
        return code;
    bool bits = t->dtype == MM_BF16 && array.dtype == MM_U16;
    if (!same_shape(&array, t) || (array.dtype != t->dtype && !bits)) {
        free(array.data);
        return mm_fail(error, MM_DAMAGED, "'%s': its type or shape differs from the record's JSON", member->name);
    }
    if (!mm_record_give(w->record, t->name, t->dtype, t->ndim, t->dim, array.data, error)) {
        free(array.data);
        return error->code;
    }
    return MM_OK;
}

/* A tensor that our JSON describes. */
static int take_described(const mm_members_work *w, const json_t *entry, mm_error *error)
{
    mm_tensor t = {0};
    int code = shape_of(entry, &t, error);
    if (code)
        return code;
    const mm_member *whole = find(w, t.name, -1);
    if (whole && mm_signature_is(MM_KIND_NPY, whole->data, whole->size))
        return take_npy(w, whole, &t, error);
    size_t planes = t.ndim == 3 ? t.dim[0] : 1;
    if (t.ndim != 2 && t.ndim != 3)
        return mm_fail(error, MM_DAMAGED, "tensor '%s': its NPY file is missing", t.name);
    if (planes > 0 && !(whole && t.ndim == 2) && !find(w, t.name, 0))
        return mm_fail(error, MM_DAMAGED, "tensor '%s': its file is missing", t.name);
    void *data = mm_alloc64(t.bytes);
    if (!data)
        return mm_no_memory(error);
    for (size_t i = 0; i < planes && !code; i++) {
        const mm_member *member = t.ndim == 2 ? whole : find(w, t.name, (long)i);
        code = member ? decode_plane(member, &t, i, data, error)
                      : mm_fail(error, MM_DAMAGED, "tensor '%s': plane %zu is missing", t.name, i);
    }
    if (!code && !mm_record_give(w->record, t.name, t.dtype, t.ndim, t.dim, data, error))
        code = error->code;
    if (code)
        free(data);
    return code;
}

/* True if the record's JSON describes this image: the tensor as a whole, or the plane. */
static bool is_described(const mm_members_work *w, const mm_member_part *part)
{
    size_t i;
    json_t *entry;
    json_array_foreach(w->tensors, i, entry) {
        const char *name = json_string_value(json_object_get(entry, "name"));
        const json_t *shape = json_object_get(entry, "shape");
        json_int_t planes = json_array_size(shape) == 3 ? json_integer_value(json_array_get(shape, 0)) : 0;
        if (name && !strcmp(name, part->tensor) && part->plane < planes)
            return true;
    }
    return false;
}

int mm_members_take_described(const mm_members_work *w, mm_error *error)
{
    size_t i;
    json_t *entry;
    json_array_foreach(w->tensors, i, entry)
        if (take_described(w, entry, error))
            return error->code;
    for (i = 0; i < w->n; i++)
        if (w->parts[i].role == MM_MEMBER_IMAGE && !is_described(w, &w->parts[i]))
            mm_read_warn(w->rules, "'%s' left out: the record's JSON does not list it", w->members[i].name);
    return MM_OK;
}

/* Refuses n planes that are not 0 to n - 1. */
static int check_planes(const mm_members_work *w, const char *name, size_t n, mm_error *error)
{
    for (size_t i = 0; i < n; i++)
        if (!find(w, name, (long)i))
            return mm_fail(error, MM_DAMAGED, "'%s': plane %zu of tensor '%s' is missing, of %zu planes", w->record->key, i, name, n);
    return MM_OK;
}

/* Planes NAME.0.png, NAME.1.png, ... as (N,H,W). `first` is one of them, n says how many there are. */
static int take_planes(const mm_members_work *w, const char *name, const mm_member *first, size_t n, mm_error *error)
{
    mm_image image;
    int code = check_planes(w, name, n, error);
    if (code)
        return code;
    code = mm_image_decode(first->data, first->size, NULL, &image, error);
    if (code)
        return mm_fail_in(error, "'%s'", first->name);
    mm_tensor t = {.dtype = image.dtype, .ndim = 3, .dim = {n, image.dim[0], image.dim[1]}};
    bool flat = image.ndim == 2;
    mm_image_free(&image);
    if (!flat || mm_shape_size(t.dtype, 3, t.dim, &t.count, &t.bytes))
        return mm_fail(error, MM_DAMAGED, "'%s': planes must be (H,W)", first->name);
    void *data = mm_alloc64(t.bytes);
    if (!data)
        return mm_no_memory(error);
    for (size_t i = 0; i < n && !code; i++)
        code = decode_plane(find(w, name, (long)i), &t, i, data, error);
    if (!code && !mm_record_give(w->record, name, t.dtype, 3, t.dim, data, error))
        code = error->code;
    if (code)
        free(data);
    return code;
}

static int take_whole(mm_members_work *w, const char *name, const mm_member *member, mm_error *error)
{
    mm_image image;
    mm_read_options rules = *w->rules;
    bool is_image = !strcmp(name, "image");
    if (!is_image)
        rules = (mm_read_options){0};
    int code = mm_image_decode(member->data, member->size, &rules.image, &image, error);
    if (!code && is_image)
        w->orientation = image.orientation;
    if (!code)
        code = mm_manifest_image(w->record, name, &image, &rules, error);
    return code ? mm_fail_in(error, "'%s'", member->name) : MM_OK;
}

/* Adds a mask, or the masks of an NPY (N,H,W). */
static int add_mask(mm_lesion_planes *planes, mm_image *file, const char *name, bool *fits, mm_error *error)
{
    size_t bytes = mm_dtype_size(file->dtype), n = file->ndim == 3 ? file->dim[0] : 1;
    int code = MM_OK;
    if (file->ndim == 2)
        return mm_lesion_planes_add_mask(planes, file, name, fits, error);
    for (size_t i = 0; i < n && !code; i++) {
        mm_image one = {0};
        if (!mm_image_room(&one, file->dtype, file->dim[1], file->dim[2], error))
            return error->code;
        memcpy(one.data, (const char *)file->data + i * file->dim[1] * file->dim[2] * bytes, file->dim[1] * file->dim[2] * bytes);
        code = mm_lesion_planes_add_mask(planes, &one, name, fits, error);
        mm_image_free(&one);
    }
    return code;
}

/* How large the planes are: as the image, or as the first mask if that has another aspect, turned or not. */
static void choose_size(const mm_members_work *w, mm_lesion_planes *planes, const mm_member *member, const mm_image *mask)
{
    const mm_tensor *image = mm_record_tensor(w->record, "image");
    size_t h = mask->dim[mask->ndim - 2], v = mask->dim[mask->ndim - 1];
    planes->H = image ? image->dim[image->ndim - 2] : h;
    planes->W = image ? image->dim[image->ndim - 1] : v;
    bool turned = mm_orientation_transposes(w->orientation) && mm_mask_fits(v, h, planes->H, planes->W);
    if (turned || mm_mask_fits(h, v, planes->H, planes->W))
        return;
    mm_read_warn(w->rules, "'%s': a mask of %zu x %zu pixels for an image of %zu x %zu: another aspect", member->name, h, v, planes->H,
                 planes->W);
    planes->H = h;
    planes->W = v;
}

/* One file of the masks; plane -1: the only one. */
static int take_mask(const mm_members_work *w, const char *name, mm_lesion_planes *planes, long plane, mm_error *error)
{
    const mm_member *member = find(w, name, plane);
    mm_image image;
    size_t before = planes->n;
    bool fits;
    int code = mm_image_decode(member->data, member->size, &(mm_image_options){.is_mask = true}, &image, error);
    if (code)
        return mm_fail_in(error, "'%s'", member->name);
    if (!planes->H)
        choose_size(w, planes, member, &image);
    code = add_mask(planes, &image, member->name, &fits, error);
    mm_image_free(&image);
    if (!code && plane >= 0 && planes->n != before + 1)
        code = mm_fail(error, MM_DAMAGED, "'%s': plane %ld of tensor '%s' has %zu planes", member->name, plane, name, planes->n - before);
    return code;
}

/* Gives the record its `breast`, which is one plane (H,W). */
static int give_breast(const mm_members_work *w, mm_lesion_planes *planes, mm_error *error)
{
    if (planes->n != 1)
        return mm_fail(error, MM_DAMAGED, "'%s': tensor 'breast' has %zu planes", w->record->key, planes->n);
    if (!mm_record_give(w->record, "breast", MM_U8, 2, (size_t[]){planes->H, planes->W}, planes->data, error))
        return error->code;
    planes->data = NULL;
    return MM_OK;
}

/* Masks, or the breast, as planes of 0 and 1: `n` files with a plane each, or one file. */
static int take_masks(const mm_members_work *w, const char *name, size_t n, bool whole, mm_error *error)
{
    mm_lesion_planes planes = {.orientation = w->orientation, .options = w->rules, .empty = true};
    int code = whole ? MM_OK : check_planes(w, name, n, error);
    for (size_t i = 0; i < n && !code; i++)
        code = take_mask(w, name, &planes, whole ? -1 : (long)i, error);
    if (!code)
        code = strcmp(name, "breast") ? mm_lesion_planes_give(&planes, w->record, error) : give_breast(w, &planes, error);
    mm_lesion_planes_free(&planes);
    return code;
}

/* All files of the tensor that file i belongs to, if it is the first of them. */
static int take_tensor(mm_members_work *w, size_t i, mm_error *error)
{
    const char *name = w->parts[i].tensor;
    size_t n = 0, whole = 0;
    for (size_t k = 0; k < w->n; k++) {
        if (w->parts[k].role != MM_MEMBER_IMAGE || strcmp(w->parts[k].tensor, name) != 0)
            continue;
        if (k < i)
            return MM_OK;
        n++;
        whole += w->parts[k].plane < 0;
    }
    if (whole && n > 1)
        return mm_fail(error, MM_DAMAGED, "'%s': tensor '%s' is given as a whole and in planes", w->members[i].name, name);
    if (!strcmp(name, "mask") || !strcmp(name, "breast"))
        return take_masks(w, name, n, whole, error);
    return whole ? take_whole(w, name, &w->members[i], error) : take_planes(w, name, &w->members[i], n, error);
}

int mm_members_take_named(mm_members_work *w, mm_error *error)
{
    for (int pass = 0; pass < 2; pass++) /* the image first */
        for (size_t i = 0; i < w->n; i++)
            if (w->parts[i].role == MM_MEMBER_IMAGE && (pass == 0) == !strcmp(w->parts[i].tensor, "image") && take_tensor(w, i, error))
                return error->code;
    if (!mm_record_tensor(w->record, "image"))
        mm_read_warn(w->rules, "the record has no image");
    return MM_OK;
}
