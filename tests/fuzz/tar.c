/* Tar archives, in memory and from a descriptor, their members made into records. */
#include <string.h>

#include "formats/archive/grouped_files.h"
#include "formats/archive/member_name.h"
#include "formats/archive/webdataset.h"
#include "tests/fuzz/harness/fuzz.h"

enum { MEMBERS = 16 };

static size_t walk(mm_tar *tar, mm_member *members, int *code)
{
    mm_error error = {0};
    size_t n = 0;
    while (n < MEMBERS && !(*code = mm_tar_next(tar, &members[n], &error)) && members[n].name) {
        mm_fuzz_touch(members[n].data, members[n].size);
        n++;
    }
    mm_tar_close(tar);
    return n;
}

/* The same archive at random positions. */
static void look_into(int fd)
{
    mm_error error = {0};
    mm_grouped_files *folder;
    if (mm_grouped_files_of_tar(&folder, fd, "archive", &error))
        return;
    for (size_t i = 0; i < mm_grouped_files_count(folder) && i < MEMBERS; i++) {
        mm_record *record = NULL;
        MM_MUST(mm_grouped_files_key(folder, i)[0]);
        if (!mm_grouped_files_record(folder, i, MM_MEMBERS_ALL, &(mm_read_options){0}, &record, &error) && record)
            mm_fuzz_record(record);
        mm_record_free(record);
    }
    mm_grouped_files_free(folder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mm_error error = {0};
    bool twice = size % 4 == 0; /* the descriptor costs time */
    mm_tar *tar;
    mm_member mapped[MEMBERS] = {{0}}, read[MEMBERS] = {{0}};
    size_t n = 0, m = 0;
    int code = mm_tar_open_memory(&tar, data, size, "archive", &error), other;
    if (!code)
        n = walk(tar, mapped, &code);
    other = twice ? mm_tar_open_fd(&tar, mm_fuzz_file(data, size), "archive", "", 0, &error) : MM_FAILURE;
    if (!other)
        m = walk(tar, read, &other);
    MM_MUST(!twice || code || (!other && n == m));
    for (size_t i = 0; twice && !code && i < n; i++)
        MM_MUST(mapped[i].size == read[i].size && !memcmp(mapped[i].data, read[i].data, read[i].size));
    if (twice)
        look_into(mm_fuzz_file(data, size));
    mm_record *record = NULL;
    size_t key = n ? mm_member_keys_of(mapped[0].name).known : 0;
    if (!code && n && !mm_members_to_record(mapped, n, key, MM_MEMBERS_ALL, &(mm_read_options){0}, &record, &error) && record)
        mm_fuzz_record(record);
    mm_record_free(record);
    for (size_t i = 0; i < MEMBERS; i++) {
        mm_member_free(&mapped[i]);
        mm_member_free(&read[i]);
    }
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    return mm_fuzz_mutate(data, size, most, seed, mm_fuzz_repair_tar);
}
