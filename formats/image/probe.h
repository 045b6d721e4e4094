/* The header of an image file: its format and size, without its pixels. */
#ifndef MM_FORMATS_IMAGE_PROBE_H
#define MM_FORMATS_IMAGE_PROBE_H

#include <stddef.h>

#include "common/base/error.h"
#include "common/base/signature.h"
#include "formats/dicom/dicom_details.h"

typedef struct mm_probe {
    mm_kind kind;         /* of the format: MM_KIND_PNG, ... */
    size_t height, width;
    unsigned bits;        /* of a value in the file: 8, 16, ... */
    mm_dicom_info dicom;  /* of a DICOM file; else cleared */
    mm_dicom_details details; /* likewise; not of one that is damaged */
} mm_probe;

/* Reads the header of an image file of any format in formats.h. Only a few pages of the file are read, however long it is. MM_FAILURE:
 * the file cannot be opened or read. MM_DAMAGED: it is not an image, or is damaged as far as can be seen without decoding: a wrong
 * header, fewer bytes than it promises, no end. Messages name the file and repeat nothing of its contents. */
int mm_probe_file(const char *path, mm_probe *probe, mm_error *error);

#endif
