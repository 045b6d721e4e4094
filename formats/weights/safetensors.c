/* Safetensors: u64 length, a JSON header {"name": {"dtype", "shape", "data_offsets"}, "__metadata__": {...}}, data.
 *
 * Files must obey the published format: tensors cover the data without hole or overlap, names are unique, metadata is text. Tensors
 * of wide elements are written first, so that all are aligned, else in the order given; data starts at a multiple of 64. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/base/text.h"
#include "common/stream/record.h"
#include "formats/weights/weights.h"

static const struct {
    const char *name;
    mm_dtype dtype;
} kinds[] = {{"F32", MM_F32}, {"F64", MM_F64}, {"F16", MM_F16}, {"BF16", MM_BF16}, {"I64", MM_I64}, {"I32", MM_I32},
             {"U32", MM_U32}, {"I16", MM_I16}, {"U16", MM_U16}, {"I8", MM_I8},     {"U8", MM_U8},   {"BOOL", MM_U8}};

enum { NUM_KINDS = sizeof kinds / sizeof *kinds, HEADER_LIMIT = 16 << 20 };

typedef struct {
    size_t begin, end;
} range;

static int by_begin(const void *a, const void *b)
{
    const range *x = a, *y = b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return x->end < y->end ? -1 : x->end > y->end;
}

static int bad(const char *name, const char *tensor, const char *what, mm_error *error)
{
    return mm_fail(error, MM_DAMAGED, "'%s' is a damaged safetensors file: tensor '%s' %s", name, tensor, what);
}

static int read_size(const json_t *j, size_t *v)
{
    if (!json_is_integer(j) || json_integer_value(j) < 0)
        return MM_DAMAGED;
    *v = (size_t)json_integer_value(j);
    return 0;
}

static int read_tensor(mm_weights *w, const char *key, const json_t *j, const unsigned char *data, size_t n, range *r,
                       const char *name, mm_error *error)
{
    const char *kind = json_string_value(json_object_get(j, "dtype"));
    const json_t *shape = json_object_get(j, "shape"), *offsets = json_object_get(j, "data_offsets");
    size_t dim[MM_PARAM_DIMS], k = 0;
    if (!kind || !json_is_array(shape) || !json_is_array(offsets) || json_array_size(offsets) != 2 || json_object_size(j) != 3)
        return bad(name, key, "is not described by dtype, shape and data_offsets", error);
    while (k < NUM_KINDS && strcmp(kinds[k].name, kind))
        k++;
    if (k == NUM_KINDS)
        return mm_fail(error, MM_FAILURE, "'%s': tensor '%s' has the data type '%.20s', which is not supported", name, key, kind);
    if (json_array_size(shape) > MM_PARAM_DIMS)
        return mm_fail(error, MM_FAILURE, "'%s': tensor '%s' has more than %d dimensions", name, key, MM_PARAM_DIMS);
    int ndim = (int)json_array_size(shape);
    for (int d = 0; d < ndim; d++)
        if (read_size(json_array_get(shape, (size_t)d), &dim[d]))
            return bad(name, key, "has an extent that is not a number", error);
    if (read_size(json_array_get(offsets, 0), &r->begin) || read_size(json_array_get(offsets, 1), &r->end) || r->begin > r->end ||
        r->end > n)
        return bad(name, key, "lies outside of the data", error);
    size_t count, bytes;
    if (mm_shape_size(kinds[k].dtype, ndim, dim, &count, &bytes) || bytes != r->end - r->begin)
        return bad(name, key, "has another size than its shape says", error);
    mm_param *t = mm_weights_add(w, key, kinds[k].dtype, ndim, dim, name, error);
    if (!t)
        return error->code;
    if (bytes)
        memcpy(t->data, data + r->begin, bytes);
    return 0;
}

static int read_notes(mm_weights *w, const json_t *notes, const char *name, mm_error *error)
{
    const char *key;
    json_t *value;
    if (!json_is_object(notes))
        return mm_fail(error, MM_DAMAGED, "'%s' is a damaged safetensors file: its metadata is not a table of text", name);
    json_object_foreach((json_t *)notes, key, value)
    {
        if (!json_is_string(value))
            return mm_fail(error, MM_DAMAGED, "'%s' is a damaged safetensors file: its metadata is not a table of text", name);
        int code = mm_weights_set_note(w, key, json_string_value(value), error);
        if (code)
            return code;
    }
    return 0;
}

/* Sorted by where they begin, each tensor must begin where the one before it ended. */
static int check_cover(range *ranges, size_t nranges, size_t n, const char *name, mm_error *error)
{
    size_t at = 0;
    qsort(ranges, nranges, sizeof *ranges, by_begin);
    for (size_t i = 0; i < nranges; i++) {
        if (ranges[i].begin != at)
            return mm_fail(error, MM_DAMAGED, "'%s' is a damaged safetensors file: its tensors %s", name,
                           ranges[i].begin < at ? "overlap" : "leave holes");
        at = ranges[i].end;
    }
    if (at != n)
        return mm_fail(error, MM_DAMAGED, "'%s' is a damaged safetensors file: %zu bytes of data where its tensors have %zu",
                       name, n, at);
    return 0;
}

int mm_safetensors_decode(mm_weights *w, const void *bytes, size_t n, const char *name, mm_error *error)
{
    const unsigned char *b = bytes;
    uint64_t length = n >= 8 ? mm_get64(b) : 0;
    if (n < 8 || length > n - 8 || length > HEADER_LIMIT)
        return mm_fail(error, MM_DAMAGED, "'%s' is a damaged safetensors file: its header is longer than it", name);
    const unsigned char *data = b + 8 + length;
    json_error_t why;
    json_t *header = json_loadb((const char *)b + 8, (size_t)length, JSON_REJECT_DUPLICATES, &why);
    if (!json_is_object(header)) {
        json_decref(header);
        return mm_fail(error, MM_DAMAGED, "'%s' is a damaged safetensors file: %s", name, header ? "no header" : why.text);
    }
    range *ranges = calloc(json_object_size(header) + 1, sizeof *ranges);
    int code = ranges ? 0 : mm_no_memory(error);
    const char *key;
    json_t *value;
    if (!code)
        json_object_foreach(header, key, value)
        {
            if (!strcmp(key, "__metadata__"))
                code = read_notes(w, value, name, error);
            else
                code = read_tensor(w, key, value, data, n - 8 - length, &ranges[w->params.count], name, error);
            if (code)
                break;
        }
    if (!code)
        code = check_cover(ranges, w->params.count, n - 8 - length, name, error);
    free(ranges);
    json_decref(header);
    return code;
}

static bool is_utf8(const mm_weights *w)
{
    bool good = true;
    for (size_t i = 0; i < w->nnotes && good; i++)
        good = mm_utf8_valid(w->notes[i].name, strlen(w->notes[i].name)) && mm_utf8_valid(w->notes[i].value, strlen(w->notes[i].value));
    for (size_t i = 0; i < w->params.count && good; i++)
        good = mm_utf8_valid(w->params.item[i].name, strlen(w->params.item[i].name));
    return good;
}

static json_t *describe(const mm_param *t, size_t begin)
{
    json_t *shape = json_array();
    const char *kind = NULL;
    for (int k = NUM_KINDS - 1; k >= 0; k--)
        if (kinds[k].dtype == t->dtype && strcmp(kinds[k].name, "BOOL"))
            kind = kinds[k].name;
    for (int d = 0; d < t->ndim; d++)
        json_array_append_new(shape, json_integer((json_int_t)t->dim[d]));
    return json_pack("{s:s, s:o, s:[I, I]}", "dtype", kind, "shape", shape, "data_offsets", (json_int_t)begin,
                     (json_int_t)(begin + t->bytes));
}

/* The header as text; order[i] is the i-th tensor in the file. */
static char *make_header(const mm_weights *w, const size_t *order)
{
    json_t *header = json_object(), *notes = json_object();
    int failed = !header || !notes;
    for (size_t i = 0; i < w->nnotes && !failed; i++)
        failed = json_object_set_new(notes, w->notes[i].name, json_string(w->notes[i].value));
    if (!failed && w->nnotes)
        failed = json_object_set(header, "__metadata__", notes);
    size_t at = 0;
    for (size_t i = 0; i < w->params.count && !failed; i++) {
        const mm_param *t = &w->params.item[order[i]];
        failed = json_object_set_new(header, t->name, describe(t, at));
        at += t->bytes;
    }
    char *text = failed ? NULL : json_dumps(header, JSON_COMPACT);
    json_decref(notes);
    json_decref(header);
    return text;
}

int mm_safetensors_write(const mm_weights *w, int fd, const char *name, mm_error *error)
{
    static const char blanks[64] = "                                                                ";
    size_t *order = malloc((w->params.count + 1) * sizeof *order), k = 0;
    if (!order)
        return mm_no_memory(error);
    for (size_t size = 8; size; size /= 2)
        for (size_t i = 0; i < w->params.count; i++)
            if (mm_dtype_size(w->params.item[i].dtype) == size)
                order[k++] = i;
    char *text = NULL;
    int code = is_utf8(w) ? 0 : mm_fail(error, MM_FAILURE, "'%s': a name or note is not UTF-8", name);
    if (!code && !(text = make_header(w, order)))
        code = mm_no_memory(error);
    if (!code) {
        unsigned char length[8];
        size_t n = strlen(text), padding = (64 - (8 + n) % 64) % 64;
        mm_put64(length, n + padding);
        code = mm_bytes_write(fd, length, 8, name, error);
        if (!code)
            code = mm_bytes_write(fd, text, n, name, error);
        if (!code)
            code = mm_bytes_write(fd, blanks, padding, name, error);
    }
    for (size_t i = 0; i < w->params.count && !code; i++)
        code = mm_bytes_write(fd, w->params.item[order[i]].data, w->params.item[order[i]].bytes, name, error);
    free(order);
    free(text);
    return code;
}
