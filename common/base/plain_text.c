/* Text as programs save it: see plain_text.h. */
#include "common/base/plain_text.h"

#include <stdbool.h>
#include <string.h>

#include "common/base/signature.h"

/* Appends a character as UTF-8. */
static int add_character(mm_bytes *plain, uint32_t c, mm_error *error)
{
    unsigned char byte[4];
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, c >>= 6)
        byte[i] = (unsigned char)(0x80 | (c & 0x3f));
    byte[0] = (unsigned char)(n == 1 ? c : (0xf00u >> n & 0xf0) | c);
    return mm_bytes_add(plain, byte, n, error);
}

/* Converts pairs of bytes behind a mark. */
static int add_utf16(const unsigned char *p, size_t size, bool big, mm_bytes *plain, mm_error *error)
{
    uint32_t high = 0;
    int code = size % 2 ? MM_DAMAGED : MM_OK;
    for (size_t i = 0; i + 1 < size && !code; i += 2) {
        uint32_t unit = (uint32_t)p[i + big] | (uint32_t)p[i + !big] << 8;
        bool low = unit >= 0xdc00 && unit < 0xe000;
        if (low != (high != 0) || unit == 0)
            code = MM_DAMAGED;
        else if (unit >= 0xd800 && unit < 0xdc00)
            high = unit;
        else if ((code = add_character(plain, low ? 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00) : unit, error)))
            return code;
        else
            high = 0;
    }
    return code || high ? mm_fail(error, MM_DAMAGED, "it begins as UTF-16 and is not") : MM_OK;
}

/* Says what the bytes are instead of text. */
static int not_text(const void *bytes, size_t size, mm_error *error)
{
    const mm_signature *s = mm_signature_of(bytes, size);
    if (s->kind == MM_KIND_UNKNOWN || s->kind == MM_KIND_TEXT)
        return mm_fail(error, MM_DAMAGED, "a zero byte: this is not text");
    return mm_fail(error, MM_DAMAGED, "not text but %s%s", s->name, *s->advice == ':' ? s->advice : "");
}

/* True if the first line ends in CR alone. */
static bool ends_in_cr(const unsigned char *p, size_t size)
{
    bool quoted = false;
    size_t i = 0;
    for (; i < size && (quoted || (p[i] != '\n' && p[i] != '\r')); i++)
        quoted ^= p[i] == '"';
    return i < size && p[i] == '\r' && (i + 1 == size || (p[i + 1] != '\n' && p[i + 1] != '\r'));
}

static void end_lines(unsigned char *p, size_t size)
{
    bool quoted = false;
    for (size_t i = 0; i < size; i++) {
        quoted ^= p[i] == '"';
        if (p[i] == '\r' && !quoted)
            p[i] = '\n';
    }
}

int mm_plain_text(const void *text, size_t size, mm_bytes *plain, mm_error *error)
{
    const unsigned char *p = text;
    size_t before = plain->size;
    bool little = size >= 2 && p[0] == 0xff && p[1] == 0xfe, big = size >= 2 && p[0] == 0xfe && p[1] == 0xff;
    size_t mark = little || big ? 2 : size >= 3 && !memcmp(p, "\xef\xbb\xbf", 3) ? 3 : 0;
    int code = MM_OK;
    if (mark == 2)
        code = add_utf16(p + mark, size - mark, big, plain, error);
    else if (memchr(p + mark, '\0', size - mark))
        code = not_text(p, size, error);
    else
        code = mm_bytes_add(plain, p + mark, size - mark, error);
    if (!code && plain->size > before && ends_in_cr(plain->data + before, plain->size - before))
        end_lines(plain->data + before, plain->size - before);
    return code;
}
