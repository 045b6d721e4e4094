/* The options of augmentation, on mmaugment's command line and inside of mmtrain's --augment. */
#ifndef MM_AUGMENTING_H
#define MM_AUGMENTING_H

#include "filters/predict/batches.h"
#include "common/cli/options.h"
#include "common/image/augment.h"

typedef struct mm_augmenting {
    uint64_t seed;
    double flip, rotate, shear, shift;
    mm_range zoom, gain;
    const char *fill_text;
    double fill; /* 0..255; -1: edge pixels */
    mm_augment_ranges ranges;
    char words[512]; /* where fill_text may lie: not to be copied */
} mm_augmenting;

#define MM_AUGMENTING_DEFAULTS                                                                                         \
    {.seed = 1, .flip = 0.5, .rotate = 25, .zoom = {0.8, 1.2}, .shear = 0, .shift = 20, .gain = {0, 0}, .fill_text = "edge"}

enum { MM_AUGMENTING_OPTIONS = 8 };
extern const mm_option mm_augmenting_options[MM_AUGMENTING_OPTIONS]; /* of an mm_augmenting */

/* After parsing: fills in `fill` and `ranges`. MM_USAGE. */
int mm_augmenting_check(mm_augmenting *augmenting, mm_error *error);

/* "rotate=10 zoom=0.9,1.1 ...": any of those options; the others are the usual ones, or with `published` those of
 * --as=published. MM_USAGE. */
int mm_augmenting_parse(mm_augmenting *augmenting, const char *text, uint64_t seed, bool published, mm_error *error);

/* A @PG line that tells of it, for records that are augmented on their way into a network. MM_FAILURE: memory. */
int mm_augmenting_note(const mm_augmenting *augmenting, const char *program, mm_head *head, mm_error *error);

/* What the images of a batch are seen through, plans[item->n]. MM_FAILURE names the record. */
int mm_augmenting_plans(const mm_augmenting *augmenting, const mm_feed_item *item, mm_warp_plan *plans, mm_error *error);

#endif
