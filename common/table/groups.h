/* Records that belong together: names as numbers, and the breast of a record. */
#ifndef MM_TABLE_GROUPS_H
#define MM_TABLE_GROUPS_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"

/* Numbers n names: number[i] below *groups, the same for equal names, ascending in the order of the names (strcmp), so
 * that it does not depend on the order of the records. */
int mm_number_names(char *const *name, size_t n, size_t *number, size_t *groups, mm_error *error);

/* Puts the position of each of n names among m others into position[n], SIZE_MAX when absent. 0 or MM_FAILURE (memory). */
int mm_find_names(char *const *name, size_t n, char *const *other, size_t m, size_t *position, mm_error *error);

/* Returns the side that a key names, 'L' or 'R': one of its words, separated by anything but letters and digits, is LEFT,
 * RIGHT, L or R. 0: none. */
char mm_side_of_key(const char *key);

/* Returns the side of a word that begins with L or R in either case; 0 for others. */
char mm_side_of_word(const char *word);

#endif
