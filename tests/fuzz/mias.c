/* mini-MIAS's Info.txt to a manifest, which reads back as one. */
#include <stdio.h>

#include "formats/dataset/mias.h"
#include "tests/fuzz/harness/fuzz.h"

/* Two films of three are there. */
static int find(void *context, const char *film, char *path, size_t *height, mm_error *error)
{
    (void)context;
    (void)error;
    snprintf(path, MM_MIAS_PATH, "folder/%s.png", film);
    *height = 1024;
    return film[5] % 3 != 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mm_error error = {0};
    mm_manifest m;
    mm_mias_report report;
    if (mm_mias_parse((const char *)data, size, find, NULL, &m, &report, &error))
        return 0;
    mm_fuzz_manifest(&m);
    return 0;
}
