/* Records to files: see webdataset.h. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/archive/webdataset.h"
#include "formats/image/npy.h"
#include "formats/image/png.h"

/* A key, or a tensor's name, as it stands in file names; the caller frees it. */
static char *encode(const char *text, bool tensor)
{
    char *to = malloc(3 * strlen(text) + 1), *p = to;
    bool number = tensor && strspn(text, "0123456789") == strlen(text); /* would be the number of a plane */
    if (!to)
        return NULL;
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        if (*c < 0x20 || *c == 0x7f || strchr("%./\\", *c) || (number && p == to))
            p += snprintf(p, 4, "%%%02X", *c);
        else
            *p++ = (char)*c;
    *p = '\0';
    return to;
}

struct writing {
    const char *stem;
    mm_member_sink sink;
    void *context;
};

/* Hands on one file named STEM.NAME[.PLANE].ENDING and its data; plane below 0: none. */
static int put(const struct writing *w, const char *name, long plane, const char *ending, void *data, size_t size,
               mm_error *error)
{
    char *part = encode(name, true);
    size_t room = strlen(w->stem) + (part ? strlen(part) : 0) + 64;
    char *path = malloc(room);
    int code = part && path ? MM_OK : mm_no_memory(error);
    if (!code && plane >= 0)
        snprintf(path, room, "%s.%s.%ld.%s", w->stem, part, plane, ending);
    else if (!code)
        snprintf(path, room, "%s.%s.%s", w->stem, part, ending);
    if (code)
        free(data);
    else
        code = w->sink(w->context, path, data, size, error);
    free(part);
    free(path);
    return code;
}

static int put_npy(const struct writing *w, const mm_tensor *t, mm_error *error)
{
    unsigned char header[MM_NPY_HEADER_MAX];
    size_t length;
    mm_dtype dtype = t->dtype == MM_BF16 ? MM_U16 : t->dtype;
    int code = mm_npy_header(header, &length, dtype, t->ndim, t->dim, error);
    if (code)
        return code;
    unsigned char *file = malloc(length + t->bytes);
    if (!file)
        return mm_no_memory(error);
    memcpy(file, header, length);
    if (t->bytes)
        memcpy(file + length, t->data, t->bytes);
    return put(w, t->name, -1, "npy", file, length + t->bytes, error);
}

static int put_png(const struct writing *w, const mm_tensor *t, mm_error *error)
{
    size_t H = t->dim[t->ndim - 2], W = t->dim[t->ndim - 1], planes = t->ndim == 3 ? t->dim[0] : 1;
    size_t bytes = H * W * mm_dtype_size(t->dtype);
    int code = MM_OK;
    for (size_t i = 0; i < planes && !code; i++) {
        unsigned char *file;
        size_t size;
        const char *plane = (const char *)t->data + i * bytes;
        code = mm_png_encode(plane, H, W, 1, t->dtype == MM_U16 ? 16 : 8, &file, &size, error);
        if (!code)
            code = put(w, t->name, t->ndim == 3 ? (long)i : -1, "png", file, size, error);
    }
    return code;
}

static bool fits_png(const mm_tensor *t)
{
    return (t->dtype == MM_U8 || t->dtype == MM_U16) && (t->ndim == 2 || (t->ndim == 3 && t->dim[0] <= MM_MEMBER_PLANES)) &&
           t->dim[t->ndim - 2] > 0 && t->dim[t->ndim - 1] > 0;
}

static json_t *describe(const mm_tensor *t)
{
    json_t *shape = json_array();
    for (int i = 0; i < t->ndim; i++)
        json_array_append_new(shape, json_integer((json_int_t)t->dim[i]));
    return json_pack("{s:s, s:s, s:o}", "name", t->name, "dtype", mm_dtype_name(t->dtype), "shape", shape);
}

/* KEY.json; NULL when memory is out or text is not what JSON can hold. */
static char *json_of(const mm_record *record)
{
    json_t *tensors = json_array(), *attributes = json_object(), *lines = json_array();
    int bad = 0;
    for (size_t i = 0; i < record->ntensors; i++)
        bad |= json_array_append_new(tensors, describe(&record->tensors[i]));
    for (size_t i = 0; i < record->nattributes; i++)
        bad |= json_object_set_new(attributes, record->attributes[i].name, json_string(record->attributes[i].value));
    for (size_t i = 0; i < record->nlines; i++)
        bad |= json_array_append_new(lines, json_string(record->lines[i]));
    json_t *root = json_pack("{s:s, s:o, s:o}", "key", record->key, "tensors", tensors, "attributes", attributes);
    if (root && record->nlines)
        bad |= json_object_set_new(root, "lines", lines);
    else
        json_decref(lines);
    char *text = root && !bad ? json_dumps(root, JSON_INDENT(1) | JSON_ENSURE_ASCII) : NULL;
    json_decref(root);
    return text;
}

int mm_record_to_members(const mm_record *record, bool npy, mm_member_sink sink, void *context, mm_error *error)
{
    char *stem = encode(record->key, false);
    if (!stem)
        return mm_no_memory(error);
    struct writing w = {stem, sink, context};
    int code = MM_OK;
    for (size_t i = 0; i < record->ntensors && !code; i++) {
        const mm_tensor *t = &record->tensors[i];
        code = !npy && fits_png(t) ? put_png(&w, t, error) : put_npy(&w, t, error);
    }
    if (!code) {
        char *text = json_of(record);
        size_t room = strlen(stem) + 6;
        char *path = malloc(room);
        if (text && path) {
            snprintf(path, room, "%s.json", stem);
            code = sink(context, path, text, strlen(text), error);
        } else {
            code = mm_no_memory(error);
            free(text);
        }
        free(path);
    }
    free(stem);
    return code;
}
