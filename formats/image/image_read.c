/* Reading one image: see image.h. */
#include "formats/image/image.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "formats/image/formats.h"

int mm_image_decode(const void *bytes, size_t size, const mm_image_options *options, mm_image *image, mm_error *error)
{
    static const mm_image_options none;
    const mm_image_format *format = mm_image_format_of(bytes, size);
    *image = (mm_image){0};
    int code = format ? format->decode(bytes, size, options ? options : &none, image, error) : mm_image_refuse(bytes, size, error);
    if (code)
        mm_image_free(image);
    return code;
}

/* Maps a DICOM file: its pixels may be left where they lie. False: the file is to be read another way. */
static bool read_mapped(int fd, const struct stat *st, const mm_image_options *options, mm_image *image, int *code, mm_error *error)
{
    unsigned char first[MM_SIGNATURE_BYTES];
    mm_image_options here = options ? *options : (mm_image_options){0};
    if (!S_ISREG(st->st_mode) || st->st_size == 0 || (uint64_t)st->st_size > MM_MAX_DATA)
        return false;
    ssize_t got = pread(fd, first, sizeof first, 0);
    const mm_image_format *format = got > 0 ? mm_image_format_of(first, (size_t)got) : NULL;
    bool dicom = format && format->kind == MM_KIND_DICOM;
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
    int code = mm_bytes_begin(file, fd, name, MM_SIGNATURE_BYTES, error);
    if (code || !mm_image_format_of(file->data, file->size))
        return code;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size < (off_t)1 << 30)
        code = mm_bytes_reserve(file, (size_t)st.st_size + 1, error); /* spares growing */
    return code ? code : mm_bytes_read(file, fd, name, MM_MAX_DATA, error);
}

/* Reads the file into memory first. */
static int read_whole(int fd, const char *path, const mm_image_options *options, mm_image *image, mm_error *error)
{
    mm_bytes file = {0};
    int code = mm_image_bytes(&file, fd, path, error);
    if (!code && (code = mm_image_decode(file.data, file.size, options, image, error)))
        mm_fail_in(error, "'%s'", path);
    mm_bytes_free(&file);
    return code;
}

int mm_image_read(const char *path, const mm_image_options *options, mm_image *image, mm_error *error)
{
    int code = MM_OK, fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    *image = (mm_image){0};
    if (fd < 0)
        return mm_fail(error, MM_FAILURE, "cannot open '%s':", path);
    if (fstat(fd, &st)) {
        code = mm_fail(error, MM_FAILURE, "cannot read '%s':", path);
    } else if (read_mapped(fd, &st, options, image, &code, error)) {
        return code ? mm_fail_in(error, "'%s'", path) : MM_OK;
    } else {
        code = read_whole(fd, path, options, image, error);
    }
    close(fd);
    return code;
}
