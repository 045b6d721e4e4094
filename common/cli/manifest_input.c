/* Reading and writing of manifest files: see manifest_input.h. */
#include "common/cli/manifest_input.h"

#include <stdlib.h>

#include "common/base/output.h"
#include "common/cli/text_input.h"

int mm_manifest_read(mm_manifest *m, const char *path, mm_error *error)
{
    char *text;
    size_t bytes;
    int code = mm_text_read(path, &text, &bytes, error);
    if (!code && (code = mm_manifest_parse(m, text, bytes, error)))
        mm_fail_in(error, "'%s'", mm_text_name(path));
    free(text);
    return code;
}

int mm_manifest_write(const mm_manifest *m, const char *path, mm_error *error)
{
    size_t bytes;
    char *text = mm_manifest_text(m, &bytes);
    int code = text ? mm_output_text(path, text, bytes, error) : mm_no_memory(error);
    free(text);
    return code;
}
