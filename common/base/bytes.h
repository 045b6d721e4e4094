/* Whole inputs in memory, and numbers out of them.
 *
 * Formats whose pieces refer to each other (zip, pickle, safetensors) are read whole. The buffer grows with the bytes that
 * really arrive, so a forged length costs nothing. */
#ifndef MM_BASE_BYTES_H
#define MM_BASE_BYTES_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"

typedef struct mm_bytes {
    unsigned char *data; /* owned; NULL when empty */
    size_t size;
    size_t room;
} mm_bytes;

/* Appends what fd holds up to its end. MM_FAILURE if that is more than `limit` bytes; `name` is the subject of messages. */
int mm_bytes_read(mm_bytes *b, int fd, const char *name, size_t limit, mm_error *error);

/* Reads on until the buffer holds n bytes, or fewer at the end of the file. */
int mm_bytes_begin(mm_bytes *b, int fd, const char *name, size_t n, mm_error *error);

/* Appends exactly n bytes from fd. MM_DAMAGED if the file ends before. */
int mm_bytes_read_more(mm_bytes *b, int fd, const char *name, size_t n, mm_error *error);

/* Appends n bytes. */
int mm_bytes_add(mm_bytes *b, const void *data, size_t n, mm_error *error);

/* Makes room for n bytes beyond size without changing size. */
int mm_bytes_reserve(mm_bytes *b, size_t n, mm_error *error);

/* Frees the bytes and leaves an empty buffer. */
void mm_bytes_free(mm_bytes *b);

/* Writes n bytes. MM_FAILURE, naming `name`, if a write fails. */
int mm_bytes_write(int fd, const void *data, size_t n, const char *name, mm_error *error);

/* Little-endian numbers at p, which need not be aligned. */
static inline uint16_t mm_get16(const unsigned char *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t mm_get32(const unsigned char *p)
{
    return (uint32_t)mm_get16(p) | (uint32_t)mm_get16(p + 2) << 16;
}

static inline uint64_t mm_get64(const unsigned char *p)
{
    return (uint64_t)mm_get32(p) | (uint64_t)mm_get32(p + 4) << 32;
}

/* Big-endian numbers at p. */
static inline uint16_t mm_get16_big(const unsigned char *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t mm_get32_big(const unsigned char *p)
{
    return (uint32_t)mm_get16_big(p) << 16 | mm_get16_big(p + 2);
}

/* Write little-endian numbers to p. */
void mm_put16(unsigned char *p, uint16_t v);
void mm_put32(unsigned char *p, uint32_t v);
void mm_put64(unsigned char *p, uint64_t v);

#endif
