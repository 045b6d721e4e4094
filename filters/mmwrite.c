/* mmwrite: turns a stream into a tar archive in WebDataset's layout, or into files of a folder (formats/archive/webdataset.h). Several
 * threads encode records, which are written in their order. */
#include <stdlib.h>
#include <string.h>

#include "common/base/grow.h"
#include "common/cli/input.h"
#include "common/cli/pool.h"
#include "common/cli/program.h"
#include "common/cli/progress.h"
#include "common/cli/skipped.h"
#include "common/stream/meta.h"
#include "filters/write/destination.h"
#include "formats/archive/webdataset.h"

typedef struct options {
    const char *dir, *shard_size;
    int npy; /* in the order of the choices below */
} options;

static const mm_option OPTIONS[] = {
    {.name = "dir", .type = MM_OPT_STRING, .offset = offsetof(options, dir), .argument = "DIR", .neutral = true,
     .help = "write files into a folder, made if missing, instead of an archive"},
    {.name = "shard-size", .type = MM_OPT_STRING, .offset = offsetof(options, shard_size), .argument = "N", .neutral = true,
     .help = "several archives of N records each, or of N bytes with K, M or G; -o name-%06d.tar"},
    {.name = "format", .type = MM_OPT_CHOICE, .offset = offsetof(options, npy), .argument = "KIND", .choices = "png|npy", .neutral = true,
     .help = "of images: png if it can hold them (u8, u16), or npy for all tensors"},
};

static const mm_program PROGRAM = {
    .name = "mmwrite", .operands = "[FILE...]", .options = OPTIONS, .noptions = sizeof OPTIONS / sizeof *OPTIONS,
    .summary = "a stream to a tar archive (WebDataset's layout) or a folder of PNG, NPY and JSON files",
};

/* A record on its way: in, and the files that it becomes. */
typedef struct job {
    mm_record *record;
    mm_member *files;
    size_t n, room;
    int code;
    mm_error error;
} job;

typedef struct loop {
    const options *options;
    const mm_common *common;
    mm_input *input;
    mm_head head; /* of the first segment, then of all */
    mm_destination to;
    mm_keyset keys;
    mm_progress progress;
    size_t written, skipped, skipped_before;
} loop;

static void free_job(void *context, void *work)
{
    job *j = work;
    (void)context;
    mm_record_free(j->record);
    for (size_t i = 0; i < j->n; i++)
        mm_member_free(&j->files[i]);
    free(j->files);
    free(j);
}

/* The next record; heads of further segments are joined on the way. */
static int next_record(loop *l, mm_item *item, mm_error *error)
{
    for (;;) {
        if (mm_input_next(l->input, item, error))
            return error->code;
        if (item->kind == MM_ITEM_RECORD || item->kind == MM_ITEM_END)
            return MM_OK;
        size_t known = l->head.nlines;
        if (item->kind == MM_ITEM_HEAD && mm_head_merge(&l->head, &item->head))
            return mm_no_memory(error);
        if (l->head.nlines > known && !l->common->quiet)
            mm_warn("segments were made by different programs: only those of the first are recorded");
    }
}

/* A job for the record, which it takes out of the item. */
static int make_job(loop *l, mm_item *item, job **out, mm_error *error)
{
    int known = mm_keyset_add(&l->keys, item->record->key);
    if (known > 0)
        return mm_fail(error, MM_FAILURE, "key '%s' is in two segments: an archive or folder holds a key once", item->record->key);
    if (known < 0 || !(*out = calloc(1, sizeof **out)))
        return mm_no_memory(error);
    (*out)->record = item->record;
    item->record = NULL;
    return MM_OK;
}

static int take(void *context, void **out, mm_error *error)
{
    loop *l = context;
    mm_item item = {0};
    job *j = NULL;
    int code = next_record(l, &item, error);
    if (!code && item.record)
        code = make_job(l, &item, &j, error);
    mm_item_clear(&item);
    *out = j;
    return code;
}

static int keep_file(void *context, const char *name, void *data, size_t size, mm_error *error)
{
    job *j = context;
    char *copy = strdup(name);
    if (!copy || mm_grow(&j->files, &j->room, j->n + 1, sizeof *j->files, error)) {
        free(copy);
        free(data);
        return mm_no_memory(error);
    }
    j->files[j->n++] = (mm_member){.name = copy, .data = data, .size = size, .owned = data};
    return MM_OK;
}

static void work(void *context, void *work)
{
    const loop *l = context;
    job *j = work;
    j->code = mm_record_to_members(j->record, l->options->npy, keep_file, j, &j->error);
}

static int write_job(loop *l, job *j, mm_error *error)
{
    if (!j->code) {
        l->written++;
        return mm_destination_add(&l->to, j->files, j->n, error);
    }
    mm_fail_in(&j->error, "record '%s'", j->record->key);
    if (!l->common->skip) {
        *error = j->error;
        return j->code;
    }
    mm_say("%s: skipped", j->error.text);
    l->skipped++;
    return MM_OK;
}

static int finish(void *context, void *work, mm_error *error)
{
    loop *l = context;
    int code = write_job(l, work, error);
    mm_progress_count(&l->progress, 1);
    free_job(NULL, work);
    return code;
}

/* Reads the first head; what is written begins with it. */
static int begin(loop *l, const char *command_line, mm_error *error)
{
    mm_shard_options archives = {.path = l->common->output, .size = l->options->shard_size};
    mm_item item = {0};
    if (mm_destination_time(&archives.mtime, error) || mm_input_next(l->input, &item, error))
        return error->code;
    l->head = item.head;
    mm_head whole = {0};
    int code = mm_head_copy(&whole, &l->head) || (!l->common->no_pg && mm_head_add_program(&whole, PROGRAM.name, command_line))
                   ? mm_no_memory(error)
                   : mm_destination_open(&l->to, l->options->dir, &archives, &whole, error);
    mm_head_clear(&whole);
    return code;
}

static int write_all(loop *l, const char *command_line, mm_error *error)
{
    static const mm_pool pool = {take, work, finish, free_job};
    if (l->options->dir && (l->common->output || l->options->shard_size))
        return mm_fail(error, MM_USAGE, "--dir excludes -o and --shard-size");
    if (mm_input_open(&l->input, l->common->operands, l->common->noperands, error) || begin(l, command_line, error))
        return error->code;
    mm_progress_begin(&l->progress, l->common);
    int code = mm_pool_run(&pool, l, l->common->threads, error);
    mm_progress_end(&l->progress);
    if (!code && l->written == 0 && l->skipped > 0)
        code = mm_fail(error, MM_FAILURE, "every record was skipped");
    return code ? code : mm_destination_commit(&l->to, error);
}

static int run(void *values, const mm_common *common, mm_error *error)
{
    loop l = {.options = values, .common = common};
    char *command_line = mm_options_canonical(&PROGRAM, values, common);
    int code = command_line ? write_all(&l, command_line, error) : mm_no_memory(error);
    if (!code)
        mm_report_skipped(l.skipped, mm_input_skipped(l.input));
    mm_destination_close(&l.to);
    mm_input_close(l.input);
    mm_keyset_clear(&l.keys);
    mm_head_clear(&l.head);
    free(command_line);
    return code;
}

int main(int argc, char **argv)
{
    options o = {0};
    return mm_program_main(&PROGRAM, &o, run, argc, argv);
}
