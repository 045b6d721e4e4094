/* Arrays that grow. */
#ifndef MM_BASE_GROW_H
#define MM_BASE_GROW_H

#include <stddef.h>

#include "common/base/error.h"

/* Makes room for at least n elements of `size` bytes in an array from malloc. `array` is the address of its pointer (NULL for
 * an empty one), *room the elements that it holds room for; both are changed only on success. Grows by half at least, so that
 * adding one at a time takes linear time; new room is not cleared. 0 or MM_FAILURE (memory), with an error's text unless `error` is NULL:
 *
 *     if (mm_grow(&list->item, &list->room, list->n + 1, sizeof *list->item, error))
 *         return error->code;
 *     list->item[list->n++] = item; */
int mm_grow(void *array, size_t *room, size_t n, size_t size, mm_error *error);

#endif
