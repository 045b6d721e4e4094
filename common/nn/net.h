/* A network as a flat list of layers with named parameters, built from a short description.
 *
 *   resnet18 resnet34 resnet50       torchvision's, v1.5 (He et al. 2016; stride in the 3x3 convolution)
 *   resnet50-keras                   Keras' original: stride in the first 1x1, convolutions with bias, batch norm epsilon
 *                                    1e-3, maximum pooling without padding
 *   resnet50-tfkeras                 Keras' later one: the same but for epsilon 1.001e-5 and padded pooling
 *   resnet20-cifar (32, 44, 56, 110) He et al. 2016, section 4.2; shortcuts without parameters (option A)
 *   resnet50+[512-512-1024]x2        the trunk (names trunk.*) without its pooling and last layer, then block1 and block2
 *                                    of two bottleneck units each, mean, fc; with /2 behind it: stride 2 in the first
 *                                    unit of each block. Widths and the number of units are free.
 *
 * Layers stand in the order of computing: a layer reads only layers before it. Input is grey: one value in `in` channels
 * of the first convolution. Which weights exist, their names, order and shapes are those of the torchvision state_dict. */
#ifndef MM_NN_NET_H
#define MM_NN_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/nn/params.h"

typedef enum mm_layer_kind {
    MM_LAYER_INPUT,    /* layer 0 */
    MM_LAYER_CONV,     /* with bias where `bias` is set */
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

/* MM_USAGE for a description that is not understood; classes >= 1. Free with mm_net_free. */
int mm_net_build(const char *description, size_t classes, mm_net **net, mm_error *error);
void mm_net_free(mm_net *net); /* NULL is fine */

/* Which layers a stage trains: sets trained[nlayers]. spec: "all"; "top", the new layers (what does not lie in the trunk;
 * fc where there is none); or prefixes of names with commas between: "layer4.2,fc" ("layer4" takes layer4.0.conv1 but
 * not layer40; names in a trunk are found with and without "trunk."). Layers without parameters count as not trained.
 * MM_USAGE when a prefix fits nothing. */
int mm_net_select(const mm_net *net, const char *spec, bool *trained, mm_error *error);

/* Adds every weight of the network to the (empty) table, fp32, with its starting value: convolutions Kaiming normal (fan
 * out, relu; bias 0), batch norm 1 and 0 (mean 0, variance 1), fc as torch.nn.Linear (uniform within 1 / sqrt(in)). The numbers
 * depend on the seed and the weight's name alone. */
int mm_net_init(const mm_net *net, uint64_t seed, mm_params *table, mm_error *error);

#endif
