/* The tensor stream (mms(5)) on file descriptors: blocks in, blocks out, checked to the last byte.
 *
 * A reader hands out one item after another: HEAD, records, blocks that may be skipped, DONE, and END at the end of
 * the input. Anything that the format forbids ends it with MM_DAMAGED. A writer numbers the blocks and counts what DONE
 * states. A writer that is freed without mm_writer_done has written no DONE, so its reader finds the stream cut. */
#ifndef MM_STREAM_STREAM_H
#define MM_STREAM_STREAM_H

#include "common/stream/record.h"

/* Lines of a HEAD block without their newlines. */
typedef struct mm_head {
    char **lines;
    size_t nlines, room;
} mm_head;

void mm_head_clear(mm_head *head); /* frees the lines, leaves an empty head */
int mm_head_add(mm_head *head, const char *line);
int mm_head_copy(mm_head *to, const mm_head *from); /* 0 or MM_FAILURE (memory) */
long mm_head_epoch(const mm_head *head);            /* of the @EP line, 0 without one */
int mm_head_set_epoch(mm_head *head, long epoch);

/* Appends the program's @PG line: ID made unique, PP the ID of the last one, CL the canonical command line. */
int mm_head_add_program(mm_head *head, const char *program, const char *command_line);

/* The meta text of a HEAD block: into an empty head (MM_DAMAGED: malformed), and back into memory that the caller frees
 * (NULL when memory is out). `where` is for messages. */
int mm_head_parse(mm_head *head, const char *meta, size_t bytes, const char *where, mm_error *error);
char *mm_head_text(const mm_head *head, size_t *bytes);

/* Takes over all @PG lines of `from` that `head` does not hold yet (several inputs read as one segment). */
int mm_head_merge(mm_head *head, const mm_head *from);

typedef enum mm_item_kind { MM_ITEM_HEAD, MM_ITEM_RECORD, MM_ITEM_SKIPPABLE, MM_ITEM_DONE, MM_ITEM_END } mm_item_kind;

/* A block that may be skipped when unknown (lower-case type): passed on as it is. */
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
    mm_record *record; /* RECORD: owned by the item */
    mm_block block;    /* SKIPPABLE: owned by the item */
    size_t skipped;    /* DONE: records left out before, of the line "skipped N" */
    void *streamed;    /* RECORD: the work of mm_reader_streaming on it, or NULL. The record's tensors then have no data. Set also
                          after an error; never freed here */
} mm_item;

/* Frees what the item owns. Take a record out by setting item->record = NULL. */
void mm_item_clear(mm_item *item);

typedef struct mm_reader mm_reader;

/* Reads from a descriptor that stays the caller's; `name` is for messages. NULL when memory is out. */
mm_reader *mm_reader_new(int fd, const char *name);
void mm_reader_free(mm_reader *reader);

/* Bytes that were read from the descriptor before the reader was made (to see what they are); at most 64 KiB. */
void mm_reader_begin_with(mm_reader *reader, const void *bytes, size_t n);

/* The next item into *item (cleared before). 0, MM_DAMAGED, or MM_FAILURE (memory, a read error). Foreign input (PNG,
 * gzip, tar, DICOM...) is MM_DAMAGED with a message that says what it is and which program reads it. */
int mm_reader_next(mm_reader *reader, mm_item *item, mm_error *error);

/* How a program works on large records while they stream in: one that makes them smaller need not hold them whole. Their
 * data passes through a few hundred kilobytes that stay in the processor's cache. Nothing that was made of it may leave the
 * program before mm_reader_next hands the record out, for only then is the checksum known to be right. */
typedef struct mm_reader_streaming {
    void *context;
    /* Begins the work on a record whose tensors have no data yet. Returns NULL if the record must be read whole. */
    void *(*begin)(void *context, const mm_record *record);
    /* Returns a buffer of *bytes, at least 1, for the next bytes of tensor number `tensor`; tensors and bytes come in order. */
    void *(*buffer)(void *work, size_t tensor, size_t *bytes);
    /* So many bytes of the buffer were filled: all, or what the tensor had left. */
    void (*filled)(void *work, size_t tensor, size_t bytes);
} mm_reader_streaming;

/* Streams all large records from now on. NULL ends that; else `streaming` must outlive the reader. After an error no more of a
 * record that began will come. */
void mm_reader_stream(mm_reader *reader, const mm_reader_streaming *streaming);

typedef struct mm_writer mm_writer;

mm_writer *mm_writer_new(int fd, const char *name); /* as mm_reader_new */
void mm_writer_free(mm_writer *writer);

/* Each 0 or MM_FAILURE (a write error, with its reason). */
int mm_writer_head(mm_writer *writer, const mm_head *head, mm_error *error);
int mm_writer_record(mm_writer *writer, const mm_record *record, mm_error *error);
int mm_writer_block(mm_writer *writer, const mm_block *block, mm_error *error);
int mm_writer_done(mm_writer *writer, size_t skipped, mm_error *error);

/* Meta text of a record (key, T, A and unknown lines) in memory that the caller frees; NULL when memory is out. */
char *mm_record_meta(const mm_record *record, size_t *bytes);

/* Makes a record from the meta and data of a block. Takes `data` over, on failure too, unless `borrowed`. data NULL: the
 * record's tensors have no data. `where` names the block in messages. */
int mm_record_parse(mm_record **out, const char *meta, size_t meta_bytes, void *data, size_t data_bytes, uint32_t data_crc,
                    bool borrowed, const char *where, mm_error *error);

#endif
