/* Arrays that grow. */
#ifndef MM_BASE_GROW_H
#define MM_BASE_GROW_H

#include <stddef.h>

#include "common/base/error.h"

/* Makes room for at least n elements of `size` bytes in an array from malloc. `array` is the address of the array's pointer
 * (a NULL pointer: an empty array), *room the number of elements that it has room for. Both change only on success. The array
 * grows by half at least, so that adding elements one by one takes linear time. New room is not cleared. Returns 0 or
 * MM_FAILURE (memory); `error` may be NULL.
 *
 *     if (mm_grow(&list->item, &list->room, list->n + 1, sizeof *list->item, error))
 *         return error->code;
 *     list->item[list->n++] = item; */
int mm_grow(void *array, size_t *room, size_t n, size_t size, mm_error *error);

#endif
