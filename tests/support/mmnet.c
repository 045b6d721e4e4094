/* mmnet: steps of training on the images of a stream, in their order and as they are, with everything that came out as
 * numbers; for tests of agreement with other implementations.
 *
 *     mmnet grads MODEL STREAM OUT    loss of the first batch on stdout, gradients by name into OUT (safetensors)
 *     mmnet train MODEL STREAM [OUT]  step and loss per line; weights and running statistics after it into OUT
 *     mmnet adam MODEL STREAM OUT GRADIENTS   steps of the optimiser with the same given gradients; weights into OUT
 *
 * MODEL is a model file; images are u16 of one size, full scale 65535, with labels. Image i has number i of all as dropout's seed. */
#include <stdlib.h>
#include <string.h>

#include "common/cli/input.h"
#include "common/cli/message.h"
#include "common/base/output.h"
#include "formats/weights/model_file.h"
#include "common/nn/executor.h"

typedef struct config {
    long batch, steps, threads;
    double lr, wd, dropout;
    const char *trained, *device;
    int precision, bn;
} config;

static const mm_option options[] = {
    {"batch", 0, MM_OPT_INT, offsetof(config, batch), "N", "images a step", 1, 4096},
    {"steps", 0, MM_OPT_INT, offsetof(config, steps), "N", "steps of training", 1, 1000000},
    {"lr", 0, MM_OPT_DOUBLE, offsetof(config, lr), "X", "learning rate"},
    {"wd", 0, MM_OPT_DOUBLE, offsetof(config, wd), "X", "weight decay"},
    {"trained", 0, MM_OPT_STRING, offsetof(config, trained), "SPEC", "layers to train"},
    {"device", 0, MM_OPT_STRING, offsetof(config, device), "NAME", "plain, or as in mmtrain"},
    {"precision", 0, MM_OPT_CHOICE, offsetof(config, precision), "P", "numbers to compute with", .choices = "fp32|bf16"},
    {"dropout", 0, MM_OPT_DOUBLE, offsetof(config, dropout), "P", "rate of all dropout layers instead of their own"},
    {"bn", 0, MM_OPT_CHOICE, offsetof(config, bn), "HOW", "batch norm of what is not trained", .choices = "batch|frozen"},
};

static const mm_program program = {"mmnet", "grads|train|adam MODEL STREAM [OUT [GRADIENTS]]", "Steps of training, for tests.", options,
                                   sizeof options / sizeof *options, false};

typedef struct images {
    mm_record **record;
    const void **pixels;
    int32_t *label;
    size_t n, height, width;
} images;

static int keep(images *s, mm_record *r, mm_error *error)
{
    const mm_tensor *t = mm_record_tensor(r, "image");
    const char *label = mm_record_get(r, "label");
    long number;
    if (!t || t->dtype != MM_U16 || t->ndim != 2 || (s->n && (t->dim[0] != s->height || t->dim[1] != s->width)) || !label ||
        mm_parse_long(label, 0, 100000, &number)) {
        mm_fail(error, MM_FAILURE, "record '%s' has no u16 image of the common size, or no label", r->key);
        mm_record_free(r);
        return error->code;
    }
    s->record = realloc(s->record, (s->n + 1) * sizeof *s->record);
    s->pixels = realloc(s->pixels, (s->n + 1) * sizeof *s->pixels);
    s->label = realloc(s->label, (s->n + 1) * sizeof *s->label);
    if (!s->record || !s->pixels || !s->label)
        return mm_no_memory(error);
    s->height = t->dim[0];
    s->width = t->dim[1];
    s->record[s->n] = r;
    s->pixels[s->n] = t->data;
    s->label[s->n++] = (int32_t)number;
    return 0;
}

static int read_images(images *s, char **operand, mm_error *error)
{
    mm_input *input;
    mm_item item = {0};
    int code = mm_input_open(&input, operand, 1, error);
    if (code)
        return code;
    while (!code && !(code = mm_input_next(input, &item, error)) && item.kind != MM_ITEM_END)
        if (item.kind == MM_ITEM_RECORD) {
            code = keep(s, item.record, error);
            item.record = NULL;
        }
    mm_item_clear(&item);
    mm_input_close(input);
    return code;
}

/* One step forward and back on the images from `first`. */
static int pass(mm_executor *ex, const images *s, size_t first, size_t n, const mm_model_info *info, double *loss, mm_error *error)
{
    float *weights = malloc(n * sizeof *weights);
    uint64_t *seeds = malloc(n * sizeof *seeds);
    if (!weights || !seeds)
        return mm_no_memory(error);
    for (size_t i = 0; i < n; i++) {
        weights[i] = 1 / (float)n;
        seeds[i] = first + i;
    }
    int code = mm_executor_input(ex, s->pixels + first, n, MM_U16, 65535, info->mean, info->std, error);
    if (!code)
        code = mm_executor_labels(ex, s->label + first, weights, error);
    if (!code)
        code = mm_executor_seeds(ex, seeds, error);
    if (!code)
        code = mm_executor_forward(ex, error);
    if (!code)
        code = mm_executor_backward(ex, false, error);
    if (!code)
        code = mm_executor_loss(ex, loss, error);
    free(weights);
    free(seeds);
    return code;
}

static int steps(const config *c, bool train, mm_model *model, mm_executor *ex, const images *s, const mm_model_info *info,
                 mm_weights *out, mm_error *error)
{
    size_t n = (size_t)c->batch;
    double loss;
    int code = 0;
    for (size_t step = 0; !code && train && step < (size_t)c->steps && (step + 1) * n <= s->n; step++) {
        code = pass(ex, s, step * n, n, info, &loss, error);
        if (!code)
            code = mm_model_update(model, &c->lr, c->wd, error);
        if (!code)
            printf("%zu\t%.9g\n", step, loss);
    }
    if (train)
        return code ? code : mm_model_get(model, &out->params, error);
    code = pass(ex, s, 0, n, info, &loss, error);
    if (!code)
        printf("%.9g\n", loss);
    return code ? code : mm_model_gradients(model, &out->params, error);
}

/* The optimiser alone. */
static int adam(const config *c, mm_model *model, const char *path, mm_weights *out, mm_error *error)
{
    mm_weights gradients;
    int code = mm_weights_load(&gradients, path, error);
    for (long step = 0; step < c->steps && !code; step++) {
        code = mm_model_set_gradients(model, &gradients.params, error);
        if (!code)
            code = mm_model_update(model, &c->lr, c->wd, error);
    }
    mm_weights_free(&gradients);
    return code ? code : mm_model_get(model, &out->params, error);
}

static int compute(const config *c, bool train, const char *gradients, const mm_net *net, mm_device *device, const mm_weights *weights,
                   const images *s, const mm_model_info *info, mm_weights *out, mm_error *error)
{
    mm_model *model = NULL;
    mm_executor *ex = NULL;
    bool *trained = calloc(net->nlayers, sizeof *trained);
    const mm_executor_options how = {MM_TRAIN, c->bn ? MM_BN_FROZEN : MM_BN_BATCH, (size_t)c->batch, s->height, s->width, 0};
    int code = trained ? mm_net_select(net, c->trained, trained, error) : mm_no_memory(error);
    if (!code && s->n < (size_t)c->batch)
        code = mm_fail(error, MM_FAILURE, "there are only %zu images", s->n);
    if (!code)
        code = mm_model_new(net, device, c->precision ? MM_BF16 : MM_F32, (size_t)c->batch, s->height, s->width, &model, error);
    if (!code)
        code = mm_model_set(model, &weights->params, error);
    if (!code)
        code = mm_model_stage(model, trained, NULL, error);
    if (!code)
        code = mm_executor_new(model, &how, &ex, error);
    if (!code && gradients)
        code = adam(c, model, gradients, out, error);
    else if (!code)
        code = steps(c, train, model, ex, s, info, out, error);
    mm_executor_free(ex);
    mm_model_free(model);
    free(trained);
    return code;
}

static int open_device(const config *c, mm_device **device, mm_error *error)
{
    return strcmp(c->device, "plain") ? mm_device_open(c->device, 0, (size_t)c->threads, device, error)
                                      : mm_backend_plain()->open(NULL, 0, 1, device, error);
}

static int save(const mm_weights *w, const char *path, mm_error *error)
{
    mm_output output;
    int code = mm_output_open(&output, path, true, error);
    if (code)
        return code;
    code = mm_weights_write(w, output.fd, path, MM_SAFETENSORS, error);
    if (!code)
        code = mm_output_commit(&output, error);
    if (code)
        mm_output_abort(&output);
    return code;
}

static int work(const config *c, const mm_common *common, mm_error *error)
{
    char **operand = common->operands;
    mm_model_info info = {0};
    mm_weights weights = {0}, out = {0};
    mm_net *net = NULL;
    mm_device *device = NULL;
    images s = {0};
    bool train = common->noperands > 2 && !strcmp(operand[0], "train");
    bool alone = common->noperands == 5 && !strcmp(operand[0], "adam");
    bool grads = common->noperands == 4 && !strcmp(operand[0], "grads");
    if (!alone && !grads && (!train || common->noperands > 4))
        return mm_fail(error, MM_USAGE, "grads, train or adam is wanted");
    int code = mm_model_load(operand[1], &info, &weights, error);
    if (!code)
        code = read_images(&s, operand + 2, error);
    if (!code)
        code = mm_net_build(info.net, info.nclasses, &net, error);
    for (size_t i = 0; net && i < net->nlayers && c->dropout >= 0; i++)
        net->layers[i].rate = (float)c->dropout;
    if (!code)
        code = open_device(c, &device, error);
    if (!code)
        code = compute(c, train, alone ? operand[4] : NULL, net, device, &weights, &s, &info, &out, error);
    if (!code && common->noperands > 3)
        code = save(&out, operand[3], error);
    if (device)
        device->backend->close(device);
    mm_net_free(net);
    for (size_t i = 0; i < s.n; i++)
        mm_record_free(s.record[i]);
    free(s.record);
    free(s.pixels);
    free(s.label);
    mm_weights_free(&weights);
    mm_weights_free(&out);
    mm_model_info_free(&info);
    return code;
}

int main(int argc, char **argv)
{
    config c = {.batch = 4, .steps = 5, .lr = 1e-4, .wd = 1e-4, .trained = "all", .device = "cpu", .dropout = -1};
    mm_common common;
    mm_error error = {0};
    mm_begin(program.name);
    int code = mm_options_parse(&program, argc, argv, &c, &common, &error);
    if (code < 0)
        return 0;
    c.threads = common.threads;
    if (!code)
        code = work(&c, &common, &error);
    mm_options_free(&program, &c);
    return code ? mm_exit(&error) : 0;
}
