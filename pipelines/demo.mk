# The whole method, end to end, small enough for a coffee: make demo (synthetic mammograms) or make demo DATA=FOLDER
# (mini-MIAS, real). Every file is a target, so a second run does nothing and any file can be looked at or made anew.
#
#   DATA=FOLDER   mini-MIAS instead of phantoms       INIT=FILE     first weights (default: random)
#   OUT=demo      where files go                      EPOCHS=N      epochs of the last stage
#   SEED=1        of phantoms, split, patches, training   NULL=1    phantoms without lesions that keep their labels

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:

BIN  ?= build/bin
OUT  ?= demo
SEED ?= 1
DATA ?=
INIT ?=
NULL ?=
export PATH := $(abspath $(BIN)):$(PATH)

ifeq ($(DATA),)
# Phantoms at a quarter of METHOD's size, patches and network to fit: six minutes on two cores.
PATIENTS ?= 150
SIZE     ?= 288x224
PATCH    ?= 56
NET      ?= resnet18
EPOCHS   ?= 8
BATCH    ?= 64
STAGES   ?= --stage 'train=all lr=1e-3 wd=1e-4 epochs=$(EPOCHS)'
else
SIZE     ?= 1152x896
PATCH    ?= 224
NET      ?= resnet50
EPOCHS   ?= 6
BATCH    ?= 32
STAGES   ?= --stage 'train=fc lr=1e-3 wd=1e-4 epochs=1' --stage 'train=all lr=1e-4 wd=1e-4 epochs=$(EPOCHS)'
endif

parts  := train val test
images := $(parts:%=$(OUT)/%-images.mms)

report: $(OUT)/report.txt $(OUT)/heat.png $(OUT)/patches.png
	@echo; cat $(OUT)/report.txt
	@echo; echo "files: $(OUT)/images.png $(OUT)/patches.png $(OUT)/heat.png (look at them)"
	@echo "       $(OUT)/patch.safetensors (the model; mmmodel show), $(OUT)/predictions.tsv, $(OUT)/roc.png, $(OUT)/train.log"

$(OUT):
	mkdir -p $@

ifeq ($(DATA),)
# Patients of the three parts are different ones: each part has seeds of its own.
seed_train := $(SEED)1
seed_val   := $(SEED)2
seed_test  := $(SEED)3
patients_train := $(PATIENTS)
patients_val   := $(shell expr $(PATIENTS) / 5)
patients_test  := $(shell expr $(PATIENTS) / 3)
$(images): $(OUT)/%-images.mms: | $(OUT)
	mmphantom -n $(patients_$*) --size 576x448 --seed $(seed_$*) $(if $(NULL),--null) | mmresize --size $(SIZE) | mmsegment --keep-mask -o $@
else
$(OUT)/all.tsv: | $(OUT)
	mmindex mias $(DATA) > $@
$(OUT)/split.tsv: $(OUT)/all.tsv
	mmsplit --ratio 60:20:20 --seed $(SEED) $< > $@
$(OUT)/images.mms: $(OUT)/split.tsv
	mmread --manifest $< | mmresize --size $(SIZE) | mmsegment --keep-mask -o $@
$(images): $(OUT)/%-images.mms: $(OUT)/images.mms
	mmread --where split=$* -o $@ $<
endif

$(OUT)/%-patches.mms: $(OUT)/%-images.mms
	mmpatch --set s,s10 --size $(PATCH) --seed $(SEED) -o $@ $<
$(OUT)/%.mms: $(OUT)/%-patches.mms
	mmread --where set=s10 -o $@ $<

$(OUT)/patch.safetensors: $(OUT)/train.mms $(OUT)/val.mms
	mmread --shuffle --seed $(SEED) --epochs $(shell expr $(EPOCHS) + 1) $(OUT)/train.mms | mmaugment --seed $(SEED) | \
	    mmtrain --net $(NET) --classes 5 $(if $(INIT),--init $(INIT)) --seed $(SEED) --batch $(BATCH) --mean $(OUT)/train.mms \
	    $(STAGES) --val $(OUT)/val.mms --log $(OUT)/train.log -o $@

$(OUT)/predictions.tsv: $(OUT)/patch.safetensors $(OUT)/test.mms
	mmpredict --model $< $(OUT)/test.mms > $@
$(OUT)/heat.mms: $(OUT)/patch.safetensors $(OUT)/test-images.mms
	mmheatmap --model $< --mode dense --stride 8 -o $@ $(OUT)/test-images.mms
$(OUT)/heat.png: $(OUT)/heat.mms
	mmview --overlay heatmap --breast -n 12 -o $@ $<
$(OUT)/patches.png: $(OUT)/test.mms
	mmview -n 60 -o $@ $<
$(OUT)/images.png: $(OUT)/test-images.mms
	mmview -n 12 -o $@ $<

$(OUT)/report.txt: $(OUT)/predictions.tsv $(OUT)/heat.mms $(OUT)/train.mms $(OUT)/test.mms $(OUT)/images.png
	{ mmeval --plot $(OUT)/roc.png $(OUT)/predictions.tsv; \
	  mmeval --baseline $(OUT)/train.mms --compare $(OUT)/predictions.tsv $(OUT)/test.mms; \
	  mmeval --heatmaps $(OUT)/heat.mms; } > $@

.PHONY: report
.SECONDARY:
