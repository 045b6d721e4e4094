/* A part of the writer for index.c: blocks whose meta and data are complete in memory. */
#ifndef MM_STREAM_WRITER_H
#define MM_STREAM_WRITER_H

#include "common/stream/stream.h"

/* Writes a RECD block with the writer's next number and the given checksums, unchecked. 0 or MM_FAILURE. */
int mm_writer_ready(mm_writer *writer, const char *meta, size_t meta_bytes, uint32_t meta_crc, const void *data,
                    size_t data_bytes, uint32_t data_crc, mm_error *error);

#endif
