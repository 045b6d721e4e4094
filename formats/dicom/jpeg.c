/* Reading JPEG: see jpeg.h. */
#include "formats/dicom/jpeg.h"

#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

#include "common/base/bytes.h"
#include "common/base/signature.h"
#include "formats/dicom/jpeg_scans.h"

/* A progressive file may go over the image again and again; no sound one does so more often. */
enum { MOST_SCANS = 200 };

int mm_jpeg_probe(const void *bytes, size_t size, mm_jpeg_info *info, mm_error *error)
{
    const unsigned char *p = bytes;
    *info = (mm_jpeg_info){0};
    if (!mm_signature_is(MM_KIND_JPEG, bytes, size))
        return mm_fail(error, MM_DAMAGED, "no JPEG signature");
    for (size_t at = 2; at + 4 <= size && p[at] == 0xff;) {
        unsigned marker = p[at + 1];
        if (marker == 0xff || (marker >= 0xd0 && marker <= 0xd7) || marker == 0x01) {
            at += marker == 0xff ? 1 : 2;
            continue;
        }
        size_t length = mm_get16_big(p + at + 2);
        if (length < 2 || length > size - at - 2 || marker == 0xda || marker == 0xd9)
            break;
        if (mm_jpeg_is_frame_header(marker) && length >= 8) {
            const unsigned char *f = p + at + 4;
            *info = (mm_jpeg_info){.bits = f[0], .height = mm_get16_big(f + 1), .width = mm_get16_big(f + 3),
                                   .components = f[5], .process = marker,
                                   .note = f[5] == 3 ? "colour converted to luminance" : NULL};
            break;
        }
        at += 2 + length;
    }
    if (!info->process)
        return mm_fail(error, MM_DAMAGED, "JPEG ends before its frame header, or is damaged there");
    if (info->height == 0 || info->width == 0)
        return mm_fail(error, MM_DAMAGED, "JPEG of %zu x %zu pixels", info->height, info->width);
    /* A block of 64 pixels takes a bit at least. */
    if (info->process <= 0xc2 && info->height * info->width / 512 > size)
        return mm_fail(error, MM_DAMAGED, "JPEG of %zu x %zu pixels in %zu bytes: truncated", info->height, info->width, size);
    return MM_OK;
}

/* What libjpeg's callbacks and the code around setjmp share: nothing lives in locals across a longjmp. */
struct job {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf out;
    char message[JMSG_LENGTH_MAX];
};

static void on_error(j_common_ptr jpeg)
{
    struct job *job = jpeg->client_data;
    jpeg->err->format_message(jpeg, job->message);
    longjmp(job->out, 1);
}

/* Level -1 is a warning of damage, others are talk. */
static void on_message(j_common_ptr jpeg, int level)
{
    if (level < 0)
        on_error(jpeg);
}

static void on_progress(j_common_ptr jpeg)
{
    struct job *job = jpeg->client_data;
    if (job->jpeg.input_scan_number > MOST_SCANS) {
        snprintf(job->message, sizeof job->message, "more than %d scans", MOST_SCANS);
        longjmp(job->out, 1);
    }
}

static bool run(struct job *job, const void *bytes, size_t size, const mm_jpeg_info *info, mm_jpeg_colour colour,
                unsigned char *pixels)
{
    if (setjmp(job->out))
        return false;
    jpeg_create_decompress(&job->jpeg);
    job->jpeg.client_data = job;
    job->jpeg.progress = &job->progress;
    jpeg_mem_src(&job->jpeg, bytes, size);
    jpeg_read_header(&job->jpeg, TRUE);
    if (info->components == 3 && colour != MM_JPEG_GUESS)
        job->jpeg.jpeg_color_space = colour == MM_JPEG_RGB ? JCS_RGB : JCS_YCbCr;
    job->jpeg.out_color_space = JCS_GRAYSCALE;
    jpeg_start_decompress(&job->jpeg);
    if (job->jpeg.output_height != info->height || job->jpeg.output_width != info->width || job->jpeg.output_components != 1) {
        snprintf(job->message, sizeof job->message, "two frame headers");
        return false;
    }
    while (job->jpeg.output_scanline < job->jpeg.output_height) {
        JSAMPROW row = pixels + (size_t)job->jpeg.output_scanline * info->width;
        jpeg_read_scanlines(&job->jpeg, &row, 1);
    }
    jpeg_finish_decompress(&job->jpeg);
    return true;
}

int mm_jpeg_readable(const mm_jpeg_info *info, mm_error *error)
{
    if (info->process > 0xc2 || info->bits != 8)
        return mm_fail(error, MM_DAMAGED, "JPEG of %u bits, process %02x: 8 bits, baseline or progressive, are read", info->bits,
                       info->process);
    if (info->components != 1 && info->components != 3)
        return mm_fail(error, MM_DAMAGED, "JPEG of %u components: grey and colour are read", info->components);
    return MM_OK;
}

int mm_jpeg_decode(const void *bytes, size_t size, const mm_jpeg_info *info, mm_jpeg_colour colour, unsigned char *pixels,
                   mm_error *error)
{
    if (mm_jpeg_readable(info, error) || mm_jpeg_scans_check(bytes, size, error))
        return error->code;
    struct job *job = calloc(1, sizeof *job);
    if (!job)
        return mm_no_memory(error);
    job->jpeg.err = jpeg_std_error(&job->errors);
    job->errors.error_exit = on_error;
    job->errors.emit_message = on_message;
    job->jpeg.client_data = job;
    job->progress.progress_monitor = on_progress;
    int code = MM_OK;
    if (!run(job, bytes, size, info, colour, pixels))
        code = mm_fail(error, MM_DAMAGED, "damaged JPEG: %s", job->message);
    jpeg_destroy_decompress(&job->jpeg);
    free(job);
    return code;
}
