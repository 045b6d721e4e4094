/* What a segmentation does to pixels, by the command line of mmsegment in a stream's head. */
#ifndef MM_FORMATS_SEGMENTATION_H
#define MM_FORMATS_SEGMENTATION_H

#include <stdbool.h>
#include <stddef.h>

#include "common/stream/stream.h"

/* Writes the command line of the last mmsegment among the @PG lines, as escaped there, into out[size]: "none" without one, "" if there
 * is no @PG line, so that nothing is known. */
void mm_segmentation_of(const mm_head *head, char *out, size_t size);

/* True if two such command lines ("none" is one) leave other pixels. Options that add a tensor do not count, nor does the spelling of a
 * number, nor whether a default is named. A command line that is not known ("" or NULL) is the same as any. */
bool mm_segmentations_differ(const char *a, const char *b);

#endif
