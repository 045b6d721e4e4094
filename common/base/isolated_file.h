/* The file in memory that both sides of isolated work map, the program's descriptor 3: an mm_isolated_share, the job's head, its
 * bytes, and from a page's beginning the result. */
#ifndef MM_BASE_ISOLATED_FILE_H
#define MM_BASE_ISOLATED_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/isolated.h"

enum { MM_ISOLATED_FILE = 3 };

typedef struct mm_isolated_share {
    size_t head_size, size, room, memory;
    unsigned seconds;
    mm_error error;
    int done;
} mm_isolated_share;

/* Where the job's bytes and the result begin; the head follows the share. */
static inline size_t mm_isolated_head_at(void)
{
    return mm_isolated_next(sizeof(mm_isolated_share));
}

static inline size_t mm_isolated_bytes_at(size_t head_size)
{
    return mm_isolated_next(mm_isolated_head_at() + head_size);
}

static inline size_t mm_isolated_result_at(size_t head_size, size_t size)
{
    enum { PAGE = 1 << 16 }; /* of any machine */
    return (mm_isolated_bytes_at(head_size) + size + PAGE - 1) / PAGE * PAGE;
}

/* Maps room bytes of the file from `begin`; of an empty result nothing. False: no memory. */
bool mm_isolated_map(mm_isolated_result *result, int file, size_t begin, size_t room);

#endif
