/* Identifiers that say nothing and still tell patients apart: HMAC-SHA256 (RFC 2104, FIPS 180-4) under a key of the user's,
 * by Nettle, which libarchive has loaded already. Who has no key cannot find out, by trying identifiers, which it was. */
#ifndef MM_FORMATS_DATASET_PSEUDONYM_H
#define MM_FORMATS_DATASET_PSEUDONYM_H

#include "common/base/error.h"

enum { MM_PSEUDONYM = 33 }; /* 32 hexadecimal digits, the first half of the hash, and the end */

typedef struct mm_pseudonym_key mm_pseudonym_key;

/* The key is all bytes of a file, 16 at least. */
int mm_pseudonym_key_read(mm_pseudonym_key **out, const char *path, mm_error *error);
void mm_pseudonym_key_free(mm_pseudonym_key *identity); /* the key is wiped */

/* May be called by several threads at once. */
void mm_pseudonym(const mm_pseudonym_key *identity, const char *identifier, char hidden[MM_PSEUDONYM]);

#endif
