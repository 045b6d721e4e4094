/* Reading and writing of manifest files. */
#ifndef MM_CLI_MANIFEST_INPUT_H
#define MM_CLI_MANIFEST_INPUT_H

#include "common/table/manifest.h"

/* Reads one file, as mm_text_read does, and parses it into *m, which must be empty. Errors name the file. */
int mm_manifest_read(mm_manifest *m, const char *path, mm_error *error);

/* Writes the manifest as one output, as mm_output_text does. */
int mm_manifest_write(const mm_manifest *m, const char *path, mm_error *error);

#endif
