/* Image files by their headers: see probe.h. */
#include "formats/image/probe.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "formats/image/content.h"
#include "formats/dicom/dicom_elements.h"
#include "formats/dicom/jpeg.h"

enum { TAIL = 4096 };
static const mm_tag PIXEL_DATA = 0x7fe00010;

/* Are all the pixels there that the header promises? Of compressed ones, all pieces. */
static int check_pixels(const void *bytes, size_t size, const mm_dicom_info *info, mm_error *error)
{
    mm_dicom_file file;
    mm_element pixels;
    int code = mm_dicom_open(&file, bytes, size, error);
    if (code)
        return code;
    size_t values, bits, samples = strstr(info->photometric, "_422") ? 2 : info->samples; /* colour for every other pixel */
    if (__builtin_mul_overflow(info->rows, info->columns, &values) || __builtin_mul_overflow(values, info->frames, &values) ||
        __builtin_mul_overflow(values, samples * info->bits_allocated, &bits))
        code = mm_fail(error, MM_DAMAGED, "promises more pixels than there can be");
    else if (!mm_element_find(&file.set, PIXEL_DATA, &pixels))
        code = mm_fail(error, MM_DAMAGED, "is cut short: its pixels are not all there");
    else if (!pixels.undefined && pixels.value.size < bits / 8)
        code = mm_fail(error, MM_DAMAGED, "has %zu bytes of pixels where its header promises %zu", pixels.value.size, bits / 8);
    mm_dicom_close(&file);
    return code;
}

static int probe_dicom(const void *bytes, size_t size, mm_probe *probe, mm_error *error)
{
    mm_dicom_info *info = &probe->dicom;
    int code = mm_dicom_header(bytes, size, info, error);
    if (code)
        return code;
    if (!info->has_pixels || info->rows == 0 || info->columns == 0)
        return mm_fail(error, MM_DAMAGED, "is a DICOM file without an image");
    probe->kind = MM_PROBE_DICOM;
    probe->height = info->rows;
    probe->width = info->columns;
    probe->bits = info->bits_allocated;
    return check_pixels(bytes, size, info, error);
}

/* The end marker, which compressed data cannot hold; some writers put bytes behind it. */
static bool has_end(const unsigned char *bytes, size_t size)
{
    size_t from = size > TAIL ? size - TAIL : 0;
    for (size_t i = from; i + 1 < size; i++)
        if (bytes[i] == 0xff && bytes[i + 1] == 0xd9)
            return true;
    return false;
}

static int probe_jpeg(const unsigned char *bytes, size_t size, mm_probe *probe, mm_error *error)
{
    mm_jpeg_info info;
    int code = mm_jpeg_probe(bytes, size, &info, error);
    if (code)
        return code;
    *probe = (mm_probe){.kind = MM_PROBE_JPEG, .height = info.height, .width = info.width, .bits = info.bits};
    if (!has_end(bytes, size))
        return mm_fail(error, MM_DAMAGED, "is cut short: a JPEG image without an end");
    return MM_OK;
}

static int probe(const void *bytes, size_t size, mm_probe *to, mm_error *error)
{
    if (mm_dicom_is(bytes, size))
        return probe_dicom(bytes, size, to, error);
    if (mm_jpeg_is(bytes, size))
        return probe_jpeg(bytes, size, to, error);
    return mm_fail(error, MM_DAMAGED, "is %s, and neither DICOM nor JPEG", mm_content_name(bytes, size));
}

int mm_probe_file(const char *path, mm_probe *to, mm_error *error)
{
    struct stat st;
    *to = (mm_probe){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return mm_fail(error, MM_FAILURE, "cannot open '%s':", path);
    int code = fstat(fd, &st) ? mm_fail(error, MM_FAILURE, "cannot read '%s':", path) : MM_OK;
    if (!code && st.st_size == 0)
        code = mm_fail(error, MM_DAMAGED, "'%s': is empty", path);
    void *map = code ? MAP_FAILED : mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (!code && map == MAP_FAILED)
        code = mm_fail(error, MM_FAILURE, "cannot read '%s':", path);
    close(fd);
    if (!code)
        (void)posix_madvise(map, (size_t)st.st_size, POSIX_MADV_RANDOM); /* nothing is read ahead */
    if (!code && (code = probe(map, (size_t)st.st_size, to, error)))
        mm_fail_in(error, "'%s'", path);
    if (map != MAP_FAILED)
        munmap(map, (size_t)st.st_size);
    return code;
}
