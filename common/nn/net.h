/* A network as a flat list of layers with named parameters, built from a short description.
 *
 *   resnet18 resnet34 resnet50       torchvision's, v1.5 (He et al. 2016; stride in the 3x3 convolution)
 *   resnet50-keras                   Keras' original: stride in the first 1x1, convolutions with bias, batch norm epsilon
 *                                    1e-3, maximum pooling without padding
 *   resnet50-tfkeras                 Keras' later one: the same except for epsilon 1.001e-5 and padded pooling
 *   resnet20-cifar (32, 44, 56, 110) He et al. 2016, section 4.2; shortcuts without parameters (option A)
 *   resnet50+[512-512-1024]x2        the trunk (names trunk.*) without its pooling and last layer, then block1 and block2
 *                                    of two bottleneck units each, mean, fc; with the suffix /2: stride 2 in the
 *                                    first unit of each block. Widths and the number of units are free.
 *
 * Layers are in the order of computation: a layer reads only earlier layers. Input is grey: the same value in all `in` channels
 * of the first convolution. Weights have the names, order and shapes of torchvision's state_dict. */
#ifndef MM_NN_NET_H
#define MM_NN_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/nn/params.h"

typedef enum mm_layer_kind {
    MM_LAYER_INPUT,    /* layer 0 */
    MM_LAYER_CONV,     /* with bias if `bias` is set */
    MM_LAYER_NORM,     /* batch norm, then + output of layer `add` (unless -1), then relu (if set) */
    MM_LAYER_MAXPOOL,
    MM_LAYER_SHORTCUT, /* stride and channels by subsampling and zeros */
    MM_LAYER_MEAN,     /* global average pooling */
    MM_LAYER_FC        /* the last layer: logits */
} mm_layer_kind;

typedef struct mm_layer {
    mm_layer_kind kind;
    char name[48]; /* prefix of its parameters' names: "layer1.0.conv1" */
    int from, add; /* numbers of layers */
    bool relu, bias;
    size_t in, out; /* channels */
    size_t kernel, stride, pad;
} mm_layer;

typedef enum mm_weight_kind {
    MM_WEIGHT,       /* conv [out, in, k, k], norm [out], fc [out, in] */
    MM_BIAS,         /* norm, fc, conv with bias [out] */
    MM_RUNNING_MEAN, /* norm [out] */
    MM_RUNNING_VAR,  /* norm [out] */
    MM_BATCHES       /* norm: num_batches_tracked, i64 scalar */
} mm_weight_kind;

typedef struct mm_weight {
    char name[80]; /* "layer1.0.conv1.weight" */
    mm_weight_kind kind;
    int layer;
    int ndim;
    size_t dim[4], count;
} mm_weight;

typedef struct mm_net {
    char description[64];
    size_t classes;
    float epsilon; /* of every batch norm */
    mm_layer *layers;
    size_t nlayers;
    mm_weight *weights;
    size_t nweights;
    size_t parameters; /* numbers that can be trained: MM_WEIGHT and MM_BIAS */
} mm_net;

/* Builds a network from a description; classes >= 1. MM_USAGE: the description is invalid. The caller frees it. */
int mm_net_build(const char *description, size_t classes, mm_net **net, mm_error *error);
void mm_net_free(mm_net *net); /* NULL is fine */

/* Sets trained[nlayers] for the layers that a stage trains. spec is "all", or "top", the layers outside of the trunk (fc if there
 * is no trunk), or a list of prefixes of names: "layer4.2,fc". "layer4" matches layer4.0.conv1 but not layer40; names in a trunk
 * match with and without "trunk.". Layers without parameters are not trained. MM_USAGE: a prefix matches nothing. */
int mm_net_select(const mm_net *net, const char *spec, bool *trained, mm_error *error);

/* Adds every weight of the network to an empty table, fp32, with its initial value: convolutions Kaiming normal (fan out, relu;
 * bias 0), batch norm 1 and 0 (mean 0, variance 1), fc as torch.nn.Linear (uniform within 1 / sqrt(in)). The numbers depend on
 * the seed and the weight's name alone. MM_FAILURE: memory. */
int mm_net_init(const mm_net *net, uint64_t seed, mm_params *table, mm_error *error);

#endif
