/* NPZ: a zip archive of NPY files, each named after its array. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/image/npy.h"
#include "formats/weights/not_weights.h"
#include "formats/weights/weights.h"
#include "formats/weights/zip.h"

static bool is_array(const mm_zip_member *m)
{
    const size_t n = strlen(m->name);
    return n >= 5 && !strcmp(m->name + n - 4, ".npy");
}

/* True for text, Python's objects, dates and structures, which lie beside weights but are none. */
static bool is_inert(const mm_zip_member *m)
{
    static const char key[] = "'descr': ";
    const char *at = memmem(m->data, m->size < 256 ? m->size : 256, key, sizeof key - 1);
    if (!at)
        return false;
    at += sizeof key - 1;
    return *at == '[' || (*at == '\'' && strchr("|<>=", at[1]) && strchr("OUSVMma", at[2]));
}

static int read_member(mm_weights *w, mm_zip_member *m, const char *name, mm_error *error)
{
    const size_t n = strlen(m->name);
    mm_tensor array;
    int code = mm_npy_decode(m->data, m->size, m->name, &array, error);
    if (code) {
        mm_fail_in(error, "'%s'", name);
        return code;
    }
    m->name[n - 4] = 0;
    mm_param *t = mm_weights_add(w, m->name, array.dtype, array.ndim, array.dim, name, error);
    if (t) {
        free(t->data);
        t->data = array.data;
    } else {
        free(array.data);
        code = error->code;
    }
    return code;
}

int mm_npz_decode(mm_weights *w, const void *bytes, size_t n, const char *name, mm_error *error)
{
    mm_zip zip;
    int code = mm_zip_decode(&zip, bytes, n, name, error);
    if (code)
        return code;
    size_t inert = 0;
    for (size_t i = 0; i < zip.n && !code; i++)
        code = is_array(&zip.members[i]) ? 0 : mm_not_weights_zip(&zip, name, error);
    for (size_t i = 0; i < zip.n && !code; i++) {
        const bool skip = is_inert(&zip.members[i]);
        inert += skip;
        code = skip ? 0 : read_member(w, &zip.members[i], name, error);
        free(zip.members[i].data); /* early: both copies of large weights need not coexist */
        zip.members[i].data = NULL;
    }
    if (!code && inert && !w->params.count)
        code = mm_fail(error, MM_FAILURE, "'%s' holds no arrays of numbers", name);
    mm_zip_free(&zip);
    return code;
}

static int write_member(mm_zip_writer *zip, const mm_param *t, mm_error *error)
{
    unsigned char header[MM_NPY_HEADER_MAX];
    size_t length, n = strlen(t->name) + 5;
    mm_dtype dtype = t->dtype == MM_BF16 ? MM_F32 : t->dtype; /* numpy has no bf16 */
    char *member = malloc(n);
    float *wide = dtype != t->dtype ? malloc(t->count * sizeof *wide + 1) : NULL;
    int code = 0;
    if (!member || (dtype != t->dtype && !wide))
        code = mm_no_memory(error);
    if (!code)
        code = mm_npy_header(header, &length, dtype, t->ndim, t->dim, error);
    if (!code) {
        snprintf(member, n, "%s.npy", t->name);
        if (wide)
            mm_param_floats(t, wide, NULL);
        const void *data = wide ? (const void *)wide : t->data;
        code = mm_zip_add(zip, member, header, length, data, t->count * mm_dtype_size(dtype), error);
    }
    free(member);
    free(wide);
    return code;
}

int mm_npz_write(const mm_weights *w, int fd, const char *name, mm_error *error)
{
    mm_zip_writer *zip;
    int code = mm_zip_create(&zip, fd, name, error);
    for (size_t i = 0; i < w->params.count && !code; i++)
        code = write_member(zip, &w->params.item[i], error);
    int end = mm_zip_finish(zip, code ? NULL : error);
    return code ? code : end;
}
