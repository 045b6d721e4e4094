/* Network input from raw images, and conversions between formats. */
#include "nn/cpu/cpu.h"

static int run_input(cpu_device *d, cpu_op *op, void *const *args, char *scratch, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    const float *s = args[1];
    const float factor = s[0], mean = s[1], std = s[2];
    const size_t rows = c->x.n * c->x.h, width = c->x.w;
    (void)d;
    (void)scratch;
    (void)error;
#pragma omp parallel for schedule(static)
    for (size_t r = 0; r < rows; r++)
        for (size_t i = r * width; i < (r + 1) * width; i++) {
            float v = c->raw == MM_U8    ? ((const uint8_t *)args[0])[i]
                      : c->raw == MM_U16 ? ((const uint16_t *)args[0])[i]
                                         : ((const float *)args[0])[i];
            v = (v * factor - mean) / std;
            if (c->dtype == MM_BF16)
                ((uint16_t *)args[2])[i] = cpu_to_bf16(v);
            else
                ((float *)args[2])[i] = v;
        }
    return 0;
}

static int run_copy(cpu_device *d, cpu_op *op, void *const *args, char *scratch, mm_error *error)
{
    void *const at[3] = {args[0], args[1], scratch};
    for (int i = 0; i < 3; i++)
        dnnl_memory_set_data_handle(op->memory[i], at[i]);
    const dnnl_exec_arg_t list[] = {
        {DNNL_ARG_FROM, op->memory[0]}, {DNNL_ARG_TO, op->memory[1]}, {DNNL_ARG_SCRATCHPAD, op->memory[2]}};
    return cpu_check(dnnl_primitive_execute(op->primitive, d->stream, 3, list), "conversion", error);
}

int cpu_prepare_move(cpu_device *d, cpu_op *op, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    if (c->kind == MM_OP_INPUT) {
        if (c->raw != MM_U8 && c->raw != MM_U16 && c->raw != MM_F32)
            return mm_fail(error, MM_FAILURE, "images of type %s cannot be network input", mm_dtype_name(c->raw));
        op->run = run_input;
        return 0;
    }
    const dnnl_memory_desc_t *from = &((const cpu_format *)c->from)->md, *to = &((const cpu_format *)c->to)->md;
    dnnl_primitive_desc_t pd;
    dnnl_primitive_attr_t attr;
    int code = cpu_attributes(&attr, error);
    if (code)
        return code;
    code = cpu_check(dnnl_reorder_primitive_desc_create(&pd, from, d->engine, to, d->engine, attr), "conversion", error);
    dnnl_primitive_attr_destroy(attr);
    if (code)
        return code;
    const dnnl_memory_desc_t *pad = dnnl_primitive_desc_query_md(pd, dnnl_query_scratchpad_md, 0);
    const dnnl_memory_desc_t *all[] = {from, to, pad};
    op->base.scratch_bytes = dnnl_memory_desc_get_size(pad);
    for (int i = 0; i < 3 && !code; i++)
        if (!(op->memory[i] = cpu_memory(d, all[i], error)))
            code = error->code;
    if (!code)
        code = cpu_check(dnnl_primitive_create(&op->primitive, pd), "conversion", error);
    dnnl_primitive_desc_destroy(pd);
    op->run = run_copy;
    return code;
}
