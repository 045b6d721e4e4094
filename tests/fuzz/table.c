/* A user's own table to a manifest, which reads back as one. */
#include <stdlib.h>

#include "formats/table.h"
#include "tests/fuzz/harness/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mm_error error = {0};
    mm_manifest m, again;
    mm_table_report report = {0};
    if (mm_table_manifest((const char *)data, size, "folder", &m, &report, &error))
        return 0;
    size_t n;
    char *text = mm_manifest_text(&m, &n);
    MM_MUST(text && (!m.nrows || !mm_manifest_parse(&again, text, n, &error)));
    if (m.nrows)
        mm_manifest_free(&again);
    mm_manifest_free(&m);
    free(text);
    return 0;
}
