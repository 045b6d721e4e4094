/* The options of augmentation, on mmaugment's command line and inside mmtrain's --augment. */
#ifndef MM_FILTERS_TRAIN_AUGMENT_OPTIONS_H
#define MM_FILTERS_TRAIN_AUGMENT_OPTIONS_H

#include "filters/predict/batches.h"
#include "common/cli/options.h"
#include "common/image/augment.h"

typedef struct mm_augment_options {
    uint64_t seed;
    double flip, rotate, shear, shift;
    mm_range zoom, gain, gamma, contrast;
    const char *fill_text;
    double fill; /* 0..255, MM_FILL_EDGE or MM_FILL_REFLECT */
    mm_augment_ranges ranges;
    char words[512]; /* fill_text may point into it: do not copy the struct */
} mm_augment_options;

#define MM_AUGMENT_DEFAULTS                                                                                         \
    {.seed = 1, .flip = 0.5, .rotate = 25, .zoom = {0.8, 1.2}, .shear = 0, .shift = 20, .gain = {0, 0}, .gamma = {1, 1},   \
     .contrast = {1, 1}, .fill_text = "edge"}

enum { MM_AUGMENT_OPTIONS = 10 };
extern const mm_option mm_augment_option_table[MM_AUGMENT_OPTIONS]; /* its struct is mm_augment_options */

/* Fills in `fill` and `ranges` after parsing. MM_USAGE: an invalid value. */
int mm_augment_options_check(mm_augment_options *options, mm_error *error);

/* Parses "rotate=10 zoom=0.9,1.1 ...", any of those options. The others get their defaults, or with `published` the values of
 * --as=published. MM_USAGE: an unknown option or invalid value. */
int mm_augment_options_parse(mm_augment_options *options, const char *text, uint64_t seed, bool published, mm_error *error);

/* Adds a @PG line with the options, for records that are augmented on their way into a network. MM_FAILURE: memory. */
int mm_augment_options_note(const mm_augment_options *options, const char *program, mm_head *head, mm_error *error);

/* Draws a random map for each image of a batch: warps[item->n]. Errors (MM_FAILURE) name the record. */
int mm_augment_options_warps(const mm_augment_options *options, const mm_batch_item *item, mm_warp_plan *warps, mm_error *error);

#endif
