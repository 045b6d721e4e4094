/* Reading PNG: the header, and libpng for every kind of file. The fast path for plain grey is in png_fast.c. */
#include "formats/image/png.h"

#include <libdeflate.h>
#include <png.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "formats/image/orientation.h"

int mm_png_probe(const void *bytes, size_t size, mm_png_info *info, mm_error *error)
{
    const unsigned char *p = bytes;
    *info = (mm_png_info){0};
    if (!mm_signature_is(MM_KIND_PNG, bytes, size))
        return mm_fail(error, MM_DAMAGED, "no PNG signature");
    if (size < 33)
        return mm_fail(error, MM_DAMAGED, "PNG ends inside its header");
    if (mm_get32_big(p + 8) != 13 || memcmp(p + 12, "IHDR", 4) || mm_get32_big(p + 29) != libdeflate_crc32(0, p + 12, 17))
        return mm_fail(error, MM_DAMAGED, "PNG header is damaged");
    uint32_t width = mm_get32_big(p + 16), height = mm_get32_big(p + 20);
    unsigned depth = p[24], colour = p[25];
    bool depth_ok = depth == 8 || (depth == 16 && colour != 3) ||
                    ((depth == 1 || depth == 2 || depth == 4) && (colour == 0 || colour == 3));
    bool colour_ok = colour == 0 || colour == 2 || colour == 3 || colour == 4 || colour == 6;
    if (width == 0 || height == 0 || width > INT32_MAX || height > INT32_MAX)
        return mm_fail(error, MM_DAMAGED, "PNG of %u x %u pixels", (unsigned)height, (unsigned)width);
    if (!colour_ok || !depth_ok || p[26] || p[27] || p[28] > 1)
        return mm_fail(error, MM_DAMAGED, "PNG header: no such colour type %u with %u bits", colour, depth);
    /* Deflate never does better than 1032 to 1: a forged size is found out before memory is taken for it. */
    unsigned samples = colour == 2 ? 3 : colour == 4 ? 2 : colour == 6 ? 4 : 1;
    uint64_t row = ((uint64_t)width * depth * samples + 7) / 8;
    if (row > UINT64_C(1032) * size / height)
        return mm_fail(error, MM_DAMAGED, "PNG of %u x %u pixels in %zu bytes: truncated", (unsigned)height,
                       (unsigned)width, size);
    *info = (mm_png_info){.height = height, .width = width, .bits = depth == 16 ? 16 : 8, .depth = depth,
                          .colour = colour, .interlaced = p[28] == 1};
    return MM_OK;
}

/* Everything libpng's callbacks and the code around setjmp share: nothing lives in locals across a longjmp. */
struct job {
    const unsigned char *bytes;
    size_t size, at;
    jmp_buf out;
    char message[200];
    png_structp png;
    png_infop info;
    png_bytep *rows;
    unsigned char *colours;     /* [H][W][3] while a coloured file is read */
    bool transparent;
};

static void on_error(png_structp png, png_const_charp text)
{
    struct job *job = png_get_error_ptr(png);
    size_t n = strnlen(text, sizeof job->message - 1);
    memcpy(job->message, text, n);
    job->message[n] = '\0';
    longjmp(job->out, 1);
}

static void on_warning(png_structp png, png_const_charp text)
{
    (void)png;
    (void)text;
}

static void on_read(png_structp png, png_bytep to, size_t n)
{
    struct job *job = png_get_io_ptr(png);
    if (n > job->size - job->at)
        png_error(png, "truncated");
    memcpy(to, job->bytes + job->at, n);
    job->at += n;
}

static void lay_over_black(png_structp png, png_infop info)
{
    static const png_color_16 black;
    if (png_get_valid(png, info, PNG_INFO_tRNS))
        png_set_tRNS_to_alpha(png);
    png_set_background(png, &black, PNG_BACKGROUND_GAMMA_SCREEN, 0, 1);
}

/* Runs libpng over the whole file: false when it gave up, with its words in job->message. */
static bool run(struct job *job, const mm_png_info *info, unsigned char *pixels)
{
    if (setjmp(job->out))
        return false;
    png_set_user_limits(job->png, 0x7fffffff, 0x7fffffff);
    png_set_read_fn(job->png, job, on_read);
    png_read_info(job->png, job->info);
    job->transparent = (info->colour & 4) || png_get_valid(job->png, job->info, PNG_INFO_tRNS);
    if (info->colour == 3)
        png_set_palette_to_rgb(job->png);
    else if (info->depth < 8)
        png_set_expand_gray_1_2_4_to_8(job->png);
    if (job->transparent && info->composed)
        lay_over_black(job->png, job->info);
    else if (job->transparent && info->colour != 0 && info->colour != 2)
        png_set_strip_alpha(job->png);
    const uint16_t one = 1;
    if (info->depth == 16 && *(const unsigned char *)&one)
        png_set_swap(job->png);
    png_set_interlace_handling(job->png);
    png_read_update_info(job->png, job->info);

    size_t pixel = (job->colours ? 3 : 1) * (info->bits / 8), row = info->width * pixel;
    if (png_get_rowbytes(job->png, job->info) != row)
        png_error(job->png, "rows are of another length than the header says");
    unsigned char *to = job->colours ? job->colours : pixels;
    for (size_t y = 0; y < info->height; y++)
        job->rows[y] = to + y * row;
    png_read_image(job->png, job->rows);
    png_read_end(job->png, NULL);
    return true;
}

/* Rec. 601 in 16-bit fixed point; the weights add up to 65536, so that equal channels stay what they are. */
static void luminance8(const unsigned char *rgb, size_t n, unsigned char *grey)
{
    for (size_t i = 0; i < n; i++)
        grey[i] = (unsigned char)((19595u * rgb[3 * i] + 38470u * rgb[3 * i + 1] + 7471u * rgb[3 * i + 2] + 32768u) >> 16);
}

static void luminance16(const uint16_t *rgb, size_t n, uint16_t *grey)
{
    for (size_t i = 0; i < n; i++)
        grey[i] = (uint16_t)((UINT64_C(19595) * rgb[3 * i] + UINT64_C(38470) * rgb[3 * i + 1] +
                              UINT64_C(7471) * rgb[3 * i + 2] + 32768u) >> 16);
}

/* True if two different colours have the same luminance. */
static bool merges(const unsigned char *rgb, size_t n, const unsigned char *grey)
{
    const unsigned char *first[256] = {NULL};
    for (size_t i = 0; i < n; i++) {
        const unsigned char *seen = first[grey[i]];
        if (!seen)
            first[grey[i]] = rgb + 3 * i;
        else if (memcmp(seen, rgb + 3 * i, 3) != 0)
            return true;
    }
    return false;
}

static const char *note_of(const mm_png_info *info, bool transparent)
{
    if (info->colour == 3)
        return transparent ? "palette converted to luminance, transparency dropped" : "palette converted to luminance";
    if (info->colour & 2)
        return transparent ? "colour converted to luminance, alpha dropped" : "colour converted to luminance";
    if (transparent)
        return info->colour == 4 ? "alpha dropped" : "transparency dropped";
    return NULL;
}

/* libpng takes memory for a chunk as it says that it is long, before its bytes are there. */
static bool chunks_fit(const unsigned char *p, size_t size)
{
    size_t at = 8;
    while (size - at >= 12 && memcmp(p + at + 4, "IEND", 4) != 0) {
        if (mm_get32_big(p + at) > size - at - 12)
            return false;
        at += 12 + (size_t)mm_get32_big(p + at);
    }
    return true;
}

int mm_png_decode_libpng(const void *bytes, size_t size, mm_png_info *info, void *pixels, mm_error *error)
{
    if (!chunks_fit(bytes, size))
        return mm_fail(error, MM_DAMAGED, "damaged PNG: truncated");
    struct job *job = calloc(1, sizeof *job);
    if (!job)
        return mm_no_memory(error);
    *job = (struct job){.bytes = bytes, .size = size};
    int code = MM_OK;
    bool coloured = (info->colour & 2) != 0;
    size_t area = info->height * info->width;
    job->rows = malloc(info->height * sizeof *job->rows);
    if (coloured && area <= SIZE_MAX / 6)
        job->colours = malloc(area * 3 * (info->bits / 8));
    if (!job->rows || (coloured && !job->colours)) {
        code = mm_no_memory(error);
        goto end;
    }
    job->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, job, on_error, on_warning);
    job->info = job->png ? png_create_info_struct(job->png) : NULL;
    if (!job->info) {
        code = mm_no_memory(error);
        goto end;
    }
    if (!run(job, info, pixels)) {
        code = mm_fail(error, MM_DAMAGED, "damaged PNG: %s", job->message);
        goto end;
    }
    if (coloured && info->bits == 8) {
        luminance8(job->colours, area, pixels);
        info->merged = merges(job->colours, area, pixels);
    } else if (coloured) {
        luminance16((const uint16_t *)(const void *)job->colours, area, pixels);
    }
    info->note = note_of(info, job->transparent);
end:
    png_destroy_read_struct(&job->png, &job->info, NULL);
    free(job->colours);
    free(job->rows);
    free(job);
    return code;
}

int mm_png_decode(const void *bytes, size_t size, mm_png_info *info, void *pixels, mm_error *error)
{
    info->note = NULL;
    info->merged = false;
    if (mm_png_decode_fast(bytes, size, info, pixels))
        return MM_OK;
    return mm_png_decode_libpng(bytes, size, info, pixels, error);
}

/* The orientation in the file's EXIF chunk; 1 without one. A file is searched as far as its pixels, or to the end. */
static unsigned orientation_of(const unsigned char *p, size_t size, bool to_the_end)
{
    for (size_t at = 8; size - at >= 12 && (to_the_end || memcmp(p + at + 4, "IDAT", 4) != 0);) {
        size_t length = mm_get32_big(p + at);
        if (length > size - at - 12)
            break;
        if (!memcmp(p + at + 4, "eXIf", 4))
            return mm_exif_orientation(p + at + 8, length);
        at += 12 + length;
    }
    return 1;
}

int mm_png_image_probe(const void *bytes, size_t size, mm_probe *probe, mm_error *error)
{
    mm_png_info info;
    int code = mm_png_probe(bytes, size, &info, error);
    if (code)
        return code;
    bool across = mm_orientation_transposes(orientation_of(bytes, size, false));
    probe->height = across ? info.width : info.height;
    probe->width = across ? info.height : info.width;
    probe->bits = info.bits;
    return MM_OK;
}

int mm_png_image_decode(const void *bytes, size_t size, const mm_image_options *options, mm_image *image, mm_error *error)
{
    mm_png_info info;
    int code = mm_png_probe(bytes, size, &info, error);
    if (code)
        return code;
    info.composed = options->is_mask;
    if (!mm_image_room(image, info.bits == 16 ? MM_U16 : MM_U8, info.height, info.width, error))
        return error->code;
    code = mm_png_decode(bytes, size, &info, image->data, error);
    mm_image_note(image, info.note);
    image->merged = info.merged;
    return code ? code : mm_image_turn(image, orientation_of(bytes, size, true), error);
}
