/* The four tables of CBIS-DDSM, with form feeds between them in the input: files in memory, to which links lead. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "formats/dataset/cbis.h"
#include "formats/dataset/cbis_tables.h"
#include "tests/fuzz/harness/fuzz.h"

/* Makes table t of the current folder hold these bytes. */
static void put(int t, const uint8_t *data, size_t size)
{
    static int fd[MM_CBIS_TABLES];
    char path[64];
    if (!fd[t]) {
        MM_MUST((fd[t] = memfd_create("table", 0)) >= 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd[t]);
        unlink(mm_cbis_table_files[t]);
        MM_MUST(!symlink(path, mm_cbis_table_files[t]));
    }
    MM_MUST(!ftruncate(fd[t], 0) && pwrite(fd[t], data, size, 0) == (ssize_t)size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mm_error error = {0};
    mm_cbis c = {0};
    char here[] = ".", *folder[MM_CBIS_TABLES] = {here, here, here, here};
    for (int t = 0; t < MM_CBIS_TABLES; t++) {
        const uint8_t *end = size && t + 1 < MM_CBIS_TABLES ? memchr(data, '\f', size) : NULL;
        size_t n = end ? (size_t)(end - data) : size;
        put(t, data, n);
        n += end != NULL;
        data += n;
        size -= n;
    }
    if (!mm_cbis_read_tables(&c, folder, &error)) {
        for (size_t i = 0; i < c.nlesions; i++)
            MM_MUST(c.lesion[i].image < c.nimages && memchr(c.lesion[i].name, 0, MM_CBIS_NAME));
        for (size_t i = 0; i < c.nimages; i++)
            MM_MUST(c.image[i].owner < c.nviews && c.image[i].n && c.image[i].first + c.image[i].n <= c.nlesions);
        for (size_t i = 0; i < c.nviews; i++)
            MM_MUST(c.view[i].n >= 1 && c.view[i].n <= 2 && c.view[i].patient < c.npatients && c.view[i].image[0] < c.nimages);
        free(mm_cbis_report(&c));
    }
    mm_cbis_free(&c);
    return 0;
}
