/* Mapped files: see mapped_file.h. */
#include "common/stream/mapped_file.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef MADV_POPULATE_READ
enum { AROUND = 1 << 16 }; /* bytes that Linux maps together, where it has them in memory */

/* Whether all pages are in memory. */
static bool present(void *bytes, size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), n = (size + page - 1) / page;
    unsigned char *in_memory = malloc(n);
    bool all = in_memory && mincore(bytes, size, in_memory) == 0;
    for (size_t i = 0; i < n && all; i++)
        all = in_memory[i] & 1;
    free(in_memory);
    return all;
}

/* All pages before they are touched, so that a bad disk is an error instead of a SIGBUS: of a file that is in memory quickly, page
 * after page of any other. */
static bool populated(char *bytes, size_t size)
{
    for (size_t at = 0; at < size; at += AROUND)
        if (madvise(bytes + at, 1, MADV_POPULATE_READ))
            return false;
    return present(bytes, size) || madvise(bytes, size, MADV_POPULATE_READ) == 0;
}
#endif

mm_mapped_file *mm_mapped_file_new(int fd, size_t size)
{
#ifdef MADV_POPULATE_READ
    mm_mapped_file *file = malloc(sizeof *file);
    void *bytes = file ? mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
    if (bytes != MAP_FAILED && populated(bytes, size)) {
        *file = (mm_mapped_file){bytes, size, fd};
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

void mm_mapped_file_free(mm_mapped_file *file)
{
    if (!file)
        return;
    munmap((void *)(uintptr_t)file->bytes, file->size);
    close(file->fd);
    free(file);
}
