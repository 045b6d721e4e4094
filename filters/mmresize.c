/* mmresize: brings every spatial tensor of a record to one size, and says in `to_original` where its pixels came from. Films of many
 * megabytes are made smaller while they arrive. */
#include <stdlib.h>
#include <string.h>

#include "common/cli/filter.h"
#include "common/image/geometry.h"
#include "common/image/row_window.h"

typedef struct config {
    mm_size size;
    int fit, wide, filter; /* mm_fit, mm_wide, mm_interpolation: in the order of the choices below */
} config;

static const config DEFAULTS = {{1152, 896}, MM_FIT_PAD, MM_WIDE_SHRINK, MM_INTERPOLATE_AUTO};

static const mm_option OPTIONS[] = {
    {.name = "size", .type = MM_OPT_SIZE, .offset = offsetof(config, size), .argument = "HxW", .min = 1, .max = 65536,
     .help = "height and width to bring images to (1152x896)", .published = "1152x896"},
    {.name = "fit", .type = MM_OPT_CHOICE, .offset = offsetof(config, fit), .argument = "HOW", .choices = "pad|stretch",
     .help = "keep the aspect and pad (pad), or do not keep it (stretch)", .published = "pad"},
    {.name = "wide", .type = MM_OPT_CHOICE, .offset = offsetof(config, wide), .argument = "HOW", .choices = "shrink|crop",
     .help = "what is too wide is made smaller (shrink) or cut at both sides (crop)", .published = "crop"},
    {.name = "filter", .type = MM_OPT_CHOICE, .offset = offsetof(config, filter), .argument = "NAME",
     .choices = "auto|area|cubic|bilinear|lanczos3",
     .help = "interpolation; auto is area when shrinking, cubic when enlarging", .published = "bilinear"},
};

/* What becomes of one tensor. */
typedef struct part {
    mm_resizing *resizing; /* NULL: it stays as it is */
    bool lesions;
    int ndim;
    size_t dim[MM_MAX_DIMS], planes;
    size_t row, in, out; /* bytes of a row and a plane before, of a plane after */
    char *data;          /* the result, until the record has it; NULL: the tensor's own data stays */
} part;

/* What one record needs: where its image comes to lie, the weights for images and for masks, and what its tensors become. */
typedef struct work {
    const mm_job *job;
    mm_placement place;
    mm_resizer image, area;
    part *parts;
    size_t nparts;

    /* Of a record that is arriving: */
    mm_row_window window;
    size_t plane; /* of the tensor under way */
} work;

static void work_free(void *context)
{
    work *w = context;
    if (!w)
        return;
    mm_resizer_free(&w->image);
    mm_resizer_free(&w->area);
    for (size_t i = 0; i < w->nparts; i++) {
        mm_resizing_free(w->parts[i].resizing);
        free(w->parts[i].data);
    }
    free(w->parts);
    mm_row_window_free(&w->window);
    free(w);
}

static int plan_tensor(const work *w, const mm_tensor *t, part *p, mm_error *error)
{
    size_t count, bytes, size = mm_dtype_size(t->dtype);
    p->dim[t->ndim - 2] = w->place.canvas_h;
    p->dim[t->ndim - 1] = w->place.canvas_w;
    p->planes = mm_geometry_planes(t);
    p->row = w->place.source_w * size;
    p->in = w->place.source_h * p->row;
    p->out = w->place.canvas_h * w->place.canvas_w * size;
    p->lesions = strcmp(t->name, "mask") == 0;
    bool mask = p->lesions || strcmp(t->name, "breast") == 0;
    if (mm_shape_size(t->dtype, t->ndim, p->dim, &count, &bytes))
        return mm_fail(error, MM_FAILURE, "tensor '%s' would be too large", t->name);
    if (mask && t->dtype != MM_U8)
        return mm_fail(error, MM_FAILURE, "tensor '%s' is of type %s: u8 is wanted", t->name, mm_dtype_name(t->dtype));
    if (mask ? mm_resizing_new_mask(&p->resizing, &w->area, error) : mm_resizing_new(&p->resizing, &w->image, t->dtype, error))
        return mm_fail_in(error, "tensor '%s'", t->name);
    return (p->data = mm_room64(bytes)) ? MM_OK : mm_no_memory(error);
}

/* The plan for a record, whose tensors need no data yet. *out may be there also after an error. */
static int plan(work **out, const mm_job *job, const mm_record *record, mm_error *error)
{
    const config *c = job->config;
    const mm_tensor *image;
    mm_image_shape from;
    work *w = *out = calloc(1, sizeof *w);
    if (!w)
        return mm_no_memory(error);
    w->job = job;
    if (mm_geometry_image(record, &image, &from, error) ||
        mm_place(from.height, from.width, c->size.height, c->size.width, (mm_fit)c->fit, (mm_wide)c->wide, &w->place, error) ||
        mm_resizer_init(&w->image, &w->place, (mm_interpolation)c->filter, error) ||
        mm_resizer_init(&w->area, &w->place, MM_INTERPOLATE_AREA, error))
        return error->code;
    if (!(w->parts = calloc(record->ntensors, sizeof *w->parts)))
        return mm_no_memory(error);
    w->nparts = record->ntensors;
    for (size_t i = 0; i < w->nparts; i++) {
        const mm_tensor *t = &record->tensors[i];
        w->parts[i].ndim = t->ndim;
        memcpy(w->parts[i].dim, t->dim, sizeof t->dim);
        if (mm_geometry_spatial(t, from.height, from.width) && plan_tensor(w, t, &w->parts[i], error))
            return error->code;
    }
    return MM_OK;
}

static void start_plane(const part *p, size_t n)
{
    mm_resizing_start(p->resizing, p->data + n * p->out);
}

/* Masks move by coverage; a lesion that gets lost on the way is told of. */
static void finish_plane(const mm_job *job, const part *p, size_t n)
{
    mm_mask_fate fate = mm_resizing_finish(p->resizing);
    if (p->lesions && fate == MM_MASK_RESCUED)
        mm_job_warn(job, "lesion %zu would vanish: its best pixel was kept", n);
    else if (p->lesions && fate == MM_MASK_CUT_OFF)
        mm_job_warn(job, "lesion %zu lies in the part that is cut off: its mask is empty", n);
}

/* Puts the results into the record. */
static int deliver(work *w, mm_record *record, mm_error *error)
{
    for (size_t i = 0; i < w->nparts; i++) {
        part *p = &w->parts[i];
        const mm_tensor *t = &record->tensors[i];
        if (p->data && !mm_record_give(record, t->name, t->dtype, p->ndim, p->dim, p->data, error))
            return error->code;
        p->data = NULL;
    }
    mm_affine map = mm_placement_to_source(&w->place);
    return mm_geometry_moved(record, &map, error);
}

static int finish(const mm_job *job, void *context, mm_record *record, mm_error *error)
{
    int code = deliver(context, record, error);
    work_free(context);
    if (code == MM_OK)
        return mm_emit(job, record);
    mm_record_free(record);
    return code;
}

static int resize_record(const mm_job *job, mm_record *record, mm_error *error)
{
    work *w;
    int code = plan(&w, job, record, error);
    if (code) {
        work_free(w);
        mm_record_free(record);
        return code;
    }
    for (size_t i = 0; i < w->nparts; i++) {
        const part *p = &w->parts[i];
        for (size_t n = 0; p->resizing && n < p->planes; n++) {
            start_plane(p, n);
            mm_resizing_rows(p->resizing, (const char *)record->tensors[i].data + n * p->in, 0, w->place.source_h);
            finish_plane(job, p, n);
        }
    }
    return finish(job, w, record, error);
}

/* ---- while it arrives ---- */

/* Memory for what only a record that arrives needs. */
static int plan_arrival(work *w, const mm_record *record, mm_error *error)
{
    size_t taps = w->image.rows.taps > w->area.rows.taps ? w->image.rows.taps : w->area.rows.taps, row = 0;
    for (size_t i = 0; i < w->nparts; i++) {
        part *p = &w->parts[i];
        row = p->row > row ? p->row : row;
        if (!p->resizing && !(p->data = mm_room64(record->tensors[i].bytes)))
            return mm_no_memory(error);
    }
    return mm_row_window_init(&w->window, row, taps, error);
}

static void *begin_arrival(const mm_job *job, const mm_record *record)
{
    work *w;
    mm_error unused;
    if (plan(&w, job, record, &unused) || plan_arrival(w, record, &unused)) {
        work_free(w);
        return NULL;
    }
    return w;
}

static void *room(void *context, size_t tensor, size_t *bytes)
{
    work *w = context;
    const part *p = &w->parts[tensor];
    if (!p->resizing) {
        *bytes = SIZE_MAX; /* all of it */
        return p->data;
    }
    if (w->window.left == 0) {
        start_plane(p, w->plane);
        mm_row_window_start(&w->window, p->row, w->place.source_h);
    }
    return mm_row_window_room(&w->window, bytes);
}

static void came(void *context, size_t tensor, size_t bytes)
{
    work *w = context;
    const part *p = &w->parts[tensor];
    if (!p->resizing || !mm_row_window_came(&w->window, p->resizing, bytes))
        return;
    finish_plane(w->job, p, w->plane);
    w->plane = (w->plane + 1) % p->planes;
}

static const mm_gradual ARRIVAL = {begin_arrival, room, came, finish, work_free};

static const mm_filter FILTER = {
    .program = {.name = "mmresize", .operands = "[FILE...]", .summary = "bring mammograms and their masks to one size",
                .options = OPTIONS, .noptions = sizeof OPTIONS / sizeof *OPTIONS, .published = true},
    .config_bytes = sizeof(config),
    .defaults = &DEFAULTS,
    .record = resize_record,
    .gradual = &ARRIVAL,
};

int main(int argc, char **argv)
{
    return mm_filter_main(&FILTER, argc, argv);
}
