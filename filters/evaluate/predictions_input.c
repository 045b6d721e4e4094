/* Reading tables of predictions: see predictions_input.h. */
#include "filters/evaluate/predictions_input.h"

#include "common/cli/message.h"
#include "common/cli/text_input.h"

static void left_out(void *context, const char *message)
{
    (void)context;
    mm_say("%s: skipped", message);
}

int mm_predictions_read(mm_predictions *table, char **paths, size_t n, bool logits, const mm_common *common, mm_error *error)
{
    const mm_predictions_options options = {.logits = logits, .skip = common->skip, .left_out = left_out};
    const char *name = n > 1 ? "operands" : mm_text_name(n ? paths[0] : NULL);
    char *text;
    size_t bytes;
    int code = mm_text_read_all(paths, n, &text, &bytes, error);
    return code ? code : mm_predictions_parse(table, text, bytes, name, &options, error);
}
