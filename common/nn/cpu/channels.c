/* What joins, parts and scales channels. */
#include <string.h>

#include "common/nn/cpu/kernels.h"

/* An activation or rows. Rows are images of one tile with all channels. */
static int view_of(cpu_device *d, const mm_op_desc *c, mm_shape s, cpu_view *v, mm_error *error)
{
    const size_t positions = s.h * s.w;
    const cpu_format *f = c->rows ? NULL : cpu_activation(d, c->dtype, s, error);
    if (!c->rows && !f)
        return error->code;
    *v = f ? cpu_view_of(f)
           : (cpu_view){.n = s.n, .channels = s.c, .tiles = 1, .lanes = s.c, .positions = positions, .image_step = positions * s.c,
                        .step = s.c};
    return MM_OK;
}

static size_t element(const cpu_view *v, size_t image, size_t channel)
{
    return image * v->image_step + channel / v->lanes * v->tile_step + channel % v->lanes;
}

/* Neighbours from this channel on, which its tile holds. */
static size_t run_of(const cpu_view *v, size_t channel) { return v->lanes - channel % v->lanes; }

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

/* The channels of an operation's argument: those of the view from `first` on. */
typedef struct channels {
    char *data;
    cpu_view view;
    size_t first;
} channels;

/* Copies `count` channels of one image, in runs that neither side breaks. size: bytes of a number. */
static void copy_channels(const channels *from, const channels *to, size_t image, size_t count, size_t size)
{
    for (size_t c = 0, run; c < count; c += run) {
        run = least(count - c, least(run_of(&from->view, from->first + c), run_of(&to->view, to->first + c)));
        const char *a = from->data + element(&from->view, image, from->first + c) * size;
        char *y = to->data + element(&to->view, image, to->first + c) * size;
        for (size_t p = 0; p < to->view.positions; p++)
            memcpy(y + p * to->view.step * size, a + p * from->view.step * size, run * size);
    }
}

static int run_concat(cpu_device *d, cpu_op *op, void *const *args, char *scratch, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    const bool back = c->kind == MM_OP_CONCAT_DX;
    const size_t size = mm_dtype_size(c->dtype), count[2] = {c->x.c, c->y.c - c->x.c};
    channels whole = {.data = args[back ? 0 : 2]}, part[2] = {{.data = args[back ? 1 : 0]}, {.data = args[back ? 2 : 1]}};
    mm_shape second = c->x;
    second.c = count[1];
    (void)scratch;
    if (view_of(d, c, c->y, &whole.view, error) || view_of(d, c, c->x, &part[0].view, error) || view_of(d, c, second, &part[1].view, error))
        return error->code;
    if (!back)
        cpu_clear_padding(&whole.view, whole.data, size);
    for (int k = 0; k < 2; whole.first += count[k++]) {
        if (!part[k].data)
            continue;
        if (back)
            cpu_clear_padding(&part[k].view, part[k].data, size);
#pragma omp parallel for schedule(static)
        for (size_t image = 0; image < c->x.n; image++)
            copy_channels(back ? &whole : &part[k], back ? &part[k] : &whole, image, count[k], size);
    }
    return 0;
}

/* ---- scaling: what a batch norm does with its tiles, of each image by itself ---- */

/* A tile of one image with its factors; mean and beta are zero. */
static cpu_tile scaled_tile(const cpu_op *op, size_t image, size_t tile, const float *factors)
{
    const cpu_view *v = &op->view;
    cpu_tile t = {.lanes = cpu_lanes_of(v, tile), .positions = v->positions, .step = v->step, .bf16 = op->base.desc.dtype == MM_BF16,
                  .at = image * v->image_step + tile * v->tile_step};
    const size_t first = tile * v->lanes;
    for (size_t l = 0; l < v->lanes && first + l < v->channels; l++)
        t.scale[l] = factors[image * v->channels + first + l];
    return t;
}

static int run_scale(cpu_device *d, cpu_op *op, void *const *args, char *scratch, mm_error *error)
{
    const cpu_view *v = &op->view;
    (void)scratch;
    (void)error;
#pragma omp parallel for schedule(static)
    for (size_t k = 0; k < v->n * v->tiles; k++) {
        cpu_tile t = scaled_tile(op, k / v->tiles, k % v->tiles, args[1]);
        t.x = args[0];
        t.y = args[2];
        d->kernels->apply(&t);
    }
    return 0;
}

static int run_scale_dx(cpu_device *d, cpu_op *op, void *const *args, char *scratch, mm_error *error)
{
    const cpu_view *v = &op->view;
    float *ds = args[4];
    (void)scratch;
    (void)error;
#pragma omp parallel for schedule(static)
    for (size_t k = 0; k < v->n * v->tiles; k++) {
        const size_t image = k / v->tiles, first = k % v->tiles * v->lanes;
        cpu_tile t = scaled_tile(op, image, k % v->tiles, args[2]);
        cpu_sums sums = {{0}, {0}};
        t.dy = args[0];
        t.x = args[1];
        if (ds)
            d->kernels->reduce(&t, &sums);
        for (size_t l = 0; ds && l < v->lanes && first + l < v->channels; l++)
            ds[image * v->channels + first + l] = (float)sums.b[l];
        t.x = args[0];
        t.y = args[3];
        if (t.y)
            d->kernels->apply(&t);
    }
    return 0;
}

int cpu_prepare_channels(cpu_device *d, cpu_op *op, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    op->run = c->kind == MM_OP_SCALE ? run_scale : c->kind == MM_OP_SCALE_DX ? run_scale_dx : run_concat;
    return view_of(d, c, c->y, &op->view, error);
}
