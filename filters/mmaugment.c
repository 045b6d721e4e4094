/* mmaugment: flips, turns, zooms images and changes their intensity at random, for training. */
#include "common/cli/filter.h"
#include "filters/train/augment_options.h"

static int prepare(void *options, const mm_common *common, void **shared, mm_error *error)
{
    (void)common;
    (void)shared;
    return mm_augment_options_check(options, error);
}

static int augment(const mm_job *job, mm_record *record, mm_error *error)
{
    const mm_augment_options *o = job->options;
    mm_augment draw;
    mm_augment_draw(&o->ranges, o->seed, record->key, (uint32_t)job->epoch, &draw);
    return mm_augment_record(record, &draw, o->fill, error);
}

static const mm_augment_options DEFAULTS = MM_AUGMENT_DEFAULTS;

static const mm_filter FILTER = {
    .program = {.name = "mmaugment", .operands = "[FILE...]", .summary = "Flip, turn, zoom and shift images at random, for training.",
                .options = mm_augment_option_table, .noptions = MM_AUGMENT_OPTIONS, .published = true},
    .options_bytes = sizeof DEFAULTS,
    .defaults = &DEFAULTS,
    .prepare = prepare,
    .change = augment,
};

int main(int argc, char **argv)
{
    return mm_filter_main(&FILTER, argc, argv);
}
