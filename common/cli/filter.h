/* The one loop that every record-to-record filter runs: options, operands, worker threads with ordered output and
 * bounded memory, provenance, skipped records, progress, messages that name the record, exit code.
 *
 * A filter is a table of options, their defaults, and a function that changes one record; filters/mmaugment.c is the
 * shape of them all. The same loop makes records from nothing (mmphantom) or from files (mmread): see source.h.
 *
 * The loop owns the record before and after. A function that fails may leave the record in any state: it is not written. */
#ifndef MM_CLI_FILTER_H
#define MM_CLI_FILTER_H

#include "common/cli/message.h"
#include "common/cli/options.h"
#include "common/stream/stream.h"

/* What a record function sees besides its record. */
typedef struct mm_job {
    const void *options; /* the filter's options, read only */
    void *shared;        /* what prepare made; read only unless it has locks of its own or the filter is `serial` */
    long epoch;          /* the epoch that the segment belongs to, from 1 */
    size_t number;       /* position of the record in its segment, from 0 */
    const mm_head *head; /* HEAD of the segment */
    struct mm_task *task; /* private to the loop */
} mm_job;

/* Writes a new record after those that the job emitted before. Takes the record over, on failure too. 0 or MM_FAILURE
 * (memory). */
int mm_emit(const mm_job *job, mm_record *record, mm_error *error);

/* Warns about this record: "NAME: warning: record 'KEY': ...", in the order of the records. */
void mm_job_warn(const mm_job *job, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* How a filter that makes images smaller works on a large record while it arrives, so that the record is never in memory whole
 * (see mm_reader_streaming). Records arrive one at a time, in one thread; `end` runs in several threads. */
typedef struct mm_streaming {
    /* Begins the work on a record whose tensors have no data yet. Returns NULL if the record must be read whole; errors
     * are then reported by `change`. */
    void *(*begin)(const mm_job *job, const mm_record *record);
    void *(*buffer)(void *work, size_t tensor, size_t *bytes); /* as in mm_reader_streaming */
    void (*filled)(void *work, size_t tensor, size_t bytes);
    /* Changes the record after its last byte, as mm_filter.change does; the record's tensors still have no data. */
    int (*end)(const mm_job *job, void *work, mm_record *record, mm_error *error);
    void (*free)(void *work); /* frees the work, after `end` or instead of it */
} mm_streaming;

typedef struct mm_filter {
    mm_program program;
    size_t options_bytes;
    const void *defaults; /* the options' defaults, options_bytes long */

    /* Optional. Runs once, after the options are parsed: checks combinations of options, loads a model. The @PG line shows the
     * options as this function leaves them. */
    int (*prepare)(void *options, const mm_common *common, void **shared, mm_error *error);
    /* Optional. Runs at each segment's HEAD, before its records: checks it or adds lines (the @PG line comes after). */
    int (*begin)(const void *options, void *shared, mm_head *head, mm_error *error);

    /* One of these two runs for each record, in several threads at once unless `serial`. An error's text names neither
     * program nor key: the loop adds "record 'KEY': ". */
    int (*change)(const mm_job *job, mm_record *record, mm_error *error); /* changes the record, which is then written */
    int (*expand)(const mm_job *job, const mm_record *record, mm_error *error); /* emits any number of records instead */

    const mm_streaming *streaming; /* optional, in addition to change */
    /* Optional. Runs after a segment's last record and before its DONE: prints a summary, fails if something is wrong. */
    int (*finish)(const void *options, void *shared, mm_error *error);
    /* Optional. Frees what prepare made. */
    void (*release)(void *shared);
    bool serial; /* records are processed in one thread, in order (the filter has threads of its own) */
} mm_filter;

/* Runs the whole program and returns its exit code. */
int mm_filter_main(const mm_filter *filter, int argc, char **argv);

#endif
