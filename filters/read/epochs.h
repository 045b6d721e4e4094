/* Deals the items of a collection out as segments of a stream: selected, ordered, epoch by epoch. */
#ifndef MM_DEALER_H
#define MM_DEALER_H

#include "common/cli/source.h"
#include "common/table/order.h"
#include "common/table/where.h"
#include "filters/read/collection.h"

typedef struct mm_dealer {
    mm_collection *collection;
    const mm_where *where;
    const char *balance;      /* attribute whose values are drawn evenly, or NULL */
    mm_order_rules order;     /* class_of and classes are filled in here */
    long first, last;         /* epochs; both 0: one segment that is no epoch */
    mm_case_rules images;     /* root, full_scale, keep_going */
    const char *name, *command_line;
} mm_dealer;

int mm_deal(const mm_dealer *dealer, const mm_common *common, mm_writer *writer, mm_error *error);

#endif
