/* Files of an archive to records: see webdataset.h. The other way is in webdataset_write.c. */
#include "formats/archive/webdataset.h"

#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/stream/meta.h"
#include "formats/image/formats.h"
#include "formats/image/npy.h"

size_t mm_member_stem(const char *name)
{
    const char *slash = strrchr(name, '/'), *base = slash ? slash + 1 : name;
    const char *dot = strchr(*base == '.' ? base + 1 : base, '.');
    return dot ? (size_t)(dot - name) : strlen(name);
}

bool mm_member_is_head(const char *name)
{
    const char *slash = strrchr(name, '/');
    return !strcmp(slash ? slash + 1 : name, MM_MEMBER_HEAD);
}

/* What a member's ending says: tensor NAME, plane (or -1), or one of the other kinds. */
struct part {
    enum { PART_OTHER, PART_TENSOR, PART_JSON, PART_CLASS } kind;
    char *name; /* owned, of a tensor */
    long plane;
};

/* Undoes %XX in place. */
static void decode(char *text)
{
    char *to = text;
    for (const char *p = text; *p; p++) {
        unsigned byte;
        if (*p == '%' && isxdigit((unsigned char)p[1]) && isxdigit((unsigned char)p[2]) && sscanf(p + 1, "%2x", &byte) == 1 && byte) {
            *to++ = (char)byte;
            p += 2;
        } else {
            *to++ = *p;
        }
    }
    *to = '\0';
}

static int part_of(const mm_member *member, struct part *part, mm_error *error)
{
    const char *rest = member->name + mm_member_stem(member->name);
    if (*rest == '.')
        rest++;
    const char *dot = strrchr(rest, '.');
    size_t n = dot ? (size_t)(dot - rest) : 0;
    bool image = mm_image_ending_is(dot ? dot + 1 : rest) || mm_image_format_of(member->data, member->size);
    if (!strcasecmp(rest, "json"))
        part->kind = PART_JSON;
    else if (!strcasecmp(rest, "cls"))
        part->kind = PART_CLASS;
    if (!image)
        return MM_OK;
    part->kind = PART_TENSOR;
    part->name = n ? strndup(rest, n) : strdup("image");
    if (!part->name)
        return mm_no_memory(error);
    char *second = strrchr(part->name, '.');
    if (second && second > part->name && second[1] && strspn(second + 1, "0123456789") == strlen(second + 1) && strlen(second + 1) < 7) {
        part->plane = atol(second + 1);
        *second = '\0';
    }
    decode(part->name);
    return MM_OK;
}

struct work {
    const mm_member *members;
    struct part *parts;
    size_t n;
    const mm_read_options *rules;
    mm_record *record;
    json_t *json, *tensors; /* tensors: ours, or NULL */
};

static const mm_member *find(const struct work *w, const char *name, long plane)
{
    for (size_t i = 0; i < w->n; i++)
        if (w->parts[i].kind == PART_TENSOR && w->parts[i].plane == plane && !strcmp(w->parts[i].name, name))
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

static int take_npy(const struct work *w, const mm_member *member, const mm_tensor *t, mm_error *error)
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
static int take_described(const struct work *w, const json_t *entry, mm_error *error)
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

/* Planes NAME.0.png, NAME.1.png, ... whose first is `member`, as (N,H,W). */
static int take_planes(const struct work *w, const char *name, const mm_member *member, mm_error *error)
{
    mm_image first;
    int code = mm_image_decode(member->data, member->size, NULL, &first, error);
    if (code)
        return mm_fail_in(error, "'%s'", member->name);
    mm_tensor t = {.dtype = first.dtype, .ndim = 3, .dim = {0, first.dim[0], first.dim[1]}};
    bool flat = first.ndim == 2;
    mm_image_free(&first);
    while (find(w, name, (long)t.dim[0]))
        t.dim[0]++;
    void *data = NULL;
    if (!flat || mm_shape_size(t.dtype, 3, t.dim, &t.count, &t.bytes))
        return mm_fail(error, MM_DAMAGED, "'%s': planes must be (H,W)", member->name);
    if (!(data = mm_alloc64(t.bytes)))
        return mm_no_memory(error);
    for (size_t i = 0; i < t.dim[0] && !code; i++)
        code = decode_plane(find(w, name, (long)i), &t, i, data, error);
    if (!code && !mm_record_give(w->record, name, t.dtype, 3, t.dim, data, error))
        code = error->code;
    if (code)
        free(data);
    return code;
}

/* Tensors by the names of the files alone. */
static int take_by_name(const struct work *w, mm_error *error)
{
    int code = MM_OK;
    for (size_t i = 0; i < w->n && !code; i++) {
        const struct part *p = &w->parts[i];
        if (p->kind != PART_TENSOR || p->plane > 0)
            continue;
        if (mm_record_tensor(w->record, p->name))
            return mm_fail(error, MM_DAMAGED, "'%s': tensor '%s' appears twice", w->members[i].name, p->name);
        if (p->plane == 0) {
            code = take_planes(w, p->name, &w->members[i], error);
            continue;
        }
        mm_image image;
        mm_read_options rules = *w->rules;
        if (strcmp(p->name, "image") != 0)
            rules = (mm_read_options){0};
        code = mm_image_decode(w->members[i].data, w->members[i].size, &rules.image, &image, error);
        if (!code)
            code = mm_manifest_image(w->record, p->name, &image, &rules, error);
        if (code)
            mm_fail_in(error, "'%s'", w->members[i].name);
    }
    return code;
}

/* One JSON value as an attribute; objects and arrays have no place in one. */
static int take_value(mm_record *record, const char *name, const json_t *value, mm_error *error)
{
    int bad = 0;
    if (json_is_string(value))
        bad = mm_record_set(record, name, json_string_value(value));
    else if (json_is_integer(value))
        bad = mm_record_setf(record, name, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_real(value))
        bad = mm_record_setf(record, name, "%.17g", json_real_value(value));
    else if (json_is_boolean(value))
        bad = mm_record_set(record, name, json_is_true(value) ? "1" : "0");
    return bad ? mm_no_memory(error) : MM_OK;
}

/* One meta line, of none of the kinds that the record itself makes. */
static bool is_unknown(const char *line)
{
    mm_slice field[1];
    mm_meta_fields((mm_slice){line, strlen(line)}, field, 1);
    return !strchr(line, '\n') && !mm_slice_is(field[0], "key") && !mm_slice_is(field[0], "T") && !mm_slice_is(field[0], "A");
}

static int take_attributes(const struct work *w, mm_error *error)
{
    int code = MM_OK;
    const char *name;
    json_t *value, *object = w->tensors ? json_object_get(w->json, "attributes") : w->json;
    if (json_object_size(object) > MM_MAX_META / 8)
        return mm_fail(error, MM_DAMAGED, "'%s': more values in JSON than a record can hold", w->record->key);
    json_object_foreach(object, name, value)
        if (!code && (*name || w->tensors))
            code = take_value(w->record, name, value, error);
    size_t i;
    json_array_foreach(json_object_get(w->tensors ? w->json : NULL, "lines"), i, value) {
        const char *line = json_string_value(value);
        if (code || !line)
            return code ? code : mm_fail(error, MM_DAMAGED, "'%s': a line of JSON's \"lines\" is not text", w->record->key);
        if (!is_unknown(line))
            return mm_fail(error, MM_DAMAGED, "'%s': a line of JSON's \"lines\" is of a known kind, which does not belong there",
                           w->record->key);
        if (mm_record_add_line(w->record, line, strlen(line)))
            return mm_no_memory(error);
    }
    for (size_t m = 0; m < w->n && !code; m++) {
        char text[64];
        if (w->parts[m].kind != PART_CLASS)
            continue;
        size_t n = w->members[m].size < sizeof text - 1 ? w->members[m].size : sizeof text - 1;
        while (n > 0 && isspace(w->members[m].data[n - 1]))
            n--;
        memcpy(text, w->members[m].data, n);
        text[n] = '\0';
        code = mm_record_set(w->record, "label", text) ? mm_no_memory(error) : MM_OK;
    }
    return code;
}

static int parse_json(struct work *w, mm_error *error)
{
    for (size_t i = 0; i < w->n; i++) {
        if (w->parts[i].kind != PART_JSON)
            continue;
        json_error_t what;
        if (w->json)
            return mm_fail(error, MM_DAMAGED, "'%s': the record's JSON appears twice", w->members[i].name);
        w->json = json_loadb((const char *)w->members[i].data, w->members[i].size, JSON_REJECT_DUPLICATES, &what);
        if (!json_is_object(w->json))
            return mm_fail(error, MM_DAMAGED, "'%s' is not a JSON object: %s", w->members[i].name, what.text);
        w->tensors = json_object_get(w->json, "tensors");
        if (!json_is_array(w->tensors) || !json_is_string(json_object_get(w->json, "key")))
            w->tensors = NULL;
    }
    return MM_OK;
}

/* The record's key, and for a lone image that its whole name is the stem; NULL when memory is out. */
static char *key_of(struct work *w, size_t images)
{
    if (w->tensors)
        return strdup(json_string_value(json_object_get(w->json, "key")));
    const char *name = w->members[0].name;
    for (size_t i = 0; i < w->n && images == 1; i++)
        if (w->parts[i].kind == PART_TENSOR && !w->json && (strcmp(w->parts[i].name, "image") || w->parts[i].plane >= 0)) {
            free(w->parts[i].name);
            w->parts[i] = (struct part){.kind = PART_TENSOR, .name = strdup("image"), .plane = -1};
            name = w->members[i].name;
            return w->parts[i].name ? mm_key_of_path(name, (size_t)(strrchr(name, '.') - name)) : NULL;
        }
    return mm_key_of_path(name, mm_member_stem(name));
}

static int build(struct work *w, mm_members_depth depth, mm_error *error)
{
    size_t images = 0;
    for (size_t i = 0; i < w->n; i++) {
        w->parts[i].plane = -1;
        int bad = part_of(&w->members[i], &w->parts[i], error);
        if (bad)
            return bad;
        images += w->parts[i].kind == PART_TENSOR;
        if (w->parts[i].kind == PART_OTHER)
            mm_read_warn(w->rules, "'%s' left out: %s", w->members[i].name,
                         mm_signature_of(w->members[i].data, w->members[i].size)->name);
    }
    int code = parse_json(w, error);
    if (code || (!images && !w->tensors))
        return code;
    char *key = key_of(w, images);
    if (!key)
        return mm_no_memory(error);
    if (!mm_key_valid(key))
        code = mm_fail(error, MM_DAMAGED, "'%s': '%.60s' is not a key", w->members[0].name, key);
    else if (!(w->record = mm_record_new(key)))
        code = mm_no_memory(error);
    free(key);
    size_t i;
    json_t *entry;
    if (!code && !w->tensors && depth == MM_MEMBERS_ALL)
        code = take_by_name(w, error);
    json_array_foreach(depth == MM_MEMBERS_ALL ? w->tensors : NULL, i, entry)
        if (!code)
            code = take_described(w, entry, error);
    if (!code)
        code = take_attributes(w, error);
    if (!code && !w->tensors && !mm_record_get(w->record, "to_original") && mm_record_set(w->record, "to_original", "1 0 0 0 1 0"))
        code = mm_no_memory(error);
    return code;
}

int mm_members_to_record(const mm_member *members, size_t n, mm_members_depth depth, const mm_read_options *rules,
                         mm_record **record, mm_error *error)
{
    struct work w = {.members = members, .parts = calloc(n ? n : 1, sizeof *w.parts), .n = n, .rules = rules};
    *record = NULL;
    int code = w.parts ? build(&w, depth, error) : mm_no_memory(error);
    if (code)
        mm_record_free(w.record);
    else
        *record = w.record;
    json_decref(w.json);
    for (size_t i = 0; w.parts && i < n; i++)
        free(w.parts[i].name);
    free(w.parts);
    return code;
}
