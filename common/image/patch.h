/* Patches of an image: their places (random, by a rule of overlap), and the cut.
 *
 * The sets, after Shen et al. 2019: S holds for every lesion the patch at its centre of mass and one background patch;
 * S10 holds for every lesion 10 random patches that overlap it and 10 background patches. An image without lesions
 * gives the background of one lesion: 1 patch to S, 10 to S10. S's background patch is the first of S10's.
 *
 * A patch of height x width with its centre at (x, y) covers columns x - width/2 .. x - width/2 + width - 1, rows
 * likewise; what lies outside of the image is 0. Centres lie on pixels of the image.
 *
 * The rule of overlap: I pixels of the lesion in the patch, R pixels of the lesion, A = height x width;
 * overlap = I / min(R, A), the larger of I/R and I/A. A lesion patch needs overlap > c, c = 0.90, which drops by 0.05
 * after every 1000 tries of one draw; its centre is uniform over the lesion's bounding box. A background patch needs
 * overlap <= 0.35 for every lesion; its centre is uniform over the image; a draw gives up after 1000 tries. */
#ifndef MM_IMAGE_PATCH_H
#define MM_IMAGE_PATCH_H

#include "common/stream/record.h"

enum {
    MM_PATCH_DRAWS = 10,      /* of S10, for one lesion or image */
    MM_PATCH_TRIES = 1000,
    MM_PATCH_ACCEPT = 90,     /* c of a lesion patch, in hundredths */
    MM_PATCH_STEP = 5,
    MM_PATCH_BACKGROUND = 35, /* c of a background patch */
    MM_PATCH_CANDIDATES = 64  /* among which a matched background patch is chosen */
};

enum { MM_PATCH_S = 1, MM_PATCH_S10 = 2 }; /* sets, as bits */

typedef struct mm_patch_options {
    size_t height, width;  /* of a patch; each at least 1 */
    unsigned sets;         /* which to make */
    /* Draws are counted per lesion, or per image: 10 lesion patches an image, its lesions in turn, and 1 or 10
     * background patches. (S has one patch at each lesion's centre in both.) */
    bool per_image;
    /* The background's brightness: as it comes, or like the lesions': of up to 64 acceptable candidates (of at most
     * 1000 tries) the one whose mean grey is nearest to that of the lesion patch of the same lesion and draw. Images
     * without lesions have nothing to match. */
    bool matched;
    /* A background patch must keep clear of the lesion that it was drawn for only, not of every one. */
    bool own_only;
    double min_tissue;     /* part of a background patch that must be tissue, 0..1 */
    uint64_t seed;
} mm_patch_options;

typedef struct mm_patch {
    unsigned sets;   /* to which it belongs */
    bool background;
    long lesion;     /* for which it was drawn; -1: an image without lesions */
    long number;     /* of the draw, counted per lesion (background: per image); -1: the patch at the lesion's centre */
    long x, y;       /* centre */
    double overlap;  /* with its lesion; background: the largest with any lesion */
    int c;           /* in hundredths: the overlap is > c (background: <= c); -1: no rule (centre) */
} mm_patch;

typedef struct mm_patch_list {
    mm_patch *patches;
    size_t n, room;
    size_t missing_lesion, missing_background; /* draws that found no place */
} mm_patch_list;

void mm_patch_list_clear(mm_patch_list *list);

/* The planes that the rules look at, all height x width, not zero = yes. */
typedef struct mm_patch_planes {
    size_t height, width;
    size_t lesions;
    const uint8_t *masks;  /* lesions x height x width */
    const uint8_t *tissue; /* wanted when min_tissue > 0 */
    const float *grey;     /* wanted when matched */
} mm_patch_planes;

/* Fills an empty list: lesion by lesion the centre, then its draws; then the background. Draws depend on (seed, key,
 * lesion, draw) alone: mm_random of (seed, hash of key and then "patch.l0" or "patch.b0", draw), a try being two
 * mm_random_below, x then y. 0, or MM_FAILURE: a lesion without pixels (named by number), memory. */
int mm_patch_plan(const mm_patch_planes *planes, const mm_patch_options *rules, const char *key, mm_patch_list *list,
                  mm_error *error);

/* The same for a record: tensors `image` (H,W or C,H,W), `mask` (N,H,W, or H,W for one; u8; may be absent), `breast` (H,W
 * u8; without it tissue is where the image is not zero), attributes lesion.N.class. Errors name what is missing.
 *
 * A lesion whose place is not known (lesion.N.* without a plane in the mask; label 1 without any lesion) leaves no
 * safe background: then there is none, and *unplaced says so. */
int mm_patch_plan_record(const mm_record *record, const mm_patch_options *rules, mm_patch_list *list, bool *unplaced,
                         mm_error *error);

/* One patch as a record, cut from all spatial tensors. Its key is KEY_l0_c (centre), KEY_l0_03 or KEY_b07; it carries the
 * source's attributes, and label, class, set, source, lesion, centre ("x,y"), overlap, c, to_original of its own. */
int mm_patch_cut(const mm_record *record, const mm_patch *patch, const mm_patch_options *rules, mm_record **out,
                 mm_error *error);

#endif
