/* DICOM files as images: see dicom_image.h. */
#include "formats/image/dicom_image.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/image/grey.h"
#include "formats/dicom/dicom_pixels.h"
#include "formats/dicom/dicom_result.h"
#include "formats/dicom/dicom_values.h"

static const mm_tag PIXEL_DATA = 0x7fe00010;

/* Where the greys of a frame come from. */
struct frame {
    const mm_dicom_info *info; /* complete */
    mm_dicom_samples samples;
    mm_dicom_values values;
};

static double grey(const struct frame *f, uint32_t sample)
{
    return mm_dicom_grey(&f->values, mm_dicom_value(&f->samples, sample));
}

/* What each of n samples, 0 to n - 1, becomes: 0 .. full. */
static uint16_t *make_table(const struct frame *f, size_t n, double full)
{
    uint16_t *table = malloc(n * sizeof *table);
    for (size_t i = 0; table && i < n; i++)
        table[i] = (uint16_t)(grey(f, (uint32_t)i) * full + 0.5);
    return table;
}

/* Are the file's samples, in this machine's byte order, the image already? */
static bool lies_ready(const struct frame *f, mm_dtype dtype)
{
    const uint16_t one = 1;
    const mm_dicom_samples *s = &f->samples;
    bool native = s->width == 1 || s->big != *(const unsigned char *)&one;
    bool whole = f->info->samples == 1 && s->width == mm_dtype_size(dtype) && s->bits == 8 * s->width &&
                 f->info->bits_stored == s->bits && !s->is_signed;
    return native && whole && (dtype == MM_U8 || dtype == MM_U16) && mm_dicom_values_plain(&f->values);
}

/* Samples of 2 bytes to 2 bytes by the table; returns all bits that any of them has. */
static uint32_t map16(const unsigned char *from, bool big, size_t n, const uint16_t *table, uint16_t *to)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned v = big ? mm_get16_big(from + 2 * i) : mm_get16(from + 2 * i);
        bits |= v;
        to[i] = table[v];
    }
    return bits;
}

/* Any samples to any type; without a table each is computed. */
static uint32_t map(const struct frame *f, size_t n, const uint16_t *table, mm_image *image)
{
    double full = image->dtype == MM_F32 ? 1 : mm_full_scale(image->dtype);
    uint32_t bits = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t sample = mm_dicom_sample(&f->samples, i);
        bits |= sample;
        if (image->dtype == MM_F32)
            ((float *)image->data)[i] = (float)grey(f, sample);
        else if (image->dtype == MM_U16)
            ((uint16_t *)image->data)[i] = table ? table[sample] : (uint16_t)(grey(f, sample) * full + 0.5);
        else
            ((uint8_t *)image->data)[i] = (uint8_t)(table ? table[sample] : grey(f, sample) * full + 0.5);
    }
    return bits;
}

/* Notes how many samples hold more than the bits stored; `bits` are all that any of them has. */
static void note_beyond(const struct frame *f, size_t n, uint32_t bits, mm_dicom_notes *notes)
{
    const mm_dicom_samples *s = &f->samples;
    size_t beyond = 0;
    if (f->info->bits_stored == 32 || (bits & ~s->overlays) >> s->low >> f->info->bits_stored == 0)
        return;
    for (size_t i = 0; i < n; i++) {
        double v = mm_dicom_value(s, mm_dicom_sample(s, i));
        beyond += (v < f->values.lowest || v > f->values.highest) && !mm_dicom_is_padding(&f->values, v);
    }
    if (beyond)
        mm_dicom_note(notes, "%zu values are beyond the %u bits stored: clipped", beyond, f->info->bits_stored);
}

/* One sample a pixel. */
static int fill_grey(const struct frame *f, mm_image *image, mm_dicom_notes *notes, mm_error *error)
{
    const mm_dicom_samples *s = &f->samples;
    size_t n = f->info->rows * f->info->columns, entries = s->width == 2 ? 65536 : 256;
    bool pays = s->width <= 2 && image->dtype != MM_F32 && n >= entries;
    uint16_t *table = pays ? make_table(f, entries, mm_full_scale(image->dtype)) : NULL;
    uint32_t bits;
    if (pays && !table)
        return mm_no_memory(error);
    if (table && s->width == 2 && image->dtype == MM_U16)
        bits = map16(s->data, s->big, n, table, image->data);
    else
        bits = map(f, n, table, image);
    free(table);
    note_beyond(f, n, bits, notes);
    return MM_OK;
}

/* Luminance of pixel i of n, 0 to `most`; `bits` gain those of its samples. */
static double luminance(const struct frame *f, size_t i, size_t n, double most, uint32_t *bits)
{
    static const double weight[] = {0.299, 0.587, 0.114};
    const mm_dicom_samples *s = &f->samples;
    size_t plane = s->planar ? n : 1, step = s->planar ? 1 : 3;
    double y = 0;
    if (s->grey || s->halved)
        return s->data[s->grey ? i : i / 2 * 4 + i % 2];
    for (size_t c = 0; c < (s->ybr ? 1 : 3); c++) {
        uint32_t sample = mm_dicom_sample(s, i * step + c * plane);
        *bits |= sample;
        y += (s->ybr ? 1 : weight[c]) * fmin(mm_dicom_value(s, sample), most);
    }
    return y;
}

/* Three samples a pixel. */
static void fill_luminance(const struct frame *f, mm_image *image, mm_dicom_notes *notes)
{
    size_t n = f->info->rows * f->info->columns;
    double full = mm_full_scale(image->dtype), most = f->values.highest;
    uint32_t bits = 0;
    for (size_t i = 0; i < n; i++) {
        double y = luminance(f, i, n, most, &bits) * (full / most) + 0.5;
        y = y < full ? y : full;
        if (image->dtype == MM_U16)
            ((uint16_t *)image->data)[i] = (uint16_t)y;
        else
            ((uint8_t *)image->data)[i] = (uint8_t)y;
    }
    if ((bits & ~f->samples.overlays) >> f->samples.low >> f->info->bits_stored)
        mm_dicom_note(notes, "values are beyond the %u bits stored: clipped", f->info->bits_stored);
}

/* What is converted is said before what was found amiss. */
static void describe(const struct frame *f, size_t frame, bool chosen, const mm_dicom_notes *found, mm_image *image)
{
    const mm_dicom_info *d = f->info;
    mm_dicom_notes notes = {""};
    if (d->frames > 1 && !chosen)
        mm_dicom_note(&notes, "frame %zu of %zu (--frame=N chooses)", frame + 1, d->frames);
    if (d->samples == 3 || f->values.has_palette)
        mm_dicom_note(&notes, "%s converted to luminance", f->values.has_palette ? "palette" : "colour");
    if (found->text[0])
        mm_dicom_note(&notes, "%s", found->text);
    mm_image_note(image, notes.text);
    image->frames = d->frames;
    memcpy(image->patient, d->patient, sizeof image->patient);
    memcpy(image->side, d->side, sizeof image->side);
    memcpy(image->view, d->view, sizeof image->view);
    memcpy(image->spacing, d->spacing, sizeof image->spacing);
}

static int stay_in_place(const struct frame *f, mm_dtype dtype, mm_image *image, mm_error *error)
{
    size_t count, bytes;
    image->dtype = dtype;
    image->ndim = 2;
    image->dim[0] = f->info->rows;
    image->dim[1] = f->info->columns;
    image->data = (void *)(uintptr_t)f->samples.data;
    image->in_place = true;
    if (mm_shape_size(dtype, 2, image->dim, &count, &bytes))
        return mm_fail(error, MM_DAMAGED, "image of %zu x %zu pixels is too large", image->dim[0], image->dim[1]);
    return MM_OK;
}

/* The image's type follows from the bits stored alone, whatever holds them. */
static int fill(const struct frame *f, bool in_place, mm_image *image, mm_dicom_notes *notes, mm_error *error)
{
    const mm_dicom_info *d = f->info;
    mm_dtype dtype = d->bits_stored > 16 ? MM_F32 : d->bits_stored > 8 ? MM_U16 : MM_U8;
    bool ready = lies_ready(f, dtype);
    if (ready && in_place && (uintptr_t)f->samples.data % mm_dtype_size(dtype) == 0)
        return stay_in_place(f, dtype, image, error);
    if (!mm_image_room(image, dtype, d->rows, d->columns, error))
        return error->code;
    if (d->samples == 1 && !ready)
        return fill_grey(f, image, notes, error);
    if (d->samples == 3)
        fill_luminance(f, image, notes);
    else
        memcpy(image->data, f->samples.data, d->rows * d->columns * mm_dtype_size(dtype));
    return MM_OK;
}

static int decode_frame(const mm_dicom_file *file, mm_dicom_info *info, const mm_element *pixels, const mm_image_options *options,
                        mm_image *image, mm_error *error)
{
    size_t frame = options->frame ? options->frame - 1 : 0;
    struct frame f = {.info = info};
    mm_dicom_notes notes = {""};
    if (frame >= info->frames)
        return mm_fail(error, MM_DAMAGED, "DICOM file has %zu frame%s: there is no frame %zu", info->frames,
                       info->frames == 1 ? "" : "s", frame + 1);
    int code = mm_dicom_samples_of(file, info, pixels, frame, &f.samples, &notes, error);
    if (!code)
        code = mm_dicom_values_of(&file->set, info, &options->window, frame, &f.values, &notes, error);
    if (!code)
        code = fill(&f, options->in_place && !file->owned && !f.samples.owned, image, &notes, error);
    if (!code)
        describe(&f, frame, options->frame > 1, &notes, image);
    free(f.samples.owned);
    return code;
}

int mm_dicom_image_decode(const void *bytes, size_t size, const mm_image_options *options, mm_image *image, mm_error *error)
{
    mm_dicom_file file;
    mm_dicom_info info;
    mm_element pixels, e;
    int code = mm_dicom_open(&file, bytes, size, error);
    if (code)
        return code;
    code = mm_dicom_info_of(&file, &info, &pixels, error);
    if (code && pixels.tag)
        code = mm_fail(error, MM_DAMAGED, "DICOM file is truncated or damaged inside its pixels");
    const char *result = options->no_results ? mm_dicom_result(&info) : NULL;
    if (!code && result)
        code = mm_fail(error, MM_LEFT_OUT, "is %s, not an image of a breast", result);
    bool floats = !code && (mm_element_find(&file.set, 0x7fe00008, &e) || mm_element_find(&file.set, 0x7fe00009, &e));
    if (!code && floats)
        code = mm_fail(error, MM_DAMAGED, "DICOM image of floating-point pixels: not read");
    else if (!code && !info.has_pixels)
        code = mm_fail(error, MM_DAMAGED, "DICOM file without an image");
    if (!code)
        code = decode_frame(&file, &info, &pixels, options, image, error);
    mm_dicom_close(&file);
    return code;
}

/* Are all the pixels there that the header promises? Of compressed ones, all pieces. */
static int check_pixels(const mm_dicom_file *file, const mm_dicom_info *info, mm_error *error)
{
    mm_element pixels;
    uint64_t bits;
    if (__builtin_mul_overflow(mm_dicom_frame_bits(info), info->frames, &bits))
        return mm_fail(error, MM_DAMAGED, "promises more pixels than there can be");
    if (!mm_element_find(&file->set, PIXEL_DATA, &pixels))
        return mm_fail(error, MM_DAMAGED, "is cut short: its pixels are not all there");
    if (!pixels.undefined && pixels.value.size < bits / 8)
        return mm_fail(error, MM_DAMAGED, "has %zu bytes of pixels where its header promises %zu", pixels.value.size, (size_t)(bits / 8));
    return MM_OK;
}

int mm_dicom_image_probe(const void *bytes, size_t size, mm_probe *probe, mm_error *error)
{
    mm_dicom_file file;
    mm_dicom_info *info = &probe->dicom;
    int code = mm_dicom_open(&file, bytes, size, error);
    if (code)
        return code;
    code = mm_dicom_info_of(&file, info, NULL, error);
    if (!code && (!info->has_pixels || info->rows == 0 || info->columns == 0))
        code = mm_fail(error, MM_DAMAGED, "is a DICOM file without an image");
    if (!code) {
        probe->height = info->rows;
        probe->width = info->columns;
        probe->bits = info->bits_allocated;
        code = check_pixels(&file, info, error);
    }
    if (!code)
        mm_dicom_details_of(&file, &probe->details);
    mm_dicom_close(&file);
    return code;
}
