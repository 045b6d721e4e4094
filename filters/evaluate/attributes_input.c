/* Attributes from manifests and streams: see attributes_input.h. */
#include "filters/evaluate/attributes_input.h"

#include <stdio.h>
#include <string.h>

#include "common/cli/manifest_input.h"
#include "common/cli/sink.h"

static int is_stream(const char *path, bool *stream, mm_error *error)
{
    char head[4] = "";
    FILE *file = fopen(path, "rb");
    if (!file)
        return mm_fail(error, MM_FAILURE, "cannot open '%s':", path);
    *stream = fread(head, 1, sizeof head, file) == sizeof head && memcmp(head, "\x89MMS", sizeof head) == 0;
    fclose(file);
    return 0;
}

static int add(void *attributes, const mm_record *record, mm_error *error)
{
    return mm_attributes_add_record(attributes, record, error);
}

int mm_attributes_read(mm_attributes *a, const char *path, const char *const *name, size_t names, const mm_common *common,
                       mm_error *error)
{
    mm_manifest manifest = {0};
    mm_sink_counts counts = {0};
    bool stream = false;
    char *operand = (char *)path;
    int code = mm_attributes_begin(a, name, names, error);
    if (!code)
        code = is_stream(path, &stream, error);
    if (!code && stream)
        code = mm_sink_run(&operand, 1, common, add, a, &counts, error);
    else if (!code && !(code = mm_manifest_read(&manifest, path, error)))
        code = mm_attributes_add_manifest(a, &manifest, error);
    mm_manifest_free(&manifest);
    return code;
}
