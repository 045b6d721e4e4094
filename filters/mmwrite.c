/* mmwrite: a stream becomes a tar archive in WebDataset's layout, or files of a folder (formats/archive/webdataset.h). Records are
 * coded by several threads and written in their order. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cli/progress.h"
#include "common/cli/skipped.h"
#include "common/cli/input.h"
#include "common/base/output.h"
#include "common/cli/pool.h"
#include "common/cli/program.h"
#include "common/base/bytes.h"
#include "formats/archive/webdataset.h"
#include "formats/archive/shards.h"
#include "common/stream/meta.h"

typedef struct settings {
    const char *dir, *shard_size;
    int npy; /* in the order of the choices below */
} settings;

static const mm_option OPTIONS[] = {
    {.name = "dir", .type = MM_OPT_STRING, .offset = offsetof(settings, dir), .argument = "DIR", .neutral = true,
     .help = "write files into a folder, which is made where there is none, instead of an archive"},
    {.name = "shard-size", .type = MM_OPT_STRING, .offset = offsetof(settings, shard_size), .argument = "N", .neutral = true,
     .help = "several archives of N records each, or of N bytes with K, M or G; -o name-%06d.tar"},
    {.name = "format", .type = MM_OPT_CHOICE, .offset = offsetof(settings, npy), .argument = "KIND", .choices = "png|npy", .neutral = true,
     .help = "of images: png where it holds them (u8, u16), or npy for all tensors"},
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
    const settings *settings;
    const mm_common *common;
    mm_input *input;
    mm_head head; /* of the first segment, then of all */
    mm_shards *shards;
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

static int take(void *context, void **out, mm_error *error)
{
    loop *l = context;
    *out = NULL;
    mm_item item = {0};
    int code = mm_input_next(l->input, &item, error);
    while (!code && item.kind != MM_ITEM_RECORD && item.kind != MM_ITEM_END) {
        size_t known = l->head.nlines;
        if (item.kind == MM_ITEM_HEAD && mm_head_merge(&l->head, &item.head))
            code = mm_no_memory(error);
        if (l->head.nlines > known && !l->common->quiet)
            mm_warn("segments came through different programs: those of the first alone are told of");
        if (!code)
            code = mm_input_next(l->input, &item, error);
    }
    if (!code && item.record) {
        int known = mm_keyset_add(&l->keys, item.record->key);
        job *j = known == 0 ? calloc(1, sizeof *j) : NULL;
        if (known > 0)
            code = mm_fail(error, MM_FAILURE, "key '%s' comes in two segments: one archive or folder holds it once", item.record->key);
        else if (!j)
            code = mm_no_memory(error);
        else {
            j->record = item.record;
            item.record = NULL;
            *out = j;
        }
    }
    mm_item_clear(&item);
    return code;
}

static int keep_file(void *context, const char *name, void *data, size_t size, mm_error *error)
{
    job *j = context;
    mm_member *larger = j->n < j->room ? j->files : realloc(j->files, (j->n + 8) * sizeof *larger);
    char *copy = strdup(name);
    if (larger && larger != j->files)
        j->room = j->n + 8;
    if (larger)
        j->files = larger;
    if (!larger || !copy) {
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
    j->code = mm_record_to_members(j->record, l->settings->npy, keep_file, j, &j->error);
}

static int write_file(const char *dir, const mm_member *file, mm_error *error)
{
    mm_output output;
    size_t room = strlen(dir) + strlen(file->name) + 2;
    char *path = malloc(room);
    if (!path)
        return mm_no_memory(error);
    snprintf(path, room, "%s/%s", dir, file->name);
    int code = mm_output_open(&output, path, false, error);
    if (!code)
        code = mm_bytes_write(output.fd, file->data, file->size, path, error);
    if (!code)
        code = mm_output_commit(&output, error);
    mm_output_abort(&output);
    free(path);
    return code;
}

static int finish(void *context, void *work, mm_error *error)
{
    loop *l = context;
    job *j = work;
    int code = j->code;
    if (code && l->common->skip) {
        mm_say("record '%s': %s: skipped", j->record->key, j->error.text);
        l->skipped++;
        code = MM_OK;
    } else if (code) {
        *error = j->error;
        mm_fail_in(error, "record '%s'", j->record->key);
    } else {
        l->written++;
        if (l->shards)
            code = mm_shards_add(l->shards, j->files, j->n, error);
        for (size_t i = 0; !l->shards && i < j->n && !code; i++)
            code = write_file(l->settings->dir, &j->files[i], error);
    }
    mm_progress_count(&l->progress, 1);
    free_job(NULL, j);
    return code;
}

/* The time of all members: SOURCE_DATE_EPOCH, or 0. */
static int time_of_members(time_t *mtime, mm_error *error)
{
    const char *text = getenv("SOURCE_DATE_EPOCH");
    long seconds = 0;
    if (text && mm_parse_long(text, 0, 8589934591, &seconds)) /* what ustar holds */
        return mm_fail(error, MM_USAGE, "SOURCE_DATE_EPOCH '%.40s' is no number of seconds", text);
    *mtime = (time_t)seconds;
    return MM_OK;
}

/* Reads the first head; what is written begins with it. */
static int begin(loop *l, const char *command_line, mm_error *error)
{
    const settings *config = l->settings;
    mm_shard_options rules = {.path = l->common->output, .size = config->shard_size};
    mm_item item = {0};
    int code = time_of_members(&rules.mtime, error);
    if (!code)
        code = mm_input_next(l->input, &item, error);
    if (code)
        return code;
    l->head = item.head;
    mm_head whole = {0};
    size_t bytes = 0;
    if (mm_head_copy(&whole, &l->head) || (!l->common->no_pg && mm_head_add_program(&whole, PROGRAM.name, command_line)))
        code = mm_no_memory(error);
    else if (!config->dir)
        code = mm_shards_open(&l->shards, &rules, &whole, error);
    else if (mkdir(config->dir, 0777) && errno != EEXIST)
        code = mm_fail(error, MM_FAILURE, "cannot make folder '%s':", config->dir);
    else {
        char *text = mm_head_text(&whole, &bytes), name[] = MM_MEMBER_HEAD;
        code = text ? write_file(config->dir, &(mm_member){.name = name, .data = (unsigned char *)text, .size = bytes}, error)
                    : mm_no_memory(error);
        free(text);
    }
    mm_head_clear(&whole);
    return code;
}

static int write_all(loop *l, const char *command_line, mm_error *error)
{
    static const mm_pool pool = {take, work, finish, free_job};
    int code = MM_OK;
    if (l->settings->dir && (l->common->output || l->settings->shard_size))
        code = mm_fail(error, MM_USAGE, "--dir excludes -o and --shard-size");
    if (!code)
        code = mm_input_open(&l->input, l->common->operands, l->common->noperands, error);
    if (!code)
        code = begin(l, command_line, error);
    mm_progress_begin(&l->progress, l->common);
    if (!code)
        code = mm_pool_run(&pool, l, l->common->threads, error);
    mm_progress_end(&l->progress);
    if (!code && l->written == 0 && l->skipped > 0)
        code = mm_fail(error, MM_FAILURE, "every record was skipped");
    if (!code && l->shards)
        code = mm_shards_commit(l->shards, error);
    mm_shards_free(l->shards);
    return code;
}

static int run(void *options, const mm_common *common, mm_error *error)
{
    loop l = {.settings = options, .common = common};
    char *command_line = mm_options_canonical(&PROGRAM, options, common);
    int code = command_line ? write_all(&l, command_line, error) : mm_no_memory(error);
    if (!code)
        mm_report_skipped(l.skipped, mm_input_skipped(l.input));
    mm_input_close(l.input);
    mm_keyset_clear(&l.keys);
    mm_head_clear(&l.head);
    free(command_line);
    return code;
}

int main(int argc, char **argv)
{
    settings config = {0};
    return mm_program_main(&PROGRAM, &config, run, argc, argv);
}
