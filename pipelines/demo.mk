# The whole method, end to end, small enough for a coffee: make demo (synthetic mammograms) or make demo DATA=FOLDER
# (mini-MIAS, real). Every file is a target, so a second run does nothing and any file can be looked at or made anew.
#
#   DATA=FOLDER   mini-MIAS instead of phantoms       INIT=FILE     first weights
#   OUT=FOLDER    where files go                      EPOCHS=N      of training
#   PROBE=FILE    weights of a frozen network for a linear probe beside the training (probe.mk); of a demo that was finished
#                 without one remove figures.txt and report.txt
#   MODE=shared   of the first kind of heatmaps (mmheatmap(1)); patches of 28 pixels want window
#   SEED=1        of phantoms, split, patches, training   NULL=1    phantoms without lesions that keep their labels

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:

BIN  ?= build/bin
SEED ?= 1
DATA ?=
SHARED ?= ../shared
# ImageNet weights for the real films, where they lie beside the project; random ones for the phantoms.
INIT ?= $(if $(DATA),$(wildcard $(SHARED)/data/weights/efficientnet-lite0/*.pth))
PROBE ?= $(if $(DATA),$(wildcard $(SHARED)/data/weights/efficientnet-lite0/*.pth))
NULL ?=
OUT  ?= demo/$(if $(DATA),mias,$(if $(NULL),null,phantoms))-$(SEED)

makefile := $(subst ^,,$(subst ^ ,,^$(MAKEFILE_LIST)))
here := $(subst $(subst ,, ),\ ,$(shell dirname '$(makefile)'))/
include $(here)spaces.mk
export PATH := $(call path,$(BIN)):$(PATH)
ifndef inside

ifeq ($(DATA),)
# Phantoms at a quarter of METHOD's size, patches and network to fit. Background with 0.8 of tissue lies where lesions lie
# (mmphantom(1)), so that in set s of the test patients nothing but the lesion can tell them apart.
PATIENTS ?= 300
SIZE     ?= 288x224
PATCH    ?= 56
TISSUE   ?= 0.5
TISSUE_TEST ?= 0.8
NET      ?= resnet18
EPOCHS   ?= 6
BATCH    ?= 32
TESTSET  ?= s
HEAT     ?= 5
STRIDE   ?= 8
SMOOTH   ?= 6
CLASSES  ?= 5
STAGES   ?= --optimizer adamw --stage 'train=all lr=1e-3 wd=1e-2 epochs=$(EPOCHS) schedule=cosine warmup=200' --best auc
else
# METHOD's size; the recipe and its number of epochs are mmtrain(1)'s. Background is as bright as the lesions.
SIZE     ?= 1152x896
PATCH    ?= 224
TISSUE   ?= 0.1
TISSUE_TEST ?= 0.1
NET      ?= efficientnet-lite0
EPOCHS   ?= 6
BATCH    ?= 32
TESTSET  ?= s10
HEAT     ?= 1
STRIDE   ?= 16
SMOOTH   ?= 16
CLASSES  ?= background,lesion
PATCHES  ?= --classes $(CLASSES) --background matched
STAGES   ?= --recipe transfer --epochs $(EPOCHS)
ONLY     ?= --where label=1
TERMS    ?= mini-MIAS: research only, not for sale; Suckling et al. 1994
endif

tissue_train := $(TISSUE)
tissue_val   := $(TISSUE)
tissue_test  := $(TISSUE_TEST)

parts  := train val test
images := $(parts:%=$(OUT)/%-images.mms)

probe := $(if $(PROBE),--probe $(OUT)/train-features.mms --compare $(OUT)/predictions.tsv $(OUT)/test-features.mms)
report: $(OUT)/figures.txt
	@echo; cat $(OUT)/figures.txt; echo
	@echo "files in $(OUT): report.txt (all figures)  card.md (the model card)  predictions.tsv  train.log  patch.safetensors (the model: mmmodel show)"
	@echo "pictures to look at: $(maps:%=$(OUT)/%.png) $(OUT)/images.png $(OUT)/patches.png $(OUT)/roc.png $(maps:%=$(OUT)/%-froc.png)"

$(OUT):
	mkdir -p $@

ifeq ($(DATA),)
# Patients of the three parts are different ones: each part has seeds of its own.
seed_train := $(SEED)1
seed_val   := $(SEED)2
seed_test  := $(SEED)3
patients_train := $(PATIENTS)
patients_val   := $(shell expr $(PATIENTS) / 10)
patients_test  := $(shell expr $(PATIENTS) / 3)
$(images): $(OUT)/%-images.mms: | $(OUT)
	mmphantom -n $(patients_$*) --size 576x448 --seed $(seed_$*) $(if $(NULL),--null) | mmresize --size $(SIZE) | mmsegment --keep-mask -o $@
else
$(OUT)/all.tsv: | $(OUT)
	mmindex mias '$(DATA)' > $@
$(OUT)/split.tsv: $(OUT)/all.tsv
	mmsplit --ratio 60:20:20 --seed $(SEED) $< > $@
$(OUT)/images.mms: $(OUT)/split.tsv
	mmread --manifest $< | mmresize --size $(SIZE) | mmsegment --keep-mask -o $@
$(images): $(OUT)/%-images.mms: $(OUT)/images.mms
	mmread --where split=$* -o $@ $<
endif

$(parts:%=$(OUT)/%-patches.mms): $(OUT)/%-patches.mms: $(OUT)/%-images.mms
	mmpatch --set s,s10 --size $(PATCH) --min-tissue $(tissue_$*) --seed $(SEED) $(PATCHES) -o $@ $<
$(OUT)/train.mms $(OUT)/val.mms: $(OUT)/%.mms: $(OUT)/%-patches.mms
	mmread --where set=s10 -o $@ $<
$(OUT)/test.mms: $(OUT)/test-patches.mms
	mmread --where set=$(TESTSET) -o $@ $<

$(OUT)/trained.safetensors: $(OUT)/train.mms $(OUT)/val.mms
	mmread --shuffle --seed $(SEED) --epochs $(EPOCHS) $(OUT)/train.mms | mmaugment --seed $(SEED) | \
	    mmtrain --net $(NET) --classes $(CLASSES) $(if $(TERMS),--data-terms '$(TERMS)') $(if $(INIT),--init '$(INIT)' --partial) --seed $(SEED) --batch $(BATCH) --mean $(OUT)/train.mms \
	    $(STAGES) --val $(OUT)/val.mms --log $(OUT)/train.log -o $@

# With the threshold of heat at one false mark per image of validation, below which mmview draws none: of every HEAT-th image.
MODE ?= shared
$(OUT)/heat-val.mms: $(OUT)/trained.safetensors $(OUT)/val-images.mms
	mmread -q --shard 0/$(HEAT) --uneven $(OUT)/val-images.mms | mmheatmap --model $< --mode $(MODE) --stride $(STRIDE) --smooth $(SMOOTH) -o $@
$(OUT)/patch.safetensors: $(OUT)/trained.safetensors $(OUT)/heat-val.mms
	cp $< $@.new; mmeval -q --heatmaps --store $@.new -o /dev/null $(OUT)/heat-val.mms; mv $@.new $@

$(OUT)/predictions.tsv: $(OUT)/patch.safetensors $(OUT)/test.mms
	mmpredict --model $< -o $@ $(OUT)/test.mms
ifneq ($(PROBE),)
include $(here)probe.mk
endif
# Heatmaps of every HEAT-th test image (mini-MIAS: of those with a malignant lesion): early layers shared by all windows, and window by window, which is the definition (mmheatmap(1) compares them).
$(OUT)/heat-images.mms: $(OUT)/test-images.mms
	mmread -q $(ONLY) --shard 0/$(HEAT) -o $@ $<
$(OUT)/heat.mms: $(OUT)/patch.safetensors $(OUT)/heat-images.mms
	mmheatmap --model $< --mode $(MODE) --stride $(STRIDE) --smooth $(SMOOTH) -o $@ $(OUT)/heat-images.mms
$(OUT)/heat-window.mms: $(OUT)/patch.safetensors $(OUT)/heat-images.mms
	mmheatmap --model $< --mode window --stride $(STRIDE) --smooth $(SMOOTH) -o $@ $(OUT)/heat-images.mms
# Baselines of the heatmaps: grey statistics slid over the images, and the smoothed brightness, at windows with as much tissue.
$(OUT)/grey.json: $(OUT)/train.mms $(OUT)/test.mms
	mmeval -q --baseline $< --store $@ -o /dev/null $(OUT)/test.mms
$(OUT)/heat-grey.mms: $(OUT)/grey.json $(OUT)/heat-images.mms
	mmheatmap --baseline grey --model $< --min-tissue $(TISSUE) --stride $(STRIDE) --smooth $(SMOOTH) -o $@ $(OUT)/heat-images.mms
$(OUT)/heat-bright.mms: $(OUT)/heat-images.mms
	mmheatmap --baseline bright --window $(PATCH) --min-tissue $(TISSUE) --stride $(STRIDE) -o $@ $<
$(OUT)/heat.png $(OUT)/heat-window.png: $(OUT)/%.png: $(OUT)/%.mms
	mmview --overlay heatmap --breast -n 12 -o $@ $<
$(OUT)/patches.png: $(OUT)/test.mms
	mmview -n 60 -o $@ $<
$(OUT)/images.png: $(OUT)/test-images.mms
	mmview -n 12 --breast -o $@ $<

maps := $(if $(NULL),,heat heat-window)
bases := $(if $(NULL),,heat-grey heat-bright)
# Phantoms of other seeds are other patients, of the same names: no warning.
quiet := $(if $(DATA),,-q)
$(OUT)/report.txt: $(OUT)/predictions.tsv $(OUT)/train.mms $(OUT)/test.mms $(filter %.mms,$(probe)) $(maps:%=$(OUT)/%.mms) $(bases:%=$(OUT)/%.mms)
	mmeval --card --model $(OUT)/patch.safetensors --attributes $(OUT)/test.mms -o $(OUT)/card.md $<
	inside() { mmeval -q --heatmaps --near 0 $(OUT)/$$1.mms | grep '^hottest point  *within'; }; \
	{ mmeval --plot $(OUT)/roc.png $(OUT)/predictions.tsv; \
	  mmeval $(quiet) --baseline $(OUT)/train.mms --compare $(OUT)/predictions.tsv $(OUT)/test.mms; \
	  $(if $(probe),echo; mmeval $(quiet) $(probe);) \
	  for map in $(maps); do echo; echo "heatmaps of $$map.mms"; mmeval --heatmaps --plot $(OUT)/$$map-froc.png $(OUT)/$$map.mms; inside $$map; done; \
	  for base in $(bases); do echo; echo "heatmaps of $$base.mms"; mmeval --heatmaps $(OUT)/$$base.mms; inside $$base; \
	    echo; echo "heat.mms against its baseline"; mmeval --heatmaps --compare $(OUT)/$$base.mms $(OUT)/heat.mms | sed -n '/^beside/,$$p'; done; } > $@

# The short table that the demo ends with.
$(OUT)/figures.txt: $(OUT)/report.txt $(OUT)/images.png $(OUT)/patches.png $(maps:%=$(OUT)/%.png)
	@awk -v null='$(NULL)' ' \
	  /^side by side/ {on = 1} \
	  on && /grey statistics +AUC/ {yard = $$4; sub(/.*AUC/, ""); text = $$0} \
	  on && /the probe +AUC/ {probe = $$4; sub(/.*AUC/, ""); frozen = $$0} \
	  on && /predictions.tsv +AUC/ {net = $$3; a = substr($$4, 2); b = $$6; sub(/.*AUC/, ""); mine = $$0} \
	  /^heatmaps of/ {kind = /window/ ? "window" : /grey/ ? "grey statistics" : /bright/ ? "smoothed brightness" : "$(MODE)"; name[++kinds] = kind} \
	  /^inside lesions/ {inside = $$3} /^outside, in breast/ {outside = $$4} /^ratio/ {ratio = $$2} \
	  /^hotter inside/ && kind !~ / / {heat = heat sprintf("  %-7s inside lesions %s, outside in the breast %s: %s times hotter; hotter inside in %s of %s images\n", \
	    kind, inside, outside, ratio, $$3, $$5)} \
	  /^hottest point +within/ {hits[kind, $$4 > 0] = $$10; chance[$$4 > 0] = $$NF; images = $$12; if ($$4 > 0) near = $$4} \
	  /^mean of these six/ && !(kind in froc) {sub(/^mean of these six */, ""); froc[kind] = $$0} \
	  END { print "Patients held out, lesion against background, area under the ROC curve (95 %):"; \
	    print "  network             " mine; print "  four grey statistics" text; \
	    if (frozen) print "  probe of frozen net " frozen; \
	    printf "  network better by    %+.3f%s\n", net - yard, frozen ? sprintf(" than grey statistics, %+.3f than the probe", net - probe) : ""; \
	    if ("$(DATA)") print "  (one split of few patients: a demonstration; mmpipe-results(7) has five folds)"; \
	    if (!null) printf "Heatmap (1 - P(background)):\n%s", heat; \
	    if (!null) printf "Hottest point of the breast in %s images: inside a lesion, within %s pixels; mean of the free-response curve (95 %%)\n", images, near; \
	    for (k = 1; k <= kinds; k++) printf "  %-20s %4d %4d   %s\n", name[k], hits[name[k], 0], hits[name[k], 1], froc[name[k]]; \
	    if (!null) printf "  %-20s %4.1f %4.1f   (lesions are %.3f of the breast)\n", "a random point", chance[0] * images, chance[1] * images, chance[0]; \
	    else if (a <= 0.5 && 0.5 <= b) print "  no lesions were there to see: 0.50 lies within the interval, as it must"; \
	    else print "  no lesions were there to see, yet 0.50 lies outside of the interval: something gives the answer away" }' \
	  $(OUT)/report.txt > $@

.PHONY: report
.SECONDARY:
endif
