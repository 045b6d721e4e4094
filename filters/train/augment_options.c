/* The options of augmentation: see augment_options.h. */
#include "filters/train/augment_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const mm_option mm_augment_option_table[MM_AUGMENT_OPTIONS] = {
    {.name = "seed", .letter = 's', .type = MM_OPT_U64, .offset = offsetof(mm_augment_options, seed), .argument = "N",
     .help = "seed of the random numbers (1)"},
    {.name = "flip", .type = MM_OPT_DOUBLE, .offset = offsetof(mm_augment_options, flip), .argument = "P", .min = 0, .max = 1,
     .help = "probability of a flip, horizontal and vertical each"},
    {.name = "rotate", .type = MM_OPT_DOUBLE, .offset = offsetof(mm_augment_options, rotate), .argument = "DEGREES", .min = 0,
     .max = 180, .help = "rotation up to this, either way"},
    {.name = "zoom", .type = MM_OPT_RANGE, .offset = offsetof(mm_augment_options, zoom), .argument = "LOW,HIGH", .min = 0.01,
     .max = 100, .help = "magnification"},
    {.name = "shear", .type = MM_OPT_DOUBLE, .offset = offsetof(mm_augment_options, shear), .argument = "DEGREES", .min = 0,
     .max = 60, .help = "shear up to this, either way", .published = "12"},
    {.name = "shift", .type = MM_OPT_DOUBLE, .offset = offsetof(mm_augment_options, shift), .argument = "LEVELS", .min = 0,
     .max = 255, .help = "add up to this intensity (of 0..255), either way"},
    {.name = "gain", .type = MM_OPT_RANGE, .offset = offsetof(mm_augment_options, gain), .argument = "LOW,HIGH", .min = 0,
     .max = 100, .help = "multiply by this range instead of adding; 0,0: add"},
    {.name = "contrast", .type = MM_OPT_RANGE, .offset = offsetof(mm_augment_options, contrast), .argument = "LOW,HIGH", .min = 0.01,
     .max = 100, .help = "multiply the distance from the image's mean by this range; 1,1: off", .published = "1,1"},
    {.name = "gamma", .type = MM_OPT_RANGE, .offset = offsetof(mm_augment_options, gamma), .argument = "LOW,HIGH", .min = 0.01,
     .max = 100, .help = "raise intensities of 0..1 to a power of this range; 1,1: off", .published = "1,1"},
    {.name = "fill", .type = MM_OPT_STRING, .offset = offsetof(mm_augment_options, fill_text), .argument = "edge|reflect|VALUE",
     .help = "pixels outside of the image: edge pixels, the image mirrored, or a value of 0..255", .published = "edge"},
};

int mm_augment_options_check(mm_augment_options *a, mm_error *error)
{
    if (strcmp(a->fill_text, "edge") == 0)
        a->fill = MM_FILL_EDGE;
    else if (strcmp(a->fill_text, "reflect") == 0)
        a->fill = MM_FILL_REFLECT;
    else if (mm_parse_double(a->fill_text, 0, 255, &a->fill) != 0)
        return mm_fail(error, MM_USAGE, "--fill=%s: expected edge, reflect or a value from 0 to 255", a->fill_text);
    if (a->gain.high > 0) /* instead of a shift */
        a->shift = 0;
    a->ranges = (mm_augment_ranges){
        .flip_horizontal = a->flip, .flip_vertical = a->flip,
        .rotate = a->rotate,
        .zoom_low = a->zoom.low, .zoom_high = a->zoom.high,
        .shear = a->shear,
        .shift = a->shift,
        .gain = a->gain.high > 0,
        .gain_low = a->gain.low, .gain_high = a->gain.high,
        .gamma_low = a->gamma.low, .gamma_high = a->gamma.high,
        .contrast_low = a->contrast.low, .contrast_high = a->contrast.high,
    };
    return MM_OK;
}

/* One "name=value". */
static int set_word(mm_augment_options *a, char *word, mm_error *error)
{
    char *value = strchr(word, '=');
    if (value)
        *value++ = 0;
    for (size_t i = 0; i < MM_AUGMENT_OPTIONS && value; i++)
        if (!strcmp(mm_augment_option_table[i].name, word))
            return mm_option_set(&mm_augment_option_table[i], a, value, error);
    return mm_fail(error, MM_USAGE, "'%s': expected flip, rotate, zoom, shear, shift, gain, contrast, gamma, fill or seed with =VALUE",
                   word);
}

int mm_augment_options_parse(mm_augment_options *a, const char *text, uint64_t seed, bool published, mm_error *error)
{
    char *next = NULL;
    *a = (mm_augment_options)MM_AUGMENT_DEFAULTS;
    a->seed = seed;
    if (strlen(text) >= sizeof a->words)
        return mm_fail(error, MM_USAGE, "--augment: more than %zu characters", sizeof a->words - 1);
    memcpy(a->words, text, strlen(text) + 1);
    int code = published ? mm_options_published(mm_augment_option_table, MM_AUGMENT_OPTIONS, a, error) : MM_OK;
    for (char *word = strtok_r(a->words, " ", &next); word && !code; word = strtok_r(NULL, " ", &next))
        code = set_word(a, word, error);
    if (!code)
        code = mm_augment_options_check(a, error);
    return code ? mm_fail_in(error, "--augment") : MM_OK;
}

int mm_augment_options_note(const mm_augment_options *a, const char *program, mm_head *head, mm_error *error)
{
    char name[64];
    snprintf(name, sizeof name, "%s --augment", program);
    const mm_program as = {.name = name, .options = mm_augment_option_table, .noptions = MM_AUGMENT_OPTIONS};
    char *line = mm_options_canonical(&as, a, &(mm_common){0});
    int code = line && !mm_head_add_program(head, program, line) ? MM_OK : mm_no_memory(error);
    free(line);
    return code;
}

int mm_augment_options_warps(const mm_augment_options *a, const mm_batch_item *item, mm_warp_plan *warps, mm_error *error)
{
    for (size_t i = 0; i < item->n; i++) {
        mm_augment draw;
        mm_augment_draw(&a->ranges, a->seed, item->record[i]->key, (uint32_t)item->epoch, &draw);
        const double mean = mm_augment_mean(&draw, item->dtype, item->image[i], item->height * item->width);
        const mm_warp warp = mm_augment_warp(&draw, a->fill, item->full_scale, mean, item->height, item->width);
        if (mm_warp_prepare(&warp, item->dtype, item->height, item->width, &warps[i], error))
            return mm_fail_in(error, "record '%s'", item->record[i]->key);
    }
    return MM_OK;
}
