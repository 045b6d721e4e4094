/* One job of the loops: a record or a number in, records and warnings out. Shared by filter.c and source.c. */
#ifndef MM_CLI_JOB_H
#define MM_CLI_JOB_H

#include "common/cli/filter.h"
#include "common/cli/progress.h"

typedef struct mm_emitter {
    mm_job job;
    mm_record *in;    /* a filter's record until its function takes it */
    void *gradual;    /* what was made of it while it arrived, until its function takes it; the filter's own */
    char *key;        /* of the record, for messages; NULL for a source */
    mm_block block;   /* a block to pass on instead of a record, if it has a type */
    mm_record **out;
    size_t nout, out_room;
    char **warnings;
    size_t nwarnings, warnings_room;
    int code;
    mm_error error;
} mm_emitter;

mm_emitter *mm_emitter_new(void); /* NULL when memory is out */
void mm_emitter_free(mm_emitter *emitter);

/* What the loops share when a job is finished: warnings, skipping, writing. Counts into *written and *skipped. */
int mm_emitter_write(mm_emitter *emitter, const mm_common *common, mm_writer *writer, size_t *written, size_t *skipped,
                     mm_error *error);

/* DONE, unless every record was skipped. */
int mm_write_done(mm_writer *writer, size_t written, size_t skipped_here, size_t skipped_before, mm_error *error);

/* The last line on stderr when records were left out. */
void mm_report_skipped(size_t here, size_t before);

#endif
