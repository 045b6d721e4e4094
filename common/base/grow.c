/* Arrays that grow: see grow.h. */
#include "common/base/grow.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int mm_grow(void *array, size_t *room, size_t n, size_t size, mm_error *error)
{
    enum { LEAST = 8 };
    if (n <= *room)
        return MM_OK;
    size_t wanted = *room + *room / 2;
    if (wanted < n)
        wanted = n < LEAST ? LEAST : n;
    void *old;
    memcpy(&old, array, sizeof old); /* the pointer may be of any type */
    void *grown = wanted <= SIZE_MAX / size ? realloc(old, wanted * size) : NULL;
    if (!grown)
        return mm_no_memory(error);
    memcpy(array, &grown, sizeof grown);
    *room = wanted;
    return MM_OK;
}
