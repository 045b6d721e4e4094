/* mmread: images, archives, folders, manifests and streams become one stream; also chooses, shuffles, repeats and shares
 * out the records. What can be read at random positions goes through filters/read/epochs.h, a pipe through cli/select.h. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cli/filter.h"
#include "common/cli/input.h"
#include "common/base/output.h"
#include "common/cli/program.h"
#include "common/cli/launcher.h"
#include "common/cli/select.h"
#include "common/cli/text_input.h"
#include "common/base/signature.h"
#include "filters/read/epochs.h"
#include "formats/dataset/pseudonym.h"
#include "formats/image/image.h"
#include "filters/read/pipe.h"

typedef struct settings {
    const char *manifest, *root, *epochs, *shard, *balance, *window, *key;
    mm_strings where;
    bool shuffle, uneven, interleave;
    uint64_t seed;
    long buffer, frame;
    double full_scale;
} settings;

static const settings DEFAULTS = {.seed = 1, .buffer = 256, .frame = 1};

static const mm_option OPTIONS[] = {
    {.name = "manifest", .type = MM_OPT_STRING, .offset = offsetof(settings, manifest), .argument = "FILE", .neutral = true,
     .help = "read the images and lesions of a manifest ('-': from standard input)"},
    {.name = "root", .type = MM_OPT_STRING, .offset = offsetof(settings, root), .argument = "DIR", .neutral = true,
     .help = "where the manifest's relative paths begin (the current folder)"},
    {.name = "where", .type = MM_OPT_LIST, .offset = offsetof(settings, where), .argument = "NAME=VALUE",
     .help = "only records whose attribute has this value, or has it in its list; all of several must hold"},
    {.name = "shuffle", .type = MM_OPT_FLAG, .offset = offsetof(settings, shuffle), .help = "random order, another in each epoch"},
    {.name = "seed", .letter = 's', .type = MM_OPT_U64, .offset = offsetof(settings, seed), .argument = "N",
     .help = "of what is drawn at random (1)"},
    {.name = "epochs", .type = MM_OPT_STRING, .offset = offsetof(settings, epochs), .argument = "N|A-B", .neutral = true,
     .help = "epochs 1 to N, or A to B, each a segment of its own"},
    {.name = "shard", .type = MM_OPT_STRING, .offset = offsetof(settings, shard), .argument = "K/N|env", .neutral = true,
     .help = "only the records of shard K of N (from 0), as many for each; env: of this rank under mpirun or srun"},
    {.name = "uneven", .type = MM_OPT_FLAG, .offset = offsetof(settings, uneven), .neutral = true,
     .help = "leave nothing out: shards may differ by one record"},
    {.name = "interleave", .type = MM_OPT_FLAG, .offset = offsetof(settings, interleave), .neutral = true,
     .help = "the inputs' records in turn: puts shards together"},
    {.name = "balance", .type = MM_OPT_STRING, .offset = offsetof(settings, balance), .argument = "NAME",
     .help = "draw the values of an attribute (label) evenly"},
    {.name = "buffer", .type = MM_OPT_INT, .offset = offsetof(settings, buffer), .argument = "N", .min = 1, .max = 1e7,
     .help = "records that a pipe is shuffled among (256)"},
    {.name = "full-scale", .type = MM_OPT_DOUBLE, .offset = offsetof(settings, full_scale), .argument = "N", .min = 0, .max = 65535,
     .help = "the value of images that is white, where it is not the largest of their type"},
    {.name = "window", .type = MM_OPT_STRING, .offset = offsetof(settings, window), .argument = "WHAT",
     .help = "values of DICOM files from black to white: none (all that bits can store), file, CENTER,WIDTH"},
    {.name = "frame", .type = MM_OPT_INT, .offset = offsetof(settings, frame), .argument = "N", .min = 1, .max = 1e9,
     .help = "frame of DICOM files that have several (1)"},
    {.name = "hash-ids", .type = MM_OPT_STRING, .offset = offsetof(settings, key), .argument = "KEYFILE", .neutral = true,
     .help = "replace patients' identifiers by hashes under a key"},
};

static const mm_program PROGRAM = {
    .name = "mmread", .operands = "[FILE...]", .options = OPTIONS, .noptions = sizeof OPTIONS / sizeof *OPTIONS,
    .summary = "PNG, JPEG, DICOM, PNM, NPY, tar archives, folders, manifests and streams to one stream",
};

static int plan(const settings *config, const mm_common *common, mm_epochs *d, mm_error *error)
{
    d->order = (mm_order_options){.shuffle = config->shuffle, .seed = config->seed};
    d->balance = config->balance;
    d->images = (mm_read_options){.root = config->root, .full_scale = config->full_scale, .keep_going = common->skip,
                                .image.frame = (size_t)config->frame};
    if (config->window && mm_window_parse(config->window, &d->images.image.window, error))
        return error->code;
    const char *epochs = config->epochs;
    if (epochs && mm_parse_long(epochs, 1, 1000000000, &d->last) == MM_OK)
        d->first = 1;
    else if (epochs && (mm_parse_pair(epochs, '-', 1000000000, &d->first, &d->last) || d->first < 1 || d->last < d->first))
        return mm_fail(error, MM_USAGE, "--epochs '%.40s': N or A-B is wanted", epochs);
    d->order.uneven = config->uneven;
    if (config->shard && mm_launcher_parse(config->shard, &d->order.shard, &d->order.shards, error))
        return mm_fail_in(error, "--shard");
    return MM_OK;
}

static int add_manifest(mm_collection *c, const char *path, mm_error *error)
{
    char *text;
    size_t bytes;
    int code = mm_text_read(path, &text, &bytes, error);
    if (!code)
        code = mm_collection_add_manifest(c, text, bytes, mm_text_name(path), error);
    free(text);
    return code;
}

/* One operand: a file or folder joins the collection. A pipe that carries a stream or an archive is passed through at
 * once, and *done tells so; it must be the only operand. */
static int add_operand(const mm_epochs *d, const mm_selection *sieve, const char *path, bool alone, const mm_common *common,
                       mm_writer *writer, bool *done, mm_error *error)
{
    bool standard = !strcmp(path, "-");
    const char *name = standard ? "standard input" : path;
    struct stat st;
    if (standard ? fstat(STDIN_FILENO, &st) : stat(path, &st))
        return standard ? mm_fail(error, MM_FAILURE, "cannot read '%s':", name)
                        : mm_collection_add_path(d->collection, path, error);
    if (standard && S_ISREG(st.st_mode))
        return mm_collection_add_fd(d->collection, STDIN_FILENO, name, error);
    if (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))
        return mm_collection_add_path(d->collection, path, error);
    if (standard && isatty(STDIN_FILENO))
        return mm_fail(error, MM_USAGE, "will not read from a terminal: name a file or use a pipe");
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return mm_fail(error, MM_FAILURE, "cannot open '%s':", path);
    mm_bytes first = {0};
    int code = mm_bytes_begin(&first, fd, name, MM_SIGNATURE_BYTES, error);
    mm_kind kind = mm_signature_of(first.data, first.size)->kind;
    *done = kind == MM_KIND_STREAM || kind == MM_KIND_ARCHIVE;
    if (!code && *done && (d->last || d->balance))
        code = mm_fail(error, MM_USAGE, "--epochs and --balance need a file: '%s' is a pipe", name);
    else if (!code && *done && !alone)
        code = mm_fail(error, MM_USAGE, "'%s' is a pipe: a stream or an archive from one is read alone", name);
    else if (!code && *done)
        code = mm_pipe_run(sieve, fd, name, &first, &d->images, common, writer, error);
    else if (!code && !(code = mm_image_bytes(&first, fd, name, error))) {
        code = mm_collection_add_bytes(d->collection, name, first.data, first.size, error);
        first = (mm_bytes){0};
    }
    mm_bytes_free(&first);
    if (!standard)
        close(fd);
    return code;
}

/* Streams in files from which no order is asked: they can be read as they come, and keep their segments. */
static bool plain_streams(const settings *config, char **operands, size_t n)
{
    bool plain = n > 0 && !config->manifest && !config->key && !config->shuffle && !config->epochs && !config->balance &&
                 !config->interleave;
    for (size_t i = 0; i < n && plain; i++) {
        unsigned char first[MM_SIGNATURE_BYTES];
        struct stat st;
        int fd = strcmp(operands[i], "-") ? open(operands[i], O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
        ssize_t got = fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) ? pread(fd, first, sizeof first, 0) : 0;
        plain = got > 0 && mm_signature_of(first, (size_t)got)->kind == MM_KIND_STREAM;
        if (fd >= 0)
            close(fd);
    }
    return plain;
}

static int next_of_input(void *input, mm_item *item, mm_error *error)
{
    return mm_input_next(input, item, error);
}

static int read_all(const settings *config, mm_epochs *d, const mm_common *common, mm_writer *writer, mm_error *error)
{
    static char dash[] = "-", *standard[] = {dash};
    bool none = common->noperands == 0 && !config->manifest, done = false;
    char **operands = none ? standard : common->operands;
    size_t n = none ? 1 : common->noperands;
    mm_selection sieve = {.where = d->where, .shuffle = config->shuffle, .seed = config->seed, .buffer = (size_t)config->buffer,
                      .shard = d->order.shard, .shards = d->order.shards, .uneven = config->uneven, .name = d->name, .command_line = d->command_line};
    if (plain_streams(config, operands, n)) {
        mm_input *input;
        int code = mm_input_open(&input, operands, n, error);
        mm_item_source feed = {.next = next_of_input, .context = input};
        if (!code)
            code = mm_select_run(&sieve, &feed, common, writer, error);
        mm_input_close(input);
        return code;
    }
    int code = config->manifest ? add_manifest(d->collection, config->manifest, error) : MM_OK;
    for (size_t i = 0; i < n && !code && !done; i++)
        code = add_operand(d, &sieve, operands[i], n == 1 && !config->manifest, common, writer, &done, error);
    if (!code && config->key && mm_collection_has_stream(d->collection))
        code = mm_fail(error, MM_USAGE, "--hash-ids is for images, archives and manifests: what is in a tensor stream stays as it is");
    if (config->interleave)
        mm_collection_interleave(d->collection);
    return code || done ? code : mm_epochs_write(d, common, writer, error);
}

static int run(void *options, const mm_common *common, mm_error *error)
{
    const settings *config = options;
    mm_output output = {.fd = -1};
    mm_where where = {0};
    mm_writer *writer = NULL;
    mm_pseudonym_key *identity = NULL;
    char *command_line = mm_options_canonical(&PROGRAM, config, common);
    mm_epochs dealer = {.where = &where, .name = PROGRAM.name, .command_line = command_line,
                        .collection = mm_collection_new()};
    int code = command_line && dealer.collection ? plan(config, common, &dealer, error) : mm_no_memory(error);
    if (!code && config->key)
        code = mm_pseudonym_key_read(&identity, config->key, error);
    dealer.images.pseudonyms = identity;
    if (!code)
        code = mm_where_parse(&where, config->where.items, config->where.n, error);
    if (!code)
        code = mm_output_open(&output, common->output, true, error);
    if (!code && !(writer = mm_writer_new(output.fd, output.name)))
        code = mm_no_memory(error);
    if (!code)
        code = read_all(config, &dealer, common, writer, error);
    if (!code)
        code = mm_output_commit(&output, error);
    mm_output_abort(&output);
    mm_writer_free(writer);
    mm_collection_free(dealer.collection);
    mm_where_free(&where);
    mm_pseudonym_key_free(identity);
    free(command_line);
    return code;
}

int main(int argc, char **argv)
{
    settings config = DEFAULTS;
    return mm_program_main(&PROGRAM, &config, run, argc, argv);
}
