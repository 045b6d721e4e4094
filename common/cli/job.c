/* Jobs of the loops: see job.h. */
#include "common/cli/job.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/grow.h"

mm_task *mm_task_new(mm_job job)
{
    mm_task *task = calloc(1, sizeof *task);
    if (task) {
        task->job = job;
        task->job.task = task;
    }
    return task;
}

void mm_task_free(mm_task *task)
{
    if (!task)
        return;
    mm_record_free(task->record);
    free(task->key);
    free(task->block.meta);
    free(task->block.data);
    for (size_t i = 0; i < task->nout; i++)
        mm_record_free(task->out[i]);
    for (size_t i = 0; i < task->nwarnings; i++)
        free(task->warnings[i]);
    free(task->out);
    free(task->warnings);
    free(task);
}

int mm_emit(const mm_job *job, mm_record *record, mm_error *error)
{
    mm_task *task = job->task;
    if (mm_grow(&task->out, &task->out_room, task->nout + 1, sizeof *task->out, error)) {
        mm_record_free(record);
        return error->code;
    }
    task->out[task->nout++] = record;
    return MM_OK;
}

void mm_job_warn(const mm_job *job, const char *format, ...)
{
    mm_task *task = job->task;
    char text[1024];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    mm_error unused; /* a warning is not worth a failure */
    if (mm_grow(&task->warnings, &task->warnings_room, task->nwarnings + 1, sizeof *task->warnings, &unused))
        return;
    if ((task->warnings[task->nwarnings] = strdup(text)))
        task->nwarnings++;
}

static void print_warnings(const mm_task *task, const mm_common *common)
{
    for (size_t i = 0; i < task->nwarnings && !common->quiet; i++)
        if (task->key)
            mm_warn("record '%s': %s", task->key, task->warnings[i]);
        else
            mm_warn("%s", task->warnings[i]);
}

static int write_records(const mm_task *task, mm_writer *writer, size_t *written, mm_error *error)
{
    for (size_t i = 0; i < task->nout; i++) {
        if (mm_writer_record(writer, task->out[i], error))
            return error->code;
        ++*written;
    }
    return MM_OK;
}

int mm_task_write(mm_task *task, const mm_common *common, mm_writer *writer, size_t *written, size_t *skipped, mm_error *error)
{
    if (task->block.type[0])
        return mm_writer_block(writer, &task->block, error);
    print_warnings(task, common);
    if (!task->code)
        return write_records(task, writer, written, error);
    if (task->key)
        mm_fail_in(&task->error, "record '%s'", task->key);
    if (!common->skip && task->code != MM_LEFT_OUT) {
        *error = task->error;
        return task->code;
    }
    mm_say("%s: %s", task->error.text, task->code == MM_LEFT_OUT ? "left out" : "skipped");
    *skipped += task->code != MM_LEFT_OUT;
    return MM_OK;
}
