/* Groups of records: see groups.h. */
#include "common/table/groups.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/table/vocabulary.h"

typedef struct named {
    const char *name;
    size_t record;
} named;

static int by_name(const void *a, const void *b)
{
    return strcmp(((const named *)a)->name, ((const named *)b)->name);
}

int mm_number_names(char *const *name, size_t n, size_t *number, size_t *groups, mm_error *error)
{
    *groups = 0;
    named *s = malloc((n ? n : 1) * sizeof *s);
    if (!s)
        return mm_no_memory(error);
    for (size_t i = 0; i < n; i++)
        s[i] = (named){name[i], i};
    qsort(s, n, sizeof *s, by_name);
    for (size_t i = 0; i < n; i++) {
        *groups += i == 0 || strcmp(s[i].name, s[i - 1].name) != 0;
        number[s[i].record] = *groups - 1;
    }
    free(s);
    return 0;
}

int mm_find_names(char *const *name, size_t n, char *const *other, size_t m, size_t *position, mm_error *error)
{
    named *s = malloc((m ? m : 1) * sizeof *s);
    if (!s)
        return mm_no_memory(error);
    for (size_t i = 0; i < m; i++)
        s[i] = (named){other[i], i};
    qsort(s, m, sizeof *s, by_name);
    for (size_t i = 0; i < n; i++) {
        named wanted = {name[i], 0};
        const named *found = bsearch(&wanted, s, m, sizeof *s, by_name);
        position[i] = found ? found->record : SIZE_MAX;
    }
    free(s);
    return 0;
}

static int is_word(const char *word, size_t length, const char *wanted)
{
    return strlen(wanted) == length && memcmp(word, wanted, length) == 0;
}

char mm_side_of_key(const char *key)
{
    while (*key) {
        size_t length = 0;
        while (isalnum((unsigned char)key[length]))
            length++;
        if (is_word(key, length, "LEFT") || is_word(key, length, "L"))
            return 'L';
        if (is_word(key, length, "RIGHT") || is_word(key, length, "R"))
            return 'R';
        key += length ? length : 1;
    }
    return 0;
}

char mm_side_of_word(const char *word)
{
    const char *side = mm_vocabulary_word("side", word);
    return side ? *side : 0;
}
