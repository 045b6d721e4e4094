/* Patches of an image: their random places, which follow a rule of overlap, and the records cut out there.
 *
 * The sets, after Shen et al. 2019: for every lesion, S holds the patch at its centre of mass and one background patch, and S10
 * holds 10 random patches that overlap the lesion and 10 background patches. An image without lesions gives as much background as
 * one lesion: 1 patch in S, 10 in S10. The background patch of S is the first one of S10.
 *
 * A patch of height x width with its centre at (x, y) covers columns x - width/2 .. x - width/2 + width - 1, rows likewise;
 * pixels outside of the image are 0. Centres lie on pixels of the image.
 *
 * The rule of overlap: with I pixels of the lesion in the patch, R pixels of the lesion and A = height x width,
 * overlap = I / min(R, A), the larger of I/R and I/A. A lesion patch needs overlap > c. c is 0.90 and drops by 0.05 after every
 * 1000 tries of one draw; the centre is uniform over the lesion's bounding box. A background patch needs overlap <= 0.35 with
 * every lesion; its centre is uniform over the image, and a draw gives up after 1000 tries. */
#ifndef MM_IMAGE_PATCH_H
#define MM_IMAGE_PATCH_H

#include "common/stream/record.h"
#include "common/table/classes.h"

enum {
    MM_PATCH_DRAWS = 10,      /* draws of S10, for one lesion or image */
    MM_PATCH_TRIES = 1000,
    MM_PATCH_ACCEPT = 90,     /* c of a lesion patch, in hundredths */
    MM_PATCH_STEP = 5,
    MM_PATCH_BACKGROUND = 35, /* c of a background patch */
    MM_PATCH_CANDIDATES = 64  /* places among which a matched background patch is chosen */
};

enum { MM_PATCH_S = 1, MM_PATCH_S10 = 2 }; /* sets, as bits */

typedef struct mm_patch_options {
    size_t height, width;  /* of a patch; each at least 1 */
    unsigned sets;         /* sets to make, as bits */
    /* Draws are counted per image instead of per lesion: an image gives 10 lesion patches, from its lesions in turn, and 1 or 10
     * background patches. S has one patch at each lesion's centre in both cases. */
    bool per_image;
    /* Background is as bright as the lesions: among up to 64 acceptable candidates (in at most 1000 tries) the one is chosen
     * whose mean grey is nearest to the lesion patch of the same lesion and draw. Without effect on images without lesions. */
    bool matched;
    bool own_only;         /* a background patch must avoid only the lesion that it was drawn for, not every lesion */
    double min_tissue;     /* least part of a background patch that is tissue, 0..1 */
    uint64_t seed;
    /* The patches' classes, `background` among them: a lesion's patch is of the class that holds the lesion's (mm_class_among). NULL or
     * empty: the patch has the lesion's class, and a label if that is one of the five (classes.h). */
    const mm_class_names *classes;
} mm_patch_options;

typedef struct mm_patch {
    unsigned sets;   /* sets that hold it, as bits */
    bool background;
    long lesion;     /* the lesion that it was drawn for; -1: an image without lesions */
    long number;     /* number of the draw, per lesion (background: per image); -1: the patch at the lesion's centre */
    long x, y;       /* centre */
    double overlap;  /* with its lesion; background: the largest with any lesion */
    int c;           /* in hundredths: overlap > c (background: overlap <= c); -1: no rule (centre) */
} mm_patch;

typedef struct mm_patch_list {
    mm_patch *patches;
    size_t n, room;
    size_t missing_lesion, missing_background; /* draws that found no place */
} mm_patch_list;

/* Frees the patches and leaves an empty list. */
void mm_patch_list_clear(mm_patch_list *list);

/* The planes that the rules use, all height x width; a value other than 0 means yes. */
typedef struct mm_patch_planes {
    size_t height, width;
    size_t lesions;
    const uint8_t *masks;  /* lesions x height x width */
    const uint8_t *tissue; /* needed if min_tissue > 0 */
    const float *grey;     /* needed if matched */
} mm_patch_planes;

/* Fills an empty list: for each lesion its centre and then its draws; then the background. Draws depend on (seed, key, lesion,
 * draw) alone: mm_random of (seed, hash of key and then "patch.l0" or "patch.b0", draw), where a try takes two mm_random_below, x
 * then y. MM_FAILURE: a lesion has no pixels (the message has its number), or memory. */
int mm_patch_plan(const mm_patch_planes *planes, const mm_patch_options *rules, const char *key, mm_patch_list *list,
                  mm_error *error);

/* True if attributes name a lesion without a plane in the mask, which has `lesions` of them; such lesions have numbers after those with one. */
bool mm_patch_unplaced(const mm_record *record, size_t lesions);

/* Plans the patches of a record from the tensors `image` (H,W or C,H,W), `mask` (N,H,W, or H,W for one lesion; u8; optional) and
 * `breast` (H,W, u8; without it, tissue is where the image is not zero) and the attributes lesion.N.class; with `classes` a lesion
 * without one is of class lesion. Errors name what is missing.
 *
 * If the place of a lesion is unknown (lesion.N.* without a plane in the mask, or a malignant image, or one of label 1 without a class,
 * without any lesion), no background is
 * safe: *unplaced is true and the list has no background patches. */
int mm_patch_plan_record(const mm_record *record, const mm_patch_options *rules, mm_patch_list *list, bool *unplaced,
                         mm_error *error);

/* Makes one patch as a record, cut from all spatial tensors. Its key is KEY_l0_c (centre), KEY_l0_03 or KEY_b07. It has the
 * source's attributes and its own label, class, set, source, lesion, centre ("x,y"), overlap, c and to_original. */
int mm_patch_cut(const mm_record *record, const mm_patch *patch, const mm_patch_options *rules, mm_record **out,
                 mm_error *error);

#endif
