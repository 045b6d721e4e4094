/* DICOM files as images: see dicom_image.h. */
#include "formats/image/dicom_image.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "formats/dicom/dicom_pixels.h"
#include "formats/dicom/dicom_values.h"

static const mm_tag PIXEL_DATA = 0x7fe00010;

static unsigned get16(const unsigned char *p, bool big)
{
    return big ? mm_get16_big(p) : mm_get16(p);
}

/* The stored value in a sample's bits: overlays and other things beside it fall away, the sign is spread. */
static double stored(const mm_dicom_info *d, uint32_t bits)
{
    uint32_t v = bits >> (d->high_bit + 1 - d->bits_stored);
    uint32_t mask = d->bits_stored == 32 ? UINT32_MAX : (UINT32_C(1) << d->bits_stored) - 1;
    v &= mask;
    bool negative = d->is_signed && v >> (d->bits_stored - 1);
    return negative ? (double)v - (double)mask - 1 : v;
}

/* What each sample of 1 or 2 bytes becomes: 0 .. full. */
static uint16_t *make_table(const mm_dicom_info *d, const mm_dicom_values *v, unsigned width, unsigned full)
{
    size_t n = width == 2 ? 65536 : 256;
    uint16_t *table = malloc(n * sizeof *table);
    for (size_t i = 0; table && i < n; i++)
        table[i] = (uint16_t)(mm_dicom_grey(v, stored(d, (uint32_t)i)) * full + 0.5);
    return table;
}

/* Are the file's samples, in this machine's byte order, the image already? */
static bool lies_ready(const mm_dicom_info *d, const mm_dicom_samples *s, const mm_dicom_values *v, mm_dtype dtype)
{
    const uint16_t one = 1;
    bool native = s->width == 1 || s->big != *(const unsigned char *)&one;
    bool whole = d->samples == 1 && s->width == mm_dtype_size(dtype) && d->bits_stored == 8 * s->width && !d->is_signed;
    return native && whole && (dtype == MM_U8 || dtype == MM_U16) && mm_dicom_values_plain(v);
}

static void map16(const unsigned char *from, bool big, size_t n, const uint16_t *table, uint16_t *to)
{
    if (big)
        for (size_t i = 0; i < n; i++)
            to[i] = table[mm_get16_big(from + 2 * i)];
    else
        for (size_t i = 0; i < n; i++)
            to[i] = table[mm_get16(from + 2 * i)];
}

/* One sample a pixel. */
static int fill_grey(const mm_dicom_info *d, const mm_dicom_samples *s, const mm_dicom_values *v, mm_image *image, mm_error *error)
{
    size_t n = d->rows * d->columns;
    if (s->width == 4) {
        float *to = image->data;
        for (size_t i = 0; i < n; i++) {
            const unsigned char *p = s->data + 4 * i;
            to[i] = (float)mm_dicom_grey(v, stored(d, s->big ? mm_get32_big(p) : mm_get32(p)));
        }
        return MM_OK;
    }
    uint16_t *table = make_table(d, v, s->width, image->dtype == MM_U16 ? 65535 : 255);
    if (!table)
        return mm_no_memory(error);
    uint8_t *to = image->data;
    if (s->width == 2 && image->dtype == MM_U16)
        map16(s->data, s->big, n, table, image->data);
    else if (s->width == 2)
        for (size_t i = 0; i < n; i++)
            to[i] = (uint8_t)table[get16(s->data + 2 * i, s->big)];
    else if (s->width == 1)
        for (size_t i = 0; i < n; i++)
            to[i] = (uint8_t)table[s->data[i]];
    else
        for (size_t i = 0; i < n; i++)
            to[i] = (uint8_t)table[s->data[(s->first_bit + i) / 8] >> (s->first_bit + i) % 8 & 1];
    free(table);
    return MM_OK;
}

/* Three samples a pixel, 1 or 2 bytes each: luminance. */
static void fill_luminance(const mm_dicom_info *d, const mm_dicom_samples *s, mm_image *image)
{
    size_t n = d->rows * d->columns, plane = s->planar ? n : 1, step = s->planar ? 1 : 3;
    double full = image->dtype == MM_U16 ? 65535 : 255, scale = full / (double)((1u << d->bits_stored) - 1);
    for (size_t i = 0; i < n; i++) {
        double y = 0;
        if (s->grey) {
            y = s->data[i];
        } else if (s->halved) {
            y = s->data[i / 2 * 4 + i % 2];
        } else {
            double v[3];
            for (size_t c = 0; c < 3; c++) {
                size_t at = i * step + c * plane;
                v[c] = stored(d, s->width == 2 ? get16(s->data + 2 * at, s->big) : s->data[at]);
            }
            y = s->ybr ? v[0] : 0.299 * v[0] + 0.587 * v[1] + 0.114 * v[2];
        }
        y = y * scale + 0.5;
        y = y < full ? y : full;
        if (image->dtype == MM_U16)
            ((uint16_t *)image->data)[i] = (uint16_t)y;
        else
            ((uint8_t *)image->data)[i] = (uint8_t)y;
    }
}

static void describe(const mm_dicom_info *d, const mm_dicom_values *v, size_t frame, bool chosen, mm_image *image)
{
    bool colour = d->samples == 3 || v->has_palette, several = d->frames > 1 && !chosen;
    char frames[80] = "";
    if (several)
        snprintf(frames, sizeof frames, "frame %zu of %zu (--frame=N chooses)", frame + 1, d->frames);
    snprintf(image->note, sizeof image->note, "%s%s%s%s%s", frames, several && (colour || v->note) ? ", " : "",
             colour ? v->has_palette ? "palette converted to luminance" : "colour converted to luminance" : "", colour && v->note ? ", " : "",
             v->note ? v->note : "");
    memcpy(image->patient, d->patient, sizeof image->patient);
    memcpy(image->side, d->side, sizeof image->side);
    memcpy(image->view, d->view, sizeof image->view);
    memcpy(image->spacing, d->spacing, sizeof image->spacing);
}

static int stay_in_place(const mm_dicom_info *d, const mm_dicom_samples *s, mm_dtype dtype, mm_image *image, mm_error *error)
{
    size_t count, bytes;
    image->dtype = dtype;
    image->ndim = 2;
    image->dim[0] = d->rows;
    image->dim[1] = d->columns;
    image->data = (void *)(uintptr_t)s->data;
    image->in_place = true;
    if (mm_shape_size(dtype, 2, image->dim, &count, &bytes))
        return mm_fail(error, MM_DAMAGED, "image of %zu x %zu pixels is too large", d->rows, d->columns);
    return MM_OK;
}

static int decode_frame(const mm_dicom_file *file, const mm_dicom_info *d, const mm_element *pixels, const mm_image_options *options,
                        mm_image *image, mm_error *error)
{
    size_t frame = options->frame ? options->frame - 1 : 0;
    mm_dicom_samples samples = {0};
    mm_dicom_values values;
    if (frame >= d->frames)
        return mm_fail(error, MM_DAMAGED, "DICOM file has %zu frame%s: there is no frame %zu", d->frames, d->frames == 1 ? "" : "s", frame + 1);
    int code = mm_dicom_samples_of(file, d, pixels, frame, &samples, error);
    if (!code)
        code = mm_dicom_values_of(&file->set, d, &options->window, frame, &values, error);
    mm_dtype dtype = d->bits_stored > 16 ? MM_F32 : d->bits_stored > 8 ? MM_U16 : MM_U8;
    bool ready = !code && lies_ready(d, &samples, &values, dtype);
    bool lasts = options->in_place && !file->owned && !samples.owned;
    if (!code && ready && lasts && (uintptr_t)samples.data % mm_dtype_size(dtype) == 0)
        code = stay_in_place(d, &samples, dtype, image, error);
    else if (!code && !mm_image_room(image, dtype, d->rows, d->columns, error))
        code = error->code;
    else if (!code && ready)
        memcpy(image->data, samples.data, d->rows * d->columns * mm_dtype_size(dtype));
    else if (!code && d->samples == 3)
        fill_luminance(d, &samples, image);
    else if (!code)
        code = fill_grey(d, &samples, &values, image, error);
    if (!code)
        describe(d, &values, frame, options->frame > 1, image);
    free(samples.owned);
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
static int check_pixels(const void *bytes, size_t size, const mm_dicom_info *info, mm_error *error)
{
    mm_dicom_file file;
    mm_element pixels;
    int code = mm_dicom_open(&file, bytes, size, error);
    if (code)
        return code;
    size_t values, bits, samples = strstr(info->photometric, "_422") ? 2 : info->samples; /* colour for every other pixel */
    if (__builtin_mul_overflow(info->rows, info->columns, &values) || __builtin_mul_overflow(values, info->frames, &values) ||
        __builtin_mul_overflow(values, samples * info->bits_allocated, &bits))
        code = mm_fail(error, MM_DAMAGED, "promises more pixels than there can be");
    else if (!mm_element_find(&file.set, PIXEL_DATA, &pixels))
        code = mm_fail(error, MM_DAMAGED, "is cut short: its pixels are not all there");
    else if (!pixels.undefined && pixels.value.size < bits / 8)
        code = mm_fail(error, MM_DAMAGED, "has %zu bytes of pixels where its header promises %zu", pixels.value.size, bits / 8);
    mm_dicom_close(&file);
    return code;
}

int mm_dicom_image_probe(const void *bytes, size_t size, mm_probe *probe, mm_error *error)
{
    mm_dicom_info *info = &probe->dicom;
    int code = mm_dicom_header(bytes, size, info, error);
    if (code)
        return code;
    if (!info->has_pixels || info->rows == 0 || info->columns == 0)
        return mm_fail(error, MM_DAMAGED, "is a DICOM file without an image");
    probe->height = info->rows;
    probe->width = info->columns;
    probe->bits = info->bits_allocated;
    return check_pixels(bytes, size, info, error);
}
