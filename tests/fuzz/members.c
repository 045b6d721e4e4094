/* A record's files: a member begins with a line "NAME SIZE". What becomes a record can be written as files, and these read
 * again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/archive/member_groups.h"
#include "formats/archive/webdataset.h"
#include "tests/fuzz/harness/fuzz.h"

enum { MEMBERS = 16 };

struct list {
    mm_member item[64];
    size_t n;
};

static void free_all(struct list *list)
{
    for (size_t i = 0; i < list->n; i++)
        mm_member_free(&list->item[i]);
    free(list);
}

static int keep(void *context, const char *name, void *data, size_t size, mm_error *error)
{
    struct list *list = context;
    (void)error;
    if (list->n == 64) {
        free(data);
        return MM_FAILURE;
    }
    list->item[list->n++] = (mm_member){.name = strdup(name), .data = data, .size = size, .owned = data};
    return 0;
}

/* The next member of the input, which stays the owner of its data. */
static bool next(const uint8_t **data, size_t *size, mm_member *member)
{
    const uint8_t *end = memchr(*data, '\n', *size);
    size_t line = end ? (size_t)(end - *data) : 0, name = 0, n = 0;
    while (name < line && (*data)[name] != ' ')
        name++;
    for (size_t i = name + 1; i < line && (*data)[i] >= '0' && (*data)[i] <= '9' && n < *size; i++)
        n = 10 * n + (size_t)((*data)[i] - '0');
    if (!end || !name || memchr(*data, 0, name))
        return false;
    *data += line + 1;
    *size -= line + 1;
    n = n < *size ? n : *size;
    *member = (mm_member){.name = strndup((const char *)*data - line - 1, name), .data = *data, .size = n};
    *data += n;
    *size -= n;
    return true;
}

static void write_and_read(const mm_record *record, bool npy)
{
    mm_error error = {0};
    struct list *list = calloc(1, sizeof *list);
    mm_record *again = NULL;
    MM_MUST(list);
    if (!mm_record_to_members(record, npy, keep, list, &error)) {
        mm_member_groups groups;
        MM_MUST(!mm_member_groups_make(&groups, list->item, list->n, &error) && groups.n == 1);
        int code = mm_members_to_record(list->item, list->n, groups.key[0], MM_MEMBERS_ALL, &(mm_read_options){0}, &again, &error);
        mm_member_groups_free(&groups);
        if (code)
            fprintf(stderr, "%s\n", error.text);
        MM_MUST(!code && again && !strcmp(again->key, record->key) && again->ntensors == record->ntensors);
        MM_MUST(again->nattributes == record->nattributes && again->nlines == record->nlines);
        mm_record_free(again);
    }
    free_all(list);
}

/* The files of one group as a record. */
static void read_group(const mm_member *members, size_t n, size_t key, bool npy)
{
    for (int depth = MM_MEMBERS_ALL; depth <= MM_MEMBERS_ATTRIBUTES; depth++) {
        mm_error error = {0};
        mm_record *record = NULL;
        if (!mm_members_to_record(members, n, key, (mm_members_depth)depth, &(mm_read_options){0}, &record, &error) && record) {
            mm_fuzz_record(record);
            if (depth == MM_MEMBERS_ALL)
                write_and_read(record, npy);
        }
        mm_record_free(record);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mm_error error = {0};
    mm_member_groups groups;
    struct list *list = calloc(1, sizeof *list);
    bool npy = size & 1;
    MM_MUST(list);
    while (list->n < MEMBERS && next(&data, &size, &list->item[list->n]))
        list->n++;
    MM_MUST(!mm_member_groups_make(&groups, list->item, list->n, &error) && groups.first[groups.n] == list->n);
    for (size_t g = 0; g < groups.n; g++) {
        mm_member together[MEMBERS];
        size_t n = groups.first[g + 1] - groups.first[g];
        for (size_t i = 0; i < n; i++)
            together[i] = list->item[groups.order[groups.first[g] + i]];
        read_group(together, n, groups.key[g], npy);
    }
    mm_member_groups_free(&groups);
    free_all(list);
    return 0;
}
