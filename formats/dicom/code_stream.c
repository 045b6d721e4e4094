/* Headers of code streams: see code_stream.h. */
#include "formats/dicom/code_stream.h"

#include <stdint.h>
#include <string.h>

#include "common/base/bytes.h"
#include "formats/dicom/jpeg.h"

bool mm_coding_of(const char *transfer_syntax, mm_coding *coding)
{
    static const char root[] = "1.2.840.10008.1.2.";
    static const struct {
        const char *end;
        mm_coding coding;
    } known[] = {
        {"4.50", MM_CODING_JPEG}, {"4.51", MM_CODING_JPEG}, {"4.52", MM_CODING_JPEG}, {"4.53", MM_CODING_JPEG},
        {"4.55", MM_CODING_JPEG}, {"4.57", MM_CODING_JPEG}, {"4.70", MM_CODING_JPEG}, {"4.80", MM_CODING_JPEG_LS},
        {"4.81", MM_CODING_JPEG_LS}, {"4.90", MM_CODING_JPEG_2000}, {"4.91", MM_CODING_JPEG_2000}, {"4.92", MM_CODING_JPEG_2000},
        {"4.93", MM_CODING_JPEG_2000}, {"5", MM_CODING_RUN_LENGTHS},
    };
    if (strncmp(transfer_syntax, root, sizeof root - 1))
        return false;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(transfer_syntax + sizeof root - 1, known[i].end)) {
            *coding = known[i].coding;
            return true;
        }
    return false;
}

/* The SIZ segment of a JPEG 2000 code stream, also inside of JP2's boxes. All components must be alike. */
static bool read_siz(const unsigned char *p, size_t n, mm_code_stream *s)
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
    s->width = v[0] - v[2];
    s->height = v[1] - v[3];
    s->components = components;
    s->bits = (siz[42] & 0x7f) + 1u;
    s->is_signed = siz[42] & 0x80;
    for (size_t c = 0; c < components; c++)
        if (siz[42 + 3 * c] != siz[42] || siz[43 + 3 * c] != 1 || siz[44 + 3 * c] != 1)
            return false;
    return true;
}

static int read_jpeg(const unsigned char *p, size_t n, mm_code_stream *s, mm_error *error)
{
    mm_jpeg_info jpeg;
    if (mm_jpeg_probe(p, n, &jpeg, error))
        return mm_fail_in(error, "DICOM frame");
    if ((s->coding == MM_CODING_JPEG_LS) != (jpeg.process == MM_JPEG_LS))
        return mm_fail(error, MM_DAMAGED, "DICOM frame is damaged: its code stream is of another kind than its transfer syntax says");
    s->height = jpeg.height;
    s->width = jpeg.width;
    s->components = jpeg.components;
    s->bits = jpeg.bits;
    s->process = jpeg.process;
    return MM_OK;
}

/* Run lengths say no size, but have a segment for each byte of a pixel. */
static void read_segments(const mm_dicom_info *d, const unsigned char *p, size_t n, mm_code_stream *s)
{
    s->height = d->rows;
    s->width = d->columns;
    s->components = d->samples;
    s->bits = n < 4 ? 0 : 8 * (mm_get32(p) / d->samples);
}

int mm_code_stream_read(mm_coding coding, const mm_dicom_info *d, const unsigned char *p, size_t n, mm_code_stream *s, mm_error *error)
{
    *s = (mm_code_stream){.coding = coding};
    if (coding == MM_CODING_RUN_LENGTHS)
        read_segments(d, p, n, s);
    else if (coding == MM_CODING_JPEG_2000 && !read_siz(p, n, s))
        return mm_fail(error, MM_DAMAGED, "DICOM frame is damaged: no JPEG 2000 header in it");
    else if (coding != MM_CODING_JPEG_2000 && read_jpeg(p, n, s, error))
        return error->code;
    /* Run lengths give 128 bytes for 2; the others do better only on what is all of one value. */
    uint64_t most = (UINT64_C(1) << 24) + (uint64_t)n * (coding == MM_CODING_RUN_LENGTHS ? 64 : 1000);
    if ((uint64_t)d->rows * d->columns * d->samples > most)
        return mm_fail(error, MM_DAMAGED, "DICOM frame of %zu x %zu pixels in %zu bytes: truncated", d->rows, d->columns, n);
    if (s->height != d->rows || s->width != d->columns || s->components != d->samples || s->bits > d->bits_allocated || s->bits == 0)
        return mm_fail(error, MM_DAMAGED, "DICOM frame is damaged: its code stream has %zu x %zu pixels of %u samples with %u bits, "
                       "its header says %zu x %zu of %u with %u allocated", s->height, s->width, s->components, s->bits,
                       d->rows, d->columns, d->samples, d->bits_allocated);
    return MM_OK;
}
