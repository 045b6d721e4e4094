/* The loop of record-to-record filters: see filter.h. */
#include "common/cli/filter.h"

#include <stdlib.h>
#include <string.h>

#include "common/cli/job.h"
#include "common/cli/input.h"
#include "common/base/output.h"
#include "common/cli/pool.h"

typedef struct loop {
    const mm_filter *filter;
    void *config, *shared;
    mm_common common;
    char *command_line;
    mm_input *input;
    mm_arrival arrival;
    mm_emitter *arriving; /* the job of the record that is being taken as it arrives */
    mm_writer *writer;
    mm_progress progress;
    mm_head head; /* of the segment under way, without this program's line */
    long segment, epoch;
    size_t number, written;
    size_t skipped, skipped_before;             /* in this segment */
    size_t all_skipped, all_skipped_before;     /* in all */
} loop;

/* A job for the record that comes next. */
static mm_emitter *new_job(loop *l)
{
    mm_emitter *e = mm_emitter_new();
    if (e)
        e->job = (mm_job){l->config, l->shared, l->epoch, l->number, &l->head, e};
    return e;
}

static void drop(void *context, void *job)
{
    const loop *l = context;
    mm_emitter *e = job;
    if (e && e->gradual)
        l->filter->gradual->drop(e->gradual);
    mm_emitter_free(e);
}

static void *begin_arrival(void *context, const mm_record *record)
{
    loop *l = context;
    mm_emitter *e = new_job(l);
    if (!e || !(e->gradual = l->filter->gradual->begin(&e->job, record))) {
        mm_emitter_free(e);
        return NULL;
    }
    l->arriving = e;
    return e->gradual;
}

static int take(void *context, void **out, mm_error *error)
{
    loop *l = context;
    mm_item item = {0};
    *out = NULL;
    int code = mm_input_next(l->input, &item, error);
    mm_emitter *e = l->arriving;
    l->arriving = NULL;
    if (code || item.kind == MM_ITEM_DONE) {
        l->skipped_before = item.skipped;
        mm_item_clear(&item);
        drop(l, e);
        return code;
    }
    if (!e)
        e = new_job(l);
    if (e && item.kind == MM_ITEM_SKIPPABLE) {
        e->block = item.block;
        item.block = (mm_block){0};
    } else if (e) {
        e->in = item.record;
        item.record = NULL;
        e->key = strdup(e->in->key);
        l->number++;
    }
    mm_item_clear(&item);
    *out = e;
    return e ? MM_OK : mm_no_memory(error);
}

static void work(void *context, void *job)
{
    const loop *l = context;
    mm_emitter *e = job;
    mm_record *in = e->in;
    void *gradual = e->gradual;
    e->in = NULL; /* the function owns them */
    e->gradual = NULL;
    if (!in)
        return;
    e->code = gradual ? l->filter->gradual->end(&e->job, gradual, in, &e->error) : l->filter->record(&e->job, in, &e->error);
    if (e->code && e->error.code == 0)
        mm_fail(&e->error, e->code, "out of memory");
}

static int finish(void *context, void *job, mm_error *error)
{
    loop *l = context;
    mm_emitter *e = job;
    int code = mm_emitter_write(e, &l->common, l->writer, &l->written, &l->skipped, error);
    if (!e->block.type[0])
        mm_progress_count(&l->progress, 1);
    mm_emitter_free(e);
    return code;
}

/* One segment, whose HEAD was read. */
static int run_segment(loop *l, mm_error *error)
{
    static const mm_pool pool = {take, work, finish, drop};
    const mm_filter *f = l->filter;
    mm_head out = {0};
    l->segment++;
    l->number = l->written = l->skipped = l->skipped_before = 0;
    l->epoch = mm_head_epoch(&l->head) ? mm_head_epoch(&l->head) : l->segment;
    int code = f->begin ? f->begin(l->config, l->shared, &l->head, error) : MM_OK;
    if (!code && (mm_head_copy(&out, &l->head) ||
                  (!l->common.no_pg && mm_head_add_program(&out, f->program.name, l->command_line))))
        code = mm_no_memory(error);
    if (!code)
        code = mm_writer_head(l->writer, &out, error);
    mm_head_clear(&out);
    if (!code)
        code = mm_pool_run(&pool, l, f->serial ? 1 : l->common.threads, error);
    if (!code && f->finish)
        code = f->finish(l->config, l->shared, error);
    if (!code)
        code = mm_write_done(l->writer, l->written, l->skipped, l->skipped_before, error);
    l->all_skipped += l->skipped;
    l->all_skipped_before += l->skipped_before;
    return code;
}

static int run_segments(loop *l, mm_error *error)
{
    for (;;) {
        mm_item item = {0};
        int code = mm_input_next(l->input, &item, error);
        bool end = item.kind == MM_ITEM_END;
        mm_head_clear(&l->head);
        l->head = item.head;
        item.head = (mm_head){0};
        mm_item_clear(&item);
        if (code || end || (code = run_segment(l, error)))
            return code;
    }
}

static int run(loop *l, mm_error *error)
{
    mm_output output = {.fd = -1};
    int code = mm_input_open(&l->input, l->common.operands, l->common.noperands, error);
    if (!code && l->filter->gradual) {
        l->arrival = (mm_arrival){l, begin_arrival, l->filter->gradual->room, l->filter->gradual->came};
        mm_input_arrival(l->input, &l->arrival);
    }
    if (!code)
        code = mm_output_open(&output, l->common.output, true, error);
    if (!code && !(l->writer = mm_writer_new(output.fd, output.name)))
        code = mm_no_memory(error);
    mm_progress_begin(&l->progress, &l->common);
    if (!code)
        code = run_segments(l, error);
    mm_progress_end(&l->progress);
    if (!code)
        code = mm_output_commit(&output, error);
    mm_output_abort(&output);
    return code;
}

int mm_filter_main(const mm_filter *f, int argc, char **argv)
{
    mm_error error = {0};
    loop l = {.filter = f, .config = malloc(f->config_bytes ? f->config_bytes : 1)};
    mm_begin(f->program.name);
    if (!l.config) {
        mm_no_memory(&error);
        return mm_exit(&error);
    }
    memcpy(l.config, f->defaults, f->config_bytes);
    int code = mm_options_parse(&f->program, argc, argv, l.config, &l.common, &error);
    bool informed = code < 0; /* --help, --version */
    if (!code && f->prepare)
        code = f->prepare(l.config, &l.common, &l.shared, &error);
    if (!code && !(l.command_line = mm_options_canonical(&f->program, l.config, &l.common)))
        code = mm_no_memory(&error);
    if (!code)
        code = run(&l, &error);
    if (informed) {
        code = MM_OK;
    } else if (code) {
        error.code = code;
        mm_exit(&error);
    } else {
        mm_report_skipped(l.all_skipped, l.all_skipped_before);
    }
    if (f->release && l.shared)
        f->release(l.shared);
    mm_writer_free(l.writer);
    mm_input_close(l.input);
    mm_head_clear(&l.head);
    mm_options_free(&f->program, l.config, &l.common);
    free(l.command_line);
    free(l.config);
    return code;
}
