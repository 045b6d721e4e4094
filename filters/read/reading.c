/* What both ways through mmread have in common: see reading.h. */
#include "filters/read/reading.h"

#include "common/cli/message.h"

int mm_reading_program(const mm_reading *r, mm_head *head, mm_error *error)
{
    bool bad = !r->common->no_pg && mm_head_add_program(head, r->name, r->command_line);
    return bad ? mm_no_memory(error) : MM_OK;
}

int mm_reading_check_share(const mm_reading *r, size_t wanted, size_t share, mm_error *error)
{
    if (r->order.shards < 2 || r->order.uneven || share > 0)
        return MM_OK;
    return mm_fail(error, MM_FAILURE, "%zu records are too few for %zu shards", wanted, r->order.shards);
}

void mm_reading_say_left_out(const mm_reading *r, size_t left_out, size_t wanted)
{
    if (left_out && !r->common->quiet)
        mm_say("%zu of %zu records left out, so that all shards have as many", left_out, wanted);
}

void mm_reading_warn_apart(size_t n, const char *first)
{
    mm_warn("'%s' is a record of its own, though an image without the last parts of this name lies beside it (%zu such)", first, n);
}

int mm_reading_no_pseudonyms(mm_error *error)
{
    return mm_fail(error, MM_USAGE, "--hash-ids is for images, archives and manifests: what is in a tensor stream stays as it is");
}
