# mini-MIAS, real films, in five folds by patient: lesion against background by ours, by PyTorch, by four grey statistics and by a probe
# of the weights that the trainings begin with.
#
# Films with a placed lesion; ResNet-50 from the ImageNet weights at hand (stem, layer1, layer2, all batch norms; the rest random).
# Backgrounds are drawn evenly for the first stage, as bright as the lesions for the second; tests are of both kinds. On top of fold 0
# a whole-image network, and heatmaps of its films.

FOLDS ?= 0 1 2 3 4
MIAS_SIZE   ?= 576x448
MIAS_PATCH  ?= 112
MIAS_EPOCHS ?= 2
# Of this many of the training patches one is taken.
MIAS_PART   ?= 1
data  := $(SHARED)/data
m     := $(OUT)/mias
mt    := $(traces)/mias
grey  := --mean 110 --std 57.6
kinds := uniform matched

mias: $(foreach f,$(FOLDS),$(kinds:%=$(mt)/$(f).%.tsv)) $(m)/heat.png $(m)/whole.txt

$(m) $(mt):
	mkdir -p $@

# A column more: the patient's fold.
$(m)/films.tsv: | $(m)
	mmindex mias $(data)/mias | awk -F '\t' -v OFS='\t' 'NR == 1 { print $$0, "fold"; next } $$3 == "" { next } \
	    !($$4 in fold) { fold[$$4] = n++ % 5 } { print $$0, fold[$$4] }' > $@
$(m)/films.mms: $(m)/films.tsv
	mmread --manifest $< | mmresize --size $(MIAS_SIZE) | mmsegment --keep-mask -o $@
$(kinds:%=$(m)/%.mms): $(m)/%.mms: $(m)/films.mms
	mmpatch --set s10 --size $(MIAS_PATCH) --background $* -o $@ $<
define fold
$(m)/$(1)-$(2).mms: $(m)/$(2).mms
	mmread --where fold=$(1) -o $$@ $$<
$(m)/$(1)-other-$(2).mms: $(filter-out $(m)/$(1)-$(2).mms,$(foreach f,0 1 2 3 4,$(m)/$(f)-$(2).mms))
	mmread --shuffle --shard 0/$(MIAS_PART) -o $$@ $$^
$(m)/$(1)-$(2)-features.mms $(m)/$(1)-other-$(2)-features.mms: %-features.mms: %.mms $(m)/$(1).safetensors
	$(predict) --model $$(word 2,$$^) --features layer2 --pool -o $$@ $$<
$(m)/$(1).$(2).probe: $(m)/$(1)-other-$(2)-features.mms $(m)/$(1)-$(2)-features.mms
	mmeval -q -j $(J) --probe $$< --predictions $$@ -o $$@.txt $$(word 2,$$^)
$(mt)/$(1).$(2).tsv: $(m)/$(1).ours.safetensors $(m)/$(1).torch.pth $(m)/$(1)-$(2).mms $(m)/$(1)-other-$(2).mms $(m)/$(1).$(2).probe | $(mt)
	$(predict) --model $$(word 1,$$^) $$(word 3,$$^) > $(m)/$(1).$(2).ours
	$(peer) $(grey) --batch 100 --threads $(J) forward $$(word 2,$$^) $$(word 3,$$^) > $(m)/$(1).$(2).torch
	$(peer) trace $(m)/$(1).$(2).ours $(m)/$(1).$(2).torch | paste - <($(peer) grey $$(word 4,$$^) $$(word 3,$$^)) \
	    <($(peer) trace $$(word 5,$$^) | cut -f 3) > $$@
endef
$(foreach f,0 1 2 3 4,$(foreach k,$(kinds),$(eval $(call fold,$(f),$(k)))))

epochs = mmread --shuffle --seed $* --epochs $(MIAS_EPOCHS) $< | mmaugment --seed $*
$(m)/%-first.mms: $(m)/%-other-uniform.mms
	$(epochs) -o $@
$(m)/%-second.mms: $(m)/%-other-matched.mms
	$(epochs) -o $@
$(m)/%.pth: | $(m)
	$(peer) graft $(data)/weights/resnet50-imagenet-f32/resnet50_v1_partial.npz $@ --seed $*
$(m)/%.safetensors: $(m)/%.pth
	mmmodel convert --net resnet50 --classes 5 $(grey) $< $@
$(m)/%.ours.safetensors: $(m)/%-first.mms $(m)/%-second.mms $(m)/%.safetensors
	$(call ours,$(m)/$*,$(MIAS_EPOCHS))
$(m)/%.torch.pth: $(m)/%.ours.safetensors $(m)/%-first.mms $(m)/%-second.mms $(m)/%.pth
	$(call torch,$(m)/$*,$(MIAS_EPOCHS),$(grey))

# Malignant against benign on top of it: a smoke test, there are far too few films.
$(m)/held.mms: $(m)/films.mms
	mmread --where fold=0 -o $@ $<
$(m)/whole-train.mms: $(m)/films.mms
	for f in 1 2 3 4; do mmread --where fold=$$f -o $@.$$f $<; done
	mmread -o $@ $@.?
	rm $@.?
$(m)/whole.safetensors: $(m)/whole-train.mms $(m)/0.ours.safetensors
	mmread --shuffle --epochs 2 $< | mmaugment | mmtrain -q -j $(J) --recipe whole --epochs 1 --init $(m)/0.ours.safetensors -o $@
$(m)/whole.txt: $(m)/whole.safetensors $(m)/held.mms
	mmpredict -q -j $(J) --model $^ | mmeval - > $@
$(m)/heat.mms: $(m)/0.ours.safetensors $(m)/held.mms
	mmheatmap -j $(J) --mode dense --stride 8 --model $^ -o $@
$(m)/heat.png: $(m)/heat.mms
	mmview --overlay heatmap --breast -n 12 -o $@ $<
