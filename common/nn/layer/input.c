/* The input: grey images, which a convolution reads as equal channels. */
#include "common/nn/layer.h"

const mm_layer_kind mm_layer_input = {.name = "input", .makes = MM_MAPS};
