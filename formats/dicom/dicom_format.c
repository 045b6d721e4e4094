/* The format of stored values: see dicom_format.h. */
#include "formats/dicom/dicom_format.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool is_one_of(const char *text, const char *const *known, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(text, known[i]))
            return true;
    return false;
}

static bool shape_is_inverse(const mm_data_set *set)
{
    mm_element e;
    char text[17];
    return mm_element_find(set, 0x20500020, &e) && mm_element_text(&e, 0, text, sizeof text) && !strcasecmp(text, "INVERSE");
}

/* The only interpretation that PS3.3 C.7.6.3.1.2 and PS3.5 8.2 leave. */
static const char *only_photometric(const mm_dicom_file *file, const mm_dicom_info *d)
{
    static const char *const lossy_jpeg[] = {"1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"};
    mm_element e;
    if (d->samples == 3)
        return is_one_of(d->transfer_syntax, lossy_jpeg, 2) ? "YBR_FULL_422" : "RGB";
    if (mm_element_find(&file->set, 0x00281201, &e))
        return "PALETTE COLOR";
    return shape_is_inverse(&file->set) ? "MONOCHROME1" : "MONOCHROME2";
}

/* The bits that a sample of uncompressed pixels takes if that is 8, 16 or 32; else the fewest of them that hold the bits stored. */
static unsigned only_allocated(const mm_dicom_info *d, const mm_element *pixels)
{
    uint64_t count = (uint64_t)d->rows * d->columns * d->samples * d->frames;
    for (unsigned a = 8; a <= 32 && !pixels->undefined; a *= 2)
        if (count && pixels->value.size / count == a / 8 && pixels->value.size % count <= 1)
            return a;
    return d->bits_stored == 0 ? 0 : d->bits_stored <= 8 ? 8 : d->bits_stored <= 16 ? 16 : 32;
}

/* Samples per Pixel, Bits Allocated and Pixel Representation where the header lacks them. */
static void complete_samples(mm_dicom_info *d, const mm_element *pixels, mm_dicom_notes *notes)
{
    if (!d->has_samples) {
        d->samples = !strcmp(d->photometric, "RGB") || !strncmp(d->photometric, "YBR_", 4) ? 3 : 1;
        mm_dicom_note(notes, "no Samples per Pixel: %u is taken", d->samples);
    }
    if (!d->bits_allocated && (d->bits_allocated = only_allocated(d, pixels)))
        mm_dicom_note(notes, "no Bits Allocated: %u is taken", d->bits_allocated);
    if (!d->has_sign)
        mm_dicom_note(notes, "no Pixel Representation: values without a sign are taken");
}

int mm_dicom_complete_kind(const mm_dicom_file *file, mm_dicom_info *d, const mm_element *pixels, mm_dicom_notes *notes, mm_error *error)
{
    static const char *const grey[] = {"MONOCHROME1", "MONOCHROME2", "PALETTE COLOR"};
    static const char *const colour[] = {"RGB", "YBR_FULL", "YBR_FULL_422", "YBR_RCT", "YBR_ICT"};
    if (d->rows == 0 || d->columns == 0)
        return mm_fail(error, MM_DAMAGED, "DICOM image of %zu x %zu pixels", d->rows, d->columns);
    complete_samples(d, pixels, notes);
    unsigned a = d->bits_allocated;
    if (d->samples != 1 && d->samples != 3)
        return mm_fail(error, MM_DAMAGED, "DICOM image of %u samples a pixel: 1 and 3 are read", d->samples);
    if (a != 1 && a != 8 && a != 16 && a != 32)
        return mm_fail(error, MM_DAMAGED, "DICOM image with %u bits allocated: 1, 8, 16 and 32 are read", a);
    if (!d->photometric[0]) {
        snprintf(d->photometric, sizeof d->photometric, "%s", only_photometric(file, d));
        mm_dicom_note(notes, "no Photometric Interpretation: %s is taken", d->photometric);
    }
    if (d->samples == 1 ? !is_one_of(d->photometric, grey, 3) : !is_one_of(d->photometric, colour, 5))
        return mm_fail(error, MM_DAMAGED, "DICOM image of a photometric interpretation that is not read with %u samples a pixel",
                       d->samples);
    if (d->samples == 3 && (a == 32 || a == 1 || d->is_signed))
        return mm_fail(error, MM_DAMAGED, "DICOM colours of %u bits%s: 8 and 16 are read, without sign", a,
                       d->is_signed ? " with a sign" : "");
    return MM_OK;
}

int mm_dicom_complete_bits(mm_dicom_info *d, unsigned bits, mm_dicom_notes *notes, mm_error *error)
{
    unsigned a = d->bits_allocated;
    if (!d->bits_stored) {
        d->bits_stored = d->has_high_bit ? d->high_bit + 1 : bits;
        mm_dicom_note(notes, "no Bits Stored: %u is taken", d->bits_stored);
    }
    if (!d->has_high_bit) {
        d->high_bit = d->bits_stored - 1;
        mm_dicom_note(notes, "no High Bit: %u is taken", d->high_bit);
    }
    if (d->bits_stored > a || d->high_bit >= a || d->high_bit + 1 < d->bits_stored)
        return mm_fail(error, MM_DAMAGED, "DICOM image with %u bits stored up to bit %u of %u", d->bits_stored, d->high_bit, a);
    return MM_OK;
}

uint64_t mm_dicom_frame_bits(const mm_dicom_info *d)
{
    bool shared = d->samples == 3 && !strcmp(d->photometric, "YBR_FULL_422");
    return (uint64_t)d->rows * d->columns * d->bits_allocated * (shared ? 2 : d->samples);
}
