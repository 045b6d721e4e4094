/* mmaugment: flips, turns, zooms and shifts the intensity of images at random, for training. */
#include "filters/train/augment_options.h"
#include "common/cli/filter.h"

static int prepare(void *configuration, const mm_common *common, void **shared, mm_error *error)
{
    (void)common;
    (void)shared;
    return mm_augment_options_check(configuration, error);
}

static int augment(const mm_job *job, mm_record *record, mm_error *error)
{
    const mm_augment_options *c = job->config;
    mm_augment draw;
    mm_augment_draw(&c->ranges, c->seed, record->key, (uint32_t)job->epoch, &draw);
    int code = mm_augment_record(record, &draw, c->fill, error);
    if (code != 0) {
        mm_record_free(record);
        return code;
    }
    return mm_emit(job, record);
}

int main(int argc, char **argv)
{
    static const mm_augment_options defaults = MM_AUGMENT_DEFAULTS;
    static const mm_filter filter = {
        .program = {"mmaugment", "[FILE...]", "Flip, turn, zoom and shift images at random, for training.", mm_augment_options_options,
                    MM_AUGMENT_OPTIONS, true},
        .config_bytes = sizeof defaults,
        .defaults = &defaults,
        .prepare = prepare,
        .record = augment,
    };
    return mm_filter_main(&filter, argc, argv);
}
