/* Files of JSON: see json_file.h. */
#include "formats/weights/json_file.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/output.h"
#include "common/base/text.h"

int mm_json_write(const char *path, json_t *root, int digits, mm_error *error)
{
    char *json = root ? json_dumps(root, JSON_INDENT(2) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(digits)) : NULL;
    mm_text text = {0};
    json_decref(root);
    if (json) {
        mm_text_puts(&text, json);
        mm_text_puts(&text, "\n");
    }
    int code = json && !text.failed ? mm_output_text(path, text.data, text.bytes, error) : mm_no_memory(error);
    free(text.data);
    free(json);
    return code;
}

int mm_json_read(const char *path, json_t **root, json_error_t *why, mm_error *error)
{
    FILE *file = fopen(path, "re");
    *root = NULL;
    if (!file)
        return mm_fail(error, MM_FAILURE, "cannot open '%s':", path);
    *root = json_loadf(file, 0, why);
    fclose(file);
    return MM_OK;
}
