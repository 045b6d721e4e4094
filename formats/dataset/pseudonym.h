/* Pseudonyms of patients: the HMAC-SHA256 (RFC 2104, FIPS 180-4) of an identifier under the user's key. The same identifier always
 * gives the same pseudonym. Without the key the identifier cannot be found by trying all of them. Nettle computes it, which
 * libarchive loads anyway. */
#ifndef MM_FORMATS_DATASET_PSEUDONYM_H
#define MM_FORMATS_DATASET_PSEUDONYM_H

#include <stdbool.h>

#include "common/base/error.h"

enum { MM_PSEUDONYM = 33 }; /* 32 hexadecimal digits, the first half of the hash, and the end */

typedef struct mm_pseudonym_key mm_pseudonym_key;

/* Takes all bytes of a file, at least 16, as the key. MM_FAILURE: the file cannot be read, is shorter, or larger than 1 MiB; memory. */
int mm_pseudonym_key_read(mm_pseudonym_key **out, const char *path, mm_error *error);
void mm_pseudonym_key_free(mm_pseudonym_key *key); /* wipes it */

/* Writes an identifier's pseudonym. Several threads may call it at once. */
void mm_pseudonym(const mm_pseudonym_key *key, const char *identifier, char pseudonym[MM_PSEUDONYM]);

/* Moves a date, YYYYMMDD, back in place: by 1 to 3650 days, always as many for the same patient under the same key. False, and nothing
 * is moved, if the text is not a date. */
bool mm_pseudonym_date(const mm_pseudonym_key *key, const char *patient, char *date);

#endif
