/* Text: UTF-8, slices of a larger text, escapes, numbers, text that grows. */
#ifndef MM_BASE_TEXT_H
#define MM_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"

/* Returns the length of the UTF-8 sequence at the beginning of p[n], n >= 1. Returns 0 if it is invalid: not the shortest form,
 * a surrogate, cut short, or NUL. */
size_t mm_utf8_length(const unsigned char *p, size_t n);

/* True if the whole text is valid UTF-8 without NUL. */
bool mm_utf8_valid(const char *text, size_t bytes);

/* A part of a larger text; borrowed, not ended by NUL. */
typedef struct mm_slice {
    const char *text;
    size_t bytes;
} mm_slice;

/* True if the slice equals the string. */
bool mm_slice_is(mm_slice slice, const char *text);

/* Replaces the escapes \t \n \\ and returns a new string, which the caller frees. NULL with an error: an invalid escape
 * (MM_DAMAGED) or memory (MM_FAILURE). */
char *mm_unescape(mm_slice slice, mm_error *error);

/* Reads a number of decimal digits. Returns false if the slice holds anything else or the number does not fit. */
bool mm_slice_number(mm_slice slice, size_t *value);

/* Text that grows. Start from {0} and check `failed` before use. The caller frees `data`. */
typedef struct mm_text {
    char *data;
    size_t bytes, room;
    bool failed; /* memory was out: something is missing */
} mm_text;

/* Append; `data` stays ended by NUL. */
void mm_text_add(mm_text *text, const char *bytes, size_t n);
void mm_text_puts(mm_text *text, const char *string);
void mm_text_escape(mm_text *text, const char *string); /* writes \t \n \\ for tabs, newlines and backslashes */
void mm_text_number(mm_text *text, size_t number);

typedef struct mm_size {
    size_t height, width;
} mm_size;

/* Parse a text that consists of one value (or two) in the given range. Return 0, or MM_USAGE without an error's text. */
int mm_parse_long(const char *text, long min, long max, long *value);
int mm_parse_pair(const char *text, char between, long max, long *first, long *second); /* "1/4": each from 0 to max */
int mm_parse_double(const char *text, double min, double max, double *value);
int mm_parse_size(const char *text, size_t min, size_t max, mm_size *value); /* "HxW", or "N" for NxN */

#endif
