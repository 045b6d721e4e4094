/* Records that belong together: names as numbers, and the breast of a record. */
#ifndef MM_TABLE_GROUPS_H
#define MM_TABLE_GROUPS_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"

/* Numbers n names: equal names get the same number below *groups. Numbers ascend with the names (strcmp), so that they do not
 * depend on the order of the records. 0 or MM_FAILURE (memory). */
int mm_number_names(char *const *name, size_t n, size_t *number, size_t *groups, mm_error *error);

/* Puts the position of each of n names among m others into position[n], SIZE_MAX when absent. 0 or MM_FAILURE (memory). */
int mm_find_names(char *const *name, size_t n, char *const *other, size_t m, size_t *position, mm_error *error);

/* Returns the side in a key, 'L' or 'R': its first word that is LEFT, RIGHT, L or R. Words are runs of letters and digits.
 * Returns 0 if there is no such word. */
char mm_side_of_key(const char *key);

/* Returns 'L' or 'R' for a word of the vocabulary's `side`, else 0. */
char mm_side_of_word(const char *word);

#endif
