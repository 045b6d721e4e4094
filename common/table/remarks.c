/* Remarks as text: see remarks.h. */
#include "common/table/remarks.h"

#include <math.h>
#include <stdio.h>

#include "common/stats/rank.h"

bool mm_remarks_empty(const mm_remarks *r)
{
    return !r->thresholds && !(r->temperature > 0) && !r->averaged && !r->skipped;
}

static void put(mm_text *text, const char *before, const char *remark, const char *after)
{
    mm_text_puts(text, before);
    mm_text_puts(text, remark);
    mm_text_puts(text, after);
}

void mm_remarks_text(mm_text *text, const mm_remarks *r, const char *before, const char *after)
{
    char line[160];
    for (size_t i = 0; i < r->thresholds; i++) {
        const mm_threshold *t = &r->threshold[i];
        snprintf(line, sizeof line, "threshold %s %.17g %.17g", t->name, t->value, mm_rank_log_odds(t->rank));
        put(text, before, line, after);
    }
    snprintf(line, sizeof line, "temperature %.17g", r->temperature);
    if (r->temperature > 0)
        put(text, before, line, after);
    if (r->averaged)
        put(text, before, "averaged", after);
    snprintf(line, sizeof line, "skipped %zu", r->skipped);
    if (r->skipped)
        put(text, before, line, after);
}
