/* Deflate with runs alone: see deflate.h. Blocks with codes of their own follow one another; one that its codes would make longer is
 * stored. */
#include "formats/image/deflate.h"

#include <libdeflate.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    TOKENS = 32768,              /* of a block */
    END = 256, LETTERS = 286,    /* literals, the block's end, lengths of runs */
    KINDS = 19,                  /* of the code that code lengths are written in */
    SHORTEST = 3, LONGEST = 258, /* run */
    STORED = 65535               /* bytes of a stored block at most */
};

/* A literal, or 256 + length - SHORTEST of a run. */
typedef uint16_t token;

/* ---- bits ---- */

typedef struct bits {
    unsigned char *to;
    uint64_t held;
    unsigned n;
} bits;

/* Up to 48 bits; `to` has 8 bytes more than will be written. */
static inline void put(bits *b, uint64_t value, unsigned n)
{
    b->held |= value << b->n;
    b->n += n;
    for (int i = 0; i < 8; i++) /* one store, as compilers see */
        b->to[i] = (unsigned char)(b->held >> 8 * i);
    b->to += b->n / 8;
    b->held >>= b->n & ~7u;
    b->n &= 7;
}

static void to_byte(bits *b)
{
    if (b->n)
        put(b, 0, 8 - b->n);
}

/* ---- codes ---- */

typedef struct code {
    uint16_t word[LETTERS]; /* its first bit lowest */
    uint8_t length[LETTERS];
} code;

typedef struct node {
    uint32_t weight;
    uint16_t letter, parent;
} node;

static int by_weight(const void *a, const void *b)
{
    const node *x = a, *y = b;
    return x->weight != y->weight ? (x->weight > y->weight) - (x->weight < y->weight) : (x->letter > y->letter) - (x->letter < y->letter);
}

/* Lengths of Huffman's code for n letters, two of which occur at least; returns the longest. */
static unsigned huffman(const uint32_t *count, size_t n, uint8_t *length)
{
    node tree[2 * LETTERS] = {0};
    size_t leaves = 0;
    memset(length, 0, n);
    for (size_t i = 0; i < n; i++)
        if (count[i])
            tree[leaves++] = (node){count[i], (uint16_t)i, 0};
    qsort(tree, leaves, sizeof *tree, by_weight);
    /* The lightest two, of the leaves and of the nodes above them, both in order of weight, become one. */
    size_t leaf = 0, inner = leaves, end = leaves;
    for (; end < 2 * leaves - 1; end++) {
        for (int i = 0; i < 2; i++) {
            size_t least = leaf < leaves && (inner == end || tree[leaf].weight <= tree[inner].weight) ? leaf++ : inner++;
            tree[end].weight += tree[least].weight;
            tree[least].parent = (uint16_t)end;
        }
    }
    uint8_t depth[2 * LETTERS];
    unsigned longest = 0;
    depth[end - 1] = 0;
    for (size_t i = end - 1; i-- > 0;) {
        depth[i] = (uint8_t)(depth[tree[i].parent] + 1);
        if (i < leaves) {
            length[tree[i].letter] = depth[i];
            longest = depth[i] > longest ? depth[i] : longest;
        }
    }
    return longest;
}

/* A code of words of `limit` bits at most: the rarest letters are made more frequent until it is. */
static void make_code(uint32_t *count, size_t n, unsigned limit, code *c)
{
    while (huffman(count, n, c->length) > limit)
        for (size_t i = 0; i < n; i++)
            count[i] = (count[i] + 1) / 2;
    unsigned next = 0;
    for (unsigned length = 1; length <= limit; length++, next <<= 1)
        for (size_t i = 0; i < n; i++) {
            if (c->length[i] != length)
                continue;
            unsigned word = next++, turned = 0;
            for (unsigned k = 0; k < length; k++)
                turned |= (word >> k & 1) << (length - 1 - k);
            c->word[i] = (uint16_t)turned;
        }
}

/* The letter of a run's length, and what is written behind it. */
static unsigned letter_of_run(unsigned length, unsigned *extra, unsigned *bits_of_extra)
{
    unsigned k = length - SHORTEST;
    *bits_of_extra = *extra = 0;
    if (length == LONGEST)
        return 285;
    if (k < 8)
        return 257 + k;
    unsigned top = 31 - (unsigned)__builtin_clz(k); /* four letters for each power of two */
    *bits_of_extra = top - 2;
    *extra = k & ((1u << (top - 2)) - 1);
    return 257 + 4 * (top - 1) + (k >> (top - 2) & 3);
}

/* ---- a block ---- */

typedef struct block {
    token tokens[TOKENS];
    size_t n;
    uint32_t count[LETTERS];
} block;

/* Length of the run of from[-1] at from[0], 0 when there is none. */
static unsigned run_at(const unsigned char *from, size_t left)
{
    unsigned char byte = from[-1];
    unsigned most = left < LONGEST ? (unsigned)left : LONGEST, n = SHORTEST;
    if (left < SHORTEST || from[0] != byte || from[1] != byte || from[2] != byte)
        return 0;
    while (n + 8 <= most && memcmp(from + n, from + n - 1, 8) == 0)
        n += 8;
    while (n < most && from[n] == byte)
        n++;
    return n;
}

/* Tokens of from[at..n), as many as a block takes; returns where they end. */
static size_t read_block(const unsigned char *from, size_t at, size_t n, block *b)
{
    unsigned extra, width;
    b->n = 0;
    memset(b->count, 0, sizeof b->count);
    while (at < n && b->n < TOKENS) {
        unsigned run = at ? run_at(from + at, n - at) : 0;
        b->tokens[b->n++] = (token)(run ? 256 + run - SHORTEST : from[at]);
        b->count[run ? letter_of_run(run, &extra, &width) : from[at]]++;
        at += run ? run : 1;
    }
    b->count[END] = 1;
    return at;
}

/* The code's lengths, themselves in a code, as RFC 1951 3.2.7 has it: zeros in runs. And one distance, of one bit: 1. */
static void put_lengths(bits *out, const uint8_t *length)
{
    static const uint8_t order[KINDS] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    struct {
        uint8_t kind, extra;
    } item[LETTERS + 1];
    size_t items = 0, n = LETTERS, kinds = KINDS;
    uint32_t count[KINDS] = {0};
    code c;
    while (n > 257 && !length[n - 1])
        n--;
    for (size_t i = 0, zeros; i < n; i += zeros ? zeros : 1) {
        for (zeros = 0; i + zeros < n && zeros < 138 && !length[i + zeros];)
            zeros++;
        zeros = zeros < 3 ? 0 : zeros;
        item[items].kind = !zeros ? length[i] : zeros < 11 ? 17 : 18;
        item[items].extra = (uint8_t)(!zeros ? 0 : zeros < 11 ? zeros - 3 : zeros - 11);
        count[item[items++].kind]++;
    }
    item[items].kind = 1; /* of the distance */
    item[items].extra = 0;
    count[item[items++].kind]++;
    count[0]++; /* a second letter at least */
    make_code(count, KINDS, 7, &c);
    while (kinds > 4 && !c.length[order[kinds - 1]])
        kinds--;
    put(out, n - 257, 5);
    put(out, 0, 5);
    put(out, kinds - 4, 4);
    for (size_t i = 0; i < kinds; i++)
        put(out, c.length[order[i]], 3);
    for (size_t i = 0; i < items; i++) {
        put(out, c.word[item[i].kind], c.length[item[i].kind]);
        if (item[i].kind > 16)
            put(out, item[i].extra, item[i].kind == 17 ? 3 : 7);
    }
}

static void put_tokens(bits *out, const block *b, const code *c)
{
    bits o = *out; /* stays in registers */
    for (size_t i = 0; i < b->n; i++) {
        unsigned t = b->tokens[i], extra, width;
        if (t < 256) {
            put(&o, c->word[t], c->length[t]);
            continue;
        }
        unsigned letter = letter_of_run(t - 256 + SHORTEST, &extra, &width);
        put(&o, c->word[letter], c->length[letter]);
        put(&o, extra, width + 1); /* and the distance's only word, 0 */
    }
    put(&o, c->word[END], c->length[END]);
    *out = o;
}

/* How many bits the tokens take. */
static size_t cost(const block *b, const code *c)
{
    size_t n = 0;
    for (unsigned i = 0; i < LETTERS; i++) {
        unsigned extra = i < 265 || i == 285 ? 0 : (i - 261) / 4;
        n += (size_t)b->count[i] * (c->length[i] + extra + (i > END));
    }
    return n;
}

static void put_stored(bits *out, const unsigned char *from, size_t n, bool last)
{
    do {
        size_t k = n < STORED ? n : STORED;
        put(out, last && k == n, 3);
        to_byte(out);
        put(out, k | (~k & 0xffff) << 16, 32);
        memcpy(out->to, from, k);
        out->to += k;
        from += k;
        n -= k;
    } while (n);
}

/* The block of from[n], whose tokens are read, in codes of its own; false, and nothing put, where that takes more than it saves. */
static bool put_coded(bits *out, const block *b, size_t n, bool last)
{
    bits before = *out;
    uint32_t count[LETTERS];
    code c;
    memcpy(count, b->count, sizeof count);
    make_code(count, LETTERS, 15, &c);
    put(out, last | 2 << 1, 3);
    put_lengths(out, c.length);
    if ((size_t)(out->to - before.to) + cost(b, &c) / 8 >= n) {
        *out = before;
        return false;
    }
    put_tokens(out, b, &c);
    return true;
}

size_t mm_deflate_bound(size_t n)
{
    enum { LENGTHS = 1024, AHEAD = 8 }; /* of a block that turns out to be stored; what put writes beyond its end */
    return n + 6 * (n / TOKENS + n / STORED + 2) + 6 + LENGTHS + AHEAD;
}

size_t mm_deflate(const unsigned char *from, size_t n, unsigned char *to)
{
    bits out = {to, 0, 0};
    block b;
    size_t at = 0;
    put(&out, 0x0178, 16); /* deflate, a window of 32 KiB; the fastest way */
    do {
        size_t end = read_block(from, at, n, &b);
        if (at == end || !put_coded(&out, &b, end - at, end == n))
            put_stored(&out, from + at, end - at, end == n);
        at = end;
    } while (at < n);
    to_byte(&out);
    uint32_t sum = libdeflate_adler32(1, from, n);
    for (int i = 3; i >= 0; i--)
        *out.to++ = (unsigned char)(sum >> 8 * i);
    return (size_t)(out.to - to);
}
