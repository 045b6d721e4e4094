/* Arrays of HDF5 files through a pipe: see hdf5_walk.h. For each array a `head`, its path, its numbers; in the end a head
 * with ndim -1 and the error, if there was one. */
#include "formats/weights/hdf5_walk.h"

#include <errno.h>
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/bytes.h"
#include "formats/weights/hdf5.h"

enum { MAX_DEPTH = 8, MAX_PATH = 512 };

typedef struct {
    int32_t ndim, code; /* code: in the last one */
    mm_dtype dtype;
    uint32_t length; /* of what follows: path or message */
    size_t dim[MM_PARAM_DIMS], bytes;
} head;

typedef struct {
    int pipe;
    const char *name, *skip;
    size_t file_bytes;
    size_t left; /* bytes that arrays may still take */
    char path[MAX_PATH];
    size_t length; /* of path */
    int depth;
    mm_error *error;
    int code;
} walk;

size_t mm_hdf5_allowance(size_t file_bytes)
{
    return ((size_t)64 << 20) + 4 * file_bytes;
}

static int bad(walk *k, const char *what)
{
    return k->code = mm_fail(k->error, MM_DAMAGED, "'%s' is a damaged HDF5 file: '%s' %s", k->name, k->path, what);
}

static int refuse(walk *k, const char *what)
{
    return k->code = mm_fail(k->error, MM_FAILURE, "'%s': '%s' %s", k->name, k->path, what);
}

bool mm_hdf5_is(const void *bytes, size_t n)
{
    return n >= 8 && !memcmp(bytes, "\x89HDF\r\n\x1a\n", 8);
}

/* What an array of the file is read as. */
static int memory_type(walk *k, hid_t array, mm_dtype *dtype, hid_t *memory)
{
    hid_t type = H5Dget_type(array);
    H5T_class_t class = type < 0 ? H5T_NO_CLASS : H5Tget_class(type);
    size_t size = type < 0 ? 0 : H5Tget_size(type);
    H5Tclose(type);
    if (class != H5T_FLOAT && class != H5T_INTEGER)
        return refuse(k, "holds no numbers");
    if (size != 1 && size != 2 && size != 4 && size != 8)
        return refuse(k, "holds numbers of a width that is not supported");
    *dtype = class == H5T_INTEGER ? MM_I64 : size == 8 ? MM_F64 : MM_F32;
    *memory = class == H5T_INTEGER ? H5T_NATIVE_INT64 : size == 8 ? H5T_NATIVE_DOUBLE : H5T_NATIVE_FLOAT;
    return 0;
}

static int shape_of(walk *k, hid_t array, head *h, size_t *count)
{
    hsize_t size[H5S_MAX_RANK];
    hid_t space = H5Dget_space(array);
    int type = space < 0 ? H5S_NO_CLASS : (int)H5Sget_simple_extent_type(space);
    h->ndim = space < 0 ? -1 : H5Sget_simple_extent_dims(space, size, NULL);
    H5Sclose(space);
    if (h->ndim < 0 || h->ndim > MM_PARAM_DIMS || (type != H5S_SIMPLE && type != H5S_SCALAR))
        return bad(k, "has no usable shape");
    *count = 1;
    for (int i = 0; i < h->ndim; i++) {
        h->dim[i] = (size_t)size[i];
        if (__builtin_mul_overflow(*count, h->dim[i], count))
            return bad(k, "is far larger than its file");
    }
    return *count <= k->left / 8 ? 0 : bad(k, "is far larger than its file");
}

/* Where the numbers lie: all of them in this file, as they are. */
static int check_storage(walk *k, hid_t array, size_t count)
{
    hid_t list = H5Dget_create_plist(array);
    H5D_layout_t layout = list < 0 ? H5D_LAYOUT_ERROR : H5Pget_layout(list);
    int elsewhere = list < 0 ? 0 : H5Pget_external_count(list), filters = list < 0 ? 0 : H5Pget_nfilters(list);
    hsize_t chunk[H5S_MAX_RANK];
    size_t chunk_count = 1;
    int n = layout == H5D_CHUNKED ? H5Pget_chunk(list, H5S_MAX_RANK, chunk) : 0;
    for (int i = 0; i < n; i++)
        if (__builtin_mul_overflow(chunk_count, (size_t)chunk[i], &chunk_count))
            chunk_count = SIZE_MAX;
    H5Pclose(list);
    if (elsewhere || (layout != H5D_COMPACT && layout != H5D_CONTIGUOUS && layout != H5D_CHUNKED))
        return refuse(k, "lies in another file");
    if (filters)
        return refuse(k, "is compressed (h5repack -f NONE makes a file that is not)");
    if (chunk_count > k->left / 8)
        return bad(k, "has parts that are far larger than its file");
    H5D_space_status_t status;
    if (count && (H5Dget_space_status(array, &status) < 0 || status != H5D_SPACE_STATUS_ALLOCATED))
        return bad(k, "has no data");
    if (layout == H5D_CONTIGUOUS && count) {
        haddr_t at = H5Dget_offset(array);
        hsize_t size = H5Dget_storage_size(array);
        if (at == HADDR_UNDEF || at > k->file_bytes || size > k->file_bytes - at)
            return bad(k, "reaches beyond the file");
    }
    return 0;
}

static int read_array(walk *k, hid_t array)
{
    hid_t memory = -1;
    head h = {.length = (uint32_t)k->length};
    size_t count = 0;
    if (memory_type(k, array, &h.dtype, &memory) || shape_of(k, array, &h, &count) || check_storage(k, array, count))
        return k->code;
    h.bytes = count * mm_dtype_size(h.dtype);
    k->left -= h.bytes;
    void *numbers = malloc(h.bytes + 1);
    if (!numbers)
        refuse(k, "does not fit into memory");
    else if (count && H5Dread(array, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers) < 0)
        bad(k, "cannot be read");
    else if (mm_bytes_write(k->pipe, &h, sizeof h, k->name, k->error) ||
             mm_bytes_write(k->pipe, k->path, k->length, k->name, k->error) ||
             mm_bytes_write(k->pipe, numbers, h.bytes, k->name, k->error))
        k->code = k->error->code;
    free(numbers);
    return k->code;
}

static int walk_group(walk *k, hid_t group);

/* A link of a group: to a group or to an array. */
static herr_t visit(hid_t group, const char *link, const H5L_info_t *info, void *data)
{
    walk *k = data;
    size_t length = k->length;
    if (!length && k->skip && !strcmp(link, k->skip))
        return 0;
    int n = snprintf(k->path + length, MAX_PATH - length, length ? "/%s" : "%s", link);
    if (n < 0 || (size_t)n >= MAX_PATH - length)
        return bad(k, "and more: a name that is too long");
    k->length += (size_t)n;
    for (char *c = k->path + length; *c; c++)
        if ((unsigned char)*c < 32 || *c == 127) {
            *c = '?';
            return bad(k, "has control characters in its name");
        }
    hid_t object = info->type == H5L_TYPE_HARD ? H5Oopen(group, link, H5P_DEFAULT) : -1;
    H5I_type_t kind = object < 0 ? H5I_BADID : H5Iget_type(object);
    if (info->type != H5L_TYPE_HARD)
        refuse(k, "is a link to elsewhere");
    else if (kind == H5I_DATASET)
        read_array(k, object);
    else if (kind == H5I_GROUP)
        walk_group(k, object);
    else
        bad(k, "cannot be opened");
    if (object >= 0)
        H5Oclose(object);
    k->length = length;
    k->path[length] = 0;
    return k->code ? -1 : 0;
}

static int walk_group(walk *k, hid_t group)
{
    if (++k->depth > MAX_DEPTH)
        return bad(k, "lies in too many groups, or in itself");
    if (H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, NULL, visit, k) < 0 && !k->code)
        bad(k, "cannot be listed");
    k->depth--;
    return k->code;
}

static hid_t open_file(const void *bytes, size_t n)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    H5PLset_loading_state(0);
    hid_t access = H5Pcreate(H5P_FILE_ACCESS), file = -1;
    if (access >= 0 && H5Pset_fapl_core(access, 1 << 20, false) >= 0 && H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) >= 0 &&
        H5Pset_file_image(access, (void *)bytes, n) >= 0)
        file = H5Fopen("weights", H5F_ACC_RDONLY, access);
    H5Pclose(access);
    return file;
}

void mm_hdf5_send(int pipe, const void *bytes, size_t n, const char *skip, const char *name)
{
    mm_error error = {0};
    walk k = {.pipe = pipe, .name = name, .skip = skip, .file_bytes = n, .left = mm_hdf5_allowance(n), .error = &error};
    hid_t file = open_file(bytes, n);
    int code = file >= 0 ? walk_group(&k, file) : mm_fail(&error, MM_DAMAGED, "'%s' is a damaged HDF5 file: it cannot be opened", name);
    head end = {.ndim = -1, .code = code, .length = code ? (uint32_t)strlen(error.text) : 0};
    if (!mm_bytes_write(pipe, &end, sizeof end, name, &error))
        mm_bytes_write(pipe, error.text, end.length, name, &error);
    H5Fclose(file);
}

/* ---- the other end ---- */

/* Exactly n bytes; false when the child is gone. */
static bool receive(int pipe, void *to, size_t n)
{
    for (char *at = to; n;) {
        ssize_t got = read(pipe, at, n);
        if (got <= 0 && !(got < 0 && errno == EINTR))
            return false;
        at += got > 0 ? got : 0;
        n -= got > 0 ? (size_t)got : 0;
    }
    return true;
}

static bool is_size_of(const head *h)
{
    size_t bytes = mm_dtype_size(h->dtype);
    for (int i = 0; i < h->ndim; i++)
        if (__builtin_mul_overflow(bytes, h->dim[i], &bytes))
            return false;
    return bytes == h->bytes;
}

/* What the child sends is trusted no more than the file. *last: it was the end. */
static int take(mm_weights *w, int pipe, size_t *left, bool *last, const char *name, mm_error *error)
{
    static const char gone[] = "'%s' is a damaged HDF5 file: the HDF5 library came to an end in it";
    char text[sizeof error->text];
    head h;
    if (!receive(pipe, &h, sizeof h) || h.length >= sizeof text || !receive(pipe, text, h.length))
        return mm_fail(error, MM_DAMAGED, gone, name);
    text[h.length] = 0;
    *last = h.ndim < 0;
    if (*last && !h.code)
        return 0;
    if (*last && *text)
        return mm_fail(error, h.code == MM_FAILURE ? MM_FAILURE : MM_DAMAGED, "%s", text);
    if (*last || h.ndim > MM_PARAM_DIMS || h.dtype >= MM_NUM_DTYPES || h.bytes > *left || !is_size_of(&h))
        return mm_fail(error, MM_DAMAGED, gone, name);
    mm_param *p = mm_weights_add(w, text, h.dtype, h.ndim, h.dim, name, error);
    if (!p)
        return error->code;
    *left -= h.bytes;
    return receive(pipe, p->data, p->bytes) ? 0 : mm_fail(error, MM_DAMAGED, gone, name);
}

int mm_hdf5_receive(mm_weights *w, int pipe, size_t n, const char *name, mm_error *error)
{
    int code = 0;
    bool last = false;
    for (size_t left = mm_hdf5_allowance(n); !code && !last;)
        code = take(w, pipe, &left, &last, name, error);
    return code;
}
