/* Matching of the tensors of a file of weights with those of a network, by name and shape.
 *
 * One prefix is removed from the file's names: the one of "", module., trunk., module.trunk., model., net., backbone., encoder.
 * and the prefix common to all names that matches most tensors. The network's names match with and without trunk. before them.
 * `linear` equals `fc`, and `shortcut` equals `downsample`. num_batches_tracked is copied if it matches and is not counted
 * otherwise. */
#ifndef MM_NN_MATCH_H
#define MM_NN_MATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "common/nn/params.h"

/* Start from {0}. Counts leave num_batches_tracked out. */
typedef struct mm_match {
    size_t matched, missing; /* tensors of the network: copied from the file, not changed */
    size_t left_over;        /* tensors of the file that are not used */
    size_t other_shape;      /* among them, those whose name matches but whose shape does not */
    long *source;            /* per tensor of the network: number of the file's tensor, or -1 */
    bool *used;              /* per tensor of the file */
    char prefix[64];         /* removed from the file's names */
} mm_match;

/* Overwrites every tensor of `network` that matches one of `file`, rounded to the network's dtype (f32, i64). MM_FAILURE: nothing
 * matches, and `network` does not change, or memory. */
int mm_match_params(mm_params *network, const mm_params *file, mm_match *match, mm_error *error);
void mm_match_free(mm_match *match);

/* Writes "265 of 267 tensors; missing: fc.weight, fc.bias; left over: head.weight, ..." to text[size], cut to fit, with at most
 * `list` names each. */
void mm_match_text(const mm_match *match, const mm_params *network, const mm_params *file, size_t list, char *text, size_t size);

#endif
