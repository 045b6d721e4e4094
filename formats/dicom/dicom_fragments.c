/* Fragments of compressed pixels: see dicom_fragments.h. */
#include "formats/dicom/dicom_fragments.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/grow.h"

struct fragment {
    const unsigned char *bytes;
    size_t size, offset; /* offset of its item behind the offset table */
};

struct stream {
    struct fragment *fragments;
    size_t n;
    const unsigned char *table; /* basic offset table: 32 bits each */
    size_t entries;
};

static int read_fragments(const mm_element *pixels, struct stream *s, mm_error *error)
{
    const unsigned char *bytes;
    size_t at = 0, room = 0, size, begin = 0;
    bool table = true;
    while (mm_element_fragment(pixels, &at, &bytes, &size, error)) {
        if (table) {
            s->table = bytes;
            s->entries = size / 4;
            table = false;
            begin = at;
            continue;
        }
        if (!size)
            continue;
        if (mm_grow(&s->fragments, &room, s->n + 1, sizeof *s->fragments, error))
            return error->code;
        s->fragments[s->n++] = (struct fragment){bytes, size, at - 8 - size - begin};
    }
    return error->code;
}

/* Does a code stream begin here? Run lengths do with the number of segments, of which the first is behind a header of 64 bytes. */
static bool begins(const struct fragment *f)
{
    static const unsigned char jp2[] = {0, 0, 0, 12, 'j', 'P'};
    if (f->size >= 64 && mm_get32(f->bytes) - 1 < 15 && mm_get32(f->bytes + 4) == 64)
        return true;
    return f->size >= 8 && ((f->bytes[0] == 0xff && (f->bytes[1] == 0xd8 || f->bytes[1] == 0x4f)) || !memcmp(f->bytes, jp2, sizeof jp2));
}

/* The fragments [*from, *to) of a frame by the offset table, or by how code streams begin. */
static bool find_begins(const struct stream *s, bool by_table, size_t frame, size_t frames, size_t *from, size_t *to)
{
    size_t number = 0, first = s->n;
    for (size_t i = 0; i < s->n; i++) {
        bool starts = by_table ? number < frames && s->fragments[i].offset == mm_get32(s->table + 4 * number) : begins(&s->fragments[i]);
        if (!starts)
            continue;
        if (number == frame)
            first = i;
        else if (number == frame + 1)
            *to = i;
        number++;
    }
    if (frame + 1 == frames)
        *to = s->n;
    *from = first;
    return number == frames && first < *to;
}

/* The fragments [*from, *to) of a frame: all, or one for each frame, or by the offset table if it fits them, or by how they begin. */
static bool find_frame(const struct stream *s, size_t frame, size_t frames, size_t *from, size_t *to)
{
    *from = frame;
    *to = frame + 1;
    if (s->n == frames && frames > 1)
        return true;
    if (frames == 1) {
        *from = 0;
        *to = s->n;
        return s->n > 0;
    }
    return (s->entries == frames && find_begins(s, true, frame, frames, from, to)) || find_begins(s, false, frame, frames, from, to);
}

/* Fragments [from, *to) of a file of one frame end where another code stream begins. */
static void leave_others(const struct stream *s, size_t from, size_t *to, mm_dicom_notes *notes)
{
    size_t streams = 0, end = *to;
    for (size_t i = from; i < end; i++)
        if (begins(&s->fragments[i]) && ++streams == 2)
            *to = i;
    if (streams > 1)
        mm_dicom_note(notes, "its header says one frame, its pixels have %zu: the first is read", streams);
}

int mm_dicom_frame_stream(const mm_element *pixels, size_t frame, size_t frames, mm_bytes *joined, const unsigned char **bytes,
                          size_t *size, mm_dicom_notes *notes, mm_error *error)
{
    struct stream stream = {0};
    size_t from, to;
    int code = read_fragments(pixels, &stream, error);
    if (!code && !find_frame(&stream, frame, frames, &from, &to))
        code = mm_fail(error, MM_DAMAGED, "DICOM file is damaged: %zu fragments of compressed pixels for %zu frames", stream.n, frames);
    if (!code && frames == 1)
        leave_others(&stream, from, &to, notes);
    if (!code && to - from == 1) {
        *bytes = stream.fragments[from].bytes;
        *size = stream.fragments[from].size;
    } else if (!code) {
        for (size_t i = from; i < to && !code; i++)
            code = mm_bytes_add(joined, stream.fragments[i].bytes, stream.fragments[i].size, error);
        *bytes = joined->data;
        *size = joined->size;
    }
    free(stream.fragments);
    return code;
}
