/* Values of DICOM images: see dicom_values.h. */
#include "formats/dicom/dicom_values.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "common/base/bytes.h"

static unsigned entry(const mm_dicom_lut *lut, double value)
{
    double last = (double)(lut->n - 1), i = floor(value - lut->first + 0.5);
    size_t at = i <= 0 ? 0 : i >= last ? lut->n - 1 : (size_t)i;
    const unsigned char *p = lut->data.bytes + (at * lut->width ^ lut->exchanged);
    if (lut->width == 1)
        return p[0];
    return lut->data.big ? mm_get16_big(p) : mm_get16(p);
}

/* A table from its descriptor (entries, first value, bits) and its data. */
static bool read_lut(const mm_data_set *set, mm_tag descriptor, mm_tag data, bool is_signed, mm_dicom_lut *lut)
{
    mm_element d, e;
    uint32_t n, first, bits;
    if (!mm_element_find(set, descriptor, &d) || !mm_element_find(set, data, &e) || e.undefined)
        return false;
    d.vr[0] = '\0'; /* US and SS both: 16 bits */
    if (!mm_element_integer(&d, 0, &n) || !mm_element_integer(&d, 1, &first) || !mm_element_integer(&d, 2, &bits))
        return false;
    *lut = (mm_dicom_lut){.data = e.value, .n = n ? n : 65536, .bits = bits,
                          .first = is_signed ? (int16_t)(uint16_t)first : (double)first};
    lut->width = e.value.size >= 2 * lut->n ? 2 : 1;
    lut->exchanged = lut->width == 1 && e.value.big && strcmp(e.vr, "OB") != 0;
    return bits >= 1 && bits <= 16 && e.value.size >= lut->n * lut->width + (lut->exchanged && lut->n % 2) && (lut->width == 2 || bits <= 8);
}

static double modality(const mm_dicom_values *v, double stored)
{
    return v->has_modality ? entry(&v->modality, stored) : v->slope * stored + v->intercept;
}

static bool number_of(const mm_data_set *set, mm_tag macro, mm_tag tag, size_t frame, double *value)
{
    mm_element e;
    return mm_dicom_find(set, macro, tag, frame, &e) && mm_element_number(&e, 0, value);
}

/* A number of the rescale, or `other` without one; what is there and is none is noted. */
static double rescale(const mm_data_set *set, mm_tag tag, size_t frame, const char *name, double other, mm_dicom_notes *notes)
{
    mm_element e;
    char text[65];
    double value;
    if (!mm_dicom_find(set, 0x00289145, tag, frame, &e) || !mm_element_text(&e, 0, text, sizeof text))
        return other;
    if (mm_element_number(&e, 0, &value) && (value != 0 || other == 0))
        return value;
    mm_dicom_note(notes, "its %s cannot be used: %g is taken", name, other);
    return other;
}

static void read_modality(const mm_data_set *set, size_t frame, mm_dicom_values *v, mm_dicom_notes *notes)
{
    mm_element e;
    mm_data_set item;
    if (mm_element_find(set, 0x00283000, &e) && mm_element_item(&e, 0, &item)) {
        v->has_modality = read_lut(&item, 0x00283002, 0x00283006, v->lowest < 0, &v->modality);
        if (!v->has_modality)
            mm_dicom_note(notes, "its modality LUT is damaged: left out");
    }
    v->slope = v->has_modality ? 1 : rescale(set, 0x00281053, frame, "Rescale Slope", 1, notes);
    v->intercept = v->has_modality ? 0 : rescale(set, 0x00281052, frame, "Rescale Intercept", 0, notes);
    double a = modality(v, v->lowest), b = modality(v, v->highest);
    v->black = v->has_modality ? 0 : fmin(a, b);
    v->white = v->has_modality ? (double)((1u << v->modality.bits) - 1) : fmax(a, b);
}

static void read_voi(const mm_data_set *set, size_t frame, mm_dicom_values *v, mm_dicom_notes *notes)
{
    mm_element e;
    mm_data_set item;
    char function[17] = "";
    mm_window w = {.kind = MM_WINDOW_GIVEN};
    if (mm_dicom_find(set, 0x00289132, 0x00283010, frame, &e) && mm_element_item(&e, 0, &item)) {
        v->has_voi = read_lut(&item, 0x00283002, 0x00283006, v->black < 0, &v->voi);
        if (!v->has_voi)
            mm_dicom_note(notes, "its VOI LUT is damaged: left out");
    }
    if (mm_dicom_find(set, 0x00289132, 0x00281056, frame, &e))
        mm_element_text(&e, 0, function, sizeof function);
    w.function = !strcasecmp(function, "SIGMOID") ? MM_WINDOW_SIGMOID
                 : !strcasecmp(function, "LINEAR_EXACT") ? MM_WINDOW_LINEAR_EXACT : MM_WINDOW_LINEAR;
    bool both = number_of(set, 0x00289132, 0x00281050, frame, &w.center) && number_of(set, 0x00289132, 0x00281051, frame, &w.width);
    if (v->has_voi)
        return;
    if (both && !mm_window_check(&w)) {
        v->window = w;
        v->has_window = true;
    } else {
        mm_dicom_note(notes, both ? "its window has no width: the whole range is taken" : "it has no window: the whole range is taken");
    }
}

/* A padding value in 16 bits; as a signed one it may be written in the stored bits alone. */
static double padding_of(const mm_dicom_info *info, const mm_dicom_values *v, uint32_t written)
{
    double value = info->is_signed ? (int16_t)(uint16_t)written : (double)written;
    return value > v->highest && info->is_signed ? value - ldexp(1, (int)info->bits_stored) : value;
}

/* Pixel Padding Value, to Pixel Padding Range Limit (PS3.3 C.7.5.1.1.2). */
static void read_padding(const mm_data_set *set, const mm_dicom_info *info, mm_dicom_values *v)
{
    mm_element e;
    uint32_t from, to;
    v->has_padding = mm_element_find(set, 0x00280120, &e) && mm_element_integer(&e, 0, &from);
    if (!v->has_padding)
        return;
    if (!mm_element_find(set, 0x00280121, &e) || !mm_element_integer(&e, 0, &to))
        to = from;
    double a = padding_of(info, v, from), b = padding_of(info, v, to);
    v->padding[0] = fmin(a, b);
    v->padding[1] = fmax(a, b);
}

/* MONOCHROME1 and the shape INVERSE both say that the least value is white, once. Where they disagree, whichever inverts is right: files
 * are known whose shape IDENTITY is wrong. */
static void read_inversion(const mm_data_set *set, const mm_dicom_info *info, mm_dicom_values *v, mm_dicom_notes *notes)
{
    mm_element e;
    char shape[17] = "";
    bool one = !strcmp(info->photometric, "MONOCHROME1");
    if (mm_element_find(set, 0x20500020, &e))
        mm_element_text(&e, 0, shape, sizeof shape);
    bool inverse = !strcasecmp(shape, "INVERSE"), identity = !strcasecmp(shape, "IDENTITY");
    v->inverted = one || inverse;
    if ((one && identity) || (!one && inverse))
        mm_dicom_note(notes, "Presentation LUT Shape %s contradicts %s: the least value is taken for white",
                      identity ? "IDENTITY" : "INVERSE", one ? "MONOCHROME1" : "MONOCHROME2");
}

int mm_dicom_values_of(const mm_data_set *set, const mm_dicom_info *info, const mm_window *window, size_t frame,
                       mm_dicom_values *v, mm_dicom_notes *notes, mm_error *error)
{
    *v = (mm_dicom_values){.slope = 1};
    v->highest = ldexp(1, (int)info->bits_stored - info->is_signed) - 1;
    v->lowest = info->is_signed ? -ldexp(1, (int)info->bits_stored - 1) : 0;
    if (!strcmp(info->photometric, "PALETTE COLOR")) {
        for (mm_tag c = 0; c < 3; c++)
            if (!read_lut(set, 0x00281101 + c, 0x00281201 + c, info->is_signed, &v->palette[c]))
                return mm_fail(error, MM_DAMAGED, "DICOM palette is missing, segmented or damaged");
        v->has_palette = true;
        return MM_OK;
    }
    read_modality(set, frame, v, notes);
    if (!isfinite(v->white - v->black) || v->white == v->black)
        return mm_fail(error, MM_DAMAGED, "DICOM image whose rescale slope and intercept leave no range of values");
    read_padding(set, info, v);
    if (info->samples == 1)
        read_inversion(set, info, v, notes);
    if (window->kind == MM_WINDOW_FILE)
        read_voi(set, frame, v, notes);
    else if (window->kind == MM_WINDOW_GIVEN) {
        v->window = *window;
        v->has_window = true;
    }
    return MM_OK;
}

bool mm_dicom_is_padding(const mm_dicom_values *v, double stored)
{
    return v->has_padding && stored >= v->padding[0] && stored <= v->padding[1];
}

double mm_dicom_grey(const mm_dicom_values *v, double stored)
{
    double y;
    if (mm_dicom_is_padding(v, stored))
        return 0;
    stored = fmin(fmax(stored, v->lowest), v->highest);
    if (v->has_palette) {
        double rgb[3];
        for (int c = 0; c < 3; c++)
            rgb[c] = fmin(entry(&v->palette[c], stored) / (double)((1u << v->palette[c].bits) - 1), 1);
        return 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
    }
    double m = modality(v, stored);
    if (v->has_voi)
        y = entry(&v->voi, m) / (double)((1u << v->voi.bits) - 1);
    else if (v->has_window)
        y = mm_window_apply(&v->window, m);
    else
        y = (m - v->black) / (v->white - v->black);
    y = y > 0 ? y < 1 ? y : 1 : 0; /* 0 for what is not a number */
    return v->inverted ? 1 - y : y;
}

bool mm_dicom_values_plain(const mm_dicom_values *v)
{
    bool padded = v->has_padding && (v->padding[0] != 0 || v->padding[1] != 0); /* 0 is black already */
    bool straight = !v->has_modality && v->slope == 1 && v->intercept == 0 && !v->inverted;
    return straight && !padded && !v->has_palette && !v->has_voi && !v->has_window;
}
