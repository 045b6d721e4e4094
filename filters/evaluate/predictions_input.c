/* Reading tables of predictions: see predictions_input.h. */
#include "filters/evaluate/predictions_input.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cli/message.h"
#include "common/cli/text_input.h"
#include "formats/weights/remarks_file.h"

static void left_out(void *context, const char *message)
{
    (void)context;
    mm_say("%s: skipped", message);
}

/* Appends what a JSON file says to the text of a table, as lines. */
static int add_remarks(mm_text *text, const char *path, mm_error *error)
{
    mm_remarks remarks;
    int code = mm_remarks_read(&remarks, path, error);
    if (!code)
        mm_remarks_text(text, &remarks, "# ", "\n");
    return code;
}

/* Appends the file beside a table, if there is one. */
static int add_beside(mm_text *text, const char *table, mm_error *error)
{
    char *path = mm_remarks_beside(table);
    int code = path ? MM_OK : mm_no_memory(error);
    if (!code && access(path, F_OK) == 0)
        code = add_remarks(text, path, error);
    free(path);
    return code;
}

/* All that is known of the tables beside their own text. */
static int read_remarks(mm_text *remarks, char **paths, size_t n, const char *thresholds, mm_error *error)
{
    int code = thresholds ? add_remarks(remarks, thresholds, error) : MM_OK;
    for (size_t i = 0; i < n && !thresholds && !code; i++)
        code = strcmp(paths[i], "-") ? add_beside(remarks, paths[i], error) : MM_OK;
    return code || !remarks->failed ? code : mm_no_memory(error);
}

/* Puts the remarks behind a table that is whole. */
static int join(char **text, size_t *bytes, const mm_text *remarks, mm_error *error)
{
    if (!remarks->bytes || !*bytes || (*text)[*bytes - 1] != '\n')
        return MM_OK;
    char *longer = realloc(*text, *bytes + remarks->bytes + 1);
    if (!longer)
        return mm_no_memory(error);
    memcpy(longer + *bytes, remarks->data, remarks->bytes);
    *text = longer;
    *bytes += remarks->bytes;
    longer[*bytes] = '\0';
    return MM_OK;
}

int mm_predictions_read(mm_predictions *table, char **paths, size_t n, bool logits, const char *thresholds, const mm_common *common,
                        mm_error *error)
{
    const mm_predictions_options options = {.logits = logits, .skip = common->skip, .left_out = left_out};
    const char *name = n > 1 ? "operands" : mm_text_name(n ? paths[0] : NULL);
    char *text = NULL;
    size_t bytes;
    mm_text remarks = {0};
    int code = mm_text_read_all(paths, n, &text, &bytes, error);
    if (!code)
        code = read_remarks(&remarks, paths, n, thresholds, error);
    if (!code)
        code = join(&text, &bytes, &remarks, error);
    free(remarks.data);
    if (!code)
        return mm_predictions_parse(table, text, bytes, name, &options, error);
    free(text);
    return code;
}
