/* Weights of Keras' ResNet-50 in HDF5 files, under torchvision's names.
 *
 * Files of save_weights and of save (its group model_weights) are read, of Keras 1 and 2 (variables `kernel`, `W`, ...), also of a
 * model within a model. Two schemes of names are translated: the original one (conv1, bn_conv1, res2a_branch2a, bn2a_branch2a,
 * fc1000) and the later one (conv1_conv, conv1_bn, conv2_block1_1_conv, conv2_block1_0_bn, predictions). Other names stay as they
 * are. Kernels are transposed from (height, width, in, out) to (out, in, height, width). */
#ifndef MM_FORMATS_WEIGHTS_KERAS_H
#define MM_FORMATS_WEIGHTS_KERAS_H

#include "formats/weights/weights.h"

/* Name of the note in the table that names the network of the translated names: resnet50-keras or resnet50-tfkeras. */
#define MM_KERAS_NOTE "names_of"

/* Reads an HDF5 file for mm_weights_decode. `w` is empty at first and may be half filled on failure. */
int mm_keras_decode(mm_weights *w, const void *bytes, size_t n, const char *name, mm_error *error);

/* Checks that weights of Keras suit the network of that name (its trunk's, "resnet50-keras"). MM_USAGE: the network computes in another
 * way, so that the weights fit by name and shape but give wrong answers. */
int mm_keras_check(const mm_weights *w, const char *net, const char *name, mm_error *error);

#endif
