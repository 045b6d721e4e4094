/* The table of image formats: see formats.h. */
#include "formats/image/formats.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "formats/image/dicom_image.h"
#include "formats/image/jpeg_image.h"
#include "formats/image/npy.h"
#include "formats/image/png.h"
#include "formats/image/pnm.h"

const mm_image_format mm_image_formats[] = {
    {"PNG", MM_KIND_PNG, NULL, {"png"}, mm_png_image_probe, mm_png_image_decode},
    {"JPEG", MM_KIND_JPEG, NULL, {"jpg", "jpeg"}, mm_jpeg_image_probe, mm_jpeg_image_decode},
    {"DICOM", MM_KIND_DICOM, mm_dicom_is, {"dcm", "dicom", "dic", "ima"}, mm_dicom_image_probe, mm_dicom_image_decode},
    {"PNM", MM_KIND_PNM, NULL, {"pgm", "ppm", "pnm"}, mm_pnm_image_probe, mm_pnm_image_decode},
    {"NPY", MM_KIND_NPY, NULL, {"npy"}, mm_npy_image_probe, mm_npy_image_decode},
    {.name = NULL},
};

const mm_image_format *mm_image_format_of(const void *bytes, size_t size)
{
    mm_kind kind = mm_signature_of(bytes, size)->kind;
    for (const mm_image_format *f = mm_image_formats; f->name; f++)
        if (f->kind == kind || (kind == MM_KIND_UNKNOWN && f->is && f->is(bytes, size)))
            return f;
    return NULL;
}

bool mm_image_ending_is(const char *ending)
{
    for (const mm_image_format *f = mm_image_formats; f->name; f++)
        for (size_t i = 0; f->endings[i]; i++)
            if (!strcasecmp(ending, f->endings[i]))
                return true;
    return false;
}

size_t mm_image_stem(const char *path)
{
    const char *base = basename(path), *dot = strrchr(base, '.');
    return dot && dot > base && mm_image_ending_is(dot + 1) ? (size_t)(dot - path) : strlen(path);
}

int mm_image_refuse(const void *bytes, size_t size, mm_error *error)
{
    char names[200];
    size_t n = 0;
    const mm_signature *signature = mm_signature_of(bytes, size);
    if (strstr(signature->advice, "unpack"))
        return mm_fail(error, MM_DAMAGED, "is %s%s", signature->name, signature->advice);
    for (const mm_image_format *f = mm_image_formats; f->name && n < sizeof names; f++) {
        const char *before = f == mm_image_formats ? "" : f[1].name ? ", " : " or ";
        n += (size_t)snprintf(names + n, sizeof names - n, "%s%s", before, f->name);
    }
    return mm_fail(error, MM_DAMAGED, "is %s: an image is %s", signature->name, names);
}
