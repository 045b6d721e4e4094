/* Samples of a DICOM file, native and compressed: see dicom_pixels.h. */
#include "formats/dicom/dicom_pixels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/isolated.h"
#include "formats/dicom/code_stream.h"
#include "formats/dicom/dicom_codec.h"
#include "formats/dicom/dicom_fragments.h"
#include "formats/dicom/dicom_rle.h"
#include "formats/dicom/jpeg.h"
#include "formats/dicom/jpeg_scans.h"

/* What a decoder may take for a frame: far more than it does. */
enum {
    SECONDS = 5,                    /* of processor time, and one more for each MiB */
    MEMORY = 512 << 20, TIMES = 32, /* bytes, and so many for each of the result's */
};

enum { FILLING = 8 }; /* bytes before the end of a code stream that belong to nothing, at most */

double mm_dicom_value(const mm_dicom_samples *s, uint32_t sample)
{
    unsigned room = (s->width ? 8 * s->width : 1) - s->low;
    uint32_t v = (sample & ~s->overlays) >> s->low;
    if (!s->is_signed)
        return v;
    /* Without bits above it the sign is the value's highest bit, else the highest of the sample. */
    unsigned sign = s->bits < room && v >> s->bits ? room - 1 : s->bits - 1;
    return v >> sign & 1 ? (double)v - ldexp(1, (int)sign + 1) : v;
}

/* ---- overlays that share samples with the values (PS3.3 C.9.2: retired, but there) ---- */

/* Bits of the overlay planes that have a bit position and no data of their own. */
static uint32_t overlay_bits(const mm_data_set *set)
{
    uint32_t bits = 0, v;
    size_t at = 0;
    mm_element e;
    mm_error error;
    unsigned group = 0, position = 0;
    while (mm_element_next(set, &at, &e, &error) && e.tag >> 16 <= 0x60ff) {
        if (e.tag >> 16 < 0x6000)
            continue;
        if (e.tag >> 16 != group) {
            group = e.tag >> 16;
            position = 32;
        }
        if ((e.tag & 0xffff) == 0x0102 && mm_element_integer(&e, 0, &v) && v < 32) {
            position = v;
            bits |= UINT32_C(1) << position;
        } else if ((e.tag & 0xffff) == 0x3000 && position < 32) {
            bits &= ~(UINT32_C(1) << position);
        }
    }
    return bits;
}

/* Where a value lies in a sample that is as wide as the file says. */
static void place_values(const mm_data_set *set, const mm_dicom_info *d, mm_dicom_samples *s)
{
    s->low = d->high_bit + 1 - d->bits_stored;
    s->bits = d->bits_stored;
    s->is_signed = d->is_signed;
    uint32_t values = (s->bits == 32 ? UINT32_MAX : (UINT32_C(1) << s->bits) - 1) << s->low;
    s->overlays = s->bits < 8 * s->width ? overlay_bits(set) & ~values : 0;
}

/* ---- native ---- */

/* Big-endian words of which each holds two samples, or sixteen pixels of one bit, the first in its lower byte (PS3.5 8.1.2): a copy of
 * the n bytes from `begin` on, in order. */
static int exchange_bytes(const mm_data_set *words, size_t begin, size_t n, mm_dicom_samples *s, mm_error *error)
{
    unsigned char *to = malloc(n);
    if (!to)
        return mm_no_memory(error);
    for (size_t i = 0; i < n; i++) {
        size_t at = (begin + i) ^ 1;
        to[i] = words->bytes[at < words->size ? at : begin + i];
    }
    s->data = s->owned = to;
    return MM_OK;
}

static int native(const mm_dicom_file *file, mm_dicom_info *d, const mm_element *pixels, size_t frame,
                  mm_dicom_samples *s, mm_dicom_notes *notes, mm_error *error)
{
    uint64_t bits = mm_dicom_frame_bits(d);
    uint32_t planar = 0;
    mm_element e;
    if (mm_dicom_complete_bits(d, d->bits_allocated, notes, error))
        return error->code;
    s->halved = d->samples == 3 && !strcmp(d->photometric, "YBR_FULL_422");
    if (s->halved && (d->columns % 2 || d->bits_allocated != 8))
        return mm_fail(error, MM_DAMAGED, "DICOM colours in halves (YBR_FULL_422) of %zu columns, %u bits", d->columns, d->bits_allocated);
    if (d->frames > (uint64_t)pixels->value.size * 8 / bits)
        return mm_fail(error, MM_DAMAGED, "DICOM file is truncated: %zu bytes for %zu frames of %zu x %zu pixels", pixels->value.size,
                       d->frames, d->rows, d->columns);
    uint64_t room = (uint64_t)pixels->value.size * 8 / bits, unused = pixels->value.size - (bits * d->frames + 7) / 8;
    if (room > d->frames && unused > 1) /* one byte makes the length even */
        mm_dicom_note(notes, "its header says %zu frame%s, its pixels have room for %zu", d->frames, d->frames == 1 ? "" : "s", (size_t)room);
    if (d->samples == 3 && mm_element_find(&file->set, 0x00280006, &e))
        mm_element_integer(&e, 0, &planar);
    s->planar = planar == 1 && !s->halved;
    s->ybr = d->samples == 3 && !strncmp(d->photometric, "YBR_FULL", 8);
    s->data = pixels->value.bytes + bits * frame / 8;
    s->first_bit = d->bits_allocated == 1 ? bits * frame % 8 : 0;
    s->width = d->bits_allocated / 8;
    /* An old private syntax of GE: little endian, but for its pixels. */
    s->big = pixels->value.big || !strcmp(d->transfer_syntax, "1.2.840.113619.5.2");
    place_values(&file->set, d, s);
    if (pixels->value.big && d->bits_allocated <= 8 && !strcmp(pixels->vr, "OW"))
        return exchange_bytes(&pixels->value, bits * frame / 8, (bits * frame % 8 + bits + 7) / 8, s, error);
    return MM_OK;
}

/* ---- compressed ---- */

static unsigned bytes_for(unsigned bits)
{
    return bits <= 8 ? 1 : bits <= 16 ? 2 : 4;
}

/* 8 bits of the usual processes: libjpeg-turbo's. All else is GDCM's. */
static bool is_plain_jpeg(const mm_code_stream *stream)
{
    return stream->coding == MM_CODING_JPEG && stream->process <= 0xc2 && stream->bits == 8;
}

/* What the code stream says of its samples decides where the values lie in them. */
static int place_decoded(const mm_data_set *set, mm_dicom_info *d, const mm_code_stream *stream, mm_dicom_samples *s,
                         mm_dicom_notes *notes, mm_error *error)
{
    if (mm_dicom_complete_bits(d, stream->bits, notes, error))
        return error->code;
    if (stream->is_signed && !d->is_signed) {
        if (d->samples == 3)
            return mm_fail(error, MM_DAMAGED, "DICOM colours with a sign in their code stream: not read");
        mm_dicom_note(notes, "its code stream has a sign, its header none: values have a sign");
        d->is_signed = true;
    }
    place_values(set, d, s);
    if (stream->bits > d->high_bit)
        return MM_OK;
    if (s->low > 0 && stream->bits != d->bits_stored)
        return mm_fail(error, MM_DAMAGED, "DICOM frame has samples of %u bits, its header %u bits stored up to bit %u", stream->bits,
                       d->bits_stored, d->high_bit);
    s->low = 0;
    s->bits = stream->bits;
    s->overlays = 0;
    if (stream->bits < d->bits_stored)
        mm_dicom_note(notes, "its code stream has %u bits a sample, its header says %u: the header decides what is white", stream->bits,
                      d->bits_stored);
    return MM_OK;
}

/* Decodes into s->owned, `size` bytes, in the isolated program. */
static int decode_isolated(const mm_dicom_info *d, const mm_code_stream *stream, const unsigned char *p, size_t n, mm_dicom_samples *s,
                           size_t size, mm_error *error)
{
    mm_isolated_result result;
    mm_dicom_frame frame;
    memset(&frame, 0, sizeof frame);
    snprintf(frame.transfer_syntax, sizeof frame.transfer_syntax, "%s", d->transfer_syntax);
    snprintf(frame.photometric, sizeof frame.photometric, "%s", d->photometric);
    frame.rows = d->rows;
    frame.columns = d->columns;
    frame.samples = d->samples;
    frame.bits_allocated = 8 * s->width;
    frame.bits_stored = stream->bits;
    frame.high_bit = stream->bits - 1;
    frame.is_signed = stream->coding == MM_CODING_JPEG_2000 ? stream->is_signed : d->is_signed;
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

/* Decodes into s->owned, `size` bytes. */
static int decode(const mm_dicom_info *d, const mm_code_stream *stream, const unsigned char *p, size_t n, mm_dicom_samples *s,
                  size_t size, mm_error *error)
{
    mm_jpeg_info jpeg;
    if (stream->coding == MM_CODING_RUN_LENGTHS)
        return mm_dicom_rle(p, n, d->rows * d->columns, d->samples, s->width, s->owned, error) ? mm_fail_in(error, "DICOM frame") : MM_OK;
    if (stream->coding == MM_CODING_JPEG && mm_jpeg_scans_check(p, n, error))
        return mm_fail_in(error, "DICOM frame");
    if (!is_plain_jpeg(stream))
        return decode_isolated(d, stream, p, n, s, size, error);
    mm_jpeg_colour colour = !strcmp(d->photometric, "RGB") ? MM_JPEG_RGB : MM_JPEG_YBR;
    if (mm_jpeg_probe(p, n, &jpeg, error) || mm_jpeg_decode(p, n, &jpeg, colour, s->owned, error))
        return mm_fail_in(error, "DICOM frame");
    return MM_OK;
}

/* Length of a JPEG, JPEG-LS or JPEG 2000 stream without its end marker, and without what follows it. The data holds no such bytes. */
static size_t without_end(const unsigned char *p, size_t n)
{
    for (size_t i = n; i >= 2; i--)
        if (p[i - 2] == 0xff && p[i - 1] == 0xd9)
            return i - 2;
    return n;
}

/* Decodes a stream again whose end may be all that is wrong: the end marker is missing, or bytes without meaning are before it. Which of
 * them belong to the data only decoding shows, so they are left out one after the other. DCMTK reads such files. */
static int decode_mended(const mm_dicom_info *d, const mm_code_stream *stream, const unsigned char *p, size_t n, mm_dicom_samples *s,
                         size_t size, mm_dicom_notes *notes, mm_error *error)
{
    mm_error first = *error, other;
    mm_bytes whole = {0};
    size_t end = without_end(p, n);
    bool ended = end < n, mended = false;
    int code = mm_bytes_add(&whole, p, end, error);
    for (size_t filling = ended; !code && !mended && filling <= FILLING; filling++) { /* the marker alone is missing, or some bytes more */
        size_t left = end - filling;
        if (filling > end || (filling && p[left] != 0 && p[left] != 0xff))
            break;
        whole.size = left;
        code = mm_bytes_add(&whole, "\xff\xd9", 2, error);
        mended = !code && !decode(d, stream, whole.data, whole.size, s, size, &other);
    }
    mm_bytes_free(&whole);
    if (code)
        return code;
    if (!mended) {
        *error = first;
        return first.code;
    }
    mm_dicom_note(notes, ended ? "its code stream has bytes without meaning before its end" : "its code stream has no end marker");
    return MM_OK;
}

static int decode_stream(const mm_dicom_file *file, mm_dicom_info *d, mm_coding coding, const unsigned char *p, size_t n,
                         mm_dicom_samples *s, mm_dicom_notes *notes, mm_error *error)
{
    const uint16_t one = 1;
    mm_code_stream stream;
    if (mm_code_stream_read(coding, d, p, n, &stream, error))
        return error->code;
    s->width = bytes_for(stream.bits);
    s->big = coding != MM_CODING_RUN_LENGTHS && !*(const unsigned char *)&one;
    s->ybr = d->samples == 3 && !strncmp(d->photometric, "YBR_FULL", 8);
    s->grey = d->samples == 3 && is_plain_jpeg(&stream);
    if (place_decoded(&file->set, d, &stream, s, notes, error))
        return error->code;
    size_t size = d->rows * d->columns * (s->grey ? 1 : d->samples) * s->width;
    if (!(s->owned = malloc(size)))
        return mm_no_memory(error);
    s->data = s->owned;
    bool runs = coding == MM_CODING_RUN_LENGTHS, ended = runs || without_end(p, n) < n;
    int code = ended ? decode(d, &stream, p, n, s, size, error)
                     : mm_fail(error, MM_DAMAGED, "DICOM frame is damaged: its code stream has no end");
    if (code == MM_DAMAGED && !runs)
        code = decode_mended(d, &stream, p, n, s, size, notes, error);
    return code;
}

static int compressed(const mm_dicom_file *file, mm_dicom_info *d, const mm_element *pixels, size_t frame, mm_dicom_samples *s,
                      mm_dicom_notes *notes, mm_error *error)
{
    mm_coding coding;
    mm_bytes joined = {0};
    const unsigned char *bytes;
    size_t size;
    if (!mm_coding_of(d->transfer_syntax, &coding)) {
        bool plain = strspn(d->transfer_syntax, "0123456789.") == strlen(d->transfer_syntax);
        return mm_fail(error, MM_DAMAGED, "DICOM pixels compressed in a way that is not read (transfer syntax '%s')",
                       plain ? d->transfer_syntax : "?");
    }
    if (d->bits_allocated == 1)
        return mm_fail(error, MM_DAMAGED, "DICOM image of one bit, compressed: not read");
    int code = mm_dicom_frame_stream(pixels, frame, d->frames, &joined, &bytes, &size, notes, error);
    if (!code)
        code = decode_stream(file, d, coding, bytes, size, s, notes, error);
    mm_bytes_free(&joined);
    return code;
}

int mm_dicom_samples_of(const mm_dicom_file *file, mm_dicom_info *d, const mm_element *pixels, size_t frame,
                        mm_dicom_samples *s, mm_dicom_notes *notes, mm_error *error)
{
    *s = (mm_dicom_samples){0};
    int code = mm_dicom_complete_kind(file, d, pixels, notes, error);
    if (!code && !pixels->undefined)
        code = native(file, d, pixels, frame, s, notes, error);
    else if (!code)
        code = compressed(file, d, pixels, frame, s, notes, error);
    if (code) {
        free(s->owned);
        *s = (mm_dicom_samples){0};
    }
    return code;
}
