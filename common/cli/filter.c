/* The loop of record-to-record filters: see filter.h. */
#include "common/cli/filter.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/output.h"
#include "common/cli/input.h"
#include "common/cli/job.h"
#include "common/cli/pool.h"
#include "common/cli/progress.h"
#include "common/cli/skipped.h"

typedef struct loop {
    const mm_filter *filter;
    void *options, *shared;
    mm_common common;
    char *command_line;
    mm_input *input;
    mm_reader_streaming streaming;
    mm_task *streamed; /* the task of the record that is streaming in */
    mm_writer *writer;
    mm_progress progress;
    mm_head head; /* of the current segment, without this program's line */
    long epoch;
    size_t number, written;
    size_t skipped, skipped_before;         /* in this segment */
    size_t all_skipped, all_skipped_before; /* in all */
} loop;

/* A task for the record that comes next. */
static mm_task *new_task(const loop *l)
{
    return mm_task_new((mm_job){
        .options = l->options, .shared = l->shared, .epoch = l->epoch, .number = l->number, .head = &l->head});
}

static void drop(void *context, void *work)
{
    const loop *l = context;
    mm_task *task = work;
    if (task && task->streaming)
        l->filter->streaming->free(task->streaming);
    mm_task_free(task);
}

static void *begin_streaming(void *context, const mm_record *record)
{
    loop *l = context;
    mm_task *task = new_task(l);
    if (!task || !(task->streaming = l->filter->streaming->begin(&task->job, record))) {
        mm_task_free(task);
        return NULL;
    }
    l->streamed = task;
    return task->streaming;
}

/* Moves a record or a block from the input into its task. */
static void fill_task(loop *l, mm_task *task, mm_item *item)
{
    if (item->kind == MM_ITEM_SKIPPABLE) {
        task->block = item->block;
        item->block = (mm_block){0};
        return;
    }
    task->record = item->record;
    item->record = NULL;
    task->key = strdup(task->record->key);
    l->number++;
}

static int take(void *context, void **out, mm_error *error)
{
    loop *l = context;
    mm_item item = {0};
    *out = NULL;
    int code = mm_input_next(l->input, &item, error);
    mm_task *task = l->streamed;
    l->streamed = NULL;
    if (code || item.kind == MM_ITEM_DONE) {
        l->skipped_before = item.skipped;
        mm_item_clear(&item);
        drop(l, task);
        return code;
    }
    if (!task)
        task = new_task(l);
    if (task)
        fill_task(l, task, &item);
    mm_item_clear(&item);
    *out = task;
    return task ? MM_OK : mm_no_memory(error);
}

static void work(void *context, void *work)
{
    const loop *l = context;
    const mm_filter *f = l->filter;
    mm_task *task = work;
    mm_record *record = task->record;
    if (!record)
        return;
    task->record = NULL;
    if (f->expand)
        task->code = f->expand(&task->job, record, &task->error);
    else if (task->streaming)
        task->code = f->streaming->end(&task->job, task->streaming, record, &task->error);
    else
        task->code = f->change(&task->job, record, &task->error);
    if (!task->code && !f->expand)
        task->code = mm_emit(&task->job, record, &task->error);
    else
        mm_record_free(record);
    if (task->streaming)
        f->streaming->free(task->streaming);
    task->streaming = NULL;
}

static int finish(void *context, void *work, mm_error *error)
{
    loop *l = context;
    mm_task *task = work;
    int code = mm_task_write(task, &l->common, l->writer, &l->written, &l->skipped, error);
    if (!task->block.type[0])
        mm_progress_count(&l->progress, 1);
    mm_task_free(task);
    return code;
}

/* One segment, whose HEAD was read. */
static int run_segment(loop *l, mm_error *error)
{
    static const mm_pool pool = {take, work, finish, drop};
    const mm_filter *f = l->filter;
    mm_head out = {0};
    l->number = l->written = l->skipped = l->skipped_before = 0;
    int code = f->begin ? f->begin(l->options, l->shared, &l->head, error) : MM_OK;
    if (!code && (mm_head_copy(&out, &l->head) ||
                  (!l->common.no_pg && mm_head_add_program(&out, f->program.name, l->command_line))))
        code = mm_no_memory(error);
    if (!code)
        code = mm_writer_head(l->writer, &out, error);
    mm_head_clear(&out);
    if (!code)
        code = mm_pool_run(&pool, l, f->serial ? 1 : l->common.threads, error);
    if (!code && f->finish)
        code = f->finish(l->options, l->shared, error);
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
        l->epoch = item.epoch;
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
    if (!code && l->filter->streaming) {
        l->streaming = (mm_reader_streaming){l, begin_streaming, l->filter->streaming->buffer, l->filter->streaming->filled};
        mm_input_stream(l->input, &l->streaming);
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
    loop l = {.filter = f, .options = malloc(f->options_bytes ? f->options_bytes : 1)};
    mm_begin(f->program.name);
    if (!l.options) {
        mm_no_memory(&error);
        return mm_exit(&error);
    }
    memcpy(l.options, f->defaults, f->options_bytes);
    int code = mm_options_parse(&f->program, argc, argv, l.options, &l.common, &error);
    bool informed = code < 0; /* --help, --version */
    if (!code && f->prepare)
        code = f->prepare(l.options, &l.common, &l.shared, &error);
    if (!code && !(l.command_line = mm_options_canonical(&f->program, l.options, &l.common)))
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
    mm_options_free(&f->program, l.options);
    free(l.command_line);
    free(l.options);
    return code;
}
