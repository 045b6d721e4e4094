/* Text and prefixes of blocks: see meta.h. */
#include "common/stream/meta.h"

#include <isa-l/crc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/stream/record.h"

static const unsigned char magic[8] = {0x89, 'M', 'M', 'S', '\r', '\n', 0x1a, '\n'};

bool mm_is_zero(const char *bytes, size_t n)
{
    size_t i = 0;
    while (i < n && !bytes[i])
        i++;
    return i == n;
}

uint32_t mm_crc32(uint32_t crc, const void *data, size_t bytes)
{
    return crc32_gzip_refl(crc, data, bytes);
}

int mm_meta_check(const char *meta, size_t bytes, const char *where, mm_error *error)
{
    if (!mm_utf8_valid(meta, bytes))
        return mm_fail(error, MM_DAMAGED, "%s: meta is not UTF-8", where);
    if (bytes && meta[bytes - 1] != '\n')
        return mm_fail(error, MM_DAMAGED, "%s: last meta line is not ended", where);
    return MM_OK;
}

bool mm_meta_line(mm_slice *rest, mm_slice *line)
{
    if (rest->bytes == 0)
        return false;
    const char *end = memchr(rest->text, '\n', rest->bytes);
    size_t n = end ? (size_t)(end - rest->text) : rest->bytes;
    *line = (mm_slice){rest->text, n};
    rest->text += n + (end != NULL);
    rest->bytes -= n + (end != NULL);
    return true;
}

size_t mm_meta_fields(mm_slice line, mm_slice *fields, size_t max)
{
    for (size_t n = 0;; n++) {
        if (n == max)
            return max + 1;
        const char *tab = memchr(line.text, '\t', line.bytes);
        fields[n] = (mm_slice){line.text, tab ? (size_t)(tab - line.text) : line.bytes};
        if (!tab)
            return n + 1;
        line.bytes -= fields[n].bytes + 1;
        line.text = tab + 1;
    }
}

bool mm_key_valid(const char *key)
{
    if (!*key)
        return false;
    for (const unsigned char *p = (const unsigned char *)key; *p; p++)
        if (*p < 0x20 || *p == 0x7f || *p == '/' || (p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0))
            return false;
    return true;
}

char *mm_key_of_path(const char *path, size_t length)
{
    char *key = malloc(length + 1);
    if (!key)
        return NULL;
    memcpy(key, path, length);
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)key[i] < 0x20 || key[i] == 0x7f || key[i] == '/')
            key[i] = '_';
    if (!mm_utf8_valid(key, length))
        for (size_t i = 0; i < length; i++)
            if ((unsigned char)key[i] >= 0x80)
                key[i] = '_';
    key[length] = '\0';
    return key;
}

int mm_done_parse(const char *meta, size_t bytes, mm_done *done, const char *where, mm_error *error)
{
    mm_slice rest = {meta, bytes}, line, field[2];
    bool seen[3] = {false, false, false};
    size_t value[3] = {0, 0, 0};
    static const char *const names[3] = {"records", "bytes", "skipped"};
    if (mm_meta_check(meta, bytes, where, error))
        return error ? error->code : MM_DAMAGED;
    while (mm_meta_line(&rest, &line)) {
        size_t n = mm_meta_fields(line, field, 2);
        for (int i = 0; i < 3; i++)
            if (mm_slice_is(field[0], names[i])) {
                if (n != 2 || seen[i] || !mm_slice_number(field[1], &value[i]))
                    return mm_fail(error, MM_DAMAGED, "%s: malformed line '%s' in DONE", where, names[i]);
                seen[i] = true;
            }
    }
    if (!seen[0] || !seen[1])
        return mm_fail(error, MM_DAMAGED, "%s: DONE lacks its counts", where);
    *done = (mm_done){value[0], value[1], value[2]};
    return MM_OK;
}

static uint64_t get(const unsigned char *p, int bytes)
{
    uint64_t v = 0;
    for (int i = bytes - 1; i >= 0; i--)
        v = v << 8 | p[i];
    return v;
}

static void put(unsigned char *p, uint64_t v, int bytes)
{
    for (int i = 0; i < bytes; i++, v >>= 8)
        p[i] = (unsigned char)(v & 255);
}

int mm_prefix_parse(const unsigned char raw[64], mm_prefix *p, const char *where, mm_error *error)
{
    static const unsigned char zero[12];
    if (memcmp(raw, magic, 8) != 0)
        return mm_fail(error, MM_DAMAGED, "%s: no block of a tensor stream begins here", where);
    if (get(raw + 60, 4) != mm_crc32(0, raw, 60))
        return mm_fail(error, MM_DAMAGED, "%s: checksum of a block's prefix is wrong", where);
    memcpy(p->type, raw + 8, 4);
    p->meta_bytes = get(raw + 16, 8);
    p->data_bytes = get(raw + 24, 8);
    p->seq = get(raw + 32, 8);
    p->meta_crc = (uint32_t)get(raw + 40, 4);
    p->data_crc = (uint32_t)get(raw + 44, 4);
    if (get(raw + 12, 2) != 1)
        return mm_fail(error, MM_DAMAGED, "%s: version %u of the stream format is not known", where,
                       (unsigned)get(raw + 12, 2));
    if (p->meta_bytes > MM_MAX_META || p->data_bytes % 64 || p->data_bytes > MM_MAX_DATA || memcmp(raw + 48, zero, 12))
        return mm_fail(error, MM_DAMAGED, "%s: malformed prefix of a block", where);
    for (int i = 0; i < 4; i++)
        if (!((raw[8 + i] >= 'A' && raw[8 + i] <= 'Z') || (raw[8 + i] >= 'a' && raw[8 + i] <= 'z') ||
              (i > 0 && raw[8 + i] >= '0' && raw[8 + i] <= '9')))
            return mm_fail(error, MM_DAMAGED, "%s: malformed type of a block", where);
    return MM_OK;
}

void mm_prefix_print(const mm_prefix *p, unsigned char raw[64])
{
    memset(raw, 0, 64);
    memcpy(raw, magic, 8);
    memcpy(raw + 8, p->type, 4);
    put(raw + 12, 1, 2);
    put(raw + 16, p->meta_bytes, 8);
    put(raw + 24, p->data_bytes, 8);
    put(raw + 32, p->seq, 8);
    put(raw + 40, p->meta_crc, 4);
    put(raw + 44, p->data_crc, 4);
    put(raw + 60, mm_crc32(0, raw, 60), 4);
}

bool mm_type_is(const char type[4], const char *name) { return memcmp(type, name, 4) == 0; }

/* Two rounds of a 64-bit mixer (the finaliser of splitmix64) over the bytes, with different seeds. */
static uint64_t hash(const char *key, uint64_t h)
{
    for (; *key; key++) {
        h = (h ^ (unsigned char)*key) * UINT64_C(0x9e3779b97f4a7c15);
        h ^= h >> 29;
    }
    h = (h ^ h >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    h = (h ^ h >> 27) * UINT64_C(0x94d049bb133111eb);
    return h ^ h >> 31;
}

static size_t slot(const mm_keyset *set, const uint64_t k[2])
{
    size_t i = k[0] & (set->room - 1);
    while (set->slots[i][0] && (set->slots[i][0] != k[0] || set->slots[i][1] != k[1]))
        i = (i + 1) & (set->room - 1);
    return i;
}

int mm_keyset_add(mm_keyset *set, const char *key)
{
    if (2 * (set->n + 1) > set->room) {
        mm_keyset larger = {.room = set->room ? 2 * set->room : 1024, .n = set->n};
        if (!(larger.slots = calloc(larger.room, sizeof *larger.slots)))
            return -1;
        for (size_t i = 0; i < set->room; i++)
            if (set->slots[i][0])
                memcpy(larger.slots[slot(&larger, set->slots[i])], set->slots[i], sizeof *set->slots);
        free(set->slots);
        *set = larger;
    }
    uint64_t k[2] = {hash(key, UINT64_C(0x243f6a8885a308d3)), hash(key, UINT64_C(0x13198a2e03707344))};
    k[0] |= k[0] == 0;
    size_t i = slot(set, k);
    if (set->slots[i][0])
        return 1;
    memcpy(set->slots[i], k, sizeof k);
    set->n++;
    return 0;
}

void mm_keyset_clear(mm_keyset *set)
{
    free(set->slots);
    *set = (mm_keyset){0};
}
