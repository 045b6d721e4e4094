/* A user's own table to a manifest, which reads back as one. */
#include "formats/dataset/table.h"
#include "tests/fuzz/harness/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mm_error error = {0};
    mm_manifest m;
    mm_table_report report = {0};
    if (mm_table_manifest((const char *)data, size, &(mm_table_options){.folder = "folder"}, &m, &report, &error))
        return 0;
    mm_fuzz_manifest(&m);
    return 0;
}
