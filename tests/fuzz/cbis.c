/* The four tables of CBIS-DDSM, with form feeds between them in the input, written to files of the current folder. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "formats/cbis.h"
#include "formats/cbis_tables.h"
#include "tests/fuzz/harness/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mm_error error = {0};
    mm_cbis c = {0};
    char here[] = ".", *folder[MM_CBIS_TABLES] = {here, here, here, here};
    for (int t = 0; t < MM_CBIS_TABLES; t++) {
        const uint8_t *end = size && t + 1 < MM_CBIS_TABLES ? memchr(data, '\f', size) : NULL;
        size_t n = end ? (size_t)(end - data) : size;
        int fd = open(mm_cbis_table_files[t], O_WRONLY | O_CREAT | O_TRUNC, 0600);
        MM_MUST(fd >= 0 && write(fd, data, n) == (ssize_t)n && !close(fd));
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
