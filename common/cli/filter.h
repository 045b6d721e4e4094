/* The one loop that every record-to-record filter runs: options, operands, worker threads with ordered output and
 * bounded memory, provenance, skipped records, progress, messages that name the record, exit code.
 *
 * A filter is a table, defaults, and a function from one record to any number of records; filters/mmresize.c is the
 * shape of them all. The same loop makes records from nothing (mmphantom) or from files (mmread): see mm_source. */
#ifndef MM_CLI_FILTER_H
#define MM_CLI_FILTER_H

#include "common/cli/message.h"
#include "common/cli/options.h"
#include "common/stream/stream.h"

/* What a record function sees beside its record. */
typedef struct mm_job {
    const void *config; /* the filter's config, the same for all, read only */
    void *shared;       /* what prepare made; read only, or its own locks (serial: free to change) */
    long epoch;         /* the segment's @EP, else its position counted from 1 */
    size_t number;      /* of the record in its segment, from 0 */
    const mm_head *head;
    struct mm_emitter *emitter;
} mm_job;

/* Hands a record on, in order; the loop owns it from then on, also on failure. 0 or MM_FAILURE (memory). */
int mm_emit(const mm_job *job, mm_record *record);

/* A warning about this record; "NAME: warning: record 'KEY': ..." comes out in the order of the records. */
void mm_job_warn(const mm_job *job, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* For a filter that makes images smaller: what it does to a large record while it arrives, which then is never held whole (see
 * mm_arrival). Records arrive one at a time, in one thread; what is left to do for `end` is done by several. */
typedef struct mm_gradual {
    /* The record's tensors have no data. NULL: it shall come whole (that is also where what is amiss is told of). */
    void *(*begin)(const mm_job *job, const mm_record *record);
    void *(*room)(void *work, size_t tensor, size_t *bytes); /* as mm_arrival */
    void (*came)(void *work, size_t tensor, size_t bytes);
    /* Its last byte has come: takes `work` over, and else is as mm_filter.record, of a record whose tensors have no data. */
    int (*end)(const mm_job *job, void *work, mm_record *record, mm_error *error);
    void (*drop)(void *work); /* instead of end */
} mm_gradual;

typedef struct mm_filter {
    mm_program program;
    size_t config_bytes;
    const void *defaults; /* config_bytes of it */

    /* Optional. Once, after the options: check what belongs together, load a model. The @PG line has the options' values as
     * this leaves them. */
    int (*prepare)(void *config, const mm_common *common, void **shared, mm_error *error);
    /* Optional. At each segment's HEAD, before its records: check or add to it (the @PG line comes after). */
    int (*begin)(const void *config, void *shared, mm_head *head, mm_error *error);
    /* Each record; owns it, emits it (changed) or frees it and emits others. Errors: text without program and key, the
     * loop adds "record 'KEY': ". On failure the record may be emitted or not, freed it must be (if not emitted). Runs
     * in several threads at once unless `serial`. */
    int (*record)(const mm_job *job, mm_record *record, mm_error *error);
    const mm_gradual *gradual; /* optional */
    /* Optional. After a segment's last record and before its DONE: prints a summary, fails if something is amiss. */
    int (*finish)(const void *config, void *shared, mm_error *error);
    /* Optional. */
    void (*release)(void *shared);
    bool serial; /* record runs in one thread, in order (it has threads of its own) */
} mm_filter;

/* The whole program: returns its exit code. */
int mm_filter_main(const mm_filter *filter, int argc, char **argv);

#endif
