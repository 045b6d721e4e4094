/* 1 / (1 + exp(-x)). */
#include "common/nn/build.h"

static void forward(mm_build *b, const mm_unit *u) { mm_build_elementwise(b, u, MM_OP_SIGMOID); }
static void backward(mm_build *b, const mm_unit *u) { mm_build_elementwise_dx(b, u, MM_OP_SIGMOID_DX); }

const mm_layer_kind mm_layer_sigmoid = {.name = "sigmoid", .takes = MM_MAPS | MM_ROWS, .inputs = 1,
                                        .forward = forward, .backward = backward};
