/* Text: see text.h. */
#include "common/base/grow.h"
#include "common/base/text.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t mm_utf8_length(const unsigned char *p, size_t n)
{
    if (p[0] < 0x80)
        return p[0] ? 1 : 0;
    size_t length = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || length > n)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf0 && p[1] < 0x90) ||
        (p[0] == 0xf4 && p[1] > 0x8f))
        return 0;
    return length;
}

bool mm_utf8_valid(const char *text, size_t bytes)
{
    for (size_t i = 0, n; i < bytes; i += n)
        if ((n = mm_utf8_length((const unsigned char *)text + i, bytes - i)) == 0)
            return false;
    return true;
}

bool mm_slice_is(mm_slice slice, const char *text)
{
    return strlen(text) == slice.bytes && memcmp(text, slice.text, slice.bytes) == 0;
}

char *mm_unescape(mm_slice slice, mm_error *error)
{
    char *out = malloc(slice.bytes + 1);
    if (!out) {
        mm_no_memory(error);
        return NULL;
    }
    size_t n = 0;
    for (size_t i = 0; i < slice.bytes; i++) {
        char c = slice.text[i];
        if (c == '\\') {
            char next = ++i < slice.bytes ? slice.text[i] : '\0';
            c = next == 't' ? '\t' : next == 'n' ? '\n' : next == '\\' ? '\\' : '\0';
            if (!c) {
                free(out);
                mm_fail(error, MM_DAMAGED, "bad escape in meta");
                return NULL;
            }
        }
        out[n++] = c;
    }
    out[n] = '\0';
    return out;
}

bool mm_slice_number(mm_slice slice, size_t *value)
{
    size_t v = 0;
    if (slice.bytes == 0)
        return false;
    for (size_t i = 0; i < slice.bytes; i++) {
        if (slice.text[i] < '0' || slice.text[i] > '9')
            return false;
        size_t digit = (size_t)(slice.text[i] - '0');
        if (v > (SIZE_MAX - digit) / 10)
            return false;
        v = v * 10 + digit;
    }
    *value = v;
    return true;
}

void mm_text_add(mm_text *text, const char *bytes, size_t n)
{
    text->failed = text->failed || mm_grow(&text->data, &text->room, text->bytes + n + 1, 1, NULL);
    if (text->failed)
        return;
    memcpy(text->data + text->bytes, bytes, n);
    text->bytes += n;
    text->data[text->bytes] = '\0';
}

void mm_text_puts(mm_text *text, const char *string) { mm_text_add(text, string, strlen(string)); }

void mm_text_escape(mm_text *text, const char *string)
{
    for (;;) {
        size_t n = strcspn(string, "\t\n\\");
        mm_text_add(text, string, n);
        string += n;
        if (!*string)
            return;
        mm_text_puts(text, *string == '\t' ? "\\t" : *string == '\n' ? "\\n" : "\\\\");
        string++;
    }
}

void mm_text_number(mm_text *text, size_t number)
{
    char digits[32];
    int n = snprintf(digits, sizeof digits, "%zu", number);
    mm_text_add(text, digits, (size_t)n);
}

int mm_parse_long(const char *text, long min, long max, long *value)
{
    char *end;
    errno = 0;
    long v = strtol(text, &end, 10);
    if (end == text || *end || errno || v < min || v > max || isspace((unsigned char)*text))
        return MM_USAGE;
    *value = v;
    return MM_OK;
}

int mm_parse_pair(const char *text, char between, long max, long *first, long *second)
{
    char a[32];
    const char *b = strchr(text, between);
    if (!b || (size_t)(b - text) >= sizeof a)
        return MM_USAGE;
    snprintf(a, sizeof a, "%.*s", (int)(b - text), text);
    return mm_parse_long(a, 0, max, first) || mm_parse_long(b + 1, 0, max, second) ? MM_USAGE : MM_OK;
}

int mm_parse_double(const char *text, double min, double max, double *value)
{
    char *end;
    errno = 0;
    double v = strtod(text, &end);
    if (end == text || *end || (errno && fabs(v) > 1) || !isfinite(v) || v < min || v > max || isspace((unsigned char)*text))
        return MM_USAGE;
    *value = v;
    return MM_OK;
}

int mm_parse_size(const char *text, size_t min, size_t max, mm_size *value)
{
    const char *x = strchr(text, 'x');
    size_t h, w;
    if (!mm_slice_number((mm_slice){text, x ? (size_t)(x - text) : strlen(text)}, &h))
        return MM_USAGE;
    w = h; /* one number: a square */
    if ((x && !mm_slice_number((mm_slice){x + 1, strlen(x + 1)}, &w)) || h < min || h > max || w < min || w > max)
        return MM_USAGE;
    *value = (mm_size){h, w};
    return MM_OK;
}
