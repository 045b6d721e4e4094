/* Attributes of records from a file that tells of them: a manifest, or a tensor stream. */
#ifndef MM_FILTERS_EVALUATE_ATTRIBUTES_INPUT_H
#define MM_FILTERS_EVALUATE_ATTRIBUTES_INPUT_H

#include "common/cli/options.h"
#include "filters/evaluate/attributes.h"

/* Reads these attributes of every record in the file; what it is shows in its first bytes. Errors as mm_manifest_read
 * and mm_sink_run. */
int mm_attributes_read(mm_attributes *attributes, const char *path, const char *const *name, size_t names,
                       const mm_common *common, mm_error *error);

#endif
