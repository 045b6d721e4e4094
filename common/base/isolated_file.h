/* The file in memory that both sides of isolated work map (descriptor 3 of the program). It holds an mm_isolated_share, the
 * job's head, the job's bytes and, from the beginning of a page, the result. */
#ifndef MM_BASE_ISOLATED_FILE_H
#define MM_BASE_ISOLATED_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/isolated.h"

enum { MM_ISOLATED_FILE = 3 };

typedef struct mm_isolated_share {
    size_t head_size, size, room, memory; /* as in mm_isolated_job */
    unsigned seconds;
    mm_error error;                       /* of the work */
    int done;                             /* 1 once the work has returned */
} mm_isolated_share;

/* Return where the job's head, its bytes and the result begin in the file. */
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
    enum { PAGE = 1 << 16 }; /* a multiple of every machine's page size */
    return (mm_isolated_bytes_at(head_size) + size + PAGE - 1) / PAGE * PAGE;
}

/* Maps `room` bytes of the file from `begin` on as the result; nothing if room is 0. Returns false when memory is out. */
bool mm_isolated_map(mm_isolated_result *result, int file, size_t begin, size_t room);

#endif
