/* The data elements of a DICOM file in memory (PS3.5, PS3.10), found in place. Nothing is copied, no length in the file decides how
 * much is allocated, and nesting is bounded. GDCM decodes compressed pixels (dicom_codec.h) but does not read the file. Its reader, as
 * Debian builds it, keeps its assertions, so a damaged file would end the process. It also allocates whatever length an element
 * claims. */
#ifndef MM_FORMATS_DICOM_DICOM_ELEMENTS_H
#define MM_FORMATS_DICOM_DICOM_ELEMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"

typedef uint32_t mm_tag; /* group << 16 | element */

typedef struct mm_data_set {
    const unsigned char *bytes;
    size_t size;
    bool implicit, big; /* no value representations; big endian */
} mm_data_set;

typedef struct mm_element {
    mm_tag tag;
    char vr[3];                 /* value representation, or "" if the file does not name it */
    bool undefined;             /* of undefined length: a sequence, or encapsulated pixels */
    mm_data_set value;          /* the bytes; of a sequence the items, without the delimiter after them */
} mm_element;

/* Steps to the next element of a data set; *at begins as 0. False at the end, and at damage, where error->code is set. */
bool mm_element_next(const mm_data_set *set, size_t *at, mm_element *element, mm_error *error);

/* Finds the element of a tag. False if there is none before the set ends or is damaged. */
bool mm_element_find(const mm_data_set *set, mm_tag tag, mm_element *element);

/* Finds item number i, from 0, of a sequence. */
bool mm_element_item(const mm_element *sequence, size_t i, mm_data_set *item);

/* Steps to the next fragment of encapsulated pixels; the first is the basic offset table. *at begins as 0. False at the end, and
 * at damage, where error->code is set. */
bool mm_element_fragment(const mm_element *pixels, size_t *at, const unsigned char **bytes, size_t *size, mm_error *error);

/* An open file: the meta information of group 2 and the data set after it, in the transfer syntax that it names, or a guessed one. */
typedef struct mm_dicom_file {
    mm_data_set meta, set;
    char transfer_syntax[65]; /* "" when the file names none */
    unsigned char *owned;     /* the inflated bytes of a deflated data set; or NULL */
} mm_dicom_file;

/* Opens a file in memory, which must outlive it. MM_DAMAGED: the file is not DICOM, its meta information is damaged, or its data set
 * does not inflate. */
int mm_dicom_open(mm_dicom_file *file, const void *bytes, size_t size, mm_error *error);
void mm_dicom_close(mm_dicom_file *file);

/* Read value number i, from 0, of an element. Text values are separated by '\'. Padding is removed, and bytes that are neither
 * printable ASCII nor UTF-8 become %XX. False: there is no such value, or it is not a number. */
bool mm_element_text(const mm_element *element, size_t i, char *to, size_t room);
bool mm_element_whole(const mm_element *element, char *to, size_t room); /* all values, with '\' between them */
bool mm_element_number(const mm_element *element, size_t i, double *value);  /* DS, IS: decimal text */
bool mm_element_integer(const mm_element *element, size_t i, uint32_t *value); /* US, SS, UL, AT: 2 or 4 bytes, by length */

#endif
