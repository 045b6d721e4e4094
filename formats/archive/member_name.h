/* What the name of a file says, in an archive or a folder.
 *
 *   KEY.image.png  KEY.mask.0.png  KEY.prob.npy  KEY.json  KEY.cls  KEY.png
 *
 * Only known endings say what a file is; all before them is the record's key, dots included. They are .json, .cls, and those of image
 * files (formats/image/formats.h), before which a tensor may be named, with the number of its plane. Known tensors are those of mms(5):
 * image, mask, breast, heatmap, prob and features. Endings count in any case. */
#ifndef MM_FORMATS_ARCHIVE_MEMBER_NAME_H
#define MM_FORMATS_ARCHIVE_MEMBER_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"

/* Lengths of the parts of a file's name that may be its record's key, the folder included. */
typedef struct mm_member_keys {
    size_t known;  /* by the known endings */
    size_t other;  /* of KEY.NAME.png or KEY.NAME.0.png with a NAME that is not known, and not a number; else 0 */
    size_t tensor; /* of KEY.mask.NAME.png or KEY.mask.NAME with a known tensor and a NAME that is not the number of a plane; else 0 */
    bool alone;    /* the file is KEY.png or has no known ending: it does not show that KEY has further files */
} mm_member_keys;

mm_member_keys mm_member_keys_of(const char *name);

typedef enum mm_member_role { MM_MEMBER_FILE, MM_MEMBER_IMAGE, MM_MEMBER_JSON, MM_MEMBER_CLASS } mm_member_role;

/* What a file is to the record whose key is the first `key` characters of the file's name. */
typedef struct mm_member_part {
    mm_member_role role; /* MM_MEMBER_FILE: only the file's content can say whether it is an image */
    char *tensor;        /* its tensor, %XX undone; "" for KEY.png; owned */
    long plane;          /* of the tensor; -1: all of it */
} mm_member_part;

/* Parses a name. MM_FAILURE (memory). */
int mm_member_part_of(const char *name, size_t key, mm_member_part *part, mm_error *error);

/* Returns a known tensor as mms(5) spells it, or NULL. */
const char *mm_member_known_tensor(const char *name, size_t length);

#endif
