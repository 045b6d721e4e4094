/* The loop of sinks: see sink.h. */
#include "common/cli/sink.h"

#include "common/cli/message.h"

static int take(const mm_item *item, const mm_common *common, mm_sink_record record, void *context, mm_sink_counts *counts,
                mm_error *error)
{
    int code = record(context, item->record, error);
    if (code == MM_OK) {
        counts->records++;
    } else if (code != MM_SINK_ENOUGH) {
        mm_fail_in(error, "record '%s'", item->record->key);
        if (common->skip) {
            mm_say("%s: skipped", error->text);
            counts->skipped++;
            *error = (mm_error){0};
            code = MM_OK;
        }
    }
    return code;
}

int mm_sink_run(char **operands, size_t n, const mm_common *common, mm_sink_record record, void *context,
                mm_sink_counts *counts, mm_error *error)
{
    mm_input *input;
    int code = mm_input_open(&input, operands, n, error);
    if (code)
        return code;
    mm_item item = {0};
    size_t records = counts->records, skipped = counts->skipped;
    while (!(code = mm_input_next(input, &item, error)) && item.kind != MM_ITEM_END)
        if (item.kind == MM_ITEM_RECORD && (code = take(&item, common, record, context, counts, error)))
            break;
    mm_item_clear(&item);
    counts->before += mm_input_skipped(input);
    mm_input_close(input);
    if (code == MM_SINK_ENOUGH)
        code = MM_OK;
    if (!code && counts->records == records && counts->skipped > skipped)
        code = mm_fail(error, MM_FAILURE, "every record was skipped");
    return code;
}
