/* Keys from paths: see keys.h. */
#include "common/table/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/grow.h"
#include "common/stream/meta.h"

/* A key that a path could have: that of one of its suffixes. */
typedef struct suffix {
    char *key;
    size_t owner, length;
} suffix;

typedef struct suffixes {
    suffix *item;
    size_t n, room;
} suffixes;

static int by_key(const void *a, const void *b)
{
    const suffix *x = a, *y = b;
    int order = strcmp(x->key, y->key);
    return order ? order : (x->owner > y->owner) - (x->owner < y->owner);
}

/* Shortest first, within an owner. */
static int by_owner(const void *a, const void *b)
{
    const suffix *x = *(suffix *const *)a, *y = *(suffix *const *)b;
    if (x->owner != y->owner)
        return x->owner < y->owner ? -1 : 1;
    return (x->length > y->length) - (x->length < y->length);
}

static int add_suffix(suffixes *s, const mm_path_key *k, size_t owner, size_t from, mm_error *error)
{
    if (mm_grow(&s->item, &s->room, s->n + 1, sizeof *s->item, error))
        return error->code;
    char *key = mm_key_of_path(k->path + from, k->stem - from);
    if (!key)
        return mm_no_memory(error);
    s->item[s->n++] = (suffix){key, owner, k->stem - from};
    return MM_OK;
}

/* All suffixes of all paths, in the order of their keys. */
static int list_suffixes(suffixes *s, const mm_path_key *keys, size_t n, mm_error *error)
{
    int code = MM_OK;
    for (size_t i = 0; i < n; i++)
        for (size_t from = keys[i].stem; from-- > 0 && !code;)
            if (from == 0 || keys[i].path[from - 1] == '/')
                code = add_suffix(s, &keys[i], i, from, error);
    if (!code && s->n)
        qsort(s->item, s->n, sizeof *s->item, by_key);
    return code;
}

static size_t begin_of_name(const mm_path_key *k)
{
    size_t at = k->stem;
    while (at > 0 && k->path[at - 1] != '/')
        at--;
    return at;
}

/* Keys of whole paths or of names alone; clash[i]: another path has the same. */
static int make_keys(mm_path_key *keys, size_t n, bool whole, bool *clash, bool *any, mm_error *error)
{
    suffixes plain = {0};
    int code = MM_OK;
    for (size_t i = 0; i < n && !code; i++)
        code = add_suffix(&plain, &keys[i], i, whole ? 0 : begin_of_name(&keys[i]), error);
    if (!code && n)
        qsort(plain.item, n, sizeof *plain.item, by_key);
    for (size_t i = 1; i < n && !code; i++)
        if (!strcmp(plain.item[i].key, plain.item[i - 1].key))
            *any = clash[plain.item[i].owner] = clash[plain.item[i - 1].owner] = true;
    for (size_t i = 0; i < plain.n; i++)
        keys[plain.item[i].owner].key = plain.item[i].key;
    free(plain.item);
    return code;
}

/* Gives the paths that clash the shortest suffix that is theirs alone. Its clash ends then. */
static int take_suffixes(mm_path_key *keys, const suffixes *s, bool *clash, mm_error *error)
{
    suffix **own = calloc(s->n + 1, sizeof *own);
    size_t n = 0;
    if (!own)
        return mm_no_memory(error);
    for (size_t i = 0; i < s->n; i++) {
        const suffix *at = &s->item[i];
        bool shared = (i > 0 && !strcmp(at[-1].key, at->key)) || (i + 1 < s->n && !strcmp(at[1].key, at->key));
        if (!shared && clash[at->owner])
            own[n++] = &s->item[i];
    }
    qsort(own, n, sizeof *own, by_owner);
    for (size_t i = 0; i < n; i++) {
        size_t owner = own[i]->owner;
        if (!clash[owner])
            continue;
        char *key = keys[owner].key;
        keys[owner].key = own[i]->key;
        own[i]->key = key;
        clash[owner] = false;
    }
    free(own);
    return MM_OK;
}

static int by_path(const void *a, const void *b)
{
    const mm_path_key *x = *(mm_path_key *const *)a, *y = *(mm_path_key *const *)b;
    return strcmp(x->path, y->path);
}

/* The whole path with its ending, and a number behind it while that is taken. */
static int take_whole(mm_path_key *k, mm_keyset *taken, mm_error *error)
{
    size_t length = strlen(k->path), room = length + 24;
    char *plain = mm_key_of_path(k->path, length), *key = malloc(room);
    int code = plain && key ? MM_OK : mm_no_memory(error), twice = 1;
    for (size_t number = 1; twice > 0 && !code; number++) {
        snprintf(key, room, number > 1 ? "%s-%zu" : "%s", plain, number);
        twice = mm_keyset_add(taken, key);
        if (twice < 0)
            code = mm_no_memory(error);
    }
    free(plain);
    if (code) {
        free(key);
        return code;
    }
    free(k->key);
    k->key = key;
    return MM_OK;
}

static int take_rest(mm_path_key *keys, size_t n, const bool *clash, mm_error *error)
{
    mm_path_key **rest = calloc(n, sizeof *rest);
    mm_keyset taken = {0};
    size_t left = 0;
    int code = rest ? MM_OK : mm_no_memory(error);
    for (size_t i = 0; i < n && !code; i++) {
        if (clash[i])
            rest[left++] = &keys[i];
        else if (mm_keyset_add(&taken, keys[i].key) < 0)
            code = mm_no_memory(error);
    }
    if (!code)
        qsort(rest, left, sizeof *rest, by_path);
    for (size_t i = 0; i < left && !code; i++)
        code = take_whole(rest[i], &taken, error);
    mm_keyset_clear(&taken);
    free(rest);
    return code;
}

int mm_keys_of_paths(mm_path_key *keys, size_t n, bool whole, mm_error *error)
{
    suffixes s = {0};
    bool *clash = calloc(n + 1, sizeof *clash), any = false;
    int code = clash ? make_keys(keys, n, whole, clash, &any, error) : mm_no_memory(error);
    if (!code && any)
        code = list_suffixes(&s, keys, n, error);
    if (!code && any)
        code = take_suffixes(keys, &s, clash, error);
    if (!code && any)
        code = take_rest(keys, n, clash, error);
    for (size_t i = 0; i < s.n; i++)
        free(s.item[i].key);
    free(s.item);
    free(clash);
    return code;
}

void mm_keys_free(mm_path_key *keys, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(keys[i].key);
}
