/* A network as a flat list of layers with named parameters, built from a short description.
 *
 *   resnet50, vgg16, ...             a network of one of the families in net/ (mm_net_families)
 *   resnet50+[512-512-1024]x2        the trunk of such a network (names trunk.*), without its pooling and last layers, then block1
 *                                    and block2 of two bottleneck units each, mean, fc; with the suffix /2: stride 2 in the
 *                                    first unit of each block. Widths and the number of units are free.
 *
 * Layers are in the order of computation: a layer reads only earlier layers. Input is grey: the same value in all `in` channels
 * of the first convolution. Weights have the names, order and shapes of the state_dict of the network's origin. */
#ifndef MM_NN_NET_H
#define MM_NN_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/nn/params.h"

typedef struct mm_layer_kind mm_layer_kind; /* layer.h */
typedef struct mm_family mm_family;         /* family.h */

typedef struct mm_layer {
    const mm_layer_kind *kind;
    char name[48];    /* "layer1.0.conv1"; the prefix of its parameters' names */
    int from, second; /* numbers of the layers that it reads; second: -1 if it reads one */
    bool rows;        /* its output is fp32 rows, position by position [n h w, out], not an activation [n, out, h, w] */
    size_t in, out;   /* channels */
    size_t kernel, stride, pad;
    bool same;               /* convolution: TensorFlow's "same" padding in the place of pad (backend.h) */
    size_t groups;           /* convolution: into how many its channels are cut, at least 1 */
    bool bias;               /* convolution */
    bool missing;            /* the weights that a training starts from do not hold it (mm_match_mark): it is random */
    float epsilon, momentum; /* norm */
    float limit;             /* relu: its largest output, 6 in a relu6; 0: there is none */
    float rate;              /* dropout: share of the numbers that become 0 */
} mm_layer;

typedef enum mm_weight_kind {
    MM_WEIGHT,       /* convolution [out, in / groups, k, k], norm [out], fully connected [out, in] */
    MM_BIAS,         /* [out] */
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
    const mm_family *family;
    char base[32];  /* name within the family, which the trunk has too: "resnet50" */
    char block[128]; /* the last block of the trunk, as mm_net_select takes it: "layer4.2" */
    char split[48]; /* where heatmaps divide it (shared_layers.h), a name for mm_net_find_layer: "layer1" */
    double std;     /* what the public weights divide grey levels of 0..255 by; 0: there are none */
    bool whole;     /* a whole-image network on a trunk */
    bool random;    /* a training step draws random numbers (dropout) */
    size_t classes;
    mm_layer *layers;
    size_t nlayers;
    size_t trunk; /* number of the trunk's last layer, whose output are the last features */
    mm_weight *weights;
    size_t nweights;
    size_t parameters; /* numbers that can be trained: MM_WEIGHT and MM_BIAS */
} mm_net;

/* Builds a network from a description; classes >= 1. MM_USAGE: the description is invalid; the text lists the networks that are
 * known. The caller frees it. */
int mm_net_build(const char *description, size_t classes, mm_net **net, mm_error *error);
void mm_net_free(mm_net *net); /* NULL is fine */

/* Returns true if a description is that of a whole-image network on a trunk. */
bool mm_net_is_whole(const char *description);

/* Sets trained[nlayers] for the layers that a stage trains. spec is a list with commas of
 *   all        every layer
 *   top        the layers outside of the trunk, or without a trunk the last layer
 *   last       the last layer
 *   block      the last block of the trunk
 *   missing    the layers that are missing, of which there may be none
 *   prefixes   of names: "layer4" matches layer4.0.conv1 but not layer40; names in a trunk match with and without "trunk."
 * Layers without parameters are not trained. MM_USAGE: a prefix matches nothing; the text lists names that are there. */
int mm_net_select(const mm_net *net, const char *spec, bool *trained, mm_error *error);

/* Sets `missing` of the layers in a list of names with commas. MM_DAMAGED: a name is not a layer's. */
int mm_net_mark_missing(mm_net *net, const char *names, mm_error *error);

/* Writes a spec to text[size] with the names of the network in the place of `last` and `block`. MM_USAGE: it does not fit. */
int mm_net_name_layers(const mm_net *net, const char *spec, char *text, size_t size, mm_error *error);

/* Finds the layer of that name, or the last layer of a part of the network: "layer4" is the output of layer4. Names in a trunk
 * are found with and without "trunk.". MM_USAGE: there is none; the text lists names that are there. */
int mm_net_find_layer(const mm_net *net, const char *name, size_t *layer, mm_error *error);

/* Where the features of a layer lie along an axis of the image: the middle of the pixels that feature i reads is at centre + stride i. */
typedef struct mm_feature_axis {
    size_t n;
    double stride, centre;
} mm_feature_axis;

/* Returns the pixels between neighbours of a layer's output; of the last layer, between those of the features that it reads: 32 for
 * ResNets, 4 for CIFAR's. */
size_t mm_net_step(const mm_net *net, size_t layer);

/* Computes where the features of a layer lie in an image: axis[0] its rows, axis[1] its columns. MM_USAGE: the image is too small for
 * the network, or the layer has no rows and columns. */
int mm_net_feature_axes(const mm_net *net, size_t layer, size_t height, size_t width, mm_feature_axis axis[2], mm_error *error);

/* Adds every weight of the network to an empty table, fp32, with its initial value: convolutions Kaiming normal (fan out, relu;
 * bias 0), batch norm 1 and 0 (mean 0, variance 1), fully connected as torch.nn.Linear (uniform within 1 / sqrt(in)). The numbers
 * depend on the seed and the weight's name alone. MM_FAILURE: memory. */
int mm_net_init(const mm_net *net, uint64_t seed, mm_params *table, mm_error *error);

#endif
