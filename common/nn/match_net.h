/* Weights of a file for a network: finding them, judging whether they are that network's, copying them. */
#ifndef MM_NN_MATCH_NET_H
#define MM_NN_MATCH_NET_H

#include "common/nn/match.h"
#include "common/nn/net.h"

/* What a file must have. TRUNK: every layer of the trunk; other layers may be missing or of another size. In both cases it must
 * not have further tensors in those layers, which are signs of another network. */
typedef enum mm_match_need { MM_MATCH_ALL, MM_MATCH_TRUNK, MM_MATCH_SOME } mm_match_need;

/* Finds the file's tensors of the network; match->source is in the order of net->weights, so that mm_match_copy fills a table of
 * mm_net_init. MM_FAILURE: nothing matches, or less than is needed: the error names what is missing, what there is instead and, if
 * that is known, the network that the file is of; or as mm_match_find. */
int mm_match_net(const mm_net *net, const mm_params *file, const mm_match_options *options, mm_match_need need, mm_match *match,
                 mm_error *error);

/* Sets `missing` of the layers with a weight that was not found, and of the norms that read them. */
void mm_match_mark(const mm_match *match, mm_net *net);

#endif
