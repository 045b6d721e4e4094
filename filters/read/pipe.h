/* What comes through a pipe, and can be read only once: a tensor stream or a tar archive, through a sieve. */
#ifndef MM_FILTERS_READ_PIPE_H
#define MM_FILTERS_READ_PIPE_H

#include "common/cli/select.h"
#include "common/base/bytes.h"
#include "formats/dataset/manifest_record.h"

/* Passes all records on; `first` is what was read already. Of an archive each record's files must lie side by side; with
 * common->skip a record that is damaged is named and left out. */
int mm_pipe_run(const mm_selection *sieve, int fd, const char *name, const mm_bytes *first, const mm_read_options *rules,
                const mm_common *common, mm_writer *writer, mm_error *error);

#endif
