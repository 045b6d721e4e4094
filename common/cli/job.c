/* See emitter.h. */
#include "common/cli/job.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

mm_emitter *mm_emitter_new(void)
{
    mm_emitter *e = calloc(1, sizeof *e);
    if (e)
        e->job.emitter = e;
    return e;
}

void mm_emitter_free(mm_emitter *e)
{
    if (!e)
        return;
    mm_record_free(e->in);
    free(e->key);
    free(e->block.meta);
    free(e->block.data);
    for (size_t i = 0; i < e->nout; i++)
        mm_record_free(e->out[i]);
    for (size_t i = 0; i < e->nwarnings; i++)
        free(e->warnings[i]);
    free(e->out);
    free(e->warnings);
    free(e);
}

int mm_emit(const mm_job *job, mm_record *record)
{
    mm_emitter *e = job->emitter;
    if (e->nout == e->out_room) {
        size_t room = e->out_room ? 2 * e->out_room : 4;
        mm_record **out = realloc(e->out, room * sizeof *out);
        if (!out) {
            mm_record_free(record);
            return MM_FAILURE;
        }
        e->out = out;
        e->out_room = room;
    }
    e->out[e->nout++] = record;
    return MM_OK;
}

void mm_job_warn(const mm_job *job, const char *format, ...)
{
    mm_emitter *e = job->emitter;
    char text[1024];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    if (e->nwarnings == e->warnings_room) {
        size_t room = e->warnings_room ? 2 * e->warnings_room : 4;
        char **larger = realloc(e->warnings, room * sizeof *larger);
        if (!larger)
            return; /* a warning is not worth a failure */
        e->warnings = larger;
        e->warnings_room = room;
    }
    if ((e->warnings[e->nwarnings] = strdup(text)))
        e->nwarnings++;
}

static void print_warnings(const mm_emitter *e, const mm_common *common)
{
    for (size_t i = 0; i < e->nwarnings && !common->quiet; i++)
        if (e->key)
            mm_warn("record '%s': %s", e->key, e->warnings[i]);
        else
            mm_warn("%s", e->warnings[i]);
}

int mm_emitter_write(mm_emitter *e, const mm_common *common, mm_writer *writer, size_t *written, size_t *skipped,
                     mm_error *error)
{
    if (e->block.type[0])
        return mm_writer_block(writer, &e->block, error);
    print_warnings(e, common);
    if (e->code && e->key)
        mm_fail_in(&e->error, "record '%s'", e->key);
    if (e->code && common->skip) {
        mm_say("%s: skipped", e->error.text);
        ++*skipped;
        return MM_OK;
    }
    if (e->code) {
        *error = e->error;
        return e->code;
    }
    for (size_t i = 0; i < e->nout; i++) {
        int code = mm_writer_record(writer, e->out[i], error);
        if (code)
            return code;
        ++*written;
    }
    return MM_OK;
}

int mm_write_done(mm_writer *writer, size_t written, size_t here, size_t before, mm_error *error)
{
    if (written == 0 && here > 0)
        return mm_fail(error, MM_FAILURE, "every record was skipped");
    return mm_writer_done(writer, here + before, error);
}

void mm_report_skipped(size_t here, size_t before)
{
    if (here && before)
        mm_say("%zu records skipped, %zu of them before", here + before, before);
    else if (here)
        mm_say("%zu record%s skipped", here, here == 1 ? "" : "s");
    else if (before)
        mm_say("%zu record%s skipped before", before, before == 1 ? "" : "s");
}
