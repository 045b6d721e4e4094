/* The tensor stream, read as it comes and mapped: both accept the same, and records pass through unchanged. */
#include <stdlib.h>
#include <string.h>

#include "common/stream/index.h"
#include "tests/fuzz/harness/fuzz.h"

#ifdef MM_FUZZ_PLANT
/* The planted error: believes that a tensor `prob` has at most two values. */
static void plant(const mm_record *r)
{
    unsigned char values[8];
    const mm_tensor *t = mm_record_tensor(r, "prob");
    if (t && t->ndim == 1) {
        memcpy(values, t->data, t->bytes);
        mm_fuzz_touch(values, t->bytes);
    }
}
#endif

/* Records until the end; false when the stream is refused. */
static bool read_all(int fd, size_t *records)
{
    mm_error error = {0};
    mm_item item = {0};
    mm_reader *reader = mm_reader_new(fd, "stream");
    int code = 0;
    while (reader && !(code = mm_reader_next(reader, &item, &error)) && item.kind != MM_ITEM_END) {
        mm_head_epoch(&item.head);
        if (item.kind != MM_ITEM_RECORD)
            continue;
        ++*records;
        mm_fuzz_record(item.record);
#ifdef MM_FUZZ_PLANT
        plant(item.record);
#endif
    }
    MM_MUST(!code || (error.code == code && error.text[0]));
    mm_item_clear(&item);
    mm_reader_free(reader);
    return reader && !code;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mm_error error = {0};
    mm_index *map = NULL;
    size_t records = 0, good = 0;
    bool whole = read_all(mm_fuzz_file(data, size), &records);
    int code = mm_index_open(&map, mm_fuzz_file(data, size), "stream", &error);
    MM_MUST(!whole || (!code && mm_index_count(map) == records));
    for (size_t i = 0; !code && i < mm_index_count(map); i++) {
        mm_record *record = NULL;
        char *value = NULL;
        MM_MUST(mm_index_key(map, i)[0]);
        if (!mm_index_attribute(map, i, "label", &value, &error))
            free(value);
        if (!mm_index_record(map, i, &record, &error)) {
            for (size_t t = 0; t < record->ntensors; t++)
                mm_fuzz_touch(record->tensors[t].data, record->tensors[t].bytes);
            good++;
        }
        mm_record_free(record);
    }
    MM_MUST(code || whole == (good == mm_index_count(map)));
    mm_index_close(map);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    return mm_fuzz_mutate(data, size, most, seed, mm_fuzz_repair_stream);
}
