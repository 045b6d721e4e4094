# mini-MIAS through the whole method: make -f pipelines/mias.mk DATA=FOLDER OUT=dir
#
# Goals and variables are those of cbis-ddsm.mk. There is no official test set, so patients are divided 60:20:20, and there
# are few lesions (METHOD: five-class figures on its test part are noise). For a first look take `make demo DATA=FOLDER`.
# STAGES are mmtrain's own options, in quotation marks within quotation marks, and EPOCHS repeats their epochs, for mmread:
#   make -f pipelines/mias.mk DATA=FOLDER EPOCHS=2,3 STAGES="--stage 'train=last lr=1e-3 epochs=2' --stage 'train=all lr=1e-5 epochs=3'"
# patch-curves.png and whole-curves.png draw the trainings.
# INIT may hold a part of the network: --partial trains the rest from random numbers.

makefile := $(subst ^,,$(subst ^ ,,^$(MAKEFILE_LIST)))
here := $(subst $(subst ,, ),\ ,$(shell dirname '$(makefile)'))/

INDEX := mias
RATIO ?= 60:20:20
TERMS ?= mini-MIAS: research only, not for sale; Suckling et al. 1994
OUT   ?= mias
PARTIAL ?= --partial
include $(here)method.mk
