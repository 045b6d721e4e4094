/* Whole inputs in memory, and numbers out of them. */
#include "common/base/bytes.h"
#include "common/base/grow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIRST = 1 << 16, STEP = 1 << 20 };

int mm_bytes_reserve(mm_bytes *b, size_t n, mm_error *error)
{
    if (n <= b->room - b->size)
        return 0;
    if (n > SIZE_MAX / 2 - b->size)
        return mm_no_memory(error);
    return mm_grow(&b->data, &b->room, b->size + n, 1, error);
}

int mm_bytes_add(mm_bytes *b, const void *data, size_t n, mm_error *error)
{
    int code = mm_bytes_reserve(b, n, error);
    if (code)
        return code;
    if (n)
        memcpy(b->data + b->size, data, n);
    b->size += n;
    return 0;
}

/* Reads up to n bytes in steps, small ones first; *got says how many came before the end. */
static int fill(mm_bytes *b, int fd, const char *name, size_t n, size_t *got, mm_error *error)
{
    *got = 0;
    while (*got < n) {
        size_t step = *got < STEP ? FIRST + *got : STEP, want = n - *got < step ? n - *got : step;
        int code = mm_bytes_reserve(b, want, error);
        if (code)
            return code;
        ssize_t r = read(fd, b->data + b->size, want);
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return mm_fail(error, MM_FAILURE, "cannot read '%s':", name);
        if (r == 0)
            return 0;
        b->size += (size_t)r;
        *got += (size_t)r;
    }
    return 0;
}

int mm_bytes_read(mm_bytes *b, int fd, const char *name, size_t limit, mm_error *error)
{
    size_t got, room = limit < SIZE_MAX ? limit + 1 : limit;
    int code = fill(b, fd, name, room, &got, error);
    if (!code && got > limit)
        code = mm_fail(error, MM_FAILURE, "'%s' is larger than %zu bytes", name, limit);
    return code;
}

int mm_bytes_begin(mm_bytes *b, int fd, const char *name, size_t n, mm_error *error)
{
    size_t got;
    return b->size < n ? fill(b, fd, name, n - b->size, &got, error) : 0;
}

int mm_bytes_read_more(mm_bytes *b, int fd, const char *name, size_t n, mm_error *error)
{
    size_t got;
    int code = fill(b, fd, name, n, &got, error);
    if (!code && got < n)
        code = mm_fail(error, MM_DAMAGED, "'%s' ends too early", name);
    return code;
}

void mm_bytes_free(mm_bytes *b)
{
    free(b->data);
    *b = (mm_bytes){0};
}

int mm_bytes_write(int fd, const void *data, size_t n, const char *name, mm_error *error)
{
    const unsigned char *p = data;
    while (n) {
        ssize_t w = write(fd, p, n < ((size_t)1 << 30) ? n : (size_t)1 << 30);
        if (w < 0 && errno == EINTR)
            continue;
        if (w < 0)
            return mm_fail(error, MM_FAILURE, "cannot write '%s':", name);
        p += w;
        n -= (size_t)w;
    }
    return 0;
}

void mm_put16(unsigned char *p, uint16_t v)
{
    p[0] = (unsigned char)v;
    p[1] = (unsigned char)(v >> 8);
}

void mm_put32(unsigned char *p, uint32_t v)
{
    mm_put16(p, (uint16_t)v);
    mm_put16(p + 2, (uint16_t)(v >> 16));
}

void mm_put64(unsigned char *p, uint64_t v)
{
    mm_put32(p, (uint32_t)v);
    mm_put32(p + 4, (uint32_t)(v >> 32));
}
