/* The tensors of a record out of its files: a part of webdataset.c. */
#ifndef MM_FORMATS_ARCHIVE_WEBDATASET_TENSORS_H
#define MM_FORMATS_ARCHIVE_WEBDATASET_TENSORS_H

#include <jansson.h>

#include "formats/archive/member_name.h"
#include "formats/archive/webdataset.h"

/* A record that is being made. */
typedef struct mm_members_work {
    const mm_member *members;
    mm_member_part *parts; /* of the members; images have the role MM_MEMBER_IMAGE, whatever their ending */
    size_t n;
    const mm_read_options *rules;
    mm_record *record;
    unsigned orientation;  /* of the image, by which it was turned */
    json_t *json, *tensors; /* tensors: as mm_record_to_members wrote them, or NULL */
} mm_members_work;

/* Reads the tensors that the record's JSON describes. Images that it does not list are left out with a warning. */
int mm_members_take_described(const mm_members_work *work, mm_error *error);

/* Reads the tensors by the names of the files; masks and the breast become planes of 0 and 1 (lesion_planes.h). MM_DAMAGED: a file is
 * damaged, a tensor is given as a whole and in planes, planes are not complete, or a mask's values are refused. */
int mm_members_take_named(mm_members_work *work, mm_error *error);

#endif
