/* Samples of a DICOM file, native and compressed: see dicom_pixels.h. */
#include "formats/dicom/dicom_pixels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/base/grow.h"
#include "common/base/isolated.h"
#include "formats/dicom/dicom_codec.h"
#include "formats/dicom/dicom_rle.h"
#include "formats/dicom/jpeg.h"

/* What a decoder may take for a frame: far more than it does. */
enum {
    SECONDS = 5,                    /* of processor time, and one more for each MiB */
    MEMORY = 512 << 20, TIMES = 32, /* bytes, and so many for each of the result's */
};

static const char RUN_LENGTHS[] = "1.2.840.10008.1.2.5";

static bool is_one_of(const char *text, const char *const *known, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(text, known[i]))
            return true;
    return false;
}

/* JPEG (processes 1, 2 and 4, 3 and 5, 6 and 8, 10 and 12, 14), JPEG-LS, JPEG 2000: what GDCM decodes. */
static bool decodes(const char *transfer_syntax)
{
    static const char root[] = "1.2.840.10008.1.2.4.";
    static const char *const known[] = {"50", "51", "52", "53", "55", "57", "70", "80", "81", "90", "91", "92", "93"};
    return !strncmp(transfer_syntax, root, sizeof root - 1) &&
           is_one_of(transfer_syntax + sizeof root - 1, known, sizeof known / sizeof *known);
}

static bool has_colours(const mm_dicom_info *info)
{
    return info->samples == 3;
}

/* What this reader has no way for, said in its own words: the file's are not repeated. */
static int check_format(const mm_dicom_info *d, mm_error *error)
{
    static const char *const grey[] = {"MONOCHROME1", "MONOCHROME2", "PALETTE COLOR"};
    static const char *const colour[] = {"RGB", "YBR_FULL", "YBR_FULL_422", "YBR_RCT", "YBR_ICT"};
    unsigned a = d->bits_allocated;
    if (d->rows == 0 || d->columns == 0)
        return mm_fail(error, MM_DAMAGED, "DICOM image of %zu x %zu pixels", d->rows, d->columns);
    if (d->samples != 1 && d->samples != 3)
        return mm_fail(error, MM_DAMAGED, "DICOM image of %u samples a pixel: 1 and 3 are read", d->samples);
    if (a != 1 && a != 8 && a != 16 && a != 32)
        return mm_fail(error, MM_DAMAGED, "DICOM image with %u bits allocated: 1, 8, 16 and 32 are read", a);
    if (d->bits_stored == 0 || d->bits_stored > a || d->high_bit >= a || d->high_bit + 1 < d->bits_stored)
        return mm_fail(error, MM_DAMAGED, "DICOM image with %u bits stored up to bit %u of %u", d->bits_stored, d->high_bit, a);
    if (d->samples == 1 ? !is_one_of(d->photometric, grey, 3) : !is_one_of(d->photometric, colour, 5))
        return mm_fail(error, MM_DAMAGED, "DICOM image of a photometric interpretation that is not read with %u samples a pixel", d->samples);
    if (d->samples == 3 && (a == 32 || a == 1 || d->is_signed))
        return mm_fail(error, MM_DAMAGED, "DICOM colours of %u bits%s: 8 and 16 are read, without sign", a, d->is_signed ? " with a sign" : "");
    return MM_OK;
}

/* ---- native ---- */

static int native(const mm_dicom_file *file, const mm_dicom_info *d, const mm_element *pixels, size_t frame,
                  mm_dicom_samples *s, mm_error *error)
{
    uint64_t area = (uint64_t)d->rows * d->columns, bits;
    uint32_t planar = 0;
    mm_element e;
    s->halved = !strcmp(d->photometric, "YBR_FULL_422");
    if (s->halved && (d->columns % 2 || d->bits_allocated != 8))
        return mm_fail(error, MM_DAMAGED, "DICOM colours in halves (YBR_FULL_422) of %zu columns, %u bits", d->columns, d->bits_allocated);
    bits = area * d->bits_allocated * (s->halved ? 2 : d->samples);
    if (d->frames > (uint64_t)pixels->value.size * 8 / bits)
        return mm_fail(error, MM_DAMAGED, "DICOM file is truncated: %zu bytes for %zu frames of %zu x %zu pixels", pixels->value.size,
                       d->frames, d->rows, d->columns);
    if (has_colours(d) && mm_element_find(&file->set, 0x00280006, &e))
        mm_element_integer(&e, 0, &planar);
    s->planar = planar == 1 && !s->halved;
    s->ybr = has_colours(d) && !strncmp(d->photometric, "YBR_FULL", 8);
    s->data = pixels->value.bytes + bits * frame / 8;
    s->first_bit = d->bits_allocated == 1 ? bits * frame % 8 : 0;
    s->width = d->bits_allocated / 8;
    /* An old private syntax of GE: little endian, but for its pixels. */
    s->big = pixels->value.big || !strcmp(d->transfer_syntax, "1.2.840.113619.5.2");
    return MM_OK;
}

/* ---- compressed: the frame's code stream ---- */

struct fragment {
    const unsigned char *bytes;
    size_t size, offset; /* offset of its item behind the offset table */
};

struct stream {
    struct fragment *fragments;
    size_t n;
    const unsigned char *table; /* basic offset table: 32 bits each */
    size_t entries;
};

static int read_fragments(const mm_element *pixels, struct stream *s, mm_error *error)
{
    const unsigned char *bytes;
    size_t at = 0, room = 0, size, begin = 0;
    bool table = true;
    while (mm_element_fragment(pixels, &at, &bytes, &size, error)) {
        if (table) {
            s->table = bytes;
            s->entries = size / 4;
            table = false;
            begin = at;
            continue;
        }
        if (mm_grow(&s->fragments, &room, s->n + 1, sizeof *s->fragments, error))
            return error->code;
        s->fragments[s->n++] = (struct fragment){bytes, size, at - 8 - size - begin};
    }
    return error->code;
}

/* Does a code stream begin here? */
static bool begins(const struct fragment *f)
{
    static const unsigned char jp2[] = {0, 0, 0, 12, 'j', 'P'};
    return f->size >= 8 && ((f->bytes[0] == 0xff && (f->bytes[1] == 0xd8 || f->bytes[1] == 0x4f)) || !memcmp(f->bytes, jp2, sizeof jp2));
}

/* The fragments [*from, *to) of a frame: all, or one for each frame, or by the offset table, or by how they begin. */
static bool find_frame(const struct stream *s, size_t frame, size_t frames, size_t *from, size_t *to)
{
    *from = frame;
    *to = frame + 1;
    if (s->n == frames && frames > 1)
        return true;
    if (frames == 1) {
        *from = 0;
        *to = s->n;
        return s->n > 0;
    }
    size_t number = 0, first = s->n;
    bool by_table = s->entries == frames;
    for (size_t i = 0; i < s->n; i++) {
        bool starts = by_table ? number < frames && s->fragments[i].offset == mm_get32(s->table + 4 * number) : begins(&s->fragments[i]);
        if (!starts)
            continue;
        if (number == frame)
            first = i;
        else if (number == frame + 1)
            *to = i;
        number++;
    }
    if (frame + 1 == frames)
        *to = s->n;
    *from = first;
    return number == frames && first < *to;
}

/* Width, height, components and precision in the header of a JPEG 2000 code stream, also inside of JP2's boxes. */
static bool read_siz(const unsigned char *p, size_t n, mm_jpeg_info *info)
{
    static const unsigned char begin[] = {0xff, 0x4f, 0xff, 0x51};
    const unsigned char *siz = n > 60 ? memmem(p, n < 4096 ? n : 4096, begin, sizeof begin) : NULL;
    if (!siz || n - (size_t)(siz - p) < 45)
        return false;
    uint32_t v[9];
    for (size_t i = 0; i < 8; i++)
        v[i] = mm_get32_big(siz + 8 + 4 * i);
    unsigned components = mm_get16_big(siz + 40);
    if (v[2] > v[0] || v[3] > v[1] || v[4] == 0 || v[5] == 0 || n - (size_t)(siz - p) < 42 + 3 * (size_t)components)
        return false;
    *info = (mm_jpeg_info){.width = v[0] - v[2], .height = v[1] - v[3], .components = components, .bits = (siz[42] & 0x7f) + 1u};
    for (size_t c = 0; c < components; c++)
        if (siz[42 + 3 * c] != siz[42] || siz[43 + 3 * c] != 1 || siz[44 + 3 * c] != 1)
            return false;
    return true;
}

/* The code stream must be of the format that the file says it is, before memory is taken and a codec is let at it. */
static int check_stream(const mm_dicom_info *d, const unsigned char *p, size_t n, mm_jpeg_info *info, mm_error *error)
{
    const char *ts = d->transfer_syntax + strlen("1.2.840.10008.1.2.");
    bool good = true;
    *info = (mm_jpeg_info){.height = d->rows, .width = d->columns, .components = d->samples, .bits = d->bits_stored};
    if (!strncmp(ts, "4.9", 3)) {
        if (!read_siz(p, n, info))
            return mm_fail(error, MM_DAMAGED, "DICOM frame is damaged: no JPEG 2000 header in it");
    } else if (!strncmp(ts, "4.", 2)) {
        int code = mm_jpeg_probe(p, n, info, error);
        if (code)
            return mm_fail_in(error, "DICOM frame");
        good = !strncmp(ts, "4.8", 3) == (info->process == 0xf7);
    }
    /* Run lengths give 128 bytes for 2; the others do better only on what is all of one value. */
    uint64_t most = (UINT64_C(1) << 24) + (uint64_t)n * (strcmp(d->transfer_syntax, RUN_LENGTHS) ? 1000 : 64);
    if ((uint64_t)d->rows * d->columns * d->samples > most)
        return mm_fail(error, MM_DAMAGED, "DICOM frame of %zu x %zu pixels in %zu bytes: truncated", d->rows, d->columns, n);
    if (!good || info->height != d->rows || info->width != d->columns || info->components != d->samples || info->bits > d->bits_allocated)
        return mm_fail(error, MM_DAMAGED, "DICOM frame is damaged: its code stream has %zu x %zu pixels of %u samples with %u bits, "
                       "its header says %zu x %zu of %u with %u", info->height, info->width, info->components, info->bits,
                       d->rows, d->columns, d->samples, d->bits_stored);
    return MM_OK;
}

/* Decodes into s->owned, `size` bytes, in the isolated program. */
static int decode_isolated(const mm_dicom_info *d, const unsigned char *p, size_t n, mm_dicom_samples *s, size_t size, mm_error *error)
{
    const uint16_t one = 1;
    mm_isolated_result result;
    mm_dicom_frame frame;
    memset(&frame, 0, sizeof frame);
    snprintf(frame.transfer_syntax, sizeof frame.transfer_syntax, "%s", d->transfer_syntax);
    snprintf(frame.photometric, sizeof frame.photometric, "%s", d->photometric);
    frame.rows = d->rows;
    frame.columns = d->columns;
    frame.samples = d->samples;
    frame.bits_allocated = d->bits_allocated;
    frame.bits_stored = d->bits_stored;
    frame.high_bit = d->high_bit;
    frame.is_signed = d->is_signed;
    s->big = !*(const unsigned char *)&one;
    s->ybr = !strncmp(d->photometric, "YBR_FULL", 8);
    mm_isolated_job job = {
        .kind = MM_DICOM_JOB,
        .head = &frame, .head_size = sizeof frame,
        .bytes = p, .size = n,
        .room = size,
        .memory = MEMORY + TIMES * size,
        .seconds = SECONDS + (unsigned)(size >> 20),
    };
    int code = mm_isolated(MM_ISOLATED, &job, "DICOM frame", &result, error);
    if (!code && result.size != size)
        code = mm_fail(error, MM_DAMAGED, "DICOM frame is damaged: %zu bytes for %zu", result.size, size);
    if (!code)
        memcpy(s->owned, result.bytes, size);
    mm_isolated_free(&result);
    return code;
}

static int decode_stream(const mm_dicom_info *d, const unsigned char *p, size_t n, mm_dicom_samples *s, mm_error *error)
{
    mm_jpeg_info jpeg;
    int code = check_stream(d, p, n, &jpeg, error);
    if (code)
        return code;
    bool runs = !strcmp(d->transfer_syntax, RUN_LENGTHS);
    bool plain = jpeg.process >= 0xc0 && jpeg.process <= 0xc2 && jpeg.bits == 8 && d->bits_allocated == 8;
    size_t size = d->rows * d->columns * (plain ? 1 : d->samples) * (d->bits_allocated / 8);
    if (!(s->owned = malloc(size)))
        return mm_no_memory(error);
    s->data = s->owned;
    s->width = d->bits_allocated / 8;
    if (runs) {
        s->ybr = !strncmp(d->photometric, "YBR_FULL", 8);
        code = mm_dicom_rle(p, n, d->rows * d->columns, d->samples, s->width, s->owned, error);
        return code ? mm_fail_in(error, "DICOM frame") : MM_OK;
    }
    if (plain) {
        s->grey = has_colours(d);
        code = mm_jpeg_decode(p, n, &jpeg, !strcmp(d->photometric, "RGB") ? MM_JPEG_RGB : MM_JPEG_YBR, s->owned, error);
        return code ? mm_fail_in(error, "DICOM frame") : MM_OK;
    }
    return decode_isolated(d, p, n, s, size, error);
}

static int compressed(const mm_dicom_info *d, const mm_element *pixels, size_t frame, mm_dicom_samples *s, mm_error *error)
{
    struct stream stream = {0};
    mm_bytes joined = {0};
    size_t from, to;
    int code = read_fragments(pixels, &stream, error);
    if (!code && d->bits_allocated == 1)
        code = mm_fail(error, MM_DAMAGED, "DICOM image of one bit, compressed: not read");
    if (!code && !find_frame(&stream, frame, d->frames, &from, &to))
        code = mm_fail(error, MM_DAMAGED, "DICOM file is damaged: %zu fragments of compressed pixels for %zu frames", stream.n, d->frames);
    if (!code && to - from == 1)
        code = decode_stream(d, stream.fragments[from].bytes, stream.fragments[from].size, s, error);
    else if (!code) {
        for (size_t i = from; i < to && !code; i++)
            code = mm_bytes_add(&joined, stream.fragments[i].bytes, stream.fragments[i].size, error);
        if (!code)
            code = decode_stream(d, joined.data, joined.size, s, error);
    }
    mm_bytes_free(&joined);
    free(stream.fragments);
    return code;
}

int mm_dicom_samples_of(const mm_dicom_file *file, const mm_dicom_info *d, const mm_element *pixels, size_t frame,
                        mm_dicom_samples *s, mm_error *error)
{
    *s = (mm_dicom_samples){0};
    int code = check_format(d, error);
    if (code)
        return code;
    if (!pixels->undefined)
        return native(file, d, pixels, frame, s, error);
    if (strcmp(d->transfer_syntax, RUN_LENGTHS) && !decodes(d->transfer_syntax)) {
        bool plain = strspn(d->transfer_syntax, "0123456789.") == strlen(d->transfer_syntax);
        return mm_fail(error, MM_DAMAGED, "DICOM pixels compressed in a way that is not read (transfer syntax '%s')",
                       plain ? d->transfer_syntax : "?");
    }
    code = compressed(d, pixels, frame, s, error);
    if (code) {
        free(s->owned);
        *s = (mm_dicom_samples){0};
    }
    return code;
}
