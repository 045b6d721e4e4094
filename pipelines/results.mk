# The figures of mmpipe-results(7), five folds by patient of mini-MIAS: make results DATA=FOLDER
#
# Goals: all (the folds that are not recorded yet, one after another, and the table), page (the manual page from what is recorded),
# inner, inner-heat, inner-probe (five folds within the development patients: what was chosen on them).
#
#   DATA=FOLDER   mini-MIAS with development.txt            OUT=demo/results     streams, models and maps, which are not kept
#   LITE0=FILE    ImageNet weights of EfficientNet-Lite0    RESNET50=FILE        of ResNet-50
#   UNITS=...     NETWORK-BACKGROUND-SEED, in their order   FOLDS=1 2 3 4 5
#   TRY=NAME TRAINING='OPTIONS' EPOCHS=N                    another training of `inner`
#
# A fold is recorded in pipelines/results/ once it is predicted: NAME-foldN.tsv, and a line of ledger.tsv, failed ones too. What is
# recorded is not made again. A training that was interrupted goes on from its checkpoint.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:

here   := $(dir $(lastword $(MAKEFILE_LIST)))
BIN    ?= build/bin
SHARED ?= ../shared
DATA   ?= $(SHARED)/data/mias
OUT    ?= demo/results
RECORD ?= $(here)results
PAGE   ?= $(here)../man/mmpipe-results.7
LITE0    ?= $(wildcard $(SHARED)/data/weights/efficientnet-lite0/*.pth)
RESNET50 ?= $(wildcard $(SHARED)/data/weights/resnet50-imagenet-f32/*.npz)
TERMS  := mini-MIAS: research only, not for sale; Suckling et al. 1994
export PATH := $(abspath $(BIN)):$(PATH)

UNITS ?= lite0-matched-1 resnet50-matched-1 lite0-uniform-1 lite0-matched-2 lite0-matched-3
FOLDS ?= 1 2 3 4 5
HEAT_OF ?= lite0-matched-1

# What was chosen on the development patients, beside --recipe transfer itself (mmtrain(1)): the probe's C, and of heatmaps the
# smoothing of the network's and of grey statistics' and the window of brightness, in pixels.
EPOCHS   ?= 6
C_matched ?= 1e-3
C_uniform ?= 1e-3
SMOOTH   ?= 16
SMOOTH_GREY ?= 64
WINDOW_BRIGHT ?= 112

missing := $(foreach n,$(foreach u,$(UNITS),$(FOLDS:%=$(u)-fold%)),$(if $(wildcard $(RECORD)/$(n).tsv),,$(n)))
all: $(missing:%=$(RECORD)/%.tsv) $(RECORD)/lesions.tsv
	$(MAKE) --no-print-directory -f $(firstword $(MAKEFILE_LIST)) page
page:
	$(RECORD)/page > $(PAGE).new; mv $(PAGE).new $(PAGE)
.PHONY: all page inner

# ---- films and patches ----

$(OUT):
	mkdir -p $@
$(OUT)/all.tsv: | $(OUT)
	(cd '$(DATA)' && mmindex -o '$(abspath $@)' mias .)
# Columns test (the fold whose test patient this is) and trains (the folds in whose training it is), inner_test and inner_trains likewise
# of the development patients alone, and place (1: a lesion whose place is known).
folds = for k in 1 2 3 4 5; do mmsplit -q --fold $$k/5 $(1); done | awk -F '\t' -v test=$(2)test -v trains=$(2)trains -v OFS='\t' ' \
    /^key\t/ {fold++; for (i = 1; i <= NF; i++) if ($$i == "split") at = i; head = $$0; next} \
    {line = $$1 FS $$3; if ($$at == "test") in_test[line] = fold; else into[line] = into[line] (into[line] ? "," : "") fold; \
     if (fold == 1) {all[++n] = line; $$at = ""; text[line] = $$0}} \
    END {print head, test, trains; for (i = 1; i <= n; i++) print text[all[i]], in_test[all[i]], into[all[i]]}'
$(OUT)/folds.tsv: $(OUT)/all.tsv
	$(call folds,--training $(DATA)/development.txt $<,) > $@.outer
	awk -F '\t' 'NR == FNR {development[$$1]; next} FNR == 1 || $$4 in development' $(DATA)/development.txt $< > $@.development
	$(call folds,$@.development,inner_) > $@.inner
	awk -F '\t' -v OFS='\t' 'NR == FNR {inner[$$1, $$3] = $$(NF - 1) OFS $$NF; next} FNR == 1 {print $$0, "inner_test", "inner_trains", "place"; next} \
	    {print $$0, ($$1, $$3) in inner ? inner[$$1, $$3] : OFS, $$3 != ""}' $@.inner $@.outer > $@
	rm $@.outer $@.development $@.inner
$(OUT)/images.mms: $(OUT)/folds.tsv
	mmread --manifest $< --root '$(DATA)' | mmresize --size 1152x896 | mmsegment -q --keep-mask -o $@
$(OUT)/matched.mms $(OUT)/uniform.mms: $(OUT)/%.mms: $(OUT)/images.mms
	mmpatch -q --set s10 --size 224 --min-tissue 0.1 --background=$* --classes background,lesion -o $@ $<

# The pathology of each lesion's patches, for the page.
$(RECORD)/lesions.tsv: | $(OUT)/matched.mms
	mminfo $(OUT)/matched.mms | awk -F '\t' '/^#|^@/ {next} {delete a; for (i = 2; i <= NF; i++) {at = index($$i, "="); a[substr($$i, 1, at - 1)] = substr($$i, at + 1)} \
	    if (a["class"] == "lesion") print $$1 FS a["lesion." a["lesion"] ".pathology"]}' > $@

# ---- trainings ----

net_lite0    := efficientnet-lite0
net_resnet50 := resnet50
init_lite0    := $(LITE0)
init_resnet50 := $(RESNET50)
more_resnet50 := --partial

# $(call train,NETWORK,SEED,EPOCHS,RECORDS,OPTIONS): trains $@ on those records of $<, a file of patches.
train = mmread -q --where '$(4)' -o $@.mms $< && \
    mmread -q --shuffle --seed $(2) --epochs $(3) $@.mms | mmaugment -q --seed $(2) | \
    mmtrain --net $(net_$(1)) --init '$(init_$(1))' $(more_$(1)) --classes background,lesion --mean $@.mms --seed $(2) $(5) \
        --data-terms '$(TERMS)' --checkpoint $@.checkpoint --resume --log $(@:.safetensors=.log) -o $@ && \
    rm -f $@.mms $@.checkpoint*
# $(call predict,MODEL,RECORDS,PATCHES): the table $@.
predict = mmread -q --where '$(2)' $(3) | mmpredict -q --logits --model $(1) -o $@

# A line of the ledger: $(call score,NAME,TABLE,OPTIONS) and, where a training failed, $(call fail,NAME).
code  = ../common ../filters ../formats ../Makefile results.mk
head  = git -C $(here) log -1 --format=%h -- $(code)
score = mmeval -q $(3) $(2) | awk -v OFS='\t' -v date="$$(date -u +%F)" -v commit="$$($(head))" \
    '/^records/ {records = $$2; patients = $$4} /records are positive$$/ {positive = $$(NF - 5)} /^  AUC  / {area = $$2; low = substr($$3, 2); high = $$5} \
     END {print date, commit, "$(1)", records, patients, positive, area, low, high, "scored"}' >> $(RECORD)/ledger.tsv
fail  = { printf '%s\t%s\t$(1)\t\t\t\t\t\t\tfailed\n' "$$(date -u +%F)" "$$($(head))" >> $(RECORD)/ledger.tsv; exit 1; }

# What scores is committed before: the commit in the ledger tells how.
committed:
	@git -C $(here) diff --quiet HEAD -- $(code) || \
	    { echo "results.mk: commit first: the ledger names the commit that scored" >&2; exit 1; }
.PHONY: committed

# The parts of a name as lite0-matched-1-fold3.
part = $(word $(2),$(subst -, ,$(1)))
network    = $(call part,$(1),1)
background = $(call part,$(1),2)
seed       = $(call part,$(1),3)
number     = $(subst fold,,$(lastword $(subst -, ,$(1))))

define fold
$(OUT)/$(1).safetensors: $(OUT)/$(call background,$(1)).mms | committed
	$$(call train,$(call network,$(1)),$(call seed,$(1)),$(EPOCHS),trains=$(call number,$(1)),--recipe transfer) || $$(call fail,$(1))
$(OUT)/$(1).tsv: $(OUT)/$(1).safetensors
	$$(call predict,$$<,test=$(call number,$(1)),$(OUT)/$(call background,$(1)).mms)
$(RECORD)/$(1).tsv: $(OUT)/$(1).tsv
	$$(call score,$(1),$$<,--logits)
	cp $$< $$@
endef
$(foreach n,$(missing),$(eval $(call fold,$(n))))

# ---- baselines of the same patches: the probe of frozen EfficientNet-Lite0, and four grey statistics ----

$(OUT)/frozen.safetensors: | $(OUT)
	mmmodel convert -q --net efficientnet-lite0 --classes 1000 --mean 127 --std 128 '$(LITE0)' $@
$(OUT)/matched-features.mms $(OUT)/uniform-features.mms: $(OUT)/%-features.mms: $(OUT)/%.mms $(OUT)/frozen.safetensors
	mmpredict -q --model $(word 2,$^) --features _avg_pooling --pool -o $@ $<
# $(call part-fold,COLUMN,FOLD,FILE): a fold's records of training and test, $@.train and $@.test.
part-fold = mmread -q --where $(1)trains=$(2) -o $@.train $(3); mmread -q --where $(1)test=$(2) -o $@.test $(3)
# $(call baselines,FOLD,FEATURES,C,PROBE,GREY): tables PROBE and GREY of a fold's test patients.
baselines = $(call part-fold,,$(1),$(2)); mmeval -q --probe $@.train --C $(3) --predictions $(4) -o /dev/null $@.test; \
    mmeval -q --baseline $@.train --predictions $(5) -o /dev/null $@.test; rm $@.train $@.test
define baseline
all: $(RECORD)/probe-$(1)-fold$(2).tsv
$(RECORD)/probe-$(1)-fold$(2).tsv $(RECORD)/grey-$(1)-fold$(2).tsv &: $(OUT)/$(1)-features.mms | committed
	$$(call baselines,$(2),$$<,$(C_$(1)),$(RECORD)/probe-$(1)-fold$(2).tsv,$(RECORD)/grey-$(1)-fold$(2).tsv)
	$$(call score,probe-$(1)-fold$(2),$(RECORD)/probe-$(1)-fold$(2).tsv,)
	$$(call score,grey-$(1)-fold$(2),$(RECORD)/grey-$(1)-fold$(2).tsv,)
endef
$(foreach b,$(sort $(foreach u,$(UNITS),$(call background,$(u)))),$(foreach k,$(FOLDS),$(if $(wildcard $(RECORD)/probe-$(b)-fold$(k).tsv),,$(eval $(call baseline,$(b),$(k))))))

# ---- heat on test films with a lesion whose place is known ----

# $(call slide,RECORDS,OPTIONS): the map $@ of such films.
slide = mmread -q --where $(1) --where place=1 $(OUT)/images.mms | mmheatmap -q --stride 16 --min-tissue 0.1 $(2) -o $@
# $(call grey,COLUMN,FOLD): grey statistics of a fold's training patches, into $@.json.
grey  = $(call part-fold,$(1),$(2),$(OUT)/matched.mms); mmeval -q --baseline $@.train --store $@.json -o /dev/null $@.test; rm $@.train $@.test
$(OUT)/heat-fold%.mms: $(OUT)/$(HEAT_OF)-fold%.safetensors $(OUT)/images.mms
	$(call slide,test=$*,--logits --smooth $(SMOOTH) --model $<)
$(OUT)/heat-grey-fold%.mms: $(OUT)/images.mms $(OUT)/matched.mms
	$(call grey,,$*)
	$(call slide,test=$*,--logits --smooth $(SMOOTH_GREY) --baseline grey --model $@.json)
$(OUT)/heat-bright-fold%.mms: $(OUT)/images.mms
	$(call slide,test=$*,--baseline bright --window $(WINDOW_BRIGHT))
# Of a fold, and of all.
define heat
all: $(RECORD)/heat-fold$(1).json
$(RECORD)/heat-fold$(1).json: $(OUT)/heat-fold$(1).mms | $(RECORD)/$(HEAT_OF)-fold$(1).tsv
	mmeval -q --heatmaps --near 0 --json -o $$@ $$<
endef
$(foreach k,$(FOLDS),$(if $(wildcard $(RECORD)/heat-fold$(k).json),,$(eval $(call heat,$(k)))))
ifeq ($(wildcard $(RECORD)/heat.json),)
all: $(RECORD)/heat.json
endif
$(OUT)/heat.mms $(OUT)/heat-grey.mms $(OUT)/heat-bright.mms: $(OUT)/%.mms: $(foreach k,$(FOLDS),$(OUT)/%-fold$(k).mms)
	cat $^ > $@
$(RECORD)/heat.json: $(OUT)/heat.mms $(OUT)/heat-grey.mms $(OUT)/heat-bright.mms
	mmeval -q --heatmaps --near 0 --json -o $(RECORD)/heat-grey.json $(OUT)/heat-grey.mms
	mmeval -q --heatmaps --near 0 --json -o $(RECORD)/heat-bright.json $(OUT)/heat-bright.mms
	mmeval -q --heatmaps --near 0 --json --compare $(OUT)/heat-grey.mms -o $(RECORD)/heat-less-grey.json $<
	mmeval -q --heatmaps --near 0 --json --compare $(OUT)/heat-bright.mms -o $(RECORD)/heat-less-bright.json $<
	mmeval -q --heatmaps --near 0 --json -o $@ $<

# The card of the first fold's model, with the figures of all five, which it says.
ifeq ($(wildcard $(RECORD)/card.md),)
all: $(RECORD)/card.md
endif
$(RECORD)/card.md: $(FOLDS:%=$(RECORD)/$(HEAT_OF)-fold%.tsv)
	mmeval -q --card --logits --model $(OUT)/$(HEAT_OF)-fold1.safetensors $^ | \
	    sed '1a\\nFigures: of five models, one for each fold of patients. Training: of the first.' > $@

# ---- inner folds of the development patients ----

TRY ?= try
TRAINING ?= --recipe transfer
INNER_NET ?= lite0
INNER_BACKGROUND ?= matched
inner := $(FOLDS:%=$(OUT)/inner/$(TRY)-fold%.tsv)
inner: $(inner)
	mmeval --logits $(inner) | grep -m 1 '^  AUC'
	@for table in $(inner); do mmeval -q --logits $$table | grep -m 1 '^  AUC'; done
$(OUT)/inner:
	mkdir -p $@
$(FOLDS:%=$(OUT)/inner/$(TRY)-fold%.safetensors): $(OUT)/inner/$(TRY)-fold%.safetensors: $(OUT)/$(INNER_BACKGROUND).mms | $(OUT)/inner
	$(call train,$(INNER_NET),1,$(EPOCHS),inner_trains=$*,$(TRAINING))
$(inner): %.tsv: %.safetensors
	$(call predict,$<,inner_test=$(subst $(OUT)/inner/$(TRY)-fold,,$*),$(OUT)/$(INNER_BACKGROUND).mms)

# Their heat on the held-out films, with SMOOTH, SMOOTH_GREY and WINDOW_BRIGHT.
$(OUT)/inner/heat-$(SMOOTH)-fold%.mms: $(OUT)/inner/$(TRY)-fold%.safetensors $(OUT)/images.mms
	$(call slide,inner_test=$*,--logits --smooth $(SMOOTH) --model $<)
$(OUT)/inner/grey-$(SMOOTH_GREY)-fold%.mms: $(OUT)/images.mms $(OUT)/matched.mms | $(OUT)/inner
	$(call grey,inner_,$*)
	$(call slide,inner_test=$*,--logits --smooth $(SMOOTH_GREY) --baseline grey --model $@.json)
$(OUT)/inner/bright-$(WINDOW_BRIGHT)-fold%.mms: $(OUT)/images.mms | $(OUT)/inner
	$(call slide,inner_test=$*,--baseline bright --window $(WINDOW_BRIGHT))
inner-heat: $(foreach k,$(FOLDS),$(OUT)/inner/heat-$(SMOOTH)-fold$(k).mms $(OUT)/inner/grey-$(SMOOTH_GREY)-fold$(k).mms $(OUT)/inner/bright-$(WINDOW_BRIGHT)-fold$(k).mms)
	@for map in heat-$(SMOOTH) grey-$(SMOOTH_GREY) bright-$(WINDOW_BRIGHT); do \
	    mmeval -q --heatmaps --near 0 $(OUT)/inner/$$map-fold?.mms | sed -n "s/^hottest point/$$map: hottest point/p;s/^mean of these/$$map: mean of these/p"; done

# The probe's C.
inner-probe: $(FOLDS:%=$(OUT)/inner/probe-$(INNER_BACKGROUND)-fold%)
	@for C in 1e-4 1e-3 1e-2 1e-1; do for k in $(FOLDS); do at=$(OUT)/inner/probe-$(INNER_BACKGROUND)-fold$$k; \
	    mmeval -q --probe $$at.train --C $$C --predictions $$at-$$C.tsv -o /dev/null $$at.test; done; \
	    echo "C $$C $$(mmeval -q $(OUT)/inner/probe-$(INNER_BACKGROUND)-fold?-$$C.tsv | grep -m 1 '^  AUC')"; done
$(OUT)/inner/probe-$(INNER_BACKGROUND)-fold%: $(OUT)/$(INNER_BACKGROUND)-features.mms | $(OUT)/inner
	$(call part-fold,inner_,$*,$<); touch $@
.PHONY: inner-heat inner-probe
.SECONDARY:
