/* Manifests: what is read is written and read again as it was; its images become records without their pixels. */
#include <stdlib.h>
#include <string.h>

#include "common/table/shape.h"
#include "formats/dataset/manifest_record.h"
#include "tests/fuzz/harness/fuzz.h"

static void same(const mm_manifest *a, const mm_manifest *b)
{
    MM_MUST(a->nrows == b->nrows && a->ncolumns == b->ncolumns);
    for (size_t i = 0; i < a->ncolumns; i++)
        MM_MUST(!strcmp(a->column[i], b->column[i]));
    for (size_t i = 0; i < a->nrows * a->ncolumns; i++)
        MM_MUST(!strcmp(a->cell[i], b->cell[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mm_error error = {0};
    mm_manifest m, again;
    mm_row_groups images = {0};
    mm_lesion_shape shape;
    uint8_t plane[12] = {0};
    size_t n;
    if (mm_manifest_parse(&m, (const char *)data, size, &error))
        return 0;
    char *text = mm_manifest_text(&m, &n);
    MM_MUST(text && !mm_manifest_parse(&again, text, n, &error));
    same(&m, &again);
    for (size_t r = 0; r < m.nrows; r++)
        if (!mm_lesion_shape_parse(mm_manifest_get(&m, r, "mask"), &shape, &error)) {
            memset(plane, 0, sizeof plane);
            MM_MUST(mm_lesion_shape_fill(&shape, 3, 4, plane) <= sizeof plane);
            mm_lesion_shape_free(&shape);
        }
    if (!mm_manifest_images(&m, &images, &error))
        for (size_t i = 0; i < images.n; i++) {
            mm_record *record = NULL;
            if (!mm_manifest_attributes(&m, &images, i, NULL, &record, &error))
                mm_fuzz_record(record);
            mm_record_free(record);
        }
    mm_row_groups_free(&images);
    mm_manifest_free(&again);
    mm_manifest_free(&m);
    free(text);
    return 0;
}
