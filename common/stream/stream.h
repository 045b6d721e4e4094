/* The tensor stream (mms(5)) on file descriptors: blocks in, blocks out, checked to the last byte.
 *
 * A reader returns one item after another: HEAD, records, blocks that may be skipped, DONE, and END at the end of the input.
 * Anything that the format forbids is MM_DAMAGED. A writer numbers the blocks and counts records and bytes for DONE. If a
 * writer is freed without mm_writer_done, the stream has no DONE and its reader finds it cut. */
#ifndef MM_STREAM_STREAM_H
#define MM_STREAM_STREAM_H

#include "common/stream/record.h"

/* Lines of a HEAD block without their newlines. */
typedef struct mm_head {
    char **lines;
    size_t nlines, room;
} mm_head;

void mm_head_clear(mm_head *head); /* frees the lines, leaves an empty head */

/* Append a line, and overwrite `to` with a copy. 0 or MM_FAILURE (memory). */
int mm_head_add(mm_head *head, const char *line);
int mm_head_copy(mm_head *to, const mm_head *from);

/* Get and set the number in the @EP line; 0 without one. Setting returns 0 or MM_FAILURE (memory). */
long mm_head_epoch(const mm_head *head);
int mm_head_set_epoch(mm_head *head, long epoch);
void mm_head_remove_epoch(mm_head *head); /* removes the @EP line, if present */

/* Sets *epoch, which is that of the segment before (0: there was none), to the epoch of a segment with this head: its @EP, else the
 * same epoch, which is 1 at the beginning. MM_DAMAGED: its @EP repeats or falls; `where` is for messages. */
int mm_head_next_epoch(const mm_head *head, long *epoch, const char *where, mm_error *error);

/* Appends the program's @PG line: a unique ID, PP with the ID of the last program, CL with the canonical command line. 0 or
 * MM_FAILURE (memory). */
int mm_head_add_program(mm_head *head, const char *program, const char *command_line);

/* Parses the meta text of a HEAD block into an empty head. MM_DAMAGED: malformed; `where` is for messages. */
int mm_head_parse(mm_head *head, const char *meta, size_t bytes, const char *where, mm_error *error);

/* Returns the meta text of a head, which the caller frees. NULL when memory is out. */
char *mm_head_text(const mm_head *head, size_t *bytes);

/* Copies the @PG lines of `from` that `head` lacks, with unique IDs, for several inputs that are read as one segment. 0 or
 * MM_FAILURE (memory). */
int mm_head_merge(mm_head *head, const mm_head *from);

/* True if `head` has every @PG line of `other`, be it under another ID. */
bool mm_head_has_programs(const mm_head *head, const mm_head *other);

typedef enum mm_item_kind { MM_ITEM_HEAD, MM_ITEM_RECORD, MM_ITEM_SKIPPABLE, MM_ITEM_DONE, MM_ITEM_END } mm_item_kind;

/* A block that a reader may skip (lower-case type). Programs pass it on unchanged. */
typedef struct mm_block {
    char type[4];
    char *meta;
    size_t meta_bytes;
    void *data;
    size_t data_bytes;
} mm_block;

typedef struct mm_item {
    mm_item_kind kind;
    mm_head head;      /* HEAD: owned by the item */
    long epoch;        /* HEAD: the epoch that the segment belongs to, from 1; several segments may form one */
    mm_record *record; /* RECORD: owned by the item */
    mm_block block;    /* SKIPPABLE: owned by the item */
    size_t skipped;    /* DONE: records skipped before, from the line "skipped N" */
    void *streamed;    /* RECORD: the work of mm_reader_streaming, or NULL. If set, the record's tensors have no data. Set after
                          an error too; the caller frees it */
} mm_item;

/* Frees what the item owns. Take a record out by setting item->record = NULL. */
void mm_item_clear(mm_item *item);

typedef struct mm_reader mm_reader;

/* Makes a reader of a descriptor, which the caller keeps; `name` is for messages. NULL when memory is out. */
mm_reader *mm_reader_new(int fd, const char *name);
void mm_reader_free(mm_reader *reader);

/* Hands the reader n bytes, at most 64 KiB, that were already read from the descriptor (to detect the format). Call it before
 * the first mm_reader_next. */
void mm_reader_begin_with(mm_reader *reader, const void *bytes, size_t n);

/* Clears *item and reads the next one into it. 0, MM_DAMAGED, or MM_FAILURE (memory, a read error). Foreign input (PNG, gzip,
 * tar, DICOM...) is MM_DAMAGED with a message that names the format and the program that reads it. */
int mm_reader_next(mm_reader *reader, mm_item *item, mm_error *error);

/* How a program works on large records while they arrive, so that a program that makes them smaller never holds them whole.
 * Their data passes through a buffer of a few hundred kilobytes that stays in the processor's cache. No result may leave the
 * program before mm_reader_next returns the record: only then is the checksum known to be right. */
typedef struct mm_reader_streaming {
    void *context;
    /* Begins the work on a record whose tensors have no data yet. Returns NULL if the record must be read whole. */
    void *(*begin)(void *context, const mm_record *record);
    /* Returns a buffer of *bytes, at least 1, for the next bytes of tensor number `tensor`. Tensors and bytes are in order. */
    void *(*buffer)(void *work, size_t tensor, size_t *bytes);
    /* Takes the first `bytes` of the buffer: all of it, or the rest of the tensor. */
    void (*filled)(void *work, size_t tensor, size_t bytes);
} mm_reader_streaming;

/* Streams all large records from now on, or none if `streaming` is NULL. It must outlive the reader. After an error the rest of
 * a record that has begun does not arrive. */
void mm_reader_stream(mm_reader *reader, const mm_reader_streaming *streaming);

typedef struct mm_writer mm_writer;

/* Makes a writer to a descriptor, which the caller keeps; `name` is for messages. NULL when memory is out. */
mm_writer *mm_writer_new(int fd, const char *name);
void mm_writer_free(mm_writer *writer);

/* Write one block. mm_writer_done writes the counts since HEAD and the number of skipped records. 0 or MM_FAILURE (a write error,
 * with its reason, or memory). */
int mm_writer_head(mm_writer *writer, const mm_head *head, mm_error *error);
int mm_writer_record(mm_writer *writer, const mm_record *record, mm_error *error);
int mm_writer_block(mm_writer *writer, const mm_block *block, mm_error *error);
int mm_writer_done(mm_writer *writer, size_t skipped, mm_error *error);

/* Returns the meta text of a record (key, T, A and unknown lines), which the caller frees. NULL when memory is out. */
char *mm_record_meta(const mm_record *record, size_t *bytes);

/* Makes a record from the meta and data of a block. Takes `data` over, on failure too, unless `borrowed`. If `data` is NULL, the
 * tensors have no data. `where` names the block in messages. */
int mm_record_parse(mm_record **out, const char *meta, size_t meta_bytes, void *data, size_t data_bytes, uint32_t data_crc,
                    bool borrowed, const char *where, mm_error *error);

#endif
