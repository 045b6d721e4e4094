/* Weights of Keras' ResNet-50 in HDF5 files, under torchvision's names.
 *
 * Read are files of save_weights and of save (its group model_weights), of Keras 1 and 2 (variables `kernel`, `W`, ...), also of
 * a model within a model. Two schemes of names are translated: the original's (conv1, bn_conv1, res2a_branch2a,
 * bn2a_branch2a, fc1000) and the later one's (conv1_conv, conv1_bn, conv2_block1_1_conv, conv2_block1_0_bn, predictions). Other
 * names stay as they are. Kernels are turned from (height, width, in, out) to (out, in, height, width). */
#ifndef MM_FORMATS_WEIGHTS_KERAS_H
#define MM_FORMATS_WEIGHTS_KERAS_H

#include "formats/weights/weights.h"

/* The network that names were translated for, in a note of the table: resnet50-keras or resnet50-tfkeras. */
#define MM_KERAS_NOTE "names_of"

/* Reads an HDF5 file, as mm_weights_decode uses it. */
int mm_keras_decode(mm_weights *w, const void *bytes, size_t n, const char *name, mm_error *error);

/* Refuses (MM_USAGE) weights of Keras for a `net` that computes in another way: they would fit by name and shape and give wrong
 * answers. */
int mm_keras_check(const mm_weights *w, const char *net, const char *name, mm_error *error);

#endif
