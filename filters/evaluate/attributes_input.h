/* Attributes of records from a file: a manifest or a tensor stream. */
#ifndef MM_FILTERS_EVALUATE_ATTRIBUTES_INPUT_H
#define MM_FILTERS_EVALUATE_ATTRIBUTES_INPUT_H

#include "common/cli/options.h"
#include "filters/evaluate/attributes.h"

/* Reads these attributes of every record in the file, whose kind is recognised by its first bytes. Errors are those of
 * mm_manifest_read and mm_sink_run, or MM_FAILURE if the file cannot be opened. */
int mm_attributes_read(mm_attributes *attributes, const char *path, const char *const *name, size_t names,
                       const mm_common *common, mm_error *error);

#endif
