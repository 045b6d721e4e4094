/* The four tables of CBIS-DDSM (Lee et al. 2017), joined: lesions, images, views, patients, and what the tables alone say about them.
 *
 * A lesion is a line of a table. An image is a mammogram as a table names it, "Calc-Test_P_00038_LEFT_CC"; a view is a
 * (patient, side, view), of which the tables of calcifications and of masses may each have an image. */
#ifndef MM_FORMATS_DATASET_CBIS_TABLES_H
#define MM_FORMATS_DATASET_CBIS_TABLES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/csv.h"

enum { MM_CBIS_TABLES = 4, MM_CBIS_NAME = 64, MM_CBIS_DETAILS = 7 };
extern const char *const mm_cbis_table_files[MM_CBIS_TABLES];

/* Columns of the manifest whose cells are a lesion's details, in the order of mm_cbis_lesion.detail. */
extern const char *const mm_cbis_detail_names[MM_CBIS_DETAILS];

/* Flags of a lesion. */
enum {
    /* by its table */
    MM_CBIS_CALC = 1u << 0,
    MM_CBIS_TEST = 1u << 1,
    MM_CBIS_MALIGNANT = 1u << 2,
    /* by all tables */
    MM_CBIS_BOTH = 1u << 3,          /* its view has two images */
    MM_CBIS_CONFLICT = 1u << 4,      /* one of them malignant, one benign */
    MM_CBIS_ACROSS = 1u << 5,        /* one of them in the training set, one in the test set */
    MM_CBIS_LEAKING = 1u << 6,       /* its patient is in both sets */
    MM_CBIS_MIXED_IMAGE = 1u << 7,   /* its image has malignant and benign lesions */
    MM_CBIS_MIXED_VIEW = 1u << 8,    /* its view has malignant and benign lesions */
    /* on disk */
    MM_CBIS_NO_IMAGE = 1u << 9, MM_CBIS_BAD_IMAGE = 1u << 10, /* the image of its own table */
    MM_CBIS_NO_MASK = 1u << 11, MM_CBIS_BAD_MASK = 1u << 12,
    MM_CBIS_SWAPPED = 1u << 13,      /* the mask is where the table says the crop is */
    MM_CBIS_RESCALED = 1u << 14,     /* the mask is of another size than the image */
    /* in the manifest */
    MM_CBIS_MERGED = 1u << 15,       /* the two images of its view agree and become one */
    MM_CBIS_UNSEEN = 1u << 16,       /* the two become one since only one of them can be read */
    MM_CBIS_SEPARATE = 1u << 17,     /* the two differ and stay two */
    MM_CBIS_LOST = 1u << 18,         /* it has no image that can be read */
    MM_CBIS_LEFT_OUT = 1u << 19,     /* left out of training since its patient is in the test set */
    MM_CBIS_KEPT = 1u << 20,         /* it has a line in the manifest */
    MM_CBIS_KEPT_TEST = 1u << 21,    /* in the test set of the manifest */
    MM_CBIS_KEPT_MALIGNANT = 1u << 22 /* in an image of the manifest whose label is 1 */
};

typedef struct mm_cbis_lesion {
    char name[MM_CBIS_NAME]; /* "Calc-Test_P_00038_LEFT_CC_1": its folder in the archive */
    size_t image;            /* number of its image */
    unsigned flags;
    long number;             /* abnormality id, from 1 */
    const char *detail[MM_CBIS_DETAILS], *pathology;
    const char *mask_series, *crop_series; /* UIDs by the table, which may be the same */
    size_t mask_place;       /* number of the mask's file in that series, from 0 */
    char *mask;              /* path of the mask on disk, NULL: none */
} mm_cbis_lesion;

typedef struct mm_cbis_image {
    char name[MM_CBIS_NAME]; /* "Calc-Test_P_00038_LEFT_CC" */
    const char *patient, *side, *view, *series;
    bool calc, test, malignant;
    size_t first, n;         /* lesions first .. first + n - 1 */
    size_t owner;            /* number of its view */
    char *file;              /* path on disk; NULL: none that can be read */
    bool unreadable;         /* there are files, but none can be read */
    size_t height, width;    /* of the file */
} mm_cbis_image;

typedef struct mm_cbis_view {
    size_t image[2], n;      /* one or two; that of calcifications comes first */
    size_t patient;          /* number of the patient, from 0 */
    bool one;                /* its two images are one */
} mm_cbis_view;

typedef struct mm_cbis {
    mm_csv table[MM_CBIS_TABLES]; /* the texts below point into these */
    mm_cbis_lesion *lesion;  /* in the order of image names and numbers */
    mm_cbis_image *image;    /* in the order of names */
    mm_cbis_view *view;      /* in the order of patient, side, view */
    size_t nlesions, nimages, nviews, npatients;
} mm_cbis;

/* Reads the four tables, number i in folder[i]. MM_FAILURE: one cannot be read. MM_DAMAGED: one is malformed, or they give something
 * twice. Errors name the table and line. */
int mm_cbis_read_tables(mm_cbis *c, char *const folder[MM_CBIS_TABLES], mm_error *error);
void mm_cbis_free(mm_cbis *c);

#endif
