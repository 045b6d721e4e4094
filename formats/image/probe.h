/* An image file by its header: what it is and how large, without its pixels. */
#ifndef MM_FORMATS_IMAGE_PROBE_H
#define MM_FORMATS_IMAGE_PROBE_H

#include <stddef.h>

#include "common/base/error.h"
#include "formats/dicom/dicom.h"

enum mm_probe_kind { MM_PROBE_DICOM, MM_PROBE_JPEG };

typedef struct mm_probe {
    enum mm_probe_kind kind;
    size_t height, width;
    unsigned bits;        /* that a value takes in the file: 8, 16, ... */
    mm_dicom_info dicom;  /* of a DICOM file */
} mm_probe;

/* DICOM and JPEG. MM_FAILURE: the file cannot be opened; MM_DAMAGED: it is no such image, or damaged as far as can be seen
 * without decoding it: a header that is none, fewer bytes than it promises, no end. Messages name the file, and hold nothing
 * of what is in it. Of a file of tens of megabytes a few pages are read. */
int mm_probe_file(const char *path, mm_probe *probe, mm_error *error);

#endif
