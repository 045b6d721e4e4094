/* Reading one image: see image.h. */
#include "formats/image/image.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "formats/dicom/jpeg.h"
#include "formats/image/content.h"
#include "formats/image/npy.h"
#include "formats/image/png.h"
#include "formats/image/pnm.h"

static void set_note(mm_image *image, const char *note)
{
    if (note)
        snprintf(image->note, sizeof image->note, "%s", note);
}

static int decode_png(const void *bytes, size_t size, mm_image *image, mm_error *error)
{
    mm_png_info info;
    int code = mm_png_probe(bytes, size, &info, error);
    if (code)
        return code;
    if (!mm_image_room(image, info.bits == 16 ? MM_U16 : MM_U8, info.height, info.width, error))
        return error->code;
    code = mm_png_decode(bytes, size, &info, image->data, error);
    set_note(image, info.note);
    return code;
}

static int decode_jpeg(const void *bytes, size_t size, mm_image *image, mm_error *error)
{
    mm_jpeg_info info;
    int code = mm_jpeg_probe(bytes, size, &info, error);
    if (code || (code = mm_jpeg_readable(&info, error)))
        return code;
    if (!mm_image_room(image, MM_U8, info.height, info.width, error))
        return error->code;
    set_note(image, info.note);
    return mm_jpeg_decode(bytes, size, &info, MM_JPEG_GUESS, image->data, error);
}

static int decode_pnm(const void *bytes, size_t size, mm_image *image, mm_error *error)
{
    mm_pnm_info info;
    int code = mm_pnm_probe(bytes, size, &info, error);
    if (code)
        return code;
    if (!mm_image_room(image, info.bits == 16 ? MM_U16 : MM_U8, info.height, info.width, error))
        return error->code;
    set_note(image, info.note);
    return mm_pnm_decode(bytes, size, &info, image->data, error);
}

static int decode_npy(const void *bytes, size_t size, mm_image *image, mm_error *error)
{
    mm_tensor tensor = {0};
    int code = mm_npy_decode(bytes, size, "NumPy array", &tensor, error);
    if (code)
        return code;
    bool known = tensor.dtype == MM_U8 || tensor.dtype == MM_U16 || tensor.dtype == MM_F32;
    if (!known || tensor.ndim < 2 || tensor.ndim > 3 || tensor.count == 0) {
        free(tensor.data);
        return mm_fail(error, MM_DAMAGED, "NumPy array of type %s with %d axes is no image: u8, u16 or f32 of (H,W) or "
                       "(C,H,W) is", mm_dtype_name(tensor.dtype), tensor.ndim);
    }
    image->dtype = tensor.dtype;
    image->ndim = tensor.ndim;
    memcpy(image->dim, tensor.dim, (size_t)tensor.ndim * sizeof *image->dim);
    image->data = tensor.data;
    return MM_OK;
}

int mm_image_decode(const void *bytes, size_t size, const mm_image_options *rules, mm_image *image, mm_error *error)
{
    static const mm_image_options none;
    *image = (mm_image){0};
    int code;
    switch (mm_content_of(bytes, size)) {
    case MM_CONTENT_PNG: code = decode_png(bytes, size, image, error); break;
    case MM_CONTENT_JPEG: code = decode_jpeg(bytes, size, image, error); break;
    case MM_CONTENT_DICOM: code = mm_dicom_decode(bytes, size, rules ? rules : &none, image, error); break;
    case MM_CONTENT_PNM: code = decode_pnm(bytes, size, image, error); break;
    case MM_CONTENT_NPY: code = decode_npy(bytes, size, image, error); break;
    default:
        code = mm_fail(error, MM_DAMAGED, "is %s: an image is PNG, JPEG, DICOM, PNM or NPY", mm_content_name(bytes, size));
    }
    if (code)
        mm_image_free(image);
    return code;
}

/* A DICOM file is mapped: its pixels may be left where they are. False: not of that kind. */
static bool read_mapped(int fd, const struct stat *st, const mm_image_options *rules, mm_image *image, int *code, mm_error *error)
{
    unsigned char first[MM_CONTENT_BYTES];
    mm_image_options here = rules ? *rules : (mm_image_options){0};
    if (!S_ISREG(st->st_mode) || st->st_size == 0 || (uint64_t)st->st_size > MM_MAX_DATA)
        return false;
    ssize_t got = pread(fd, first, sizeof first, 0);
    bool dicom = got > 0 && mm_content_of(first, (size_t)got) == MM_CONTENT_DICOM;
    mm_mapped_file *file = dicom ? mm_mapped_file_new(fd, (size_t)st->st_size) : NULL;
    if (!file)
        return false;
    here.in_place = true;
    *code = mm_image_decode(file->bytes, file->size, &here, image, error);
    if (!*code && image->in_place)
        image->file = file;
    else
        mm_mapped_file_free(file);
    return true;
}

int mm_image_bytes(mm_bytes *file, int fd, const char *name, mm_error *error)
{
    struct stat st;
    int code = mm_bytes_begin(file, fd, name, MM_CONTENT_BYTES, error);
    if (code || !mm_content_is_image(mm_content_of(file->data, file->size)))
        return code;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size < (off_t)1 << 30)
        code = mm_bytes_reserve(file, (size_t)st.st_size + 1, error); /* spares growing */
    return code ? code : mm_bytes_read(file, fd, name, MM_MAX_DATA, error);
}

static int read_whole(int fd, const char *path, const mm_image_options *rules, mm_image *image, mm_error *error)
{
    mm_bytes file = {0};
    int code = mm_image_bytes(&file, fd, path, error);
    if (!code && (code = mm_image_decode(file.data, file.size, rules, image, error)))
        mm_fail_in(error, "'%s'", path);
    mm_bytes_free(&file);
    return code;
}

int mm_image_read(const char *path, const mm_image_options *rules, mm_image *image, mm_error *error)
{
    int code = MM_OK, fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    *image = (mm_image){0};
    if (fd < 0)
        return mm_fail(error, MM_FAILURE, "cannot open '%s':", path);
    if (fstat(fd, &st)) {
        code = mm_fail(error, MM_FAILURE, "cannot read '%s':", path);
    } else if (read_mapped(fd, &st, rules, image, &code, error)) {
        return code ? mm_fail_in(error, "'%s'", path) : MM_OK;
    } else {
        code = read_whole(fd, path, rules, image, error);
    }
    close(fd);
    return code;
}
