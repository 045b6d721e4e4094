/* Records that were skipped: see skipped.h. */
#include "common/cli/skipped.h"

#include "common/cli/message.h"

int mm_write_done(mm_writer *writer, size_t written, size_t here, size_t before, mm_error *error)
{
    if (written == 0 && here > 0)
        return mm_fail(error, MM_FAILURE, "every record was skipped");
    return mm_writer_done(writer, here + before, error);
}

void mm_report_skipped(size_t here, size_t before)
{
    if (here && before)
        mm_say("%zu records skipped, %zu of them before", here + before, before);
    else if (here)
        mm_say("%zu record%s skipped", here, here == 1 ? "" : "s");
    else if (before)
        mm_say("%zu record%s skipped before", before, before == 1 ? "" : "s");
}
