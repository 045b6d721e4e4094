/* The families of networks: a line for each. */
#include "common/nn/family.h"

extern const mm_family mm_family_resnet, mm_family_resnet_cifar, mm_family_vgg, mm_family_efficientnet;

const mm_family *const mm_net_families[] = {
    &mm_family_resnet,
    &mm_family_resnet_cifar,
    &mm_family_vgg,
    &mm_family_efficientnet,
    NULL,
};
