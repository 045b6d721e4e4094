# The whole method after a data set's own tables: included by cbis-ddsm.mk, which tells of goals and variables, and mias.mk.
# They say INDEX, what mmindex is called with, RATIO, TERMS of the data, and OUT, and `makefile` and `here`, where they lie (spaces.mk).

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:

BIN     ?= build/bin
SEED    ?= 1
SIZE    ?= 1152x896
PATCH   ?= 224
TISSUE  ?= 0.1
SET     ?= s10
NET     ?= resnet50
WHOLE_NET ?= $(NET)+[512-512-1024]x2
EPOCHS  ?= 3,10,37
WHOLE_EPOCHS ?= 30,20
STAGES  ?= --recipe patch --epochs $(EPOCHS)
WHOLE_STAGES ?= --recipe whole --epochs $(WHOLE_EPOCHS)
HEAT    ?= 8
STRIDE  ?= 8
MODE    ?= shared
SHARDS  ?= 1

ifeq ($(DATA),)
$(error DATA=FOLDER is wanted: where the data set is)
endif
PROBE   ?=
include $(here)spaces.mk
export PATH := $(call path,$(BIN)):$(PATH)
ifndef inside

# torchvision's weights (IMAGENET1K_V1); the file's name holds the first digits of its checksum, which is checked whole.
WEIGHTS_URL    ?= https://download.pytorch.org/models/resnet50-0676ba61.pth
WEIGHTS_SHA256 ?= 0676ba61b6795bbe1773cffd859882e5e297624d384b6993f7c9e683e722fb8a
weights := $(OUT)/resnet50-0676ba61.pth
first   := $(filter-out none,$(or $(INIT),$(if $(filter resnet50,$(NET)),$(weights),none)))

parts   := train val test
images  := $(parts:%=$(OUT)/%-images.mms)
patches := $(foreach set,s s10,$(parts:%=$(OUT)/%-$(set).mms))
data    := $(OUT)/all.tsv $(OUT)/split.tsv $(images) $(patches)
models  := $(OUT)/patch.safetensors $(OUT)/whole.safetensors
reports := $(foreach net,patch whole,$(foreach file,predictions.tsv report.txt roc.png curves.png,$(OUT)/$(net)-$(file))) \
    $(OUT)/baselines-report.txt $(OUT)/heat-images.mms $(OUT)/heat.mms $(OUT)/heat-report.txt $(OUT)/heat.png $(OUT)/report.txt

all: data models reports
data: $(OUT)/SHA256SUMS $(data)
models: $(models)
reports: $(reports)
split: $(OUT)/split.tsv
images: $(images)

# The date of a target is that of the newest file that it was made from. So one that was lost and made again, with the same
# bytes, is no newer than what was made from it before, and nothing else is made again.
define dated
@newest="$$(ls -tL $^ | head -n 1)"; touch -r "$$newest" $@; if [ "$$newest" -nt $@ ]; then touch $@; fi
endef

# What the data depend on besides the files: another SEED or SIZE belongs into another folder.
settings := SEED=$(SEED) RATIO=$(RATIO) SIZE=$(SIZE) PATCH=$(PATCH) TISSUE=$(TISSUE) INDEX=$(strip $(INDEX))
before   := $(if $(wildcard $(OUT)/settings),$(shell cat $(OUT)/settings))
ifneq ($(before),$(if $(before),$(settings)))
$(error '$(OUT)' was made with $(before), not with $(settings): choose another OUT)
endif
$(OUT)/settings:
	@mkdir -p $(OUT); echo '$(settings)' > $@.$$$$; mv $@.$$$$ $@

# ---- data ----

# The manifest is older than anything in DATA that is new, changed, or in a folder that lost a file: it is made again.
below := find -L '$(DATA)' -samefile $(OUT) -prune -o
ifneq ($(and $(wildcard $(OUT)/all.tsv),$(shell $(below) -newer $(OUT)/all.tsv -print -quit)),)
$(OUT)/all.tsv: anew
endif
anew:
$(OUT)/all.tsv: | $(OUT)/settings
	(cd '$(DATA)' && mmindex -o '$(abspath $@)' $(firstword $(INDEX)) . $(wordlist 2,9,$(INDEX)))
	@newest="$$($(below) -printf '%T@ %p\n' | sort -g | tail -n 1 | cut -d ' ' -f 2-)"; \
	    touch -r "$$newest" $@; if [ "$$newest" -nt $@ ]; then touch $@; fi

$(OUT)/split.tsv: $(OUT)/all.tsv
	mmsplit --ratio $(RATIO) --seed $(SEED) -o $@ $<
	$(dated)

read    = mmread --manifest $(OUT)/split.tsv --root '$(DATA)' --where split=$(1) $(2) | mmresize --size $(SIZE) | mmsegment --keep-mask -o $@
numbers := $(if $(filter-out 1,$(SHARDS)),$(shell seq 0 $$(($(SHARDS) - 1))))
folder  := $(OUT)/shards-$(SHARDS)
image_shards := $(foreach k,$(numbers),$(parts:%=$(folder)/%-$(k).mms))
heat_shards  := $(numbers:%=$(folder)/heat-%.mms)
ifeq ($(numbers),)
$(images): $(OUT)/%-images.mms: $(OUT)/split.tsv
	$(call read,$*)
	$(dated)
else
# A name is PART-NUMBER. Put together, the records are those of one machine, in the same order and with the same bytes.
$(image_shards): $(folder)/%.mms: $(OUT)/split.tsv
	@mkdir -p $(folder)
	$(call read,$(firstword $(subst -, ,$*)),--shard $(lastword $(subst -, ,$*))/$(SHARDS) --uneven)
	$(dated)
$(images): $(OUT)/%-images.mms: $(foreach k,$(numbers),$(folder)/%-$(k).mms)
	mmread --interleave --no-pg -o $@ $^
	$(dated)
$(numbers:%=shard-%): shard-%: $(foreach part,$(parts),$(folder)/$(part)-%.mms)
$(numbers:%=heat-shard-%): heat-shard-%: $(folder)/heat-%.mms
endif

$(parts:%=$(OUT)/%-s.mms): $(OUT)/%-s.mms: $(OUT)/%-images.mms
	mmpatch --set s --size $(PATCH) --min-tissue $(TISSUE) --seed $(SEED) -o $@ $<
	$(dated)
$(parts:%=$(OUT)/%-s10.mms): $(OUT)/%-s10.mms: $(OUT)/%-images.mms
	mmpatch --set s10 --size $(PATCH) --min-tissue $(TISSUE) --seed $(SEED) -o $@ $<
	$(dated)

$(OUT)/SHA256SUMS: $(data)
	(cd $(OUT) && sha256sum $(notdir $(data))) > $@.new; mv $@.new $@
	$(dated)

# ---- models ----

comma := ,
sum    = $$(($(subst $(comma),+,$(1))))
# A training that was interrupted goes on from its checkpoint, unless that is older than what it is to learn from.
train  = if [ -e $@.checkpoint ] && [ -n "$$(find -L $^ -newer $@.checkpoint)" ]; then rm $@.checkpoint*; fi; \
    mmread --shuffle --seed $(SEED) --epochs $(call sum,$(1)) $(2) | mmaugment --seed $(SEED) | \
    mmtrain --seed $(SEED) $(COMPUTE) $(if $(TERMS),--data-terms '$(TERMS)') --checkpoint $@.checkpoint --resume --log $(subst -trained,,$(@:.safetensors=.log)) -o $@

$(OUT)/patch-trained.safetensors: $(OUT)/train-$(SET).mms $(OUT)/val-$(SET).mms $(first)
	$(call train,$(EPOCHS),$<) --net $(NET) --classes 5 $(STAGES) $(BATCH:%=--batch %) $(first:%=--init % $(PARTIAL)) --mean $< --val $(word 2,$^)
	rm -f $@.checkpoint*
	$(dated)
# With the threshold of heat at one false mark per image of validation, below which mmview draws none.
$(OUT)/patch.safetensors: $(OUT)/patch-trained.safetensors $(OUT)/heat-val.mms
	cp $< $@.new; mmeval -q --heatmaps --store $@.new -o /dev/null $(word 2,$^); mv $@.new $@
	$(dated)
$(OUT)/whole.safetensors: $(OUT)/train-images.mms $(OUT)/val-images.mms $(OUT)/patch.safetensors
	$(call train,$(WHOLE_EPOCHS),$<) --net '$(WHOLE_NET)' --classes 2 $(WHOLE_STAGES) $(WHOLE_BATCH:%=--batch %) \
	    --init $(OUT)/patch.safetensors --val $(word 2,$^)
	rm -f $@.checkpoint*
	$(dated)

# Fetched only when nothing else is given.
$(weights): | $(OUT)/settings
	curl -fsSLR --retry 2 -o $@.new '$(WEIGHTS_URL)' || { rm -f $@.new; \
	    echo "cannot fetch the first weights from $(WEIGHTS_URL): give INIT=FILE, or INIT=none for random ones" >&2; exit 1; }
	echo '$(WEIGHTS_SHA256)  $@.new' | sha256sum --check --status || { rm -f $@.new; \
	    echo "what $(WEIGHTS_URL) gave is not the file with SHA-256 $(WEIGHTS_SHA256)" >&2; exit 1; }
	mv $@.new $@

# ---- evaluation ----

$(OUT)/patch-predictions.tsv: $(OUT)/test-$(SET).mms $(OUT)/patch.safetensors
	mmpredict $(COMPUTE) --model $(word 2,$^) -o $@ $<
	$(dated)
$(OUT)/whole-predictions.tsv: $(OUT)/test-images.mms $(OUT)/whole.safetensors
	mmpredict $(COMPUTE) --model $(word 2,$^) -o $@ $<
	$(dated)
$(OUT)/patch-report.txt $(OUT)/whole-report.txt: $(OUT)/%-report.txt: $(OUT)/%-predictions.tsv $(OUT)/%.safetensors $(OUT)/split.tsv
	mmeval --model $(word 2,$^) $(if $(filter whole,$*),--attributes $(OUT)/split.tsv) -o $@ $<
	$(dated)
# The network beside what needs no training: grey statistics of the patches, and a probe of frozen weights where they are given.
ifneq ($(PROBE),)
include $(here)probe.mk
probe := $(OUT)/train-$(SET)-features.mms $(OUT)/test-$(SET)-features.mms
endif
$(OUT)/baselines-report.txt: $(OUT)/train-$(SET).mms $(OUT)/test-$(SET).mms $(OUT)/patch-predictions.tsv $(probe)
	{ mmeval --baseline $< --compare $(word 3,$^) $(word 2,$^); \
	  $(if $(probe),echo; mmeval --probe $(firstword $(probe)) --compare $(word 3,$^) $(lastword $(probe));) } > $@.new; mv $@.new $@
	$(dated)
$(OUT)/patch-roc.png $(OUT)/whole-roc.png: $(OUT)/%-roc.png: $(OUT)/%-predictions.tsv
	mmeval --plot $@ -o /dev/null $<
	$(dated)

$(OUT)/patch-curves.png $(OUT)/whole-curves.png: $(OUT)/%-curves.png: $(OUT)/%.safetensors
	mmeval --curves $(<:.safetensors=.log) -o $@
	$(dated)

$(OUT)/heat-images.mms: $(OUT)/test-images.mms
	mmread --shard 0/$(HEAT) --uneven -o $@ $<
	$(dated)
$(OUT)/heat-val.mms: $(OUT)/val-images.mms $(OUT)/patch-trained.safetensors
	mmread --shard 0/$(HEAT) --uneven $< | mmheatmap $(COMPUTE) --model $(word 2,$^) --mode $(MODE) --stride $(STRIDE) -o $@
	$(dated)
heatmap = mmheatmap $(COMPUTE) --model $(OUT)/patch.safetensors --mode $(MODE) --stride $(STRIDE) -o $@
ifeq ($(numbers),)
$(OUT)/heat.mms: $(OUT)/heat-images.mms $(OUT)/patch.safetensors
	$(heatmap) $<
	$(dated)
else
$(heat_shards): $(folder)/heat-%.mms: $(OUT)/heat-images.mms $(OUT)/patch.safetensors
	@mkdir -p $(folder)
	mmread --no-pg --shard $*/$(SHARDS) --uneven $< | $(heatmap)
	$(dated)
$(OUT)/heat.mms: $(heat_shards)
	mmread --interleave --no-pg -o $@ $^
	$(dated)
endif
$(OUT)/heat-report.txt: $(OUT)/heat.mms
	mmeval --heatmaps -o $@ $<
	$(dated)
$(OUT)/heat.png: $(OUT)/heat.mms
	mmview --overlay heatmap --breast -n 12 -o $@ $<
	$(dated)

$(OUT)/report.txt: $(OUT)/patch-report.txt $(OUT)/baselines-report.txt $(OUT)/whole-report.txt $(OUT)/heat-report.txt
	for part in $^; do echo "== $$(basename $$part -report.txt)"; cat $$part; echo; done > $@.new; mv $@.new $@
	$(dated)

.PHONY: all data models reports split images anew $(numbers:%=shard-%) $(numbers:%=heat-shard-%)
# Parts that were put together may be removed.
.SECONDARY: $(image_shards) $(heat_shards)
endif
