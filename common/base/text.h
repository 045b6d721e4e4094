/* Text: UTF-8, slices of a larger text, escapes, numbers, text that grows. */
#ifndef MM_BASE_TEXT_H
#define MM_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"

/* Returns the bytes of the UTF-8 sequence that begins at p, which holds n >= 1 bytes. 0: it is none (longer than the
 * shortest form, a surrogate, cut short, or NUL). */
size_t mm_utf8_length(const unsigned char *p, size_t n);

/* True if all of the text is such sequences. */
bool mm_utf8_valid(const char *text, size_t bytes);

/* A part of a larger text; borrowed, not ended by NUL. */
typedef struct mm_slice {
    const char *text;
    size_t bytes;
} mm_slice;

bool mm_slice_is(mm_slice slice, const char *text);

/* Undoes \t \n \\ into a new string, which the caller frees. NULL with an error: a bad escape (MM_DAMAGED), memory (MM_FAILURE). */
char *mm_unescape(mm_slice slice, mm_error *error);

/* Reads a whole number of decimal digits and nothing else. False otherwise and when it does not fit. */
bool mm_slice_number(mm_slice slice, size_t *value);

/* Text that grows. Start from {0}; `data` is the caller's to free; `ok` is false once memory was out. */
typedef struct mm_text {
    char *data;
    size_t bytes, room;
    bool ok;
} mm_text;

void mm_text_add(mm_text *text, const char *bytes, size_t n);
void mm_text_puts(mm_text *text, const char *string);
void mm_text_escape(mm_text *text, const char *string); /* writes \t \n \\ for tabs, newlines and backslashes */
void mm_text_number(mm_text *text, size_t number);

typedef struct mm_size {
    size_t height, width;
} mm_size;

/* Read a number that is the whole text and lies in its range. MM_USAGE otherwise, without an error's text. */
int mm_parse_long(const char *text, long min, long max, long *value);
int mm_parse_pair(const char *text, char between, long max, long *first, long *second); /* "1/4": each from 0 to max */
int mm_parse_double(const char *text, double min, double max, double *value);
int mm_parse_size(const char *text, size_t min, size_t max, mm_size *value); /* "HxW", or "N" for NxN */

#endif
