/* Where mmwrite's files go: see destination.h. */
#include "filters/write/destination.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/bytes.h"
#include "common/base/output.h"
#include "common/base/text.h"
#include "formats/archive/webdataset.h"

static int write_file(const char *folder, const mm_member *file, mm_error *error)
{
    mm_output output;
    size_t room = strlen(folder) + strlen(file->name) + 2;
    char *path = malloc(room);
    if (!path)
        return mm_no_memory(error);
    snprintf(path, room, "%s/%s", folder, file->name);
    int code = mm_output_open(&output, path, false, error);
    if (!code)
        code = mm_bytes_write(output.fd, file->data, file->size, path, error);
    if (!code)
        code = mm_output_commit(&output, error);
    mm_output_abort(&output);
    free(path);
    return code;
}

static int write_head(const char *folder, const mm_head *head, mm_error *error)
{
    char name[] = MM_MEMBER_HEAD;
    size_t bytes;
    char *text = mm_head_text(head, &bytes);
    int code = text ? write_file(folder, &(mm_member){.name = name, .data = (unsigned char *)text, .size = bytes}, error)
                    : mm_no_memory(error);
    free(text);
    return code;
}

int mm_destination_open(mm_destination *to, const char *folder, const mm_shard_options *archives, const mm_head *head, mm_error *error)
{
    *to = (mm_destination){.folder = folder};
    if (!folder)
        return mm_shards_open(&to->shards, archives, head, error);
    if (mkdir(folder, 0777) && errno != EEXIST)
        return mm_fail(error, MM_FAILURE, "cannot make folder '%s':", folder);
    return write_head(folder, head, error);
}

void mm_destination_close(mm_destination *to)
{
    mm_shards_free(to->shards);
    to->shards = NULL;
}

int mm_destination_add(mm_destination *to, const mm_member *files, size_t n, mm_error *error)
{
    if (!to->folder)
        return mm_shards_add(to->shards, files, n, error);
    for (size_t i = 0; i < n; i++)
        if (write_file(to->folder, &files[i], error))
            return error->code;
    return MM_OK;
}

int mm_destination_commit(mm_destination *to, mm_error *error)
{
    return to->folder ? MM_OK : mm_shards_commit(to->shards, error);
}

int mm_destination_time(time_t *mtime, mm_error *error)
{
    const char *text = getenv("SOURCE_DATE_EPOCH");
    long seconds = 0;
    if (text && mm_parse_long(text, 0, 8589934591, &seconds)) /* what ustar holds */
        return mm_fail(error, MM_USAGE, "SOURCE_DATE_EPOCH '%.40s' is not a number of seconds", text);
    *mtime = (time_t)seconds;
    return MM_OK;
}
