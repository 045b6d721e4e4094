/* mmmodel: shows what is in a file of weights, converts between files of weights and model files, and lists networks. */
#include <stdlib.h>
#include <string.h>

#include "common/base/output.h"
#include "common/cli/program.h"
#include "formats/weights/keras.h"
#include "formats/weights/model_text.h"
#include "formats/weights/origin.h"
#include "common/nn/match_net.h"
#include "common/nn/net.h"
#include "common/nn/net_text.h"

typedef struct options {
    const char *net, *classes, *mean, *std;
    mm_match_options match;
    bool partial, layers;
    uint64_t seed;
    mm_size size;
} options;

static const mm_option OPTIONS[] = {
    {.name = "layers", .type = MM_OPT_FLAG, .offset = offsetof(options, layers), .help = "show: the network's layers"},
    {.name = "size", .type = MM_OPT_SIZE, .offset = offsetof(options, size), .argument = "HxW",
     .help = "show, nets: size of the image (224x224, or the size of training)"},
    {.name = "net", .type = MM_OPT_STRING, .offset = offsetof(options, net), .argument = "DESC",
     .help = "convert: the network, e.g. resnet50"},
    {.name = "classes", .type = MM_OPT_STRING, .offset = offsetof(options, classes), .argument = "N|NAMES",
     .help = "convert: 5, 2, another number, or names with commas"},
    {.name = "mean", .type = MM_OPT_STRING, .offset = offsetof(options, mean), .argument = "X",
     .help = "convert: mean grey level, 0..255, to subtract"},
    {.name = "std", .type = MM_OPT_STRING, .offset = offsetof(options, std), .argument = "X",
     .help = "convert: grey levels to divide by afterwards"},
    {.name = "partial", .type = MM_OPT_FLAG, .offset = offsetof(options, partial),
     .help = "convert: fill what is missing with random numbers"},
    {.name = "prefix", .type = MM_OPT_STRING, .offset = offsetof(options, match.prefix), .argument = "PREFIX",
     .help = "convert: of the names in IN (found)"},
    {.name = "weights", .type = MM_OPT_CHOICE, .offset = offsetof(options, match.averages), .argument = "WHICH",
     .choices = MM_AVERAGES_CHOICES, .help = "convert: plain weights or their running averages, ema (any: plain, if IN has both)"},
    {.name = "seed", .letter = 's', .type = MM_OPT_U64, .offset = offsetof(options, seed), .argument = "N",
     .help = "convert: seed of the random numbers (1)"},
};

static const mm_program PROGRAM = {.name = "mmmodel", .operands = "show FILE | convert IN OUT | nets [NET]",
                                   .summary = "Show or convert a file of weights, list networks.", .options = OPTIONS,
                                   .noptions = sizeof OPTIONS / sizeof *OPTIONS};

/* What to print: the tensors of `weights`, or `text`. */
static int print(const mm_common *common, const mm_weights *weights, const char *path, const mm_text *text, mm_error *error)
{
    mm_output output;
    int code = mm_output_open(&output, common->output, false, error);
    if (code)
        return code;
    FILE *out = mm_output_file(&output, error);
    if (!out)
        code = error->code;
    else if (text)
        fwrite(text->data, 1, text->bytes, out);
    else
        code = mm_weights_print(out, weights, path, error);
    if (!code)
        code = mm_output_commit(&output, error);
    if (code)
        mm_output_abort(&output);
    return code;
}

static int print_layers(const options *o, const mm_common *common, const char *description, const mm_model_info *info, mm_error *error)
{
    mm_net *net = NULL;
    mm_text text = {0};
    const size_t height = o->size.height ? o->size.height : info->height ? info->height : 224,
                 width = o->size.width ? o->size.width : info->width ? info->width : 224;
    int code = mm_net_build(description, info->nclasses ? info->nclasses : 1000, &net, error);
    if (!code)
        code = mm_net_print_layers(net, height, width, &text, error);
    if (!code)
        code = print(common, NULL, NULL, &text, error);
    free(text.data);
    mm_net_free(net);
    return code;
}

static int show(const options *o, const mm_common *common, const char *path, mm_error *error)
{
    mm_weights w = {0};
    mm_model_info info = {0};
    int code = mm_weights_load(&w, path, error);
    if (!code && !o->layers)
        code = print(common, &w, path, NULL, error);
    else if (!code && !(code = mm_model_info_read(&info, &w, path, error)))
        code = print_layers(o, common, info.net, &info, error);
    mm_weights_free(&w);
    mm_model_info_free(&info);
    return code;
}

static int nets(const options *o, const mm_common *common, const char *name, mm_error *error)
{
    mm_text text = {0};
    if (name)
        return print_layers(o, common, name, &(mm_model_info){0}, error);
    int code = mm_nets_print(&text, error);
    if (!code)
        code = print(common, NULL, NULL, &text, error);
    free(text.data);
    return code;
}

/* ---- convert ---- */

/* The description of the model to be: the input's, where it is a model, with the options in its place. info->net stays
 * NULL when neither names a network: then weights are converted as they are. */
static int describe(const options *o, const mm_weights *in, const char *path, mm_model_info *info, mm_error *error)
{
    mm_error none;
    int code = mm_model_info_read(info, in, path, &none);
    bool model = !code;
    if (code && mm_weights_note(in, "mmpipe"))
        return mm_fail(error, none.code, "%s", none.text);
    if (o->net && mm_model_info_text(&info->net, o->net, error))
        return error->code;
    if (!info->net)
        return o->classes || o->mean || o->std ? mm_fail(error, MM_USAGE, "--classes, --mean and --std need --net") : 0;
    if (o->classes && (code = mm_model_info_classes(info, o->classes, error)))
        return code;
    if (o->mean && mm_parse_double(o->mean, -1e6, 1e6, &info->mean))
        return mm_fail(error, MM_USAGE, "--mean=%s is not a number", o->mean);
    if (o->std && mm_parse_double(o->std, 1e-6, 1e6, &info->std))
        return mm_fail(error, MM_USAGE, "--std=%s is not a number above 0", o->std);
    const char *lacking = !info->nclasses ? "--classes" : !(info->std > 0) ? "--std" : !o->mean && !model ? "--mean" : NULL;
    if (lacking)
        return mm_fail(error, MM_USAGE, "'%s' is not a model: say %s", path, lacking);
    return !model && mm_origin_set(info, path, NULL, NULL, error) ? error->code
           : o->mean ? mm_model_info_text(&info->mean_source, "given to mmmodel convert", error) : 0;
}

/* The model's `init`, unless it has one, and a message. */
static int report(const mm_common *common, const mm_match *match, const mm_params *table, const mm_weights *in, const char *path,
                  mm_model_info *info, mm_error *error)
{
    char text[1800], note[2100];
    mm_match_text(match, table, &in->params, 4, text, 800);
    snprintf(note, sizeof note, "%s: %s", basename(path), text); /* in the file: a name, not where it lay */
    mm_match_text(match, table, &in->params, 40, text, sizeof text);
    if (!common->quiet)
        mm_say("%s: %s", path, text);
    return info->init ? MM_OK : mm_model_info_text(&info->init, note, error);
}

/* The network's whole table, filled from the file. */
static int fit(const options *o, const mm_common *common, const mm_weights *in, const char *path, mm_model_info *info,
               mm_params *table, mm_error *error)
{
    mm_net *net = NULL;
    mm_match match = {0};
    int code = mm_net_build(info->net, info->nclasses, &net, error);
    if (!code)
        code = mm_keras_check(in, net->base, path, error);
    if (!code && (code = mm_match_net(net, &in->params, &o->match, o->partial ? MM_MATCH_SOME : MM_MATCH_ALL, &match, error)))
        mm_fail_in(error, "'%s'", path);
    if (!code)
        code = mm_net_init(net, o->seed, table, error);
    if (!code && mm_match_copy(&match, table, &in->params, error))
        code = mm_fail_in(error, "'%s'", path);
    if (!code)
        code = report(common, &match, table, in, path, info, error);
    mm_match_free(&match);
    mm_net_free(net);
    return code;
}

static int convert(const options *o, const mm_common *common, const char *from, const char *to, mm_error *error)
{
    mm_weights in = {0}, out = {0};
    mm_model_info info = {0};
    mm_weights_format format = MM_SAFETENSORS;
    mm_output output;
    int code = mm_weights_format_parse(to, &format, error);
    if (!code)
        code = mm_weights_load(&in, from, error);
    if (!code)
        code = describe(o, &in, from, &info, error);
    if (!code && info.net)
        code = fit(o, common, &in, from, &info, &out.params, error);
    if (!code && info.net)
        code = mm_model_info_write(&info, &out, error);
    if (!code && info.net && format != MM_SAFETENSORS && !common->quiet)
        mm_say("'%s' holds weights only: give the network, its classes, mean and std again to make a model of it", to);
    if (!code && !(code = mm_output_open(&output, to, true, error))) {
        code = mm_weights_write(info.net ? &out : &in, output.fd, to, format, error);
        if (!code)
            code = mm_output_commit(&output, error);
        if (code)
            mm_output_abort(&output);
    }
    mm_weights_free(&in);
    mm_weights_free(&out);
    mm_model_info_free(&info);
    return code;
}

static int run(void *values, const mm_common *common, mm_error *error)
{
    const char *verb = common->noperands ? common->operands[0] : "";
    if (!strcmp(verb, "show") && common->noperands == 2)
        return show(values, common, common->operands[1], error);
    if (!strcmp(verb, "convert") && common->noperands == 3)
        return convert(values, common, common->operands[1], common->operands[2], error);
    if (!strcmp(verb, "nets") && common->noperands <= 2)
        return nets(values, common, common->noperands == 2 ? common->operands[1] : NULL, error);
    return mm_fail(error, MM_USAGE, "expected show FILE, convert IN OUT or nets [NET]");
}

int main(int argc, char **argv)
{
    options o = {.seed = 1};
    return mm_program_main(&PROGRAM, &o, run, argc, argv);
}
