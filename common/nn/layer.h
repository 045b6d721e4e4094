/* Kinds of layers: each is a file in layer/ that defines a row, and a name in the list below.
 *
 * A kind says what a layer's output looks like, which weights it has and how they begin, and appends the operations of its forward
 * and backward pass to an executor (build.h). */
#ifndef MM_NN_LAYER_H
#define MM_NN_LAYER_H

#include "common/base/random.h"
#include "common/nn/backend.h"
#include "common/nn/net.h"

typedef struct mm_build mm_build;               /* build.h */
typedef struct mm_unit mm_unit;                 /* build.h */
typedef struct mm_weight_list mm_weight_list;   /* net.c */

/* What a layer reads or makes: an activation [n, c, h, w] or fp32 rows [n h w, c]. */
enum { MM_MAPS = 1, MM_ROWS = 2 };

struct mm_layer_kind {
    const char *name;
    int takes;     /* MM_MAPS, MM_ROWS, or both */
    int makes;     /* MM_MAPS, MM_ROWS, or 0: what it takes */
    size_t inputs; /* number of layers that it reads: 0, 1 or 2 */
    bool random;   /* its forward in training draws random numbers from mm_executor_seeds */

    /* True if the layer can read x and (inputs is 2) second, which it takes: their channels agree with its own. NULL: always. */
    bool (*fits)(const mm_layer *l, const mm_layer *x, const mm_layer *second);

    /* Sets the shape of the output; `x` are the shapes of what it reads. A size of 0: the input is too small, or (inputs is 2) the
     * two have sizes that do not go together. window: as in mm_executor_options. NULL: the output has the shape of x[0], and
     * l->out channels. */
    mm_shape (*shape)(const mm_layer *l, const mm_shape *x, size_t window);
    double (*multiply_adds)(const mm_layer *l, mm_shape x, mm_shape y); /* of a forward; NULL: none worth counting */

    /* Lists the weights with mm_weight_add, in the order of a state_dict. NULL: there are none. */
    void (*weights)(const mm_layer *l, mm_weight_list *list);
    /* Fills in the first numbers of a weight. NULL without weights. */
    void (*init)(const mm_layer *l, mm_weight_kind kind, size_t count, mm_random *random, float *numbers);
    /* Fills in the convolution whose weights have a storage format of their own (mm_backend.weights); NULL: they are rows. */
    mm_op_desc (*storage)(const mm_net *net, size_t layer, const mm_shape *shapes, mm_dtype precision);

    /* Makes the layer a part of the unit of the layer that it reads, whose operations then compute it too. false: it is a unit of
     * its own. Called if nothing else reads that layer. NULL: never. */
    bool (*joins)(const mm_build *b, mm_unit *unit, size_t layer);
    /* Makes the unit, which begins with this layer, a part of the unit of the layer that it reads, as prediction folds batch norm
     * into convolutions. Called when all units have been formed. NULL: never. */
    bool (*folds)(const mm_build *b, mm_unit *unit, size_t into);

    /* Append the operations of a unit that begins with this layer. backward is called if the unit's output gets a gradient. */
    void (*forward)(mm_build *b, const mm_unit *unit);
    void (*backward)(mm_build *b, const mm_unit *unit);
};

extern const mm_layer_kind mm_layer_input, mm_layer_conv, mm_layer_norm, mm_layer_relu, mm_layer_sigmoid,
    mm_layer_add, mm_layer_scale, mm_layer_concat, mm_layer_maxpool, mm_layer_avgpool, mm_layer_shortcut, mm_layer_mean,
    mm_layer_bins, mm_layer_dropout, mm_layer_fc;

/* mm_layer_kind.shape of kinds that slide a square kernel over padded rows and columns. */
mm_shape mm_layer_windows(const mm_layer *l, const mm_shape *x, size_t window);
/* mm_layer_kind.shape of kinds that read two layers of the same rows and columns. */
mm_shape mm_layer_pair(const mm_layer *l, const mm_shape *x, size_t window);

/* Appends a weight "LAYER.suffix" to the list of its layer. */
void mm_weight_add(mm_weight_list *list, const char *suffix, mm_weight_kind kind, int ndim, const size_t *dim);

#endif
