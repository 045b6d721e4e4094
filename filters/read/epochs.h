/* Deals the items of a collection out as segments of a stream: selected, ordered, epoch by epoch. */
#ifndef MM_FILTERS_READ_EPOCHS_H
#define MM_FILTERS_READ_EPOCHS_H

#include "common/cli/source.h"
#include "common/table/order.h"
#include "common/table/where.h"
#include "filters/read/collection.h"

typedef struct mm_epochs {
    mm_collection *collection;
    const mm_where *where;
    const char *balance;      /* attribute whose values are drawn evenly, or NULL */
    mm_order_options order;     /* class_of and classes are filled in here */
    long first, last;         /* epochs; both 0: one segment that is no epoch */
    mm_read_options images;     /* root, full_scale, keep_going */
    const char *name, *command_line;
} mm_epochs;

int mm_epochs_write(const mm_epochs *dealer, const mm_common *common, mm_writer *writer, mm_error *error);

#endif
