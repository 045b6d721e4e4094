/* mmaugment: flips, turns, zooms and shifts the intensity of images at random, for training. */
#include <string.h>

#include "cli/filter.h"
#include "image/warp.h"

typedef struct config {
    uint64_t seed;
    double flip, rotate, shear, shift;
    mm_range zoom, gain;
    const char *fill_text;
    double fill; /* -1: edge pixels */
    mm_augment_ranges ranges;
} config;

static const mm_option options[] = {
    {"seed", 's', MM_OPT_U64, offsetof(config, seed), "N", "seed of the random numbers"},
    {"flip", 0, MM_OPT_DOUBLE, offsetof(config, flip), "P", "probability of a flip, horizontal and vertical each", 0, 1},
    {"rotate", 0, MM_OPT_DOUBLE, offsetof(config, rotate), "DEGREES", "rotation up to this, either way", 0, 180},
    {"zoom", 0, MM_OPT_RANGE, offsetof(config, zoom), "LOW,HIGH", "magnification", 0.01, 100},
    {"shear", 0, MM_OPT_DOUBLE, offsetof(config, shear), "DEGREES", "shear up to this, either way", 0, 60, .published = "12"},
    {"shift", 0, MM_OPT_DOUBLE, offsetof(config, shift), "LEVELS", "intensity (of 0..255) added up to this, either way", 0, 255},
    {"gain", 0, MM_OPT_RANGE, offsetof(config, gain), "LOW,HIGH", "multiply instead of adding; 0,0: add", 0, 100},
    {"fill", 0, MM_OPT_STRING, offsetof(config, fill_text), "edge|VALUE", "what lies outside: edge pixels or a value of 0..255"},
};

static int prepare(void *configuration, const mm_common *common, void **shared, mm_error *error)
{
    config *c = configuration;
    (void)common;
    (void)shared;
    if (strcmp(c->fill_text, "edge") == 0)
        c->fill = -1;
    else if (mm_parse_double(c->fill_text, 0, 255, &c->fill) != 0)
        return mm_fail(error, MM_USAGE, "--fill=%s: edge or a value from 0 to 255 is wanted", c->fill_text);
    if (c->gain.high > 0) /* instead of a shift */
        c->shift = 0;
    c->ranges = (mm_augment_ranges){
        .flip_horizontal = c->flip, .flip_vertical = c->flip,
        .rotate = c->rotate,
        .zoom_low = c->zoom.low, .zoom_high = c->zoom.high,
        .shear = c->shear,
        .shift = c->shift,
        .gain = c->gain.high > 0,
        .gain_low = c->gain.low, .gain_high = c->gain.high,
    };
    return 0;
}

static int augment(const mm_job *job, mm_record *record, mm_error *error)
{
    const config *c = job->config;
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
    static const config defaults = {
        .flip = 0.5, .rotate = 25, .zoom = {0.8, 1.2}, .shear = 0, .shift = 20, .gain = {0, 0}, .fill_text = "edge"};
    static const mm_filter filter = {
        .program = {"mmaugment", "[FILE...]", "Flip, turn, zoom and shift images at random, for training.", options,
                    sizeof options / sizeof *options, true},
        .config_bytes = sizeof defaults,
        .defaults = &defaults,
        .prepare = prepare,
        .record = augment,
    };
    return mm_filter_main(&filter, argc, argv);
}
