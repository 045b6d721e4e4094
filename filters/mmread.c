/* mmread: turns images, archives, folders, manifests and streams into one stream; also selects, shuffles, repeats and divides the
 * records among shards (filters/read/inputs.h). */
#include <stdlib.h>

#include "common/base/output.h"
#include "common/cli/launcher.h"
#include "common/cli/program.h"
#include "filters/read/inputs.h"
#include "formats/dataset/pseudonym.h"

typedef struct options {
    const char *manifest, *root, *epochs, *shard, *balance, *window, *key, *classes;
    mm_strings where;
    bool shuffle, uneven, interleave, join;
    uint64_t seed;
    long buffer, frame;
    double full_scale;
} options;

static const options DEFAULTS = {.seed = 1, .buffer = 256, .frame = 1};

static const mm_option OPTIONS[] = {
    {.name = "manifest", .type = MM_OPT_STRING, .offset = offsetof(options, manifest), .argument = "FILE", .neutral = true,
     .help = "read the images and lesions of a manifest ('-': from standard input)"},
    {.name = "root", .type = MM_OPT_STRING, .offset = offsetof(options, root), .argument = "DIR", .neutral = true,
     .help = "folder of the manifest's relative paths (the current folder)"},
    {.name = "where", .type = MM_OPT_LIST, .offset = offsetof(options, where), .argument = "NAME=VALUE",
     .help = "only records whose attribute has this value or lists it; repeated, all must hold"},
    {.name = "shuffle", .type = MM_OPT_FLAG, .offset = offsetof(options, shuffle), .help = "random order, another in each epoch"},
    {.name = "seed", .letter = 's', .type = MM_OPT_U64, .offset = offsetof(options, seed), .argument = "N",
     .help = "seed of the random numbers (1)"},
    {.name = "epochs", .type = MM_OPT_STRING, .offset = offsetof(options, epochs), .argument = "N|A-B", .neutral = true,
     .help = "epochs 1 to N, or A to B, each a segment of its own"},
    {.name = "shard", .type = MM_OPT_STRING, .offset = offsetof(options, shard), .argument = "K/N|env", .neutral = true,
     .help = "only the records of shard K of N (from 0), all of equal size; env: this rank of mpirun or srun"},
    {.name = "uneven", .type = MM_OPT_FLAG, .offset = offsetof(options, uneven), .neutral = true,
     .help = "leave nothing out: shards may differ by one record"},
    {.name = "interleave", .type = MM_OPT_FLAG, .offset = offsetof(options, interleave), .neutral = true,
     .help = "take the inputs' records in turn: joins shards again"},
    {.name = "join", .type = MM_OPT_FLAG, .offset = offsetof(options, join), .neutral = true,
     .help = "make one segment of all that an input has"},
    {.name = "balance", .type = MM_OPT_STRING, .offset = offsetof(options, balance), .argument = "NAME",
     .help = "draw the values of an attribute (label) evenly"},
    {.name = "buffer", .type = MM_OPT_INT, .offset = offsetof(options, buffer), .argument = "N", .min = 1, .max = 1e7,
     .help = "records held at a time to shuffle a pipe (256)"},
    {.name = "classes", .type = MM_OPT_STRING, .offset = offsetof(options, classes), .argument = "NAMES",
     .help = "names of a manifest's labels 0, 1, ..., with commas between them"},
    {.name = "full-scale", .type = MM_OPT_DOUBLE, .offset = offsetof(options, full_scale), .argument = "N", .min = 0, .max = 65535,
     .help = "value of white, if it is not the largest value of the image's type"},
    {.name = "window", .type = MM_OPT_STRING, .offset = offsetof(options, window), .argument = "WHAT",
     .help = "values of DICOM files from black to white: none (all stored values), file, CENTER,WIDTH"},
    {.name = "frame", .type = MM_OPT_INT, .offset = offsetof(options, frame), .argument = "N", .min = 1, .max = 1e9,
     .help = "frame of DICOM files that have several (1)"},
    {.name = "hash-ids", .type = MM_OPT_STRING, .offset = offsetof(options, key), .argument = "KEYFILE", .neutral = true,
     .help = "replace patients' identifiers by hashes under a key"},
};

static const mm_program PROGRAM = {
    .name = "mmread", .operands = "[FILE...]", .options = OPTIONS, .noptions = sizeof OPTIONS / sizeof *OPTIONS,
    .summary = "PNG, JPEG, DICOM, PNM, NPY, tar archives, folders, manifests and streams to one stream",
};

static int parse_epochs(const char *text, mm_reading *r, mm_error *error)
{
    if (text && mm_parse_long(text, 1, 1000000000, &r->last) == MM_OK)
        r->first = 1;
    else if (text && (mm_parse_pair(text, '-', 1000000000, &r->first, &r->last) || r->first < 1 || r->last < r->first))
        return mm_fail(error, MM_USAGE, "--epochs '%.40s': expected N or A-B", text);
    return MM_OK;
}

/* What the options ask for; the caller frees `key`, `classes` and r->where. */
static int parse(const options *o, mm_reading *r, mm_pseudonym_key **key, mm_class_names *classes, mm_error *error)
{
    r->manifest = o->manifest;
    r->interleave = o->interleave;
    r->join = o->join;
    r->balance = o->balance;
    r->buffer = (size_t)o->buffer;
    r->order = (mm_order_options){.shuffle = o->shuffle, .seed = o->seed, .uneven = o->uneven};
    r->images = (mm_read_options){.root = o->root, .full_scale = o->full_scale, .keep_going = r->common->skip,
                                  .image = {.frame = (size_t)o->frame, .no_results = true}};
    if ((o->window && mm_window_parse(o->window, &r->images.image.window, error)) || parse_epochs(o->epochs, r, error))
        return error->code;
    if (o->shard && mm_launcher_parse(o->shard, &r->order.shard, &r->order.shards, error))
        return mm_fail_in(error, "--shard");
    if (o->key && mm_pseudonym_key_read(key, o->key, error))
        return error->code;
    r->images.pseudonyms = *key;
    if (o->classes && !o->manifest)
        return mm_fail(error, MM_USAGE, "--classes is for a manifest");
    if (o->classes && mm_class_names_parse(classes, o->classes, error))
        return mm_fail_in(error, "--classes");
    r->images.classes = classes;
    return mm_where_parse(&r->where, o->where.items, o->where.n, error);
}

static int write_output(mm_reading *r, mm_error *error)
{
    mm_output output = {.fd = -1};
    int code = mm_output_open(&output, r->common->output, true, error);
    if (!code && !(r->writer = mm_writer_new(output.fd, output.name)))
        code = mm_no_memory(error);
    if (!code)
        code = mm_inputs_write(r, error);
    if (!code)
        code = mm_output_commit(&output, error);
    mm_output_abort(&output);
    mm_writer_free(r->writer);
    return code;
}

static int run(void *values, const mm_common *common, mm_error *error)
{
    mm_pseudonym_key *key = NULL;
    mm_class_names classes = {0};
    char *command_line = mm_options_canonical(&PROGRAM, values, common);
    mm_reading reading = {.name = PROGRAM.name, .command_line = command_line, .common = common};
    int code = command_line ? parse(values, &reading, &key, &classes, error) : mm_no_memory(error);
    if (!code)
        code = write_output(&reading, error);
    mm_where_free(&reading.where);
    mm_class_names_free(&classes);
    mm_pseudonym_key_free(key);
    free(command_line);
    return code;
}

int main(int argc, char **argv)
{
    options o = DEFAULTS;
    return mm_program_main(&PROGRAM, &o, run, argc, argv);
}
