/* The inputs of mmread: see inputs.h. */
#include "filters/read/inputs.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/signature.h"
#include "common/cli/input.h"
#include "common/cli/text_input.h"
#include "filters/read/epochs.h"
#include "filters/read/one_segment.h"
#include "filters/read/sequence.h"
#include "filters/read/tar_items.h"
#include "formats/image/image.h"

typedef struct inputs {
    const mm_reading *reading;
    mm_collection *collection;
    char **operands;
    size_t n;
    bool done; /* a pipe was written already */
} inputs;

/* ---- in their order ---- */

static int next_of_stream(void *reader, mm_item *item, mm_error *error) { return mm_reader_next(reader, item, error); }
static int next_of_input(void *input, mm_item *item, mm_error *error) { return mm_input_next(input, item, error); }

static bool is_stream_file(const char *path)
{
    unsigned char first[MM_SIGNATURE_BYTES];
    struct stat st;
    int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    if (fd < 0)
        return false;
    ssize_t got = !fstat(fd, &st) && S_ISREG(st.st_mode) ? pread(fd, first, sizeof first, 0) : 0;
    close(fd);
    return got > 0 && mm_signature_of(first, (size_t)got)->kind == MM_KIND_STREAM;
}

/* Streams in files from which no other order is asked are read as they come, and keep their segments. */
static bool in_order(const inputs *in)
{
    const mm_reading *r = in->reading;
    if (r->manifest || r->images.pseudonyms || r->order.shuffle || r->last || r->balance || r->interleave || r->join)
        return false;
    for (size_t i = 0; i < in->n; i++)
        if (!is_stream_file(in->operands[i]))
            return false;
    return in->n > 0;
}

static int write_in_order(const inputs *in, mm_error *error)
{
    mm_input *input;
    if (mm_input_open(&input, in->operands, in->n, error))
        return error->code;
    mm_item_source source = {.next = next_of_input, .context = input};
    int code = mm_sequence_write(in->reading, &source, error);
    mm_input_close(input);
    return code;
}

static int write_piped_stream(const mm_reading *r, int fd, const char *name, const mm_bytes *first, mm_error *error)
{
    if (r->images.pseudonyms)
        return mm_reading_no_pseudonyms(error);
    mm_reader *reader = mm_reader_new(fd, name);
    if (!reader)
        return mm_no_memory(error);
    mm_reader_begin_with(reader, first->data, first->size);
    mm_item_source source = {.next = next_of_stream, .context = reader};
    mm_one_segment all = {.from = &source, .name = name, .quiet = r->common->quiet};
    mm_one_segment_begin(&all);
    int code = mm_sequence_write(r, r->join ? &all.source : &source, error);
    mm_one_segment_clear(&all);
    mm_reader_free(reader);
    return code;
}

static int write_piped_archive(const mm_reading *r, int fd, const char *name, const mm_bytes *first, mm_error *error)
{
    mm_tar_items *items;
    if (mm_tar_items_open(&items, fd, name, first, &r->images, r->common, error))
        return error->code;
    int code = mm_sequence_write(r, mm_tar_items_source(items), error);
    mm_tar_items_close(items);
    return code;
}

/* A pipe with more than one image in it. */
static int write_pipe(inputs *in, mm_kind kind, int fd, const char *name, const mm_bytes *first, mm_error *error)
{
    const mm_reading *r = in->reading;
    in->done = true;
    if (r->last || r->balance)
        return mm_fail(error, MM_USAGE, "--epochs and --balance need a file: '%s' is a pipe", name);
    if (in->n > 1 || r->manifest)
        return mm_fail(error, MM_USAGE, "'%s' is a pipe: a stream or an archive from one is read alone", name);
    return kind == MM_KIND_STREAM ? write_piped_stream(r, fd, name, first, error)
                                  : write_piped_archive(r, fd, name, first, error);
}

/* ---- into the collection ---- */

static int add_manifest(inputs *in, mm_error *error)
{
    const char *path = in->reading->manifest;
    char *text;
    size_t bytes;
    int code = mm_text_read(path, &text, &bytes, error);
    if (!code)
        code = mm_collection_add_manifest(in->collection, text, bytes, mm_text_name(path), in->reading->images.classes, error);
    free(text);
    return code;
}

static int add_pipe(inputs *in, int fd, const char *name, mm_error *error)
{
    mm_bytes first = {0};
    int code = mm_bytes_begin(&first, fd, name, MM_SIGNATURE_BYTES, error);
    mm_kind kind = mm_signature_of(first.data, first.size)->kind;
    if (!code && (kind == MM_KIND_STREAM || kind == MM_KIND_ARCHIVE)) {
        code = write_pipe(in, kind, fd, name, &first, error);
    } else if (!code && !(code = mm_image_bytes(&first, fd, name, error))) {
        code = mm_collection_add_bytes(in->collection, name, first.data, first.size, error);
        first = (mm_bytes){0}; /* taken over */
    }
    mm_bytes_free(&first);
    return code;
}

static int add_standard_input(inputs *in, mm_error *error)
{
    static const char name[] = "standard input";
    struct stat st;
    if (fstat(STDIN_FILENO, &st))
        return mm_fail(error, MM_FAILURE, "cannot read '%s':", name);
    if (S_ISREG(st.st_mode))
        return mm_collection_add_fd(in->collection, STDIN_FILENO, name, error);
    if (S_ISDIR(st.st_mode))
        return mm_collection_add_path(in->collection, "-", error);
    if (isatty(STDIN_FILENO))
        return mm_fail(error, MM_USAGE, "will not read from a terminal: name a file or use a pipe");
    return add_pipe(in, STDIN_FILENO, name, error);
}

static int add_operand(inputs *in, const char *path, mm_error *error)
{
    struct stat st;
    if (!strcmp(path, "-"))
        return add_standard_input(in, error);
    if (stat(path, &st) || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))
        return mm_collection_add_path(in->collection, path, error);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return mm_fail(error, MM_FAILURE, "cannot open '%s':", path);
    int code = add_pipe(in, fd, path, error);
    close(fd);
    return code;
}

static int write_collection(inputs *in, mm_error *error)
{
    const mm_reading *r = in->reading;
    int code = r->manifest ? add_manifest(in, error) : MM_OK;
    for (size_t i = 0; i < in->n && !code && !in->done; i++)
        code = add_operand(in, in->operands[i], error);
    if (code || in->done)
        return code;
    if (r->images.pseudonyms && mm_collection_has_stream(in->collection))
        return mm_reading_no_pseudonyms(error);
    if (r->interleave)
        mm_collection_interleave(in->collection);
    return mm_epochs_write(r, in->collection, error);
}

int mm_inputs_write(const mm_reading *reading, mm_error *error)
{
    static char dash[] = "-", *standard[] = {dash};
    bool none = reading->common->noperands == 0 && !reading->manifest;
    inputs in = {.reading = reading, .operands = none ? standard : reading->common->operands,
                 .n = none ? 1 : reading->common->noperands};
    if (in_order(&in))
        return write_in_order(&in, error);
    if (!(in.collection = mm_collection_new()))
        return mm_no_memory(error);
    int code = write_collection(&in, error);
    mm_collection_free(in.collection);
    return code;
}
