/* Weights of Keras' ResNet-50 in HDF5 files, under torchvision's names.
 *
 * Files of save_weights and of save (its group model_weights), of Keras 1 and 2 (variables `kernel`, `W`, ...), of a model
 * within a model too. Two schemes of names: the original's (conv1, bn_conv1, res2a_branch2a, bn2a_branch2a, fc1000) and the
 * later one's (conv1_conv, conv1_bn, conv2_block1_1_conv, conv2_block1_0_bn, predictions). Kernels are turned from (height,
 * width, in, out) to (out, in, height, width). Names that belong to neither stay as they are. */
#ifndef MM_FORMATS_WEIGHTS_KERAS_H
#define MM_FORMATS_WEIGHTS_KERAS_H

#include "formats/weights/weights.h"

/* The network that names were translated for, in a note of the table: resnet50-keras or resnet50-tfkeras. */
#define MM_KERAS_NOTE "names_of"

int mm_keras_decode(mm_weights *w, const void *bytes, size_t n, const char *name, mm_error *error);

/* MM_USAGE when the weights were Keras' and `net` computes in another way, so that they would fit by name and shape and
 * give wrong answers. */
int mm_keras_check(const mm_weights *w, const char *net, const char *name, mm_error *error);

#endif
