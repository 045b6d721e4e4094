/* Keys of images from their paths. */
#ifndef MM_TABLE_KEYS_H
#define MM_TABLE_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"

typedef struct mm_path_key {
    const char *path; /* parts with '/' between them; borrowed */
    size_t stem;      /* bytes of the path without its ending */
    char *key;        /* owned */
} mm_path_key;

/* Makes n keys that all differ, of n paths that all differ. A key is the path, or with `whole` false its last part, without the ending,
 * and with '_' for '/'. Where that gives two paths the same key, each of them takes the shortest suffix of its path that no other path
 * has; where there is none, the path with its ending; if that is taken too, a number is put behind it. Keys do not depend on the order
 * of the paths. 0 or MM_FAILURE (memory). */
int mm_keys_of_paths(mm_path_key *keys, size_t n, bool whole, mm_error *error);
void mm_keys_free(mm_path_key *keys, size_t n);

#endif
