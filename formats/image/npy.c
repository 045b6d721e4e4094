/* NPY, numpy's array file. */
#include "formats/image/npy.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"

static const unsigned char magic[6] = {0x93, 'N', 'U', 'M', 'P', 'Y'};

enum { HEADER_LIMIT = 1 << 16 };

/* What the header's dictionary says. */
typedef struct {
    mm_dtype dtype;
    bool swap;    /* big endian */
    bool fortran; /* first index runs fastest */
    int ndim;
    size_t dim[MM_MAX_DIMS];
} layout;

typedef struct {
    const char *at, *end, *name;
    mm_error *error;
} parser;

static int bad(parser *p, const char *what)
{
    return mm_fail(p->error, MM_DAMAGED, "'%s' is a damaged NPY file: %s", p->name, what);
}

static void blanks(parser *p)
{
    while (p->at < p->end && (*p->at == ' ' || *p->at == '\n' || *p->at == '\t'))
        p->at++;
}

static bool accept(parser *p, char c)
{
    blanks(p);
    if (p->at == p->end || *p->at != c)
        return false;
    p->at++;
    return true;
}

/* A quoted string without escapes, as numpy writes them; text is not 0-ended. */
static bool string(parser *p, const char **text, size_t *n)
{
    blanks(p);
    if (p->at == p->end || (*p->at != '\'' && *p->at != '"'))
        return false;
    char quote = *p->at++;
    *text = p->at;
    while (p->at < p->end && *p->at != quote && *p->at != '\\')
        p->at++;
    if (p->at == p->end || *p->at != quote)
        return false;
    *n = (size_t)(p->at++ - *text);
    return true;
}

static bool is(const char *text, size_t n, const char *what)
{
    return n == strlen(what) && !memcmp(text, what, n);
}

static int parse_kind(parser *p, layout *l)
{
    static const struct {
        const char *code;
        mm_dtype dtype;
    } kinds[] = {{"b1", MM_U8},  {"u1", MM_U8},  {"i1", MM_I8},  {"u2", MM_U16}, {"i2", MM_I16}, {"u4", MM_U32},
                 {"i4", MM_I32}, {"i8", MM_I64}, {"f2", MM_F16}, {"f4", MM_F32}, {"f8", MM_F64}};
    const char *text;
    size_t n;
    if (!string(p, &text, &n))
        return mm_fail(p->error, MM_FAILURE, "'%s' holds an array of records, which is not supported", p->name);
    if (n < 2 || n > 16)
        return bad(p, "its data type has no meaning");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strchr("<>|=", text[0]) && is(text + 1, n - 1, kinds[i].code)) {
            l->dtype = kinds[i].dtype;
            l->swap = text[0] == '>' && mm_dtype_size(l->dtype) > 1;
            return 0;
        }
    return mm_fail(p->error, MM_FAILURE, "'%s' holds an array of data type '%.*s', which is not supported", p->name,
                   (int)n, text);
}

static int parse_shape(parser *p, layout *l)
{
    if (!accept(p, '('))
        return bad(p, "its shape is not a tuple");
    l->ndim = 0;
    while (!accept(p, ')')) {
        blanks(p);
        size_t v = 0;
        const char *start = p->at;
        for (; p->at < p->end && *p->at >= '0' && *p->at <= '9'; p->at++) {
            if (v > (SIZE_MAX - 9) / 10)
                return bad(p, "an extent of its shape is too large");
            v = v * 10 + (size_t)(*p->at - '0');
        }
        if (p->at == start)
            return bad(p, "an extent of its shape is not a number");
        if (p->at < p->end && *p->at == 'L') /* a long of Python 2 */
            p->at++;
        if (l->ndim == MM_MAX_DIMS)
            return mm_fail(p->error, MM_FAILURE, "'%s' has more than %d dimensions", p->name, MM_MAX_DIMS);
        l->dim[l->ndim++] = v;
        if (!accept(p, ',')) {
            if (!accept(p, ')'))
                return bad(p, "its shape does not end");
            break;
        }
    }
    return 0;
}

static int parse_order(parser *p, layout *l)
{
    blanks(p);
    size_t left = (size_t)(p->end - p->at);
    l->fortran = left >= 4 && !memcmp(p->at, "True", 4);
    if (!l->fortran && (left < 5 || memcmp(p->at, "False", 5)))
        return bad(p, "its order is neither True nor False");
    p->at += l->fortran ? 4 : 5;
    return 0;
}

static int parse_header(parser *p, layout *l)
{
    bool kind = false, order = false, shape = false;
    if (!accept(p, '{'))
        return bad(p, "its header is not a dictionary");
    while (!accept(p, '}')) {
        const char *key;
        size_t n;
        int code = 0;
        if (!string(p, &key, &n) || !accept(p, ':'))
            return bad(p, "its header is not a dictionary");
        if (is(key, n, "descr") && !kind) {
            kind = true;
            code = parse_kind(p, l);
        } else if (is(key, n, "fortran_order") && !order) {
            order = true;
            code = parse_order(p, l);
        } else if (is(key, n, "shape") && !shape) {
            shape = true;
            code = parse_shape(p, l);
        } else {
            return bad(p, "an entry of its header is unknown or appears twice");
        }
        if (code)
            return code;
        if (!accept(p, ',')) {
            if (!accept(p, '}'))
                return bad(p, "its header does not end");
            break;
        }
    }
    blanks(p);
    if (p->at != p->end)
        return bad(p, "something follows the header's dictionary");
    return kind && order && shape ? 0 : bad(p, "its header lacks data type, order or shape");
}

static void swap_bytes(unsigned char *data, size_t count, size_t size)
{
    for (size_t i = 0; i < count; i++, data += size)
        for (size_t j = 0; j < size / 2; j++) {
            unsigned char t = data[j];
            data[j] = data[size - 1 - j];
            data[size - 1 - j] = t;
        }
}

/* Copies from Fortran order: the indices count up in C order, the offset follows them with Fortran's strides. */
static void from_fortran(unsigned char *to, const unsigned char *from, const layout *l, size_t count, size_t size)
{
    size_t stride[MM_MAX_DIMS], index[MM_MAX_DIMS] = {0}, s = size, offset = 0;
    for (int d = 0; d < l->ndim; d++) {
        stride[d] = s;
        s *= l->dim[d];
    }
    for (size_t i = 0; i < count; i++, to += size) {
        memcpy(to, from + offset, size);
        for (int d = l->ndim - 1; d >= 0; d--) {
            offset += stride[d];
            if (++index[d] < l->dim[d])
                break;
            offset -= stride[d] * l->dim[d];
            index[d] = 0;
        }
    }
}

/* Reads what stands before the data, which begins at *start; the tensor gets type and shape. All data must be there. */
static int read_layout(const unsigned char *b, size_t n, parser *p, layout *l, mm_tensor *tensor, size_t *start)
{
    if (n < 10 || memcmp(b, magic, sizeof magic))
        return mm_fail(p->error, MM_DAMAGED, "'%s' is not an NPY file", p->name);
    if (b[6] < 1 || b[6] > 3)
        return mm_fail(p->error, MM_FAILURE, "'%s' is NPY version %d, which is not supported", p->name, b[6]);
    *start = b[6] == 1 ? 10 : 12;
    if (n < *start)
        return bad(p, "it ends in its header");
    size_t length = b[6] == 1 ? mm_get16(b + 8) : mm_get32(b + 8);
    if (length > HEADER_LIMIT)
        return bad(p, "its header is too long");
    if (length > n - *start)
        return bad(p, "it ends in its header");
    p->at = (const char *)b + *start;
    p->end = p->at + length;
    *start += length;
    int code = parse_header(p, l);
    if (code)
        return code;
    tensor->dtype = l->dtype;
    tensor->ndim = l->ndim;
    memcpy(tensor->dim, l->dim, sizeof l->dim);
    if (mm_shape_size(l->dtype, l->ndim, l->dim, &tensor->count, &tensor->bytes))
        return bad(p, "its shape is too large");
    if (n - *start != tensor->bytes)
        return mm_fail(p->error, MM_DAMAGED, "'%s' is a damaged NPY file: %zu bytes of data, its shape needs %zu", p->name,
                       n - *start, tensor->bytes);
    return MM_OK;
}

int mm_npy_decode(const void *bytes, size_t n, const char *name, mm_tensor *tensor, mm_error *error)
{
    parser p = {NULL, NULL, name, error};
    layout l = {0};
    size_t start;
    *tensor = (mm_tensor){0};
    int code = read_layout(bytes, n, &p, &l, tensor, &start);
    if (code)
        return code;
    const unsigned char *data = (const unsigned char *)bytes + start;
    tensor->data = mm_alloc64(tensor->bytes ? tensor->bytes : 1);
    if (!tensor->data)
        return mm_no_memory(error);
    size_t size = mm_dtype_size(l.dtype);
    if (l.fortran && l.ndim > 1)
        from_fortran(tensor->data, data, &l, tensor->count, size);
    else if (tensor->bytes)
        memcpy(tensor->data, data, tensor->bytes);
    if (l.swap)
        swap_bytes(tensor->data, tensor->count, size);
    return MM_OK;
}

int mm_npy_read(int fd, const char *name, mm_tensor *tensor, mm_error *error)
{
    mm_bytes b = {0};
    *tensor = (mm_tensor){0};
    int code = mm_bytes_read(&b, fd, name, MM_MAX_DATA + HEADER_LIMIT + 12, error);
    if (!code)
        code = mm_npy_decode(b.data, b.size, name, tensor, error);
    mm_bytes_free(&b);
    return code;
}

int mm_npy_header(unsigned char out[MM_NPY_HEADER_MAX], size_t *length, mm_dtype dtype, int ndim, const size_t *dim,
                  mm_error *error)
{
    static const char *const kinds[MM_NUM_DTYPES] = {
        [MM_U8] = "|u1",  [MM_I8] = "|i1",  [MM_U16] = "<u2", [MM_I16] = "<i2", [MM_U32] = "<u4",
        [MM_I32] = "<i4", [MM_I64] = "<i8", [MM_F16] = "<f2", [MM_F32] = "<f4", [MM_F64] = "<f8"};
    if (!kinds[dtype])
        return mm_fail(error, MM_FAILURE, "an NPY file cannot hold data type '%s'", mm_dtype_name(dtype));
    char *text = (char *)out + 10;
    size_t room = MM_NPY_HEADER_MAX - 10, n;
    n = (size_t)snprintf(text, room, "{'descr': '%s', 'fortran_order': False, 'shape': (", kinds[dtype]);
    for (int d = 0; d < ndim; d++)
        n += (size_t)snprintf(text + n, room - n, d ? ", %zu" : "%zu", dim[d]);
    n += (size_t)snprintf(text + n, room - n, ndim == 1 ? ",), }" : "), }");
    while ((10 + n + 1) % 64)
        text[n++] = ' ';
    text[n++] = '\n';
    memcpy(out, magic, sizeof magic);
    out[6] = 1;
    out[7] = 0;
    mm_put16(out + 8, (uint16_t)n);
    *length = 10 + n;
    return 0;
}

int mm_npy_write(int fd, const char *name, const mm_tensor *tensor, mm_error *error)
{
    unsigned char header[MM_NPY_HEADER_MAX];
    size_t length;
    int code = mm_npy_header(header, &length, tensor->dtype, tensor->ndim, tensor->dim, error);
    if (!code)
        code = mm_bytes_write(fd, header, length, name, error);
    if (!code)
        code = mm_bytes_write(fd, tensor->data, tensor->bytes, name, error);
    return code;
}

/* ---- arrays as images ---- */

static const char NAME[] = "NumPy array";

static int check_image(const mm_tensor *array, mm_error *error)
{
    bool known = array->dtype == MM_U8 || array->dtype == MM_U16 || array->dtype == MM_F32;
    if (known && (array->ndim == 2 || array->ndim == 3) && array->count > 0)
        return MM_OK;
    return mm_fail(error, MM_DAMAGED, "NumPy array of type %s with %d axes is not an image: expected u8, u16 or f32 of (H,W) or (C,H,W)",
                   mm_dtype_name(array->dtype), array->ndim);
}

int mm_npy_image_probe(const void *bytes, size_t size, mm_probe *probe, mm_error *error)
{
    parser p = {NULL, NULL, NAME, error};
    layout l = {0};
    mm_tensor array = {0};
    size_t start;
    int code = read_layout(bytes, size, &p, &l, &array, &start);
    if (code || (code = check_image(&array, error)))
        return code;
    probe->height = array.dim[array.ndim - 2];
    probe->width = array.dim[array.ndim - 1];
    probe->bits = 8 * (unsigned)mm_dtype_size(array.dtype);
    return MM_OK;
}

int mm_npy_image_decode(const void *bytes, size_t size, const mm_image_options *options, mm_image *image, mm_error *error)
{
    (void)options;
    mm_tensor array;
    int code = mm_npy_decode(bytes, size, NAME, &array, error);
    if (code)
        return code;
    image->data = array.data;
    if ((code = check_image(&array, error)))
        return code;
    image->dtype = array.dtype;
    image->ndim = array.ndim;
    memcpy(image->dim, array.dim, (size_t)array.ndim * sizeof *image->dim);
    return MM_OK;
}
