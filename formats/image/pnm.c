/* Reading PNM, plain and raw. */
#include "formats/image/pnm.h"

#include <stdint.h>

struct text {
    const unsigned char *p;
    size_t at, size;
};

static bool is_space(unsigned char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The next whole number behind white space and comments; false when there is none below 2^31. */
static bool number(struct text *t, uint32_t *value)
{
    while (t->at < t->size && (is_space(t->p[t->at]) || t->p[t->at] == '#')) {
        if (t->p[t->at] == '#')
            while (t->at < t->size && t->p[t->at] != '\n' && t->p[t->at] != '\r')
                t->at++;
        else
            t->at++;
    }
    uint64_t v = 0;
    size_t first = t->at;
    for (; t->at < t->size && t->p[t->at] >= '0' && t->p[t->at] <= '9'; t->at++) {
        v = v * 10 + (uint64_t)(t->p[t->at] - '0');
        if (v > INT32_MAX)
            return false;
    }
    *value = (uint32_t)v;
    return t->at > first;
}

static bool only_space(const struct text *t)
{
    for (size_t i = t->at; i < t->size; i++)
        if (!is_space(t->p[i]))
            return false;
    return true;
}

int mm_pnm_probe(const void *bytes, size_t size, mm_pnm_info *info, mm_error *error)
{
    struct text t = {bytes, 2, size};
    *info = (mm_pnm_info){0};
    if (!mm_signature_is(MM_KIND_PNM, bytes, size))
        return mm_fail(error, MM_DAMAGED, "no PNM header");
    unsigned kind = t.p[1] - (unsigned)'0';
    if (kind == 1 || kind == 4)
        return mm_fail(error, MM_DAMAGED, "a PBM bitmap (P%u): PGM (P2, P5) and PPM (P3, P6) are read", kind);
    uint32_t width, height, maximum;
    if (!number(&t, &width) || !number(&t, &height) || !number(&t, &maximum) || t.at >= size || !is_space(t.p[t.at]))
        return mm_fail(error, MM_DAMAGED, "PNM header is damaged");
    if (width == 0 || height == 0 || maximum == 0 || maximum > 65535)
        return mm_fail(error, MM_DAMAGED, "PNM of %u x %u pixels with maximum %u", height, width, maximum);
    t.at++;
    if ((uint64_t)height * width > size)
        return mm_fail(error, MM_DAMAGED, "PNM of %u x %u pixels in %zu bytes: truncated", height, width, size);
    bool coloured = kind == 3 || kind == 6;
    *info = (mm_pnm_info){.height = height, .width = width, .bits = maximum > 255 ? 16 : 8, .kind = kind,
                          .maximum = maximum, .raster = t.at};
    bool scaled = maximum != 255 && maximum != 65535;
    if (coloured)
        info->note = scaled ? "colour converted to luminance, maximum brought to full scale" : "colour converted to luminance";
    else if (scaled)
        info->note = "maximum brought to full scale";
    uint64_t samples = (uint64_t)height * width * (coloured ? 3 : 1);
    /* Raw samples fill the file; plain ones take at least a digit and a space each. */
    uint64_t least = kind >= 5 ? samples * (info->bits / 8) : samples * 2 - 1;
    if (least > size - t.at)
        return mm_fail(error, MM_DAMAGED, "PNM of %u x %u pixels in %zu bytes: truncated", height, width, size);
    struct text rest = {t.p, t.at + (size_t)least, size};
    if (kind >= 5 && !only_space(&rest))
        return mm_fail(error, MM_DAMAGED, "PNM has more behind its image: one image a file is read");
    return MM_OK;
}

static bool sample(struct text *t, const mm_pnm_info *info, uint32_t *value)
{
    if (info->kind < 5)
        return number(t, value) && *value <= info->maximum;
    *value = t->p[t->at++];
    if (info->bits == 16)
        *value = *value << 8 | t->p[t->at++];
    return *value <= info->maximum;
}

int mm_pnm_decode(const void *bytes, size_t size, const mm_pnm_info *info, void *pixels, mm_error *error)
{
    struct text t = {bytes, info->raster, size};
    bool coloured = info->kind == 3 || info->kind == 6, scaled = info->maximum != 255 && info->maximum != 65535;
    uint32_t full = info->bits == 16 ? 65535 : 255, v[3];
    for (size_t i = 0; i < info->height * info->width; i++) {
        if (!sample(&t, info, v) || (coloured && (!sample(&t, info, v + 1) || !sample(&t, info, v + 2))))
            return mm_fail(error, MM_DAMAGED, "PNM sample of pixel %zu is missing or above the maximum of %u", i, info->maximum);
        if (coloured)
            v[0] = (uint32_t)((UINT64_C(19595) * v[0] + UINT64_C(38470) * v[1] + UINT64_C(7471) * v[2] + 32768u) >> 16);
        if (scaled)
            v[0] = (v[0] * full + info->maximum / 2) / info->maximum;
        if (info->bits == 16)
            ((uint16_t *)pixels)[i] = (uint16_t)v[0];
        else
            ((unsigned char *)pixels)[i] = (unsigned char)v[0];
    }
    if (info->kind < 5 && !only_space(&t))
        return mm_fail(error, MM_DAMAGED, "PNM has more behind its image: one image a file is read");
    return MM_OK;
}

int mm_pnm_image_probe(const void *bytes, size_t size, mm_probe *probe, mm_error *error)
{
    mm_pnm_info info;
    int code = mm_pnm_probe(bytes, size, &info, error);
    if (code)
        return code;
    probe->height = info.height;
    probe->width = info.width;
    probe->bits = info.bits;
    return MM_OK;
}

int mm_pnm_image_decode(const void *bytes, size_t size, const mm_image_options *options, mm_image *image, mm_error *error)
{
    (void)options;
    mm_pnm_info info;
    int code = mm_pnm_probe(bytes, size, &info, error);
    if (code)
        return code;
    if (!mm_image_room(image, info.bits == 16 ? MM_U16 : MM_U8, info.height, info.width, error))
        return error->code;
    code = mm_pnm_decode(bytes, size, &info, image->data, error);
    mm_image_note(image, info.note);
    return code;
}
