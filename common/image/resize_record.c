/* Records of another size: see resize_record.h. */
#include "common/image/resize_record.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/image/finite.h"
#include "common/image/geometry.h"
#include "common/image/grey.h"
#include "common/image/row_window.h"

/* What becomes of one tensor. */
typedef struct part {
    mm_resizing *resizing; /* NULL: it stays as it is */
    bool lesions;
    mm_dtype dtype;
    int ndim;
    size_t dim[MM_MAX_DIMS], planes;
    size_t row, in, out; /* bytes of a row and a plane before, of a plane after */
    char *data;          /* the result, until the record has it; NULL: the tensor's own data stays */
} part;

struct mm_record_resize {
    mm_placement place;
    mm_resizer image, area; /* the weights for images and for masks */
    part *parts;
    size_t nparts;
    mm_mask_fate *fates; /* of the planes of `mask` */
    size_t nfates;

    /* The first value that is not finite. */
    bool wrong;
    size_t wrong_tensor, wrong_at;
    double wrong_value;

    /* Of a record that streams in: */
    mm_row_window window;
    size_t plane;       /* of the current tensor */
    size_t seen;        /* elements of the current tensor that were looked at */
    const void *buffer; /* what mm_record_resize_buffer returned */
};

void mm_record_resize_free(mm_record_resize *r)
{
    if (!r)
        return;
    mm_resizer_free(&r->image);
    mm_resizer_free(&r->area);
    for (size_t i = 0; i < r->nparts; i++) {
        mm_resizing_free(r->parts[i].resizing);
        free(r->parts[i].data);
    }
    free(r->parts);
    free(r->fates);
    mm_row_window_free(&r->window);
    free(r);
}

static int plan_lesions(mm_record_resize *r, part *p, mm_error *error)
{
    p->lesions = true;
    r->fates = calloc(p->planes ? p->planes : 1, sizeof *r->fates);
    r->nfates = r->fates ? p->planes : 0;
    return r->fates ? MM_OK : mm_no_memory(error);
}

static int plan_tensor(mm_record_resize *r, const mm_tensor *t, part *p, mm_error *error)
{
    size_t count, bytes, size = mm_dtype_size(t->dtype);
    p->dim[t->ndim - 2] = r->place.canvas_h;
    p->dim[t->ndim - 1] = r->place.canvas_w;
    p->planes = mm_geometry_planes(t);
    p->row = r->place.source_w * size;
    p->in = r->place.source_h * p->row;
    p->out = r->place.canvas_h * r->place.canvas_w * size;
    bool lesions = strcmp(t->name, "mask") == 0, mask = lesions || strcmp(t->name, "breast") == 0;
    if (mm_shape_size(t->dtype, t->ndim, p->dim, &count, &bytes))
        return mm_fail(error, MM_FAILURE, "tensor '%s' would be too large", t->name);
    if (mask && t->dtype != MM_U8)
        return mm_fail(error, MM_FAILURE, "tensor '%s' is of type %s: expected u8", t->name, mm_dtype_name(t->dtype));
    if (mask ? mm_resizing_new_mask(&p->resizing, &r->area, error) : mm_resizing_new(&p->resizing, &r->image, t->dtype, error))
        return mm_fail_in(error, "tensor '%s'", t->name);
    if (lesions && plan_lesions(r, p, error))
        return error->code;
    return (p->data = mm_room64(bytes)) ? MM_OK : mm_no_memory(error);
}

static int plan_tensors(mm_record_resize *r, const mm_record *record, const mm_image_shape *from, mm_error *error)
{
    if (!(r->parts = calloc(record->ntensors, sizeof *r->parts)))
        return mm_no_memory(error);
    r->nparts = record->ntensors;
    for (size_t i = 0; i < r->nparts; i++) {
        const mm_tensor *t = &record->tensors[i];
        r->parts[i].dtype = t->dtype;
        r->parts[i].ndim = t->ndim;
        memcpy(r->parts[i].dim, t->dim, sizeof t->dim);
        if (mm_geometry_spatial(t, from->height, from->width) && plan_tensor(r, t, &r->parts[i], error))
            return error->code;
    }
    return MM_OK;
}

int mm_record_resize_new(mm_record_resize **out, const mm_record *record, const mm_resize_options *o, mm_error *error)
{
    const mm_tensor *image;
    mm_image_shape from;
    mm_record_resize *r = calloc(1, sizeof *r);
    *out = NULL;
    if (!r)
        return mm_no_memory(error);
    if (mm_geometry_image(record, &image, &from, error) ||
        mm_place(from.height, from.width, o->size.height, o->size.width, o->fit, o->wide, &r->place, error) ||
        mm_resizer_init(&r->image, &r->place, o->filter, error) ||
        mm_resizer_init(&r->area, &r->place, MM_INTERPOLATE_AREA, error) || plan_tensors(r, record, &from, error)) {
        mm_record_resize_free(r);
        return error->code;
    }
    *out = r;
    return MM_OK;
}

static void start_plane(const part *p, size_t n)
{
    mm_resizing_start(p->resizing, p->data + n * p->out);
}

static void finish_plane(mm_record_resize *r, const part *p, size_t n)
{
    mm_mask_fate fate = mm_resizing_finish(p->resizing);
    if (p->lesions)
        r->fates[n] = fate;
}

/* Looks at n elements of a tensor that lie at `data`; the first one is element number `at`. */
static void look(mm_record_resize *r, size_t tensor, const void *data, size_t at, size_t n)
{
    const part *p = &r->parts[tensor];
    size_t i = r->wrong ? n : mm_first_not_finite(p->dtype, data, n, 255 / mm_full_scale(p->dtype));
    if (i == n)
        return;
    r->wrong = true;
    r->wrong_tensor = tensor;
    r->wrong_at = at + i;
    r->wrong_value = mm_number(p->dtype, data, i);
}

void mm_record_resize_planes(mm_record_resize *r, const mm_record *record)
{
    for (size_t i = 0; i < r->nparts; i++) {
        const part *p = &r->parts[i];
        if (p->resizing)
            look(r, i, record->tensors[i].data, 0, record->tensors[i].count);
        for (size_t n = 0; p->resizing && n < p->planes; n++) {
            start_plane(p, n);
            mm_resizing_rows(p->resizing, (const char *)record->tensors[i].data + n * p->in, 0, r->place.source_h);
            finish_plane(r, p, n);
        }
    }
}

int mm_record_resize_stream(mm_record_resize *r, const mm_record *record, mm_error *error)
{
    size_t taps = r->image.rows.taps > r->area.rows.taps ? r->image.rows.taps : r->area.rows.taps, row = 0;
    for (size_t i = 0; i < r->nparts; i++) {
        part *p = &r->parts[i];
        row = p->row > row ? p->row : row;
        if (!p->resizing && !(p->data = mm_room64(record->tensors[i].bytes)))
            return mm_no_memory(error);
    }
    return mm_row_window_init(&r->window, row, taps, error);
}

void *mm_record_resize_buffer(mm_record_resize *r, size_t tensor, size_t *bytes)
{
    const part *p = &r->parts[tensor];
    if (!p->resizing) {
        *bytes = SIZE_MAX; /* all of it */
        return p->data;
    }
    if (r->window.left == 0) {
        r->seen = r->plane ? r->seen : 0;
        start_plane(p, r->plane);
        mm_row_window_start(&r->window, p->row, r->place.source_h);
    }
    void *buffer = mm_row_window_buffer(&r->window, bytes);
    r->buffer = buffer;
    return buffer;
}

void mm_record_resize_filled(mm_record_resize *r, size_t tensor, size_t bytes)
{
    const part *p = &r->parts[tensor];
    size_t n = bytes / mm_dtype_size(p->dtype);
    if (!p->resizing)
        return;
    look(r, tensor, r->buffer, r->seen, n);
    r->seen += n;
    if (!mm_row_window_filled(&r->window, p->resizing, bytes))
        return;
    finish_plane(r, p, r->plane);
    r->plane = (r->plane + 1) % p->planes;
}

int mm_record_resize_finish(mm_record_resize *r, mm_record *record, mm_error *error)
{
    if (r->wrong)
        return mm_fail_not_finite(&record->tensors[r->wrong_tensor], r->wrong_at, r->wrong_value, error);
    for (size_t i = 0; i < r->nparts; i++) {
        part *p = &r->parts[i];
        const mm_tensor *t = &record->tensors[i];
        if (p->data && !mm_record_give(record, t->name, t->dtype, p->ndim, p->dim, p->data, error))
            return error->code;
        p->data = NULL;
    }
    mm_affine map = mm_placement_to_source(&r->place);
    return mm_geometry_moved(record, &map, error);
}

const mm_mask_fate *mm_record_resize_lesions(const mm_record_resize *r, size_t *n)
{
    *n = r->nfates;
    return r->fates;
}
