/* Data elements in place: see dicom_elements.h. */
#include "formats/dicom/dicom_elements.h"

#include <libdeflate.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/base/signature.h"
#include "common/base/text.h"
#include "common/stream/record.h"
#include "formats/dicom/dicom.h"

enum { DEEPEST = 64 };

static const mm_tag ITEM = 0xfffee000, ITEM_END = 0xfffee00d, SEQUENCE_END = 0xfffee0dd;
#define UNDEFINED 0xffffffffu

static unsigned get16(const mm_data_set *s, size_t at)
{
    return s->big ? mm_get16_big(s->bytes + at) : mm_get16(s->bytes + at);
}

static uint32_t get32(const mm_data_set *s, size_t at)
{
    return s->big ? mm_get32_big(s->bytes + at) : mm_get32(s->bytes + at);
}

static mm_tag get_tag(const mm_data_set *s, size_t at)
{
    return (mm_tag)get16(s, at) << 16 | get16(s, at + 2);
}

static bool is_capital(unsigned char c)
{
    return c >= 'A' && c <= 'Z';
}

/* Value representations whose length has 32 bits, behind two bytes that are reserved. */
static bool is_long(const char *vr)
{
    static const char known[] = "OB OD OF OL OV OW SQ SV UC UN UR UT UV";
    for (const char *p = known; p < known + sizeof known - 1; p += 3)
        if (p[0] == vr[0] && p[1] == vr[1])
            return true;
    return false;
}

struct header {
    mm_tag tag;
    char vr[3];
    uint32_t length;
    size_t size; /* of the header itself */
};

static bool read_header(const mm_data_set *s, size_t at, struct header *h)
{
    *h = (struct header){0};
    if (s->size - at < 8)
        return false;
    h->tag = get_tag(s, at);
    const unsigned char *p = s->bytes + at + 4;
    bool says = !s->implicit && h->tag >> 16 != 0xfffe && is_capital(p[0]) && is_capital(p[1]);
    if (!says) { /* also in explicit files: some switch over within, and items have none */
        h->length = get32(s, at + 4);
        h->size = 8;
        return true;
    }
    h->vr[0] = (char)p[0];
    h->vr[1] = (char)p[1];
    h->size = is_long(h->vr) ? 12 : 8;
    if (s->size - at < h->size)
        return false;
    h->length = h->size == 12 ? get32(s, at + 8) : get16(s, at + 6);
    return true;
}

static bool damaged(mm_error *error, const char *what, mm_tag tag)
{
    mm_fail(error, MM_DAMAGED, "DICOM element (%04x,%04x) %s", (unsigned)(tag >> 16), (unsigned)(tag & 0xffff), what);
    return false;
}

/* How the items of an element are written: those of a sequence that nobody knew (UN) are implicit. */
static mm_data_set inner_set(const mm_data_set *s, const struct header *h)
{
    mm_data_set inner = *s;
    if (h->length == UNDEFINED && !strcmp(h->vr, "UN")) {
        inner.implicit = true;
        inner.big = false;
    }
    return inner;
}

/* The end of a sequence of undefined length that begins at `at`: *end is the offset of its delimiter, or the end of the
 * data where the delimiter is missing behind the last item. */
static bool skip_items(const mm_data_set *s, size_t at, mm_tag tag, int depth, size_t *end, mm_error *error);

/* Skips elements up to the delimiter of an item of undefined length, and that too. */
static bool skip_elements(const mm_data_set *s, size_t *at, mm_tag tag, int depth, mm_error *error)
{
    struct header h;
    while (*at < s->size) {
        if (!read_header(s, *at, &h))
            return damaged(error, "ends inside an item", tag);
        *at += h.size;
        if (h.tag == ITEM_END)
            return true;
        size_t end;
        mm_data_set inner = inner_set(s, &h);
        if (h.length != UNDEFINED) {
            if (h.length > s->size - *at)
                return damaged(error, "is longer than the file", h.tag);
            *at += h.length;
        } else if (skip_items(&inner, *at, h.tag, depth + 1, &end, error)) {
            *at = end + (s->size - end < 8 ? s->size - end : 8);
        } else {
            return false;
        }
    }
    return damaged(error, "ends inside an item", tag);
}

static bool skip_items(const mm_data_set *s, size_t at, mm_tag tag, int depth, size_t *end, mm_error *error)
{
    if (depth > DEEPEST)
        return damaged(error, "is nested too deep", tag);
    while (at < s->size) {
        if (s->size - at < 8)
            return damaged(error, "ends inside a sequence", tag);
        mm_tag item = get_tag(s, at);
        uint32_t length = get32(s, at + 4);
        if (item == SEQUENCE_END) {
            *end = at;
            return true;
        }
        if (item != ITEM)
            return damaged(error, "is a sequence with something else than items", tag);
        at += 8;
        if (length == UNDEFINED) {
            if (!skip_elements(s, &at, tag, depth, error))
                return false;
        } else if (length > s->size - at) {
            return damaged(error, "has an item longer than the file", tag);
        } else {
            at += length;
        }
    }
    *end = at;
    return true;
}

bool mm_element_next(const mm_data_set *set, size_t *at, mm_element *element, mm_error *error)
{
    struct header h;
    *error = (mm_error){0};
    *element = (mm_element){0};
    if (*at >= set->size)
        return false;
    if (!read_header(set, *at, &h)) {
        mm_fail(error, MM_DAMAGED, "DICOM file ends inside an element");
        return false;
    }
    if (h.tag == ITEM_END || h.tag == SEQUENCE_END)
        return false;
    element->tag = h.tag;
    memcpy(element->vr, h.vr, sizeof h.vr);
    *at += h.size;
    element->value = inner_set(set, &h);
    element->value.bytes = set->bytes + *at;
    if (h.length != UNDEFINED) {
        element->value.size = h.length;
        if (h.length > set->size - *at)
            return damaged(error, "is longer than the file", h.tag);
        *at += h.length;
        return true;
    }
    element->undefined = true;
    mm_data_set rest = element->value;
    rest.size = set->size - *at;
    size_t end;
    if (!skip_items(&rest, 0, h.tag, 0, &end, error))
        return false;
    element->value.size = end;
    *at += end + (rest.size - end < 8 ? rest.size - end : 8);
    return true;
}

bool mm_element_find(const mm_data_set *set, mm_tag tag, mm_element *element)
{
    size_t at = 0;
    mm_error error;
    while (mm_element_next(set, &at, element, &error))
        if (element->tag == tag)
            return true;
    return false;
}

bool mm_element_item(const mm_element *sequence, size_t i, mm_data_set *item)
{
    const mm_data_set *s = &sequence->value;
    mm_error error;
    for (size_t at = 0; s->size - at >= 8 && get_tag(s, at) == ITEM; i--) {
        uint32_t length = get32(s, at + 4);
        size_t end = at + 8;
        if (length == UNDEFINED ? !skip_elements(s, &end, sequence->tag, 0, &error) : length > s->size - end)
            return false;
        if (length != UNDEFINED)
            end += length;
        *item = *s;
        item->bytes = s->bytes + at + 8;
        item->size = end - at - 8; /* with its delimiter, at which mm_element_next ends */
        if (i == 0)
            return true;
        at = end;
    }
    return false;
}

bool mm_element_fragment(const mm_element *pixels, size_t *at, const unsigned char **bytes, size_t *size, mm_error *error)
{
    const mm_data_set *s = &pixels->value;
    *error = (mm_error){0};
    if (*at >= s->size)
        return false;
    if (s->size - *at < 8 || get_tag(s, *at) != ITEM || get32(s, *at + 4) > s->size - *at - 8)
        return damaged(error, "has a damaged fragment", pixels->tag);
    *bytes = s->bytes + *at + 8;
    *size = get32(s, *at + 4);
    *at += 8 + *size;
    return true;
}

/* A plausible first element: of group 2 or 8, with a representation, or with a length that can be. */
static bool first_element(const unsigned char *p, size_t size, bool *implicit, bool *big)
{
    if (size < 8)
        return false;
    *big = p[0] == 0 && (p[1] == 2 || p[1] == 8) && p[2] == 0;
    if (!*big && !((p[0] == 2 || p[0] == 8) && p[1] == 0 && p[3] == 0))
        return false;
    static const char known[] = "AE AS AT CS DA DS DT FL FD IS LO LT OB OW PN SH SL SQ SS ST TM UI UL UN US UT";
    *implicit = true;
    for (const char *k = known; k < known + sizeof known - 1 && *implicit; k += 3)
        *implicit = memcmp(k, p + 4, 2) != 0;
    return !*implicit || (!*big && p[2] < 0x30 && p[5] == 0 && p[6] == 0 && p[7] == 0 && p[4] <= 128);
}

bool mm_dicom_is(const void *bytes, size_t size)
{
    const unsigned char *p = bytes;
    bool implicit, big;
    if (mm_signature_is(MM_KIND_DICOM, p, size))
        return true;
    if (!first_element(p, size, &implicit, &big))
        return false;
    mm_data_set set = {.bytes = p, .size = size, .implicit = implicit, .big = big};
    struct header h, next;
    return read_header(&set, 0, &h) && h.length <= size - h.size && read_header(&set, h.size + h.length, &next) &&
           next.tag > h.tag && next.tag >> 16 <= 8;
}

/* A deflated data set: the size it inflates to is not known before. */
static int inflate_set(mm_dicom_file *file, const unsigned char *from, size_t n, mm_error *error)
{
    struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
    enum libdeflate_result result = d ? LIBDEFLATE_INSUFFICIENT_SPACE : LIBDEFLATE_BAD_DATA;
    size_t got = 0;
    /* Deflate never does better than 1032 to 1. */
    for (size_t room = n * 4 + 4096; result == LIBDEFLATE_INSUFFICIENT_SPACE && room / 4 <= n * 1032 + 4096 && room < MM_MAX_DATA;
         room *= 4) {
        free(file->owned);
        if (!(file->owned = malloc(room)))
            break;
        result = libdeflate_deflate_decompress_ex(d, from, n, file->owned, room, NULL, &got);
    }
    libdeflate_free_decompressor(d);
    if (!d || !file->owned)
        return mm_no_memory(error);
    if (result != LIBDEFLATE_SUCCESS)
        return mm_fail(error, MM_DAMAGED, "damaged DICOM file: its deflated part does not inflate");
    file->set.bytes = file->owned;
    file->set.size = got;
    return MM_OK;
}

/* Group 2, always explicit and little endian; *at is left behind it. */
static int read_meta(mm_dicom_file *file, const unsigned char *p, size_t size, size_t *at, mm_error *error)
{
    mm_data_set all = {.bytes = p, .size = size};
    mm_element e;
    size_t begin = *at, next = *at;
    bool more = size - next >= 8 && get16(&all, next) == 2;
    while (more && mm_element_next(&all, &next, &e, error)) {
        if (e.tag == 0x00020010)
            mm_element_text(&e, 0, file->transfer_syntax, sizeof file->transfer_syntax);
        more = size - next >= 8 && get16(&all, next) == 2;
    }
    if (more)
        return error->code ? error->code : mm_fail(error, MM_DAMAGED, "DICOM meta information is damaged");
    file->meta = (mm_data_set){.bytes = p + begin, .size = next - begin};
    *at = next;
    return MM_OK;
}

int mm_dicom_open(mm_dicom_file *file, const void *bytes, size_t size, mm_error *error)
{
    const unsigned char *p = bytes;
    *file = (mm_dicom_file){0};
    if (!mm_dicom_is(p, size))
        return mm_fail(error, MM_DAMAGED, "is not a DICOM file");
    size_t at = mm_signature_is(MM_KIND_DICOM, p, size) ? 132 : 0; /* behind the preamble and DICM */
    int code = read_meta(file, p, size, &at, error);
    if (code)
        return code;
    file->set = (mm_data_set){.bytes = p + at, .size = size - at};
    const char *ts = file->transfer_syntax;
    if (!strcmp(ts, "1.2.840.10008.1.2.1.99") && (code = inflate_set(file, p + at, size - at, error))) {
        mm_dicom_close(file);
        return code;
    }
    file->set.big = !strcmp(ts, "1.2.840.10008.1.2.2");
    file->set.implicit = !strcmp(ts, "1.2.840.10008.1.2") || !strcmp(ts, "1.2.840.113619.5.2");
    /* What the first element looks like is believed more than a name, where there is one that can be told. */
    bool implicit, big;
    if (first_element(file->set.bytes, file->set.size, &implicit, &big)) {
        file->set.implicit = implicit;
        file->set.big = big;
    }
    return MM_OK;
}

void mm_dicom_close(mm_dicom_file *file)
{
    free(file->owned);
    *file = (mm_dicom_file){0};
}

/* Bytes of the printable character at p, 0 for what is none: other encodings, control characters. */
static size_t printable(const unsigned char *p, size_t n)
{
    if (*p < 0x80)
        return *p >= 0x20 && *p < 0x7f;
    return p[0] == 0xc2 && n > 1 && p[1] < 0xa0 ? 0 : mm_utf8_length(p, n);
}

/* Bounds of value i without its padding. */
static bool value_of(const mm_element *e, size_t i, const unsigned char **from, const unsigned char **to)
{
    const unsigned char *p = e->value.bytes, *end = p + e->value.size, *next;
    for (; (next = p < end ? memchr(p, '\\', (size_t)(end - p)) : NULL) && i > 0; i--)
        p = next + 1;
    *from = p;
    *to = next ? next : end;
    return i == 0;
}

/* Copies text as it is printed, without blanks around it. False if there is none. */
static bool copy_text(const unsigned char *p, const unsigned char *end, char *to, size_t room)
{
    size_t used = 0;
    while (end > p && (end[-1] == ' ' || end[-1] == '\0'))
        end--;
    while (p < end && *p == ' ')
        p++;
    size_t n = (size_t)(end - p);
    while (n > 0) {
        size_t length = printable(p, n);
        if (used + (length ? length : 3) >= room)
            break; /* longer than DICOM allows: cut */
        if (length)
            memcpy(to + used, p, length);
        else
            snprintf(to + used, 4, "%%%02X", *p);
        used += length ? length : 3;
        length += !length;
        p += length;
        n -= length;
    }
    to[used] = '\0';
    return used > 0;
}

bool mm_element_text(const mm_element *element, size_t i, char *to, size_t room)
{
    const unsigned char *from, *end;
    *to = '\0';
    return !element->undefined && value_of(element, i, &from, &end) && copy_text(from, end, to, room);
}

bool mm_element_whole(const mm_element *element, char *to, size_t room)
{
    const unsigned char *from = element->value.bytes;
    *to = '\0';
    return !element->undefined && copy_text(from, from + element->value.size, to, room);
}

bool mm_element_number(const mm_element *element, size_t i, double *value)
{
    char text[64], *end;
    if (!mm_element_text(element, i, text, sizeof text))
        return false;
    *value = strtod(text, &end);
    return *end == '\0' && isfinite(*value);
}

bool mm_element_integer(const mm_element *element, size_t i, uint32_t *value)
{
    const mm_data_set *s = &element->value;
    bool wide = !strcmp(element->vr, "UL") || !strcmp(element->vr, "SL");
    size_t width = wide ? 4 : 2;
    if (element->undefined || s->size / width <= i)
        return false;
    *value = wide ? get32(s, i * 4) : get16(s, i * 2);
    return true;
}
