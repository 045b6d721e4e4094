/* Convolutions: forward with bias, addend and relu as post-ops, data gradient, weight gradient. */
#include "common/nn/cpu/cpu.h"

#include <string.h>

typedef struct mds {
    dnnl_memory_desc_t x, w, b, y;
    dnnl_dims_t stride, pad, pad_after;
} mds;

static dnnl_data_type_t type_of(mm_dtype dtype) { return dtype == MM_BF16 ? dnnl_bf16 : dnnl_f32; }

/* Descriptions of all that a convolution touches; the weights' layout is left to oneDNN, to which those of groups have five
 * dimensions: the group comes first. */
static int describe(cpu_device *d, const mm_op_desc *c, dnnl_data_type_t weights, mds *m, mm_error *error)
{
    mm_shape x = c->x;
    if (c->grey)
        x.c = 1;
    const cpu_format *xf = cpu_activation(d, c->dtype, x, error), *yf = cpu_activation(d, c->dtype, c->y, error);
    if (!xf || !yf)
        return error->code;
    m->x = xf->md;
    m->y = yf->md;
    const dnnl_dim_t groups = (dnnl_dim_t)mm_op_groups(c), kernel = (dnnl_dim_t)c->kernel;
    const dnnl_dims_t grouped = {groups, (dnnl_dim_t)c->y.c / groups, (dnnl_dim_t)x.c / groups, kernel, kernel};
    const dnnl_dim_t *w = groups > 1 ? grouped : grouped + 1;
    const dnnl_dims_t b = {(dnnl_dim_t)c->y.c};
    const size_t in[2] = {c->x.h, c->x.w}, out[2] = {c->y.h, c->y.w};
    for (int i = 0; i < 2; i++) {
        m->stride[i] = (dnnl_dim_t)c->stride;
        m->pad[i] = (dnnl_dim_t)mm_op_pad(c, in[i], out[i]);
        m->pad_after[i] = (dnnl_dim_t)((out[i] - 1) * c->stride + c->kernel) - (dnnl_dim_t)in[i] - m->pad[i];
    }
    int code = cpu_check(dnnl_memory_desc_init_by_tag(&m->w, groups > 1 ? 5 : 4, w, weights, dnnl_format_tag_any), "weights", error);
    return code ? code : cpu_check(dnnl_memory_desc_init_by_tag(&m->b, 1, b, dnnl_f32, dnnl_a), "bias", error);
}

static int attributes(const mm_op_desc *c, dnnl_primitive_attr_t *attr, mm_error *error)
{
    dnnl_post_ops_t post = NULL;
    int code = cpu_attributes(attr, error);
    if (code)
        return code;
    if (c->kind == MM_OP_CONV && (c->add || c->relu)) {
        code = cpu_check(dnnl_post_ops_create(&post), "post-ops", error);
        if (!code && c->add)
            code = cpu_check(dnnl_post_ops_append_sum(post, 1), "post-ops", error);
        if (!code && c->relu)
            code = cpu_check(c->limit > 0 ? dnnl_post_ops_append_eltwise(post, 1, dnnl_eltwise_clip, 0, c->limit)
                                          : dnnl_post_ops_append_eltwise(post, 1, dnnl_eltwise_relu, 0, 0), "post-ops", error);
        if (!code)
            code = cpu_check(dnnl_primitive_attr_set_post_ops(*attr, post), "post-ops", error);
        if (post)
            dnnl_post_ops_destroy(post);
    }
    if (code)
        dnnl_primitive_attr_destroy(*attr);
    return code;
}

/* The gradient of the inputs knows no bias. */
static bool has_bias(const mm_op_desc *c) { return c->bias && c->kind != MM_OP_CONV_DX; }

static int create_pd(cpu_device *d, const mm_op_desc *c, const mds *m, dnnl_primitive_desc_t *pd, mm_error *error)
{
    dnnl_convolution_desc_t cd;
    dnnl_primitive_desc_t hint = NULL;
    dnnl_primitive_attr_t attr;
    const dnnl_alg_kind_t direct = dnnl_convolution_direct;
    bool forward = c->kind == MM_OP_CONV;
    if (attributes(c, &attr, error))
        return error->code;
    mds f = *m; /* gradients ask for the forward convolution as a hint */
    f.w.data_type = type_of(c->dtype);
    dnnl_status_t s = dnnl_convolution_forward_desc_init(
        &cd, forward ? dnnl_forward_inference : dnnl_forward_training, direct, &f.x, &f.w,
        has_bias(c) ? &f.b : NULL, &f.y, f.stride, f.pad, f.pad_after);
    if (s == dnnl_success)
        s = dnnl_primitive_desc_create(forward ? pd : &hint, &cd, forward ? attr : NULL, d->engine, NULL);
    if (s == dnnl_success && !forward) {
        s = c->kind == MM_OP_CONV_DX
                ? dnnl_convolution_backward_data_desc_init(&cd, direct, &m->x, &m->w, &m->y, m->stride, m->pad,
                                                           m->pad_after)
                : dnnl_convolution_backward_weights_desc_init(&cd, direct, &m->x, &m->w, has_bias(c) ? &m->b : NULL,
                                                              &m->y, m->stride, m->pad, m->pad_after);
        if (s == dnnl_success)
            s = dnnl_primitive_desc_create(pd, &cd, attr, d->engine, hint);
        dnnl_primitive_desc_destroy(hint);
    }
    dnnl_primitive_attr_destroy(attr);
    return cpu_check(s, "convolution", error);
}

const cpu_format *cpu_conv_storage(cpu_device *d, const mm_op_desc *conv, mm_error *error)
{
    mm_op_desc c = *conv;
    c.kind = MM_OP_CONV_DW;
    if (c.grey) { /* summed and spread again in C order */
        const size_t dim[4] = {c.y.c, c.x.c, c.kernel, c.kernel};
        return cpu_rows(d, MM_F32, 4, dim, error);
    }
    if (cpu_is_depthwise(&c))
        return cpu_depthwise_storage(d, &c, error);
    mds m;
    dnnl_primitive_desc_t pd;
    if (describe(d, &c, dnnl_f32, &m, error) || create_pd(d, &c, &m, &pd, error))
        return NULL;
    const cpu_format *f = cpu_format_of(d, dnnl_primitive_desc_query_md(pd, dnnl_query_diff_weights_md, 0), error);
    dnnl_primitive_desc_destroy(pd);
    return f;
}

/* Sum over the equal channels of weights [out, in, k, k]: what they do to one grey channel. */
static void sum_channels(const mm_op_desc *c, const float *w, float *grey)
{
    size_t k = c->kernel * c->kernel;
    for (size_t o = 0; o < c->y.c; o++)
        for (size_t i = 0; i < k; i++) {
            float s = 0;
            for (size_t in = 0; in < c->x.c; in++)
                s += w[(o * c->x.c + in) * k + i];
            grey[o * k + i] = s;
        }
}

static void spread_channels(const mm_op_desc *c, const float *grey, float *w)
{
    size_t k = c->kernel * c->kernel;
    for (size_t o = 0; o < c->y.c; o++)
        for (size_t in = 0; in < c->x.c; in++)
            memcpy(w + (o * c->x.c + in) * k, grey + o * k, k * sizeof *w);
}

static int execute(cpu_device *d, dnnl_primitive_t p, int n, const dnnl_exec_arg_t *args, mm_error *error)
{
    return cpu_check(dnnl_primitive_execute(p, d->stream, n, args), "execution", error);
}

static void point(dnnl_memory_t memory, void *at)
{
    if (memory)
        dnnl_memory_set_data_handle(memory, at);
}

static int convert(cpu_device *d, const cpu_op *op, void *from, void *to, char *scratch, mm_error *error)
{
    void *const args[MM_OP_ARGS] = {from, to};
    return d->base.backend->run(&d->base, op->convert, args, scratch, error);
}

/* memory: 0 x, 1 w, 2 y, 3 bias, 4 scratchpad */
static int run_forward(cpu_device *d, cpu_op *op, void *const *args, char *scratch, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    void *w = args[1], *y = args[4];
    if (c->grey) {
        void *grey = scratch + op->scratch[0];
        sum_channels(c, w, grey);
        w = op->convert ? scratch + op->scratch[1] : grey;
        if (op->convert && convert(d, op, grey, w, scratch, error))
            return error->code;
    }
    if (c->add && args[3] != y) {
        const dnnl_memory_desc_t *md;
        dnnl_memory_get_memory_desc(op->memory[2], &md);
        memcpy(y, args[3], dnnl_memory_desc_get_size(md));
    }
    point(op->memory[0], args[0]);
    point(op->memory[1], w);
    point(op->memory[2], y);
    point(op->memory[3], args[2]);
    point(op->memory[4], scratch);
    const dnnl_exec_arg_t list[] = {{DNNL_ARG_SRC, op->memory[0]}, {DNNL_ARG_WEIGHTS, op->memory[1]},
                                    {DNNL_ARG_DST, op->memory[2]}, {DNNL_ARG_SCRATCHPAD, op->memory[4]},
                                    {DNNL_ARG_BIAS, op->memory[3]}};
    return execute(d, op->primitive, c->bias ? 5 : 4, list, error);
}

static int run_data(cpu_device *d, cpu_op *op, void *const *args, char *scratch, mm_error *error)
{
    point(op->memory[0], args[2]);
    point(op->memory[1], args[1]);
    point(op->memory[2], args[0]);
    point(op->memory[4], scratch);
    const dnnl_exec_arg_t list[] = {{DNNL_ARG_DIFF_SRC, op->memory[0]}, {DNNL_ARG_WEIGHTS, op->memory[1]},
                                    {DNNL_ARG_DIFF_DST, op->memory[2]}, {DNNL_ARG_SCRATCHPAD, op->memory[4]}};
    return execute(d, op->primitive, 4, list, error);
}

static int run_weights(cpu_device *d, cpu_op *op, void *const *args, char *scratch, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    void *grey = scratch + op->scratch[0], *own = scratch + op->scratch[1];
    void *result = op->convert ? own : c->grey ? grey : args[2];
    point(op->memory[0], args[0]);
    point(op->memory[1], result);
    point(op->memory[2], args[1]);
    point(op->memory[3], args[3]);
    point(op->memory[4], scratch);
    const dnnl_exec_arg_t list[] = {{DNNL_ARG_SRC, op->memory[0]}, {DNNL_ARG_DIFF_WEIGHTS, op->memory[1]},
                                    {DNNL_ARG_DIFF_DST, op->memory[2]}, {DNNL_ARG_SCRATCHPAD, op->memory[4]},
                                    {DNNL_ARG_DIFF_BIAS, op->memory[3]}};
    int code = execute(d, op->primitive, c->bias ? 5 : 4, list, error);
    if (!code && op->convert)
        code = convert(d, op, own, c->grey ? grey : args[2], scratch, error);
    if (!code && c->grey)
        spread_channels(c, grey, args[2]);
    return code;
}

/* The scratch space: the primitives' own at 0, then (grey) summed weights, then weights in the primitive's layout. */
int cpu_prepare_conv(cpu_device *d, cpu_op *op, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    bool forward = c->kind == MM_OP_CONV, weights = c->kind == MM_OP_CONV_DW;
    mds m;
    dnnl_primitive_desc_t pd;
    if (!mm_op_groups_fit(c))
        return mm_fail(error, MM_FAILURE, "%s of %zu to %zu channels cannot have %zu groups", mm_op_name(c->kind), c->x.c, c->y.c,
                       c->groups);
    if (cpu_is_depthwise(c))
        return cpu_prepare_depthwise(d, op, error);
    int code = describe(d, c, weights ? dnnl_f32 : type_of(c->dtype), &m, error);
    if (!code)
        code = create_pd(d, c, &m, &pd, error);
    if (code)
        return code;
    const dnnl_memory_desc_t *w =
        dnnl_primitive_desc_query_md(pd, weights ? dnnl_query_diff_weights_md : dnnl_query_weights_md, 0);
    const dnnl_memory_desc_t *pad = dnnl_primitive_desc_query_md(pd, dnnl_query_scratchpad_md, 0);
    const cpu_format *made = cpu_format_of(d, w, error), *given = (const cpu_format *)c->weights;
    size_t grey = 0;
    if (c->grey) {
        const size_t dim[4] = {c->y.c, 1, c->kernel, c->kernel};
        given = cpu_rows(d, MM_F32, 4, dim, error);
        grey = given ? given->base.bytes : 0;
    }
    if (!made || !given)
        code = error->code;
    else if ((weights || c->grey) && made != given)
        code = d->base.backend->prepare(&d->base, &(mm_op_desc){.kind = MM_OP_COPY,
                                                                .from = weights ? &made->base : &given->base,
                                                                .to = weights ? &given->base : &made->base},
                                        &op->convert, error);
    if (!code) {
        size_t own = dnnl_memory_desc_get_size(pad), more = op->convert ? op->convert->scratch_bytes : 0;
        op->scratch[0] = cpu_pad64(own > more ? own : more);
        op->scratch[1] = op->scratch[0] + cpu_pad64(grey);
        op->base.scratch_bytes = op->scratch[1] + (op->convert ? cpu_pad64(made->base.bytes) : 0);
        op->base.weights = c->grey ? c->weights : &made->base;
    }
    const dnnl_memory_desc_t *all[] = {&m.x, w, &m.y, &m.b, pad};
    for (size_t i = 0; i < 5 && !code; i++)
        if (!(op->memory[i] = cpu_memory(d, all[i], error)))
            code = error->code;
    op->run = forward ? run_forward : weights ? run_weights : run_data;
    if (!code)
        code = cpu_check(dnnl_primitive_create(&op->primitive, pd), "convolution", error);
    dnnl_primitive_desc_destroy(pd);
    return code;
}
