/* A file in memory: see mapped.h. */
#include "stream/mapped.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

mm_mapped *mm_mapped_new(int fd, size_t size)
{
#ifdef MADV_POPULATE_READ
    mm_mapped *file = malloc(sizeof *file);
    void *bytes = file ? mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
    /* All pages at once, which is quicker than one by one, and tells of a bad disk instead of raising SIGBUS. */
    if (bytes != MAP_FAILED && madvise(bytes, size, MADV_POPULATE_READ) == 0) {
        *file = (mm_mapped){bytes, size, fd};
        return file;
    }
    if (bytes != MAP_FAILED)
        munmap(bytes, size);
    free(file);
#else
    (void)fd, (void)size;
#endif
    return NULL;
}

void mm_mapped_free(mm_mapped *file)
{
    if (!file)
        return;
    munmap((void *)(uintptr_t)file->bytes, file->size);
    close(file->fd);
    free(file);
}
