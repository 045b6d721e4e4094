/* Checksums put right after a mutation: see fuzz.h. */
#include <string.h>
#include <zlib.h>

#include "common/base/bytes.h"
#include "common/stream/meta.h"
#include "tests/fuzz/harness/fuzz.h"

static uint32_t crc(const void *data, size_t size)
{
    return (uint32_t)crc32(0, data, (uInt)size);
}

/* Lengths are cut to what is there, numbers and counts made what they must be. */
void mm_fuzz_repair_stream(uint8_t *data, size_t size)
{
    mm_prefix p = {.type = "HEAD"};
    for (size_t at = 0; size - at >= 64; at += 64 + mm_round64(p.meta_bytes) + p.data_bytes) {
        uint8_t *raw = data + at;
        size_t left = (size - at - 64) & ~(size_t)63;
        memcpy(p.type, raw + 8, 4);
        p.meta_bytes = mm_get64(raw + 16) % (left + 1);
        p.data_bytes = mm_get64(raw + 24) % (left - mm_round64(p.meta_bytes) + 64) & ~(uint64_t)63;
        p.seq = mm_get64(raw + 32);
        p.meta_crc = mm_crc32(0, raw + 64, p.meta_bytes);
        p.data_crc = mm_crc32(0, raw + 64 + mm_round64(p.meta_bytes), p.data_bytes);
        memset(raw + 64 + p.meta_bytes, 0, mm_round64(p.meta_bytes) - p.meta_bytes);
        mm_prefix_print(&p, raw);
    }
}

static uint32_t big32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

void mm_fuzz_repair_png(uint8_t *data, size_t size)
{
    for (size_t at = 8, n; at <= size && size - at >= 12; at += 12 + n) {
        n = big32(data + at);
        if (n > size - at - 12)
            return;
        uint32_t sum = crc(data + at + 4, n + 4);
        for (size_t i = 0; i < 4; i++)
            data[at + 8 + n + i] = (uint8_t)(sum >> (24 - 8 * i));
    }
}

/* Members that are stored: the checksum in the directory and before the member. */
void mm_fuzz_repair_zip(uint8_t *data, size_t size)
{
    for (size_t i = 0; size >= 46 && i <= size - 46; i++) {
        if (memcmp(data + i, "PK\1\2", 4) || mm_get16(data + i + 10))
            continue;
        size_t head = mm_get32(data + i + 42), n = mm_get32(data + i + 20);
        if (head > size - 30 || memcmp(data + head, "PK\3\4", 4))
            continue;
        size_t begin = head + 30 + mm_get16(data + head + 26) + mm_get16(data + head + 28);
        if (begin > size || n > size - begin)
            continue;
        mm_put32(data + i + 16, crc(data + begin, n));
        mm_put32(data + head + 14, crc(data + begin, n));
        mm_put32(data + i + 24, (uint32_t)n);
        mm_put32(data + head + 18, (uint32_t)n);
        mm_put32(data + head + 22, (uint32_t)n);
    }
}

void mm_fuzz_repair_tar(uint8_t *data, size_t size)
{
    for (size_t at = 0; at < size && size - at >= 512 && data[at];) {
        uint8_t *h = data + at;
        unsigned sum = 0;
        size_t n = 0;
        memset(h + 148, ' ', 8);
        for (size_t i = 0; i < 512; i++)
            sum += h[i];
        for (size_t i = 0; i < 6; i++)
            h[153 - i] = (uint8_t)('0' + (sum >> 3 * i & 7));
        h[154] = 0;
        for (size_t i = 124; i < 136 && h[i] >= '0' && h[i] <= '7'; i++)
            n = n * 8 + (size_t)(h[i] - '0');
        if (n > size - at - 512)
            return;
        at += 512 + (n + 511) / 512 * 512;
    }
}
