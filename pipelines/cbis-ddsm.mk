# CBIS-DDSM as it was downloaded to the data set, both classifiers, their evaluation and heatmaps:
#
#   make -f pipelines/cbis-ddsm.mk DATA=/path OUT=dir -j2
#
# DATA is the folder with the images in any layout (NBIA Data Retriever, its REST interface, Kaggle) and the four tables
# below it. Every file is a target, appears when it is whole and can be made anew: data come out with the same bytes
# (SHA256SUMS), on any day, in any folder, with any -j. A second run does nothing; what is touched, added or removed in
# DATA brings about what depends on it. A training that was interrupted goes on where it was.
#
#   OUT=cbis-ddsm         where files go                 SEED=1              of split, patches, order, augmentation, weights
#   OFFICIAL=             1: the official sets as they are, with patients in both (mmindex --official)
#   RATIO=80:20           train to val, of the official training patients; the official test set stays
#   SIZE=1152x896         of images                      PATCH=224           of patches
#   TISSUE=0.1            part of a background patch in the breast, at least
#   SET=s10               patches that are trained on: s10, or s with EPOCHS=3,10,200
#   INIT=FILE             first weights (none: random); without it torchvision's ResNet-50 is fetched into OUT
#   TERMS=                terms of the data, for the models and their cards (those of the data set)
#   PROBE=FILE            weights of a frozen network for a linear probe in baselines-report.txt (probe.mk; none by default)
#   PARTIAL=--partial     INIT lacks layers of the network (mmtrain)
#   NET=resnet50          of patches                     WHOLE_NET=$(NET)+[512-512-1024]x2   of images
#   EPOCHS=3,10,37        of the recipe's stages         WHOLE_EPOCHS=30,20
#   STAGES=               mmtrain's --stage options instead of the recipe, quoted: "--stage 'train=all lr=1e-4 epochs=2'";
#                         EPOCHS still says how many epochs: 2
#   WHOLE_STAGES=         the same for images
#   BATCH= WHOLE_BATCH=   images of a step (the recipes' 256 and 12)
#   COMPUTE=              options of all that computes with a network, such as --device cuda or --precision fp32
#   HEAT=8 STRIDE=8 MODE=shared  heatmaps of every HEAT-th test image, by mmheatmap's options
#   SHARDS=1              parts in which images and heatmaps are made, by as many machines (pipelines/shard)
#   BIN=build/bin         where the programs are; else in PATH
#
# Goals: all (the default), data, models, reports; split, images; shard-0 shard-1 ...; or any file.

makefile := $(subst ^,,$(subst ^ ,,^$(MAKEFILE_LIST)))
here := $(subst $(subst ,, ),\ ,$(shell dirname '$(makefile)'))/

INDEX := cbis $(if $(OFFICIAL),--official)
RATIO ?= 80:20
TERMS ?= CBIS-DDSM: CC BY 3.0; Lee et al. 2017
OUT   ?= cbis-ddsm
include $(here)method.mk
