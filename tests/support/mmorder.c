/* mmorder reverse|digest|epoch FILE [N]: the records of a small stream in reverse order, a checksum of each record by key,
 * or the stream as epoch N. Tests that a filter's records do not depend on their order use it. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "common/stream/stream.h"

enum { ROOM = 10000 };

static int fail(const mm_error *error)
{
    fprintf(stderr, "mmorder: %s\n", error->text);
    return error->code ? error->code : 1;
}

static void digest(const mm_record *record)
{
    size_t bytes = 0;
    char *meta = mm_record_meta(record, &bytes);
    uLong crc = crc32(0, (const Bytef *)meta, (uInt)bytes);
    for (size_t i = 0; i < record->ntensors; i++)
        crc = crc32(crc, record->tensors[i].data, (uInt)record->tensors[i].bytes);
    printf("%s %08lx\n", record->key, crc);
    free(meta);
}

int main(int argc, char **argv)
{
    static mm_record *records[ROOM];
    size_t n = 0;
    mm_head head = {0};
    mm_item item = {0};
    mm_error error = {0};
    int fd = argc > 2 ? open(argv[2], O_RDONLY) : -1;
    mm_reader *reader = mm_reader_new(fd, "input");
    mm_writer *writer = mm_writer_new(1, "output");
    if (fd < 0 || !reader || !writer)
        return 2;
    for (;;) {
        if (mm_reader_next(reader, &item, &error) != 0)
            return fail(&error);
        if (item.kind == MM_ITEM_HEAD && mm_head_copy(&head, &item.head) != 0)
            return 1;
        if (item.kind == MM_ITEM_END || n == ROOM)
            break;
        if (item.kind == MM_ITEM_RECORD) {
            records[n++] = item.record;
            item.record = NULL;
        }
    }
    if (strcmp(argv[1], "epoch") == 0 && argc > 3)
        mm_head_set_epoch(&head, atol(argv[3]));
    bool reverse = strcmp(argv[1], "reverse") == 0, listing = strcmp(argv[1], "digest") == 0;
    if (!listing && mm_writer_head(writer, &head, &error) != 0)
        return fail(&error);
    for (size_t i = 0; i < n; i++) {
        const mm_record *record = records[reverse ? n - 1 - i : i];
        if (listing)
            digest(record);
        else if (mm_writer_record(writer, record, &error) != 0)
            return fail(&error);
    }
    if (!listing && mm_writer_done(writer, 0, &error) != 0)
        return fail(&error);
    return fflush(stdout) == 0 ? 0 : 1; /* memory is the system's to take back */
}
