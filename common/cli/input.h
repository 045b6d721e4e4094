/* The records of a program's input, for programs that end a pipeline (mmwrite, mmpredict, mmtrain, mminfo, ...).
 *
 * Operands are opened one after another ("-" and none: standard input, refused when a terminal) and, when there are
 * several, read as one segment: one HEAD, with all their programs, then all records, one DONE. A single input keeps its
 * segments. */
#ifndef MM_CLI_INPUT_H
#define MM_CLI_INPUT_H

#include "common/cli/options.h"
#include "common/stream/stream.h"

typedef struct mm_input mm_input;

/* The operands stay the caller's. 0, MM_FAILURE (cannot open), MM_USAGE (a terminal). Opens every operand at once. */
int mm_input_open(mm_input **out, char **operands, size_t n, mm_error *error);
void mm_input_close(mm_input *input);

/* As mm_reader_next. A key that two operands share is an error that names it. After MM_ITEM_DONE of the last segment
 * comes MM_ITEM_END. */
int mm_input_next(mm_input *input, mm_item *item, mm_error *error);

/* Streams large records: see mm_reader_stream. */
void mm_input_stream(mm_input *input, const mm_reader_streaming *streaming);

/* Records left out by programs before, as far as DONE lines were read. */
size_t mm_input_skipped(const mm_input *input);

#endif
