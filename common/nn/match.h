/* Matching of the tensors of a file of weights with those of a network, by name and shape.
 *
 * The names of a file may have a prefix. It is found from the data: the longest suffix of a tensor's name that is a name of the
 * network leaves a prefix, and the prefix that most tensors share, with the right shapes, is taken. The network's names match
 * with and without trunk. before them, and `shortcut` equals `downsample`. num_batches_tracked is copied if it matches and is not
 * counted otherwise.
 *
 * The last layer may have any name, if one tensor alone has its shape. Exact equivalents are converted: a first convolution of
 * one channel, whose input the network sees in three, and a last layer of one logit, which is the second of two classes beside a
 * logit of 0; a last layer without bias. */
#ifndef MM_NN_MATCH_H
#define MM_NN_MATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "common/nn/params.h"

/* Which of a file's weights to take. ANY: the plain ones, or averages if more tensors of them match. */
typedef enum mm_averages { MM_AVERAGES_ANY, MM_AVERAGES_PLAIN, MM_AVERAGES_ONLY } mm_averages;
#define MM_AVERAGES_CHOICES "any|plain|ema"

typedef struct mm_match_options {
    const char *prefix;   /* of the file's names; NULL: it is found */
    mm_averages averages; /* plain weights, or running averages of them (mm_param_is_average) */
} mm_match_options;

/* Start from {0}. Counts leave num_batches_tracked out. */
typedef struct mm_match {
    size_t matched, missing; /* tensors of the network: found in the file, not found */
    size_t left_over;        /* tensors of the file that are not used, without the averages of those that are, or the other way round */
    size_t other_shape;      /* among them, those whose name matches but whose shape does not */
    size_t strangers;        /* among them, those that belong to layers before the last one, by their names */
    long *source;            /* per tensor of the network: number of the file's tensor, or -1 */
    bool *used;              /* per tensor of the file */
    bool *stranger;          /* per tensor of the file */
    char *prefix;            /* of the file's names */
    bool averages;           /* the tensors are running averages */
    bool both;               /* the file has plain weights and averages of them */
    bool other_name;         /* the last layer was found by its shape */
    bool grey, one_logit, no_bias; /* what was converted */
} mm_match;

/* Finds the file's tensors of a network, whose first tensor is that of its first convolution and whose last ones are those of its
 * last layer. MM_FAILURE: no tensor has the prefix, or there are no weights of the kind wanted; two prefixes fit alike (the error
 * names them); memory. */
int mm_match_find(const mm_params *network, const mm_params *file, const mm_match_options *options, mm_match *match, mm_error *error);

/* Overwrites every tensor of the network that was found, rounded to the network's dtype (f32, i64). MM_DAMAGED: mm_param_check. */
int mm_match_copy(const mm_match *match, mm_params *network, const mm_params *file, mm_error *error);
void mm_match_free(mm_match *match);

/* Returns true for num_batches_tracked, which counts leave out. */
bool mm_match_is_counter(const char *name);

/* Returns true for a tensor of the network that counts as missing. */
bool mm_match_is_missing(const mm_match *match, const mm_params *network, size_t i);

/* Returns true for a tensor of the file that counts as left over. */
bool mm_match_is_left(const mm_match *match, const mm_params *file, size_t i);

/* Writes "265 of 267 tensors; missing: fc.weight, fc.bias; left over: head.weight, ..." to text[size], cut to fit, with at most
 * `list` names each, and what was converted. */
void mm_match_text(const mm_match *match, const mm_params *network, const mm_params *file, size_t list, char *text, size_t size);

#endif
