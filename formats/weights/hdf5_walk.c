/* Arrays of HDF5 files, found by the HDF5 library: see hdf5_walk.h. No other file calls the library. */
#include "formats/weights/hdf5_walk.h"

#include <hdf5.h>
#include <stdio.h>
#include <string.h>

enum { MAX_DEPTH = 8 };

typedef struct {
    const char *skip;
    size_t file_bytes;
    size_t left;   /* bytes that arrays may still take */
    size_t arrays; /* that were found */
    char path[MM_HDF5_PATH];
    size_t length; /* of path */
    int depth;
    mm_isolated_result *result;
    mm_error *error;
    int code;
} walk;

static int bad(walk *k, const char *what)
{
    return k->code = mm_fail(k->error, MM_DAMAGED, "HDF5 file is damaged: '%s' %s", k->path, what);
}

static int refuse(walk *k, const char *what)
{
    return k->code = mm_fail(k->error, MM_FAILURE, "'%s' %s", k->path, what);
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

static int shape_of(walk *k, hid_t array, mm_hdf5_array *h, size_t *count)
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
    mm_hdf5_array found = {0};
    size_t count = 0;
    if (k->arrays++ == MM_MAX_WEIGHTS)
        return k->code = mm_fail(k->error, MM_DAMAGED, "more than %d tensors", MM_MAX_WEIGHTS);
    if (memory_type(k, array, &found.dtype, &memory) || shape_of(k, array, &found, &count) || check_storage(k, array, count))
        return k->code;
    size_t bytes = count * mm_dtype_size(found.dtype);
    k->left -= bytes;
    memcpy(found.path, k->path, k->length + 1);
    mm_hdf5_array *to = mm_isolated_append(k->result, sizeof *to, k->error);
    void *numbers = to ? mm_isolated_append(k->result, bytes, k->error) : NULL;
    if (!numbers)
        return k->code = k->error->code;
    *to = found;
    return count && H5Dread(array, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers) < 0 ? bad(k, "cannot be read") : 0;
}

static int walk_group(walk *k, hid_t group);

/* A link of a group: to a group or to an array. */
static herr_t visit(hid_t group, const char *link, const H5L_info_t *info, void *data)
{
    walk *k = data;
    size_t length = k->length;
    if (!length && !strcmp(link, k->skip))
        return 0;
    int n = snprintf(k->path + length, MM_HDF5_PATH - length, length ? "/%s" : "%s", link);
    if (n < 0 || (size_t)n >= MM_HDF5_PATH - length)
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

int mm_hdf5_walk(const mm_hdf5_question *question, const void *bytes, size_t n, mm_isolated_result *result, mm_error *error)
{
    walk k = {.skip = question->skip, .file_bytes = n, .left = mm_hdf5_allowance(n), .result = result, .error = error};
    hid_t file = open_file(bytes, n);
    if (file < 0)
        return mm_fail(error, MM_DAMAGED, "HDF5 file is damaged: it cannot be opened");
    int code = walk_group(&k, file);
    H5Fclose(file);
    return code;
}
