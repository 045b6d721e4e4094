/* The items of a program's input. No operand, or "-", is standard input, which must not be a terminal. A single input keeps its
 * segments. Several are read as one segment: one HEAD with all their programs, all records, one DONE. */
#ifndef MM_CLI_INPUT_H
#define MM_CLI_INPUT_H

#include "common/cli/options.h"
#include "common/stream/stream.h"

typedef struct mm_input mm_input;

/* Opens all operands; the caller keeps the strings. 0, MM_FAILURE (one cannot be opened), MM_USAGE (a terminal). */
int mm_input_open(mm_input **out, char **operands, size_t n, mm_error *error);
void mm_input_close(mm_input *input);

/* Reads the next item, as mm_reader_next does. MM_ITEM_END follows MM_ITEM_DONE of the last segment. MM_FAILURE: also a key that
 * two operands share. */
int mm_input_next(mm_input *input, mm_item *item, mm_error *error);

/* Streams large records: see mm_reader_stream. */
void mm_input_stream(mm_input *input, const mm_reader_streaming *streaming);

/* Returns how many records earlier programs skipped, according to the DONE blocks read so far. */
size_t mm_input_skipped(const mm_input *input);

/* True, after a warning, if `later`, the head of a later segment of input `name`, has programs that `first` does not: only the first
 * head is written. `join` is the mmread command that keeps all of them. */
bool mm_warn_of_programs(const char *name, const mm_head *first, const mm_head *later, const char *join);

#endif
