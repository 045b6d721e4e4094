/* DICOM files whose header is forged, each element for itself, and whose pixel data is made to match some of it: bits allocated, stored and
 * high bit, samples, frames, planes, sign, what is missing, padding, overlays, tables, and what a code stream says of its own. What GDCM
 * would decode is made up. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "formats/image/dicom_image.h"
#include "tests/fuzz/harness/fuzz.h"

enum { ROOM = 1 << 20 };

/* The input, a byte a time; zeros behind its end. */
struct input {
    const uint8_t *data;
    size_t size, at;
};

struct file {
    uint8_t bytes[ROOM];
    size_t n;
    bool implicit, big;
};

struct header {
    const char *syntax, *photometric;
    unsigned rows, columns, samples, allocated, stored, high, sign, planar, frames;
};

static unsigned take(struct input *in)
{
    return in->at < in->size ? in->data[in->at++] : 0;
}

/* One of n values, or now and then any other. */
static unsigned pick(struct input *in, const unsigned *values, unsigned n)
{
    unsigned byte = take(in);
    return byte >= 240 ? take(in) : values[byte % n];
}

static void add(struct file *f, const void *bytes, size_t n)
{
    if (n > ROOM - f->n)
        n = ROOM - f->n;
    memcpy(f->bytes + f->n, bytes, n);
    f->n += n;
}

static void add16(struct file *f, bool big, unsigned v)
{
    add(f, (uint8_t[]){(uint8_t)(big ? v >> 8 : v), (uint8_t)(big ? v : v >> 8)}, 2);
}

static void add32(struct file *f, bool big, uint32_t v)
{
    add16(f, big, big ? v >> 16 : v & 0xffff);
    add16(f, big, big ? v & 0xffff : v >> 16);
}

static void add_tag(struct file *f, uint32_t tag, const char *vr, uint32_t length)
{
    bool wide = !strcmp(vr, "OB") || !strcmp(vr, "OW"), meta = tag >> 16 == 2, big = f->big && !meta;
    add16(f, big, tag >> 16);
    add16(f, big, tag & 0xffff);
    if (f->implicit && !meta) {
        add32(f, big, length);
        return;
    }
    add(f, vr, 2);
    if (!wide) {
        add16(f, big, length);
        return;
    }
    add16(f, big, 0);
    add32(f, big, length);
}

static void add_text(struct file *f, uint32_t tag, const char *vr, const char *text)
{
    size_t n = strlen(text);
    add_tag(f, tag, vr, (uint32_t)(n + n % 2));
    add(f, text, n);
    add(f, " ", n % 2);
}

static void add_number(struct file *f, uint32_t tag, unsigned v)
{
    add_tag(f, tag, "US", 2);
    add16(f, f->big, v);
}

/* An element that may be missing. */
static void add_forged(struct file *f, uint32_t tag, unsigned v, unsigned missing)
{
    if (!missing)
        add_number(f, tag, v);
}

/* What is left of the input, again and again. */
static void add_noise(struct file *f, const struct input *in, size_t n)
{
    static const uint8_t none[64];
    const uint8_t *from = in->at < in->size ? in->data + in->at : none;
    size_t most = in->at < in->size ? in->size - in->at : sizeof none;
    for (size_t part; n > 0; n -= part) {
        part = n < most ? n : most;
        add(f, from, part);
    }
}

static const char *const syntaxes[] = {
    "1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.5",
    "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90",
};
enum { LITTLE, IMPLICIT, BIG, RUNS, JPEG, LOSSLESS, JPEG_LS, JPEG_2000, SYNTAXES };

static struct header forge(struct input *in)
{
    static const unsigned allocated[] = {16, 32, 8, 16, 32, 1}, samples[] = {1, 1, 3};
    static const unsigned stored[] = {12, 16, 8, 10, 1, 32, 20, 5};
    static const char *const photometric[] = {"MONOCHROME2", "MONOCHROME1", "PALETTE COLOR", "RGB", "YBR_FULL", "YBR_FULL_422",
                                              "YBR_RCT", ""};
    unsigned large = take(in) == 255 ? 256 : 0; /* a table pays */
    struct header h = {.rows = 1 + take(in) % 16 + large, .columns = 1 + take(in) % 16 + large, .samples = pick(in, samples, 3),
                       .allocated = pick(in, allocated, 6), .stored = pick(in, stored, 8)};
    h.high = pick(in, (unsigned[]){h.stored - 1, h.stored - 1, h.allocated - 1, 0}, 4);
    h.sign = pick(in, (unsigned[]){0, 1}, 2);
    h.planar = pick(in, (unsigned[]){0, 1, 2}, 3);
    h.frames = pick(in, (unsigned[]){1, 1, 2, 3, 0}, 5) % 6;
    unsigned colours = take(in);
    h.photometric = photometric[colours % 4 ? colours % 8 : h.samples == 3 ? 3 : 0];
    return h;
}

/* What must be there, what may be, what may be missing. */
static void add_header(struct file *f, const struct header *h, struct input *in)
{
    unsigned missing = take(in), more = take(in);
    char frames[16];
    snprintf(frames, sizeof frames, "%u", h->frames);
    add_text(f, 0x00080060, "CS", "MG");
    add_text(f, 0x00185101, "CS", "CC");
    add_forged(f, 0x00280002, h->samples, missing == 1);
    if (h->photometric[0])
        add_text(f, 0x00280004, "CS", h->photometric);
    add_forged(f, 0x00280006, h->planar, more & 1);
    if (h->frames != 1)
        add_text(f, 0x00280008, "IS", frames);
    add_number(f, 0x00280010, h->rows);
    add_number(f, 0x00280011, h->columns);
    add_number(f, 0x00280100, h->allocated);
    add_forged(f, 0x00280101, h->stored, missing & 64);
    add_forged(f, 0x00280102, h->high, missing & 128);
    add_forged(f, 0x00280103, h->sign, missing == 2);
    add_forged(f, 0x00280120, take(in) << (more & 8), !(more & 2));
    add_forged(f, 0x00280121, take(in), !(more & 4));
    if (more & 16) {
        add_text(f, 0x00281052, "DS", "-5");
        add_text(f, 0x00281053, "DS", "-1.5");
    }
    for (uint32_t c = 0; c < 3 && !strcmp(h->photometric, "PALETTE COLOR"); c++) {
        add_tag(f, 0x00281101 + c, "US", 6);
        add16(f, f->big, 4);
        add16(f, f->big, more);
        add16(f, f->big, more & 32 ? 8 : 16);
    }
    for (uint32_t c = 0; c < 3 && !strcmp(h->photometric, "PALETTE COLOR"); c++) {
        add_tag(f, 0x00281201 + c, "OW", more & 64 ? 4 : 8);
        add_noise(f, in, more & 64 ? 4 : 8);
    }
    if (more & 128)
        add_text(f, 0x20500020, "CS", more & 1 ? "INVERSE" : "IDENTITY");
    for (uint32_t g = 0; g < more % 3; g++) {
        add_number(f, 0x60000100 + (g << 17), h->allocated);
        add_number(f, 0x60000102 + (g << 17), take(in) % 40);
    }
}

/* As many bytes as some of the header's elements promise, or others, or some more or fewer. */
static size_t promised(const struct header *h, struct input *in)
{
    static const unsigned bits[] = {8, 16, 32, 1};
    unsigned how = take(in);
    uint64_t width = how % 4 ? h->allocated : how % 8 ? h->stored : bits[take(in) % 4];
    uint64_t n = (uint64_t)h->rows * h->columns * (how & 16 ? 1 : h->samples) * width * (how & 32 ? 1 : h->frames ? h->frames : 1);
    n = (n + 7) / 8 + (how & 64 ? take(in) : 0) - (how & 128 ? take(in) : 0);
    return n < ROOM / 2 ? (size_t)n : 16;
}

/* Run lengths in segments that fill the frame, or nearly. */
static void add_runs(struct file *f, const struct header *h, struct input *in)
{
    unsigned how = take(in);
    uint32_t segments = h->samples * (how % 4 ? h->allocated / 8 : how / 4 % 5), size;
    size_t n = (size_t)h->rows * h->columns - (how & 128 ? 1 : 0);
    segments = segments < 15 ? segments : 15;
    size = (uint32_t)((n + 127) / 128 * 2);
    add32(f, false, segments);
    for (uint32_t s = 0; s < 15; s++)
        add32(f, false, s < segments ? 64 + s * size : 0);
    for (uint32_t s = 0; s < segments; s++)
        for (size_t left = n; left > 0; left -= left < 128 ? left : 128)
            add(f, (uint8_t[]){(uint8_t)(257 - (left == 1 ? 2 : left < 128 ? left : 128)), (uint8_t)take(in)}, 2);
}

/* A header of JPEG or JPEG-LS, and noise. */
static void add_jpeg(struct file *f, const struct header *h, unsigned process, unsigned bits, struct input *in)
{
    add(f, "\xff\xd8\xff", 3);
    add(f, (uint8_t[]){(uint8_t)process, 0, 17, (uint8_t)bits}, 4);
    add16(f, true, h->rows);
    add16(f, true, h->columns);
    add(f, (uint8_t[]){(uint8_t)h->samples, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0}, 10);
    add(f, "\xff\xda\0\x08\x01\x01\0\0\0\0", 10);
    add_noise(f, in, 64);
    if (take(in) % 2)
        add(f, "\0\0\xff\xd9", 4);
}

static void add_siz(struct file *f, const struct header *h, unsigned bits, struct input *in)
{
    add(f, "\xff\x4f\xff\x51", 4);
    add16(f, true, 38 + 3 * h->samples);
    add16(f, true, 0);
    for (int i = 0; i < 2; i++) {
        add32(f, true, h->columns);
        add32(f, true, h->rows);
        add32(f, true, 0);
        add32(f, true, 0);
    }
    add16(f, true, h->samples);
    unsigned sign = take(in) % 4 ? 0 : 128;
    for (unsigned c = 0; c < h->samples && c < 4; c++)
        add(f, (uint8_t[]){(uint8_t)((bits - 1) | sign), 1, 1}, 3);
    add_noise(f, in, 40);
}

static void add_stream(struct file *f, const struct header *h, unsigned syntax, struct input *in)
{
    static const unsigned lengths[] = {8, 12, 16, 32, 5};
    unsigned bits = take(in) % 2 ? h->stored : pick(in, lengths, 5);
    add16(f, false, 0xfffe);
    add16(f, false, 0xe000);
    size_t at = f->n;
    add32(f, false, 0);
    if (syntax == RUNS)
        add_runs(f, h, in);
    else if (syntax == JPEG_2000)
        add_siz(f, h, bits, in);
    else
        add_jpeg(f, h, syntax == JPEG ? 0xc0 : syntax == LOSSLESS ? 0xc3 : 0xf7, bits, in);
    if (f->n + 1 < ROOM)
        mm_put32(f->bytes + at, (uint32_t)(f->n - at - 4));
}

static void add_pixels(struct file *f, const struct header *h, unsigned syntax, struct input *in)
{
    if (syntax < RUNS) {
        size_t n = promised(h, in);
        add_tag(f, 0x7fe00010, "OW", (uint32_t)n);
        add_noise(f, in, n);
        return;
    }
    add_tag(f, 0x7fe00010, "OB", 0xffffffff);
    add(f, "\xfe\xff\x00\xe0\0\0\0\0", 8);
    for (unsigned i = 0; i < (h->frames ? h->frames : 1); i++)
        add_stream(f, h, syntax, in);
    add(f, "\xfe\xff\xdd\xe0\0\0\0\0", 8);
}

/* The image's type follows from the bits stored, where the header has them, and every pixel of it can be touched. */
static void check(const uint8_t *bytes, size_t n, const struct header *h, const mm_image_options *options)
{
    mm_error error = {0};
    mm_image image = {0};
    mm_dicom_info info;
    if (mm_dicom_image_decode(bytes, n, options, &image, &error)) {
        MM_MUST(error.text[0] && error.code != MM_LEFT_OUT);
        mm_image_free(&image);
        return;
    }
    MM_MUST(!mm_dicom_header(bytes, n, &info, &error));
    MM_MUST(image.ndim == 2 && image.dim[0] == h->rows && image.dim[1] == h->columns);
    if (info.bits_stored)
        MM_MUST(image.dtype == (info.bits_stored > 16 ? MM_F32 : info.bits_stored > 8 ? MM_U16 : MM_U8));
    mm_fuzz_touch(image.data, image.dim[0] * image.dim[1] * mm_dtype_size(image.dtype));
    mm_image_free(&image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct file file;
    struct input in = {data, size, 0};
    unsigned syntax = take(&in) % SYNTAXES, options = take(&in);
    struct header h = forge(&in);
    mm_error error;
    mm_image_options rules = {.frame = options % 5, .in_place = options & 64, .no_results = options & 128};
    static const char *const windows[] = {"none", "none", "file", "0.5,3,sigmoid"};
    MM_MUST(!mm_window_parse(windows[options / 8 % 4], &rules.window, &error));
    file.n = 0;
    file.implicit = file.big = false;
    add_noise(&file, &(struct input){0}, 128);
    add(&file, "DICM", 4);
    add_text(&file, 0x00020010, "UI", syntaxes[syntax]);
    file.implicit = syntax == IMPLICIT;
    file.big = syntax == BIG;
    add_header(&file, &h, &in);
    add_pixels(&file, &h, syntax, &in);
    uint8_t *exact = mm_fuzz_copy(file.bytes, file.n);
    mm_probe probe = {0};
    int known = mm_dicom_image_probe(exact, file.n, &probe, &error);
    MM_MUST(known || (probe.height == h.rows && probe.width == h.columns));
    check(exact, file.n, &h, &rules);
    free(exact);
    return 0;
}
