/* Finds which tensors of a file of weights fit which of a network, by name and shape.
 *
 * One prefix is taken off the file's names: of "", module., trunk., model., net., backbone., encoder., and the one that all names
 * share, the one that fits most tensors. The network's names count with and without trunk. before them. `linear` and `fc`,
 * `shortcut` and `downsample` are the same word. num_batches_tracked is taken where it fits, and is neither missing nor left over
 * where it does not. */
#ifndef MM_NN_MATCH_H
#define MM_NN_MATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "common/nn/params.h"

/* Start from {0}. Counts leave num_batches_tracked out. */
typedef struct mm_match {
    size_t matched, missing; /* of the network's tensors: taken from the file, left as they were */
    size_t left_over;        /* of the file's tensors: used for nothing */
    size_t other_shape;      /* of those, the ones whose name fits but whose shape does not */
    long *source;            /* per tensor of the network: number of the file's, or -1 */
    bool *used;              /* per tensor of the file */
    char prefix[64];         /* taken off the file's names */
} mm_match;

/* Overwrites every tensor of `network` that `file` has, rounded to the network's dtype (f32, i64). MM_FAILURE when
 * nothing matched or memory is out; then `network` is as it was. */
int mm_match_params(mm_params *network, const mm_params *file, mm_match *match, mm_error *error);
void mm_match_free(mm_match *match);

/* Prints "265 of 267 tensors; missing: fc.weight, fc.bias; left over: head.weight, ...", cut to fit, with at most `list` names
 * each. */
void mm_match_text(const mm_match *match, const mm_params *network, const mm_params *file, size_t list, char *text, size_t size);

#endif
