/* Building an executor: what kinds of layers append their operations with. For compile.c and layer/ only.
 *
 * Layers that one operation computes together form a unit: a batch norm with an addend and a relu; in prediction a convolution
 * with all of these. A unit's operations come where its last layer is, and only the last layer's output exists. */
#ifndef MM_NN_BUILD_H
#define MM_NN_BUILD_H

#include "common/nn/internal.h"
#include "common/nn/layer.h"

struct mm_unit {
    size_t head, tail;   /* its first layer, whose kind appends the operations, and its last */
    int norm, add, relu; /* layers that take part besides the head, or -1 */
};

struct mm_build {
    mm_executor *x;
    mm_model *m;
    const mm_net *net;
    bool *grad;       /* the layer's output gets a gradient */
    size_t *readers;  /* number of layers that read the layer's output */
    size_t *tail;     /* the last layer of the layer's unit */
    mm_unit *unit;    /* for each layer that is the last of a unit */
    int *out;         /* tensor of the layer's output */
    int *saved;       /* what its forward keeps for its backward, a tensor or -1 */
    int (*d)[2];      /* gradients of the output: one or two tensors, to be added up */
    int *nd;
    mm_error *error;
    int code;         /* after a failure everything below does nothing */
};

static inline const mm_layer *mm_build_layer(const mm_build *b, size_t i) { return &b->net->layers[i]; }

/* True if the layer's running statistics normalise, and do not move. */
bool mm_build_is_fixed(const mm_build *b, size_t layer);
/* True if the layer's weights get gradients. */
bool mm_build_is_trained(const mm_build *b, size_t layer);

/* Return tensors, first written by the operation that is appended next: bytes; a gradient or output of the layer's shape. */
int mm_build_tensor(mm_build *b, size_t bytes);
int mm_build_output(mm_build *b, size_t layer);

/* Arguments: a tensor of the arena (-1: none); nothing; a weight of the layer and its gradient are mm_model_ref's. */
static inline mm_ref mm_in_arena(int t) { return (mm_ref){NULL, 0, t}; }
static inline mm_ref mm_nothing(void) { return (mm_ref){NULL, 0, -1}; }

/* Prepares an operation. Returns NULL after a failure. */
mm_op *mm_build_prepare(mm_build *b, const mm_op_desc *desc);

/* Appends a prepared operation with its arguments, which live at least until then. Takes over op; NULL after a failure. */
void mm_build_append(mm_build *b, mm_op *op, size_t n, const mm_ref *refs);
#define MM_APPEND(b, op, ...)                                                                                            \
    mm_build_append(b, op, sizeof(const mm_ref[]){__VA_ARGS__} / sizeof(mm_ref), (const mm_ref[]){__VA_ARGS__})

/* The operation just appended makes `dst`, which may lie where `src` lies. */
void mm_build_alias(mm_build *b, int dst, int src);

/* Returns a description with data type and shapes of a layer and of what it reads, with its window and its limit. */
mm_op_desc mm_build_desc(const mm_build *b, size_t layer, mm_op_kind kind);
/* Sets what a description says of the addend and the relu of a unit. */
void mm_build_extras(const mm_build *b, const mm_unit *unit, mm_op_desc *desc);

/* Appends the operation of a unit: x, and the second tensor where its first layer reads two, -> y. in_place: y may lie where x lies. */
void mm_build_apply(mm_build *b, const mm_unit *unit, const mm_op_desc *desc, bool in_place);
/* Appends the gradient of an operation of one input: dy, and `kept` unless it is -1, -> dx. in_place: dx may lie where dy lies. */
void mm_build_apply_dx(mm_build *b, const mm_unit *unit, const mm_op_desc *desc, int kept, bool in_place);

/* Adds tensor t to the gradient of the layer's output. */
void mm_build_contribute(mm_build *b, size_t layer, int t);
/* Returns the gradient of the layer's output as one tensor. */
int mm_build_gradient(mm_build *b, size_t layer);

#endif
