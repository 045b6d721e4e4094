/* Image files by their headers: see probe.h. */
#include "formats/image/probe.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "formats/image/formats.h"

static int probe(const void *bytes, size_t size, mm_probe *to, mm_error *error)
{
    const mm_image_format *format = mm_image_format_of(bytes, size);
    if (!format)
        return mm_image_refuse(bytes, size, error);
    to->kind = format->kind;
    return format->probe(bytes, size, to, error);
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
