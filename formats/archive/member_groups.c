/* Groups of files: see member_groups.h. */
#include "formats/archive/member_groups.h"

#include <stdlib.h>
#include <string.h>

/* A file, or a key without a file. */
typedef struct place {
    const char *name;
    size_t key, file, group; /* length of the key; numbers of the file and of its group's first file */
    bool alone;              /* as in mm_member_keys */
} place;

static int by_key(const void *a, const void *b)
{
    const place *x = a, *y = b;
    int order = memcmp(x->name, y->name, x->key < y->key ? x->key : y->key);
    return order ? order : (x->key > y->key) - (x->key < y->key);
}

static int by_key_and_file(const void *a, const void *b)
{
    const place *x = a, *y = b;
    int order = by_key(a, b);
    return order ? order : (x->file > y->file) - (x->file < y->file);
}

static int by_group(const void *a, const void *b)
{
    const place *x = a, *y = b;
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    return (x->file > y->file) - (x->file < y->file);
}

/* Puts before the others those that show that their key has several files. */
static int by_key_and_alone(const void *a, const void *b)
{
    const place *x = a, *y = b;
    int order = by_key(a, b);
    return order ? order : x->alone - y->alone;
}

/* The first place with the key of `wanted`, or NULL. */
static const place *first_with_key(const place *sorted, size_t n, const place *wanted)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (by_key(&sorted[middle], wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n && !by_key(&sorted[low], wanted) ? &sorted[low] : NULL;
}

/* The first place whose key is the first `key` characters of a file's name, or NULL; also if `key` is 0. */
static const place *owner_of(const place *sorted, size_t n, const place *file, size_t key)
{
    place wanted = *file;
    wanted.key = key;
    return key ? first_with_key(sorted, n, &wanted) : NULL;
}

/* Finds the keys of all files, in `sorted` too, which is room for n. */
static void find_keys(mm_member_groups *groups, place *places, place *sorted, const mm_member *files, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        mm_member_keys keys = mm_member_keys_of(files[i].name);
        sorted[i] = places[i] = (place){.name = files[i].name, .key = keys.known, .file = i, .alone = keys.alone};
    }
    qsort(sorted, n, sizeof *sorted, by_key_and_alone);
    for (size_t i = 0; i < n; i++) {
        mm_member_keys keys = mm_member_keys_of(files[i].name);
        const place *owner = owner_of(sorted, n, &places[i], keys.other), *record = owner_of(sorted, n, &places[i], keys.tensor);
        if (owner && !owner->alone)
            places[i].key = keys.other;
        else if ((owner || record) && groups->apart++ == 0)
            groups->first_apart = i;
    }
}

int mm_member_groups_make(mm_member_groups *groups, const mm_member *files, size_t n, mm_error *error)
{
    place *places = calloc(n + 1, sizeof *places), *sorted = calloc(n + 1, sizeof *sorted);
    *groups = (mm_member_groups){.order = calloc(n + 1, sizeof *groups->order), .first = calloc(n + 1, sizeof *groups->first),
                                 .key = calloc(n + 1, sizeof *groups->key)};
    int code = places && sorted && groups->order && groups->first && groups->key ? MM_OK : mm_no_memory(error);
    if (!code) {
        find_keys(groups, places, sorted, files, n);
        qsort(places, n, sizeof *places, by_key_and_file);
        for (size_t i = 0; i < n; i++)
            places[i].group = i > 0 && !by_key(&places[i], &places[i - 1]) ? places[i - 1].group : places[i].file;
        qsort(places, n, sizeof *places, by_group);
    }
    for (size_t i = 0; i < n && !code; i++) {
        groups->order[i] = places[i].file;
        if (i > 0 && places[i].group == places[i - 1].group)
            continue;
        groups->key[groups->n] = places[i].key;
        groups->first[groups->n++] = i;
    }
    if (!code)
        groups->first[groups->n] = n;
    free(places);
    free(sorted);
    return code;
}

void mm_member_groups_free(mm_member_groups *groups)
{
    free(groups->order);
    free(groups->first);
    free(groups->key);
    *groups = (mm_member_groups){0};
}
