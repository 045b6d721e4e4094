/* The text and the prefix of a block: lines, fields, keys, checksums. Used by the reader, the writer and the index. */
#ifndef MM_STREAM_META_H
#define MM_STREAM_META_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/base/text.h"

/* Checks that the text is UTF-8 without NUL and that its last line is ended. MM_DAMAGED otherwise. */
int mm_meta_check(const char *meta, size_t bytes, const char *where, mm_error *error);

/* Takes the next line (without its newline) off `rest`; false at the end. */
bool mm_meta_line(mm_slice *rest, mm_slice *line);

/* Splits a line at its tabs into at most `max` fields. Returns their number, or max + 1 if there are more than max. */
size_t mm_meta_fields(mm_slice line, mm_slice *fields, size_t max);

/* True if the text can be a key: not empty, without control characters and '/'. */
bool mm_key_valid(const char *key);

/* Makes a key of the first `length` bytes of a path: '/', control characters and bytes that are not UTF-8 become '_'. The
 * caller frees it. NULL when memory is out. */
char *mm_key_of_path(const char *path, size_t length);

/* The meta of a DONE block. */
typedef struct mm_done {
    size_t records, bytes, skipped;
} mm_done;

/* Parses DONE's meta. MM_DAMAGED: malformed; `where` is for messages. */
int mm_done_parse(const char *meta, size_t bytes, mm_done *done, const char *where, mm_error *error);

/* The prefix of a block: 64 bytes. */
typedef struct mm_prefix {
    char type[4];
    uint64_t meta_bytes, data_bytes, seq;
    uint32_t meta_crc, data_crc;
} mm_prefix;

/* Parse and print a prefix. MM_DAMAGED: not a valid prefix; `where` is for messages. */
int mm_prefix_parse(const unsigned char raw[64], mm_prefix *prefix, const char *where, mm_error *error);
void mm_prefix_print(const mm_prefix *prefix, unsigned char raw[64]);

/* True if a block's type is this name, "HEAD", "RECD" or "DONE". */
bool mm_type_is(const char type[4], const char *name);

uint32_t mm_crc32(uint32_t crc, const void *data, size_t bytes); /* begin with 0 */

static inline size_t mm_round64(size_t n) { return (n + 63) & ~(size_t)63; }

bool mm_is_zero(const char *bytes, size_t n); /* true if all bytes are 0, as gaps and padding must be */

/* A set of keys. It holds a 128-bit hash of each, so that it stays small for long streams. */
typedef struct mm_keyset {
    uint64_t (*slots)[2];
    size_t n, room;
} mm_keyset;
int mm_keyset_add(mm_keyset *set, const char *key); /* 0: added, 1: already in the set, -1: memory */
void mm_keyset_clear(mm_keyset *set);

#endif
