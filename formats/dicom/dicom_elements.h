/* The data elements of a DICOM file in memory (PS3.5, PS3.10), found in place: nothing is copied, nothing allocated by
 * what a length says, nesting is bounded. GDCM decodes compressed pixels (dicom_codec.h), but does not read the file:
 * as Debian builds it, its reader keeps its assertions, so that a damaged file would end the process, and it takes
 * memory for whatever length an element claims. */
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
    char vr[3]; /* "" where the file does not say */
    bool undefined;             /* of undefined length: a sequence, or encapsulated pixels */
    mm_data_set value;          /* its bytes; of a sequence its items, without the delimiter behind them */
} mm_element;

/* Walks over a data set: *at begins as 0. False at its end, and with an error (code set) at damage. */
bool mm_element_next(const mm_data_set *set, size_t *at, mm_element *element, mm_error *error);

/* The element of a tag; false when there is none before the set ends or is damaged. */
bool mm_element_find(const mm_data_set *set, mm_tag tag, mm_element *element);

/* Item number i, from 0, of a sequence. */
bool mm_element_item(const mm_element *sequence, size_t i, mm_data_set *item);

/* Fragment after fragment of encapsulated pixels (the first is the basic offset table): *at begins as 0. False at the end, and with an
 * error at damage. */
bool mm_element_fragment(const mm_element *pixels, size_t *at, const unsigned char **bytes, size_t *size, mm_error *error);

/* A file: the meta information of group 2 and the data set behind it, its transfer syntax known or guessed.
 * `owned` is what a deflated data set was inflated to (to be freed), else NULL. */
typedef struct mm_dicom_file {
    mm_data_set meta, set;
    char transfer_syntax[65]; /* "" when the file names none */
    unsigned char *owned;
} mm_dicom_file;

/* Opens a file in memory, which must outlive it. MM_DAMAGED: no DICOM file, or one whose meta information is damaged. */
int mm_dicom_open(mm_dicom_file *file, const void *bytes, size_t size, mm_error *error);
void mm_dicom_close(mm_dicom_file *file);

/* Numbers and text of elements. Text: number i of values parted by '\', without padding; bytes that are no printable
 * ASCII and no UTF-8 become %XX. False: no such value, or none that is a number. */
bool mm_element_text(const mm_element *element, size_t i, char *to, size_t room);
bool mm_element_number(const mm_element *element, size_t i, double *value);  /* DS, IS: decimal text */
bool mm_element_integer(const mm_element *element, size_t i, uint32_t *value); /* US, SS, UL, AT: 2 or 4 bytes, by length */

#endif
