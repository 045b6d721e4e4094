/* Tables of cells with a separator. */
#include <string.h>

#include "common/base/csv.h"
#include "tests/fuzz/harness/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mm_error error = {0};
    mm_csv table;
    const char *text = (const char *)data;
    if (mm_csv_parse(text, size, &table, &error))
        return 0;
    for (size_t r = 0; r < table.nrows; r++)
        for (size_t c = 0; c < table.first[r + 1] - table.first[r]; c++)
            mm_fuzz_touch(mm_csv_cell(&table, r, c), strlen(mm_csv_cell(&table, r, c)) + 1);
    mm_csv_free(&table);
    return 0;
}
