/* Families of networks: each is a file in net/, and a row of the table mm_net_families.
 *
 * A family appends the layers of its networks to a builder, in the order of computation. The builder keeps the layer that the next
 * one reads, puts the prefix of a trunk before names, and after its first failure (memory) ignores all that follows. */
#ifndef MM_NN_FAMILY_H
#define MM_NN_FAMILY_H

#include "common/nn/layer.h"

/* A network of a family, as `find` fills it in. */
typedef struct mm_variant {
    const mm_family *family;
    char name[32];
    char block[128];     /* as in mm_net */
    char split[48];     /* as in mm_net */
    double std;         /* as in mm_net */
    const void *design; /* the family's own */
    size_t depth;       /* the family's own */
} mm_variant;

typedef struct mm_builder {
    mm_net *net;
    const char *prefix; /* put before names: "" or "trunk." */
    int at;             /* number of the last layer, which the next one reads */
    bool bias;          /* convolutions have a bias */
    bool early_stride;  /* the stride of a bottleneck is in its first 1x1, not in the 3x3 */
    bool same;          /* convolutions have "same" padding */
    float limit;        /* of relus */
    float epsilon, momentum; /* of batch norms */
    size_t room;
    bool failed;
} mm_builder;

struct mm_family {
    const char *title;   /* for people: "ResNet (He et al. 2016), torchvision's v1.5" */
    const char *const *networks; /* names, of which people see sizes; ends with NULL */
    const char *weights; /* where public weights are had, for people */
    bool (*find)(const char *name, mm_variant *variant);               /* false: no network of the family has this name */
    void (*trunk)(mm_builder *b, const mm_variant *variant);           /* up to the last features, an activation */
    void (*head)(mm_builder *b, const mm_variant *variant, size_t classes); /* from there to the logits */
    /* Writes the name that a second kind of public file gives a layer with weights; false: the same. NULL: there is no such kind. */
    bool (*other_name)(const char *layer, char *name, size_t size);
};

extern const mm_family *const mm_net_families[]; /* ends with NULL */

/* Builds a network of a family, which need not be in the table; else as mm_net_build. MM_FAILURE: memory, or a layer is of an
 * unknown kind, cannot read its input, or is the last and makes no logits; the text names it. */
int mm_net_build_variant(const mm_variant *variant, size_t classes, mm_net **net, mm_error *error);

/* Appends a layer that reads the last one (and `second`, if its kind reads two) and makes it the last. in, out and groups
 * may be left out: as many channels as are read, and one group. The name follows, as printf takes it. Returns its number. */
int mm_builder_add(mm_builder *b, mm_layer layer, const char *name, ...) __attribute__((format(printf, 3, 4)));

/* Append a square convolution with padding kernel / 2, one with a group for each channel, a batch norm, a relu: by the builder's
 * conventions. */
int mm_builder_conv(mm_builder *b, size_t out, size_t kernel, size_t stride, const char *prefix, const char *name);
int mm_builder_depthwise(mm_builder *b, size_t kernel, size_t stride, const char *prefix, const char *name);
int mm_builder_norm(mm_builder *b, const char *prefix, const char *name);
int mm_builder_relu(mm_builder *b, const char *prefix, const char *name);

/* Appends the channels of the last layer with those of a second behind them. */
int mm_builder_concat(mm_builder *b, int second, const char *prefix, const char *name);

size_t mm_builder_channels(const mm_builder *b, int layer); /* of a layer's output; 1 after a failure */

/* ---- net/residual.c ---- */

/* A residual unit. Bottleneck: 1x1, 3x3 at the stride (or the first 1x1, see early_stride), 1x1 with widths[0..2]; else two 3x3.
 * Where the shape changes the shortcut is a projection or, with `plain`, subsampling. */
typedef struct mm_residual {
    size_t widths[3], stride;
    bool bottleneck, plain;
} mm_residual;

/* Appends units prefix.0, prefix.1, ...; only the first one has the stride. */
void mm_builder_residuals(mm_builder *b, const char *prefix, size_t units, mm_residual unit);

/* ---- net/whole.c ---- */

/* Parses "[512-512-1024]x2" or "[512-512-1024]x2/2", all of the text. */
bool mm_whole_parse(const char *text, mm_residual *unit, size_t *units);
/* Appends the two blocks of a whole-image network, its pooling and last layer. */
void mm_whole_head(mm_builder *b, mm_residual unit, size_t units, size_t classes);

#endif
