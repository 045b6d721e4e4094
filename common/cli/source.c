/* The loop of programs that make records: see source.h. */
#include "common/cli/source.h"

#include <string.h>

#include "common/base/output.h"
#include "common/cli/job.h"
#include "common/cli/pool.h"
#include "common/cli/progress.h"
#include "common/cli/skipped.h"

typedef struct loop {
    const mm_source *source;
    const mm_common *common;
    mm_writer *writer;
    mm_progress progress;
    mm_head head;
    size_t next, written, skipped, left_out;
} loop;

static int take(void *context, void **out, mm_error *error)
{
    loop *l = context;
    *out = NULL;
    if (l->next == l->source->count)
        return MM_OK;
    *out = mm_task_new((mm_job){.options = l->source->options, .shared = l->source->shared, .epoch = l->source->epoch,
                                .number = l->next++, .head = &l->head});
    return *out ? MM_OK : mm_no_memory(error);
}

static void work(void *context, void *job)
{
    const loop *l = context;
    mm_task *task = job;
    task->code = l->source->make(&task->job, &task->error);
}

static int finish(void *context, void *job, mm_error *error)
{
    loop *l = context;
    const mm_task *task = job;
    l->left_out += task->code == MM_LEFT_OUT;
    int code = mm_task_write(job, l->common, l->writer, &l->written, &l->skipped, error);
    mm_progress_count(&l->progress, 1);
    mm_task_free(job);
    return code;
}

static void drop(void *context, void *job)
{
    (void)context;
    mm_task_free(job);
}

int mm_source_run(const mm_source *source, const mm_common *common, mm_writer *writer, size_t *skipped, mm_error *error)
{
    static const mm_pool pool = {take, work, finish, drop};
    loop l = {.source = source, .common = common, .writer = writer};
    int code = MM_OK;
    if (source->head ? mm_head_copy(&l.head, source->head) : mm_head_add(&l.head, "@MM\tVN:1.0"))
        code = mm_no_memory(error);
    if (!code && source->epoch && mm_head_set_epoch(&l.head, source->epoch))
        code = mm_no_memory(error);
    if (!code && source->command_line && !common->no_pg && mm_head_add_program(&l.head, source->name, source->command_line))
        code = mm_no_memory(error);
    mm_progress_begin(&l.progress, common);
    if (!code)
        code = mm_writer_head(writer, &l.head, error);
    if (!code)
        code = mm_pool_run(&pool, &l, common->threads, error);
    mm_progress_end(&l.progress);
    if (!code && l.written == 0 && l.left_out > 0)
        code = mm_fail(error, MM_FAILURE, "every record was left out");
    if (!code)
        code = mm_write_done(writer, l.written, l.skipped, source->skipped, error);
    *skipped += l.skipped;
    mm_head_clear(&l.head);
    return code;
}

int mm_source_output(const mm_source *source, const mm_common *common, mm_error *error)
{
    mm_output output;
    size_t skipped = 0;
    int code = mm_output_open(&output, common->output, true, error);
    mm_writer *writer = code ? NULL : mm_writer_new(output.fd, output.name);
    if (!code && !writer)
        code = mm_no_memory(error);
    if (!code)
        code = mm_source_run(source, common, writer, &skipped, error);
    if (!code)
        code = mm_output_commit(&output, error);
    if (!code)
        mm_report_skipped(skipped, source->skipped);
    mm_output_abort(&output);
    mm_writer_free(writer);
    return code;
}
