/* Networks and their layers as text for people. */
#ifndef MM_NN_NET_TEXT_H
#define MM_NN_NET_TEXT_H

#include "common/base/text.h"
#include "common/nn/net.h"

/* Appends a table of all families: their networks with parameters (of 1000 classes), the division of their input, their last block,
 * and where public weights are had. MM_FAILURE: memory. */
int mm_nets_print(mm_text *text, mm_error *error);

/* Appends a table of the network's layers for one image of height x width: name, kind, output, parameters, multiply-adds, and the
 * sums of the last two. MM_USAGE: the image is too small. */
int mm_net_print_layers(const mm_net *net, size_t height, size_t width, mm_text *text, mm_error *error);

#endif
