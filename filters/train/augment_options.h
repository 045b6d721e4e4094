/* The options of augmentation, on mmaugment's command line and inside of mmtrain's --augment. */
#ifndef MM_FILTERS_TRAIN_AUGMENT_OPTIONS_H
#define MM_FILTERS_TRAIN_AUGMENT_OPTIONS_H

#include "filters/predict/batches.h"
#include "common/cli/options.h"
#include "common/image/augment.h"

typedef struct mm_augment_options {
    uint64_t seed;
    double flip, rotate, shear, shift;
    mm_range zoom, gain;
    const char *fill_text;
    double fill; /* 0..255; -1: edge pixels */
    mm_augment_ranges ranges;
    char words[512]; /* where fill_text may lie: not to be copied */
} mm_augment_options;

#define MM_AUGMENT_DEFAULTS                                                                                         \
    {.seed = 1, .flip = 0.5, .rotate = 25, .zoom = {0.8, 1.2}, .shear = 0, .shift = 20, .gain = {0, 0}, .fill_text = "edge"}

enum { MM_AUGMENT_OPTIONS = 8 };
extern const mm_option mm_augment_options_options[MM_AUGMENT_OPTIONS]; /* of an mm_augment_options */

/* After parsing: fills in `fill` and `ranges`. MM_USAGE. */
int mm_augment_options_check(mm_augment_options *augmenting, mm_error *error);

/* "rotate=10 zoom=0.9,1.1 ...": any of those options; the others are the usual ones, or with `published` those of
 * --as=published. MM_USAGE. */
int mm_augment_options_parse(mm_augment_options *augmenting, const char *text, uint64_t seed, bool published, mm_error *error);

/* A @PG line that tells of it, for records that are augmented on their way into a network. MM_FAILURE: memory. */
int mm_augment_options_note(const mm_augment_options *augmenting, const char *program, mm_head *head, mm_error *error);

/* What the images of a batch are seen through, plans[item->n]. MM_FAILURE names the record. */
int mm_augment_options_plans(const mm_augment_options *augmenting, const mm_batch_item *item, mm_warp_plan *plans, mm_error *error);

#endif
