/* Named tensors in files: what the formats share, and which one a file is of. */
#include "formats/weights.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "formats/bytes.h"
#include "formats/zip.h"

void mm_weights_free(mm_weights *w)
{
    for (size_t i = 0; i < w->n; i++) {
        free(w->tensors[i].name);
        free(w->tensors[i].data);
    }
    for (size_t i = 0; i < w->nnotes; i++) {
        free(w->notes[i].name);
        free(w->notes[i].value);
    }
    free(w->tensors);
    free(w->notes);
    *w = (mm_weights){0};
}

mm_tensor *mm_weights_add(mm_weights *w, const char *name, mm_dtype dtype, int ndim, const size_t *dim, mm_error *error)
{
    mm_tensor t = {.dtype = dtype, .ndim = ndim};
    if (ndim < 0 || ndim > MM_MAX_DIMS || mm_shape_size(dtype, ndim, dim, &t.count, &t.bytes)) {
        mm_fail(error, MM_DAMAGED, "tensor '%s' is too large", name);
        return NULL;
    }
    if (w->n == w->room) {
        size_t room = w->room ? 2 * w->room : 64;
        mm_tensor *tensors = realloc(w->tensors, room * sizeof *tensors);
        if (!tensors) {
            mm_fail(error, MM_FAILURE, "tensor '%s': out of memory", name);
            return NULL;
        }
        w->tensors = tensors;
        w->room = room;
    }
    t.name = strdup(name);
    t.data = mm_alloc64(t.bytes ? t.bytes : 1);
    if (!t.name || !t.data) {
        free(t.name);
        free(t.data);
        mm_fail(error, MM_FAILURE, "tensor '%s': out of memory", name);
        return NULL;
    }
    if (ndim)
        memcpy(t.dim, dim, (size_t)ndim * sizeof *dim);
    w->tensors[w->n] = t;
    return &w->tensors[w->n++];
}

const mm_tensor *mm_weights_find(const mm_weights *w, const char *name)
{
    for (size_t i = 0; i < w->n; i++)
        if (!strcmp(w->tensors[i].name, name))
            return &w->tensors[i];
    return NULL;
}

const char *mm_weights_note(const mm_weights *w, const char *name)
{
    for (size_t i = 0; i < w->nnotes; i++)
        if (!strcmp(w->notes[i].name, name))
            return w->notes[i].value;
    return NULL;
}

int mm_weights_set_note(mm_weights *w, const char *name, const char *value, mm_error *error)
{
    char *copy = strdup(value);
    if (!copy)
        return mm_fail(error, MM_FAILURE, "out of memory");
    for (size_t i = 0; i < w->nnotes; i++)
        if (!strcmp(w->notes[i].name, name)) {
            free(w->notes[i].value);
            w->notes[i].value = copy;
            return 0;
        }
    char *own_name = strdup(name);
    if (own_name && w->nnotes == w->notes_room) {
        size_t room = w->notes_room ? 2 * w->notes_room : 16;
        mm_attribute *notes = realloc(w->notes, room * sizeof *notes);
        if (notes) {
            w->notes = notes;
            w->notes_room = room;
        }
    }
    if (!own_name || w->nnotes == w->notes_room) {
        free(copy);
        free(own_name);
        return mm_fail(error, MM_FAILURE, "out of memory");
    }
    w->notes[w->nnotes++] = (mm_attribute){own_name, copy};
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names must be usable as such: not empty, no control characters, each once. */
static int check_names(const mm_weights *w, const char *name, mm_error *error)
{
    const char **names = malloc((w->n + 1) * sizeof *names);
    if (!names)
        return mm_fail(error, MM_FAILURE, "'%s': out of memory", name);
    int code = 0;
    for (size_t i = 0; i < w->n; i++) {
        names[i] = w->tensors[i].name;
        if (!*names[i])
            code = mm_fail(error, MM_DAMAGED, "'%s': a tensor has no name", name);
        for (const char *c = names[i]; *c && !code; c++)
            if ((unsigned char)*c < 32 || *c == 127)
                code = mm_fail(error, MM_DAMAGED, "'%s': a tensor's name has control characters", name);
    }
    qsort(names, w->n, sizeof *names, by_name);
    for (size_t i = 1; i < w->n && !code; i++)
        if (!strcmp(names[i - 1], names[i]))
            code = mm_fail(error, MM_DAMAGED, "'%s': tensor '%s' is there twice", name, names[i]);
    free(names);
    return code;
}

/* An archive with a member NAME.npy is NPZ, one with data.pkl is PyTorch's. The names stand in plain text in the
 * directory at the archive's end; the formats check what they find. */
static mm_weights_format zip_kind(const unsigned char *b, size_t n)
{
    return memmem(b, n, "data.pkl", 8) ? MM_PTH : MM_NPZ;
}

int mm_weights_decode(mm_weights *w, const void *bytes, size_t n, const char *name, mm_error *error)
{
    const unsigned char *b = bytes;
    int code;
    *w = (mm_weights){0};
    if (n == 0) {
        code = mm_fail(error, MM_DAMAGED, "'%s' is empty", name);
    } else if (mm_zip_is(b, n)) {
        w->format = zip_kind(b, n);
        code = w->format == MM_NPZ ? mm_npz_decode(w, b, n, name, error) : mm_pth_decode(w, b, n, name, error);
    } else if (n >= 2 && b[0] == 0x80 && b[1] >= 2 && b[1] <= 5) {
        w->format = MM_PTH_LEGACY;
        code = mm_pth_decode(w, b, n, name, error);
    } else if (n >= 9 && b[8] == '{') {
        w->format = MM_SAFETENSORS;
        code = mm_safetensors_decode(w, b, n, name, error);
    } else {
        code = mm_fail(error, MM_FAILURE, "'%s' is no file of weights (safetensors, NPZ, PyTorch)", name);
    }
    if (!code)
        code = check_names(w, name, error);
    if (code)
        mm_weights_free(w);
    return code;
}

int mm_weights_read(mm_weights *w, int fd, const char *name, mm_error *error)
{
    mm_bytes b = {0};
    *w = (mm_weights){0};
    int code = mm_bytes_read(&b, fd, name, MM_MAX_WEIGHTS_FILE, error);
    if (!code)
        code = mm_weights_decode(w, b.data, b.size, name, error);
    mm_bytes_free(&b);
    return code;
}

int mm_weights_load(mm_weights *w, const char *path, mm_error *error)
{
    *w = (mm_weights){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return mm_fail(error, MM_FAILURE, "cannot open '%s':", path);
    int code = mm_weights_read(w, fd, path, error);
    close(fd);
    return code;
}

int mm_weights_write(const mm_weights *w, int fd, const char *name, mm_weights_format format, mm_error *error)
{
    switch (format) {
    case MM_SAFETENSORS: return mm_safetensors_write(w, fd, name, error);
    case MM_NPZ: return mm_npz_write(w, fd, name, error);
    case MM_PTH: return mm_pth_write(w, fd, name, error);
    case MM_PTH_LEGACY: break;
    }
    return mm_fail(error, MM_FAILURE, "'%s': PyTorch's legacy format is read only", name);
}

const char *mm_weights_format_name(mm_weights_format format)
{
    static const char *const names[] = {"safetensors", "npz", "PyTorch", "PyTorch (legacy)"};
    return names[format];
}

int mm_weights_format_parse(const char *path, mm_weights_format *format, mm_error *error)
{
    static const struct {
        const char *end;
        mm_weights_format format;
    } ends[] = {{".safetensors", MM_SAFETENSORS}, {".npz", MM_NPZ}, {".pth", MM_PTH}, {".pt", MM_PTH}};
    size_t n = strlen(path);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t m = strlen(ends[i].end);
        if (n > m && !strcmp(path + n - m, ends[i].end)) {
            *format = ends[i].format;
            return 0;
        }
    }
    return mm_fail(error, MM_USAGE, "the name '%s' does not end in .safetensors, .npz, .pth or .pt", path);
}

static float half_to_float(uint16_t h)
{
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, exponent = h >> 10 & 31, fraction = h & 1023, bits;
    if (exponent == 31) {
        bits = sign | 0x7f800000 | fraction << 13;
    } else if (exponent) {
        bits = sign | (exponent + 112) << 23 | fraction << 13;
    } else { /* zero or subnormal: fraction * 2^-24, exact */
        float v = (float)fraction / 16777216.0f;
        return sign ? -v : v;
    }
    float v;
    memcpy(&v, &bits, 4);
    return v;
}

static float bfloat_to_float(uint16_t h)
{
    uint32_t bits = (uint32_t)h << 16;
    float v;
    memcpy(&v, &bits, 4);
    return v;
}

void mm_tensor_to_f32(const mm_tensor *t, float *out)
{
    const void *d = t->data;
    for (size_t i = 0; i < t->count; i++)
        switch (t->dtype) {
        case MM_U8: out[i] = ((const uint8_t *)d)[i]; break;
        case MM_I8: out[i] = ((const int8_t *)d)[i]; break;
        case MM_U16: out[i] = ((const uint16_t *)d)[i]; break;
        case MM_I16: out[i] = ((const int16_t *)d)[i]; break;
        case MM_U32: out[i] = (float)((const uint32_t *)d)[i]; break;
        case MM_I32: out[i] = (float)((const int32_t *)d)[i]; break;
        case MM_I64: out[i] = (float)((const int64_t *)d)[i]; break;
        case MM_F16: out[i] = half_to_float(((const uint16_t *)d)[i]); break;
        case MM_BF16: out[i] = bfloat_to_float(((const uint16_t *)d)[i]); break;
        case MM_F32: out[i] = ((const float *)d)[i]; break;
        case MM_F64: out[i] = (float)((const double *)d)[i]; break;
        case MM_NUM_DTYPES: break;
        }
}
