/* What joins and parts channels. */
#include <string.h>

#include "common/nn/cpu/cpu.h"

/* An activation or rows. Rows are images of one tile with all channels. */
static int view_of(cpu_device *d, const mm_op_desc *c, mm_shape s, cpu_view *v, mm_error *error)
{
    const size_t positions = s.h * s.w;
    const cpu_format *f = c->rows ? NULL : cpu_activation(d, c->dtype, s, error);
    if (!c->rows && !f)
        return error->code;
    *v = f ? cpu_view_of(f)
           : (cpu_view){.n = s.n, .channels = s.c, .tiles = 1, .lanes = s.c, .positions = positions, .image_step = positions * s.c, .step = s.c};
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

/* Lanes beyond the last channel become zero. */
static void clear_padding(const channels *to, size_t size)
{
    const cpu_view *v = &to->view;
    if (v->image_step > v->channels * v->positions)
        memset(to->data, 0, v->n * v->image_step * size);
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
        clear_padding(&whole, size);
    for (int k = 0; k < 2; whole.first += count[k++]) {
        if (!part[k].data)
            continue;
        if (back)
            clear_padding(&part[k], size);
#pragma omp parallel for schedule(static)
        for (size_t image = 0; image < c->x.n; image++)
            copy_channels(back ? &whole : &part[k], back ? &part[k] : &whole, image, count[k], size);
    }
    return 0;
}

int cpu_prepare_channels(cpu_device *d, cpu_op *op, mm_error *error)
{
    (void)d;
    (void)error;
    op->run = run_concat;
    return 0;
}
