/* Writes PyTorch's zip format: an OrderedDict of tensors, each with a storage of its own. torch.load reads it, with
 * weights_only=True too: the pickle (protocol 2) uses only what that allows. */
#include <stdio.h>
#include <string.h>

#include "common/base/bytes.h"
#include "formats/weights/weights.h"
#include "formats/weights/zip.h"

typedef struct {
    mm_bytes b;
    mm_error *error;
    int code; /* of the first failure; then nothing more is added */
} text;

static void add(text *t, const void *data, size_t n)
{
    if (!t->code)
        t->code = mm_bytes_add(&t->b, data, n, t->error);
}

static void add_op(text *t, const char *ops)
{
    add(t, ops, strlen(ops));
}

static void add_string(text *t, const char *s)
{
    unsigned char head[5] = {'X'};
    mm_put32(head + 1, (uint32_t)strlen(s));
    add(t, head, sizeof head);
    add(t, s, strlen(s));
}

/* BININT1, BININT2, BININT or LONG1, as Python chooses; LONG1 keeps a byte for the sign. */
static void add_number(text *t, size_t v)
{
    unsigned char b[11];
    if (v < 256) {
        b[0] = 'K';
        b[1] = (unsigned char)v;
        add(t, b, 2);
    } else if (v < 65536) {
        b[0] = 'M';
        mm_put16(b + 1, (uint16_t)v);
        add(t, b, 3);
    } else if (v <= INT32_MAX) {
        b[0] = 'J';
        mm_put32(b + 1, (uint32_t)v);
        add(t, b, 5);
    } else {
        b[0] = 0x8a;
        b[1] = 9;
        mm_put64(b + 2, v);
        b[10] = 0;
        add(t, b, 11);
    }
}

static void add_tuple(text *t, const size_t *v, int n)
{
    add_op(t, "(");
    for (int i = 0; i < n; i++)
        add_number(t, v[i]);
    add_op(t, "t");
}

static void add_tensor(text *t, const mm_param *p, size_t index)
{
    static const char *const storages[MM_NUM_DTYPES] = {
        [MM_U8] = "Byte",  [MM_I8] = "Char",  [MM_I16] = "Short",     [MM_I32] = "Int",  [MM_I64] = "Long",
        [MM_F16] = "Half", [MM_F32] = "Float", [MM_F64] = "Double", [MM_BF16] = "BFloat16"};
    if (!storages[p->dtype]) {
        if (!t->code)
            t->code = mm_fail(t->error, MM_FAILURE, "tensor '%s': a PyTorch file cannot hold data type '%s'", p->name,
                              mm_dtype_name(p->dtype));
        return;
    }
    char line[64];
    size_t stride[MM_PARAM_DIMS], s = 1;
    for (int d = p->ndim - 1; d >= 0; d--) {
        stride[d] = s;
        s *= p->dim[d];
    }
    add_string(t, p->name);
    add_op(t, "ctorch._utils\n_rebuild_tensor_v2\n((");
    add_string(t, "storage");
    snprintf(line, sizeof line, "ctorch\n%sStorage\n", storages[p->dtype]);
    add_op(t, line);
    snprintf(line, sizeof line, "%zu", index);
    add_string(t, line);
    add_string(t, "cpu");
    add_number(t, p->count);
    add_op(t, "tQ");
    add_number(t, 0);
    add_tuple(t, p->dim, p->ndim);
    add_tuple(t, stride, p->ndim);
    add_op(t, "\x89" "ccollections\nOrderedDict\n)RtR"); /* not trained, no hooks */
}

static int write_members(const mm_weights *w, mm_zip_writer *zip, const text *t, mm_error *error)
{
    char member[64];
    int code = mm_zip_add(zip, "archive/data.pkl", NULL, 0, t->b.data, t->b.size, error);
    if (!code)
        code = mm_zip_add(zip, "archive/byteorder", NULL, 0, "little", 6, error);
    for (size_t i = 0; i < w->params.count && !code; i++) {
        snprintf(member, sizeof member, "archive/data/%zu", i);
        code = mm_zip_add(zip, member, NULL, 0, w->params.item[i].data, w->params.item[i].bytes, error);
    }
    if (!code)
        code = mm_zip_add(zip, "archive/version", NULL, 0, "3\n", 2, error);
    return code;
}

int mm_pth_write(const mm_weights *w, int fd, const char *name, mm_error *error)
{
    text t = {.error = error};
    add_op(&t, "\x80\x02" "ccollections\nOrderedDict\n)R(");
    for (size_t i = 0; i < w->params.count; i++)
        add_tensor(&t, &w->params.item[i], i);
    add_op(&t, "u.");
    int code = t.code;
    if (!code) {
        mm_zip_writer *zip;
        code = mm_zip_create(&zip, fd, name, error);
        if (!code)
            code = write_members(w, zip, &t, error);
        int end = mm_zip_finish(zip, code ? NULL : error);
        code = code ? code : end;
    }
    mm_bytes_free(&t.b);
    return code;
}
