/* Identifiers that say nothing and still tell patients apart: HMAC-SHA256 (RFC 2104, FIPS 180-4) under a key of the user's,
 * by Nettle, which libarchive has loaded already. Who has no key cannot find out, by trying identifiers, which it was. */
#ifndef MM_IDENTITY_H
#define MM_IDENTITY_H

#include "common/base/error.h"

enum { MM_HIDDEN = 33 }; /* 32 hexadecimal digits, the first half of the hash, and the end */

typedef struct mm_identity mm_identity;

/* The key is all bytes of a file, 16 at least. */
int mm_identity_read(mm_identity **out, const char *path, mm_error *error);
void mm_identity_free(mm_identity *identity); /* the key is wiped */

/* May be called by several threads at once. */
void mm_hide(const mm_identity *identity, const char *identifier, char hidden[MM_HIDDEN]);

#endif
