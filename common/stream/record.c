/* Records in memory: see record.h. */
#include "common/stream/record.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/grow.h"
#include "common/stream/meta.h"

int mm_shape_size(mm_dtype dtype, int ndim, const size_t *dim, size_t *count, size_t *bytes)
{
    if (ndim < 0 || ndim > MM_MAX_DIMS)
        return MM_DAMAGED;
    size_t limit = MM_MAX_DATA / mm_dtype_size(dtype), n = 1;
    bool empty = false;
    for (int i = 0; i < ndim; i++) {
        if (dim[i] == 0)
            empty = true;
        else if (n > limit / dim[i])
            return MM_DAMAGED;
        else
            n *= dim[i];
    }
    *count = empty ? 0 : n;
    *bytes = *count * mm_dtype_size(dtype);
    return MM_OK;
}

void *mm_room64(size_t bytes)
{
    size_t room = bytes ? (bytes + 63) & ~(size_t)63 : 64;
    return room < bytes ? NULL : aligned_alloc(64, room);
}

void *mm_alloc64(size_t bytes)
{
    void *p = mm_room64(bytes);
    if (p)
        memset(p, 0, bytes);
    return p;
}

mm_record *mm_record_new(const char *key)
{
    mm_record *r = calloc(1, sizeof *r);
    if (r && !(r->key = strdup(key))) {
        free(r);
        return NULL;
    }
    return r;
}

static bool in_payload(const mm_record *r, const void *data)
{
    const char *p = data, *start = r->payload;
    return start && p >= start && p <= start + r->payload_bytes;
}

static void release(mm_record *r, mm_tensor *t)
{
    free(t->name);
    if (t->file)
        mm_mapped_file_free(t->file);
    else if (!in_payload(r, t->data))
        free(t->data);
}

void mm_record_free(mm_record *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->ntensors; i++)
        release(r, &r->tensors[i]);
    for (size_t i = 0; i < r->nattributes; i++) {
        free(r->attributes[i].name);
        free(r->attributes[i].value);
    }
    for (size_t i = 0; i < r->nlines; i++)
        free(r->lines[i]);
    if (r->pool)
        mm_buffer_pool_keep(r->pool, r->payload, r->payload_room);
    else if (!r->payload_borrowed)
        free(r->payload);
    mm_buffer_pool_leave(r->pool);
    free(r->tensors);
    free(r->attributes);
    free(r->lines);
    free(r->key);
    free(r);
}

mm_record *mm_record_copy(const mm_record *from)
{
    mm_record *r = mm_record_new(from->key);
    if (!r)
        return NULL;
    for (size_t i = 0; i < from->ntensors; i++) {
        const mm_tensor *t = &from->tensors[i];
        mm_tensor *copy = mm_record_add(r, t->name, t->dtype, t->ndim, t->dim, NULL);
        if (!copy)
            goto fail;
        memcpy(copy->data, t->data, t->bytes);
    }
    if (mm_record_inherit(r, from))
        goto fail;
    for (size_t i = 0; i < from->nlines; i++)
        if (mm_record_add_line(r, from->lines[i], strlen(from->lines[i])))
            goto fail;
    return r;
fail:
    mm_record_free(r);
    return NULL;
}

int mm_record_add_line(mm_record *r, const char *line, size_t bytes)
{
    if (mm_grow(&r->lines, &r->lines_room, r->nlines + 1, sizeof *r->lines, NULL) ||
        !(r->lines[r->nlines] = strndup(line, bytes)))
        return MM_FAILURE;
    r->nlines++;
    return MM_OK;
}

int mm_record_rename(mm_record *r, const char *key)
{
    char *copy = strdup(key);
    if (!copy)
        return MM_FAILURE;
    free(r->key);
    r->key = copy;
    return MM_OK;
}

static mm_tensor *find(const mm_record *r, const char *name)
{
    uint32_t crc = mm_crc32(0, name, strlen(name));
    for (size_t i = 0; i < r->ntensors; i++)
        if (r->tensors[i].crc == crc && strcmp(r->tensors[i].name, name) == 0)
            return &r->tensors[i];
    return NULL;
}

const mm_tensor *mm_record_tensor(const mm_record *r, const char *name) { return find(r, name); }

mm_tensor *mm_record_edit(mm_record *r, const char *name)
{
    mm_tensor *t = find(r, name);
    if (t)
        r->payload_intact = false;
    return t;
}

mm_tensor *mm_record_give(mm_record *r, const char *name, mm_dtype dtype, int ndim, const size_t *dim, void *data,
                          mm_error *error)
{
    mm_tensor t = {.crc = mm_crc32(0, name, strlen(name)), .dtype = dtype, .ndim = ndim, .data = data};
    if (mm_shape_size(dtype, ndim, dim, &t.count, &t.bytes)) {
        mm_fail(error, MM_FAILURE, "tensor '%s' is too large", name);
        return NULL;
    }
    for (int i = 0; i < ndim; i++)
        t.dim[i] = dim[i];
    if (!(t.name = strdup(name)) ||
        mm_grow(&r->tensors, &r->tensors_room, r->ntensors + 1, sizeof *r->tensors, NULL)) {
        free(t.name);
        mm_no_memory(error);
        return NULL;
    }
    r->payload_intact = false;
    mm_tensor *place = find(r, name);
    if (place)
        release(r, place);
    else
        place = &r->tensors[r->ntensors++];
    *place = t;
    return place;
}

mm_tensor *mm_record_lend(mm_record *r, const char *name, mm_dtype dtype, int ndim, const size_t *dim, const void *data,
                          mm_mapped_file *file, mm_error *error)
{
    mm_tensor *t = mm_record_give(r, name, dtype, ndim, dim, (void *)(uintptr_t)data, error);
    if (t)
        t->file = file;
    return t;
}

mm_tensor *mm_record_add(mm_record *r, const char *name, mm_dtype dtype, int ndim, const size_t *dim, mm_error *error)
{
    size_t count, bytes;
    if (mm_shape_size(dtype, ndim, dim, &count, &bytes)) {
        mm_fail(error, MM_FAILURE, "tensor '%s' is too large", name);
        return NULL;
    }
    void *data = mm_alloc64(bytes);
    if (!data) {
        mm_no_memory(error);
        return NULL;
    }
    mm_tensor *t = mm_record_give(r, name, dtype, ndim, dim, data, error);
    if (!t)
        free(data);
    return t;
}

void mm_record_remove(mm_record *r, const char *name)
{
    mm_tensor *t = find(r, name);
    if (!t)
        return;
    r->payload_intact = false;
    release(r, t);
    size_t i = (size_t)(t - r->tensors);
    r->ntensors--;
    memmove(&r->tensors[i], &r->tensors[i + 1], (r->ntensors - i) * sizeof *r->tensors);
}

static mm_attribute *find_attribute(const mm_record *r, const char *name)
{
    uint32_t crc = mm_crc32(0, name, strlen(name));
    for (size_t i = 0; i < r->nattributes; i++)
        if (r->attributes[i].crc == crc && strcmp(r->attributes[i].name, name) == 0)
            return &r->attributes[i];
    return NULL;
}

const char *mm_record_get(const mm_record *r, const char *name)
{
    const mm_attribute *a = find_attribute(r, name);
    return a ? a->value : NULL;
}

int mm_record_set(mm_record *r, const char *name, const char *value)
{
    char *copy = strdup(value);
    if (!copy)
        return MM_FAILURE;
    mm_attribute *a = find_attribute(r, name);
    if (a) {
        free(a->value);
        a->value = copy;
        return MM_OK;
    }
    char *label = strdup(name);
    if (!label || mm_grow(&r->attributes, &r->attributes_room, r->nattributes + 1, sizeof *r->attributes, NULL)) {
        free(label);
        free(copy);
        return MM_FAILURE;
    }
    r->attributes[r->nattributes++] = (mm_attribute){label, copy, mm_crc32(0, name, strlen(name))};
    return MM_OK;
}

int mm_record_setf(mm_record *r, const char *name, const char *format, ...)
{
    char *value = NULL;
    va_list ap;
    va_start(ap, format);
    int n = vasprintf(&value, format, ap);
    va_end(ap);
    if (n < 0)
        return MM_FAILURE;
    int code = mm_record_set(r, name, value);
    free(value);
    return code;
}

void mm_record_unset(mm_record *r, const char *name)
{
    mm_attribute *a = find_attribute(r, name);
    if (!a)
        return;
    free(a->name);
    free(a->value);
    size_t i = (size_t)(a - r->attributes);
    r->nattributes--;
    memmove(&r->attributes[i], &r->attributes[i + 1], (r->nattributes - i) * sizeof *r->attributes);
}

int mm_record_inherit(mm_record *to, const mm_record *from)
{
    for (size_t i = 0; i < from->nattributes; i++)
        if (!find_attribute(to, from->attributes[i].name) &&
            mm_record_set(to, from->attributes[i].name, from->attributes[i].value))
            return MM_FAILURE;
    return MM_OK;
}
