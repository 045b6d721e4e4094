/* Small files of JSON. */
#ifndef MM_FORMATS_WEIGHTS_JSON_FILE_H
#define MM_FORMATS_WEIGHTS_JSON_FILE_H

#include <jansson.h>

#include "common/base/error.h"

/* Writes the file, whole or not at all. Takes the reference to `root`; NULL: memory ran out. digits: of numbers that are not whole. */
int mm_json_write(const char *path, json_t *root, int digits, mm_error *error);

/* Reads a file. *root is NULL where it is not JSON, and why->text says why. MM_FAILURE: it cannot be opened. */
int mm_json_read(const char *path, json_t **root, json_error_t *why, mm_error *error);

#endif
