# Equivalence: does a whole training by mmtrain end as well as one by PyTorch?
#
# Pairs of trainings from the same random weights on the same augmented streams of phantom patches, ResNet-18 at 28 x 28; other
# patients, weights and order for each pair, 2000 patches of other patients for the test. Patches as small as this show background
# nearer to the skin than lesions, which helps: it is a task that few patients suffice for, and how many there are sets the AUC
# (0.80 to 0.90 is wanted).

PAIRS    ?= 1 2 3 4 5 6 7 8 9 10 11 12
PATIENTS ?= 60
e  := $(OUT)/equivalence
et := $(traces)/equivalence
small := --mean 80 --std 57.6

equivalence: $(PAIRS:%=$(et)/%.tsv)

$(e) $(et):
	mkdir -p $@

phantoms = mmphantom -n $(1) --size 288x224 --seed $(2) | mmsegment --keep-mask | mmpatch --size 28 --min-tissue 0.8 --set $(3)
feed     = $(call phantoms,$(1),$(2),s10) | mmread --shuffle --seed $* --buffer 10000 | mmaugment --seed $*
# 390 patients give 2000 patches.
$(e)/test.mms: | $(e)
	$(call phantoms,390,9,s) -o $@
$(e)/%-first.mms: | $(e)
	$(call feed,$(PATIENTS),1$*) -o $@
$(e)/%-second.mms: | $(e)
	$(call feed,$$(($(PATIENTS) / 3)),2$*) -o $@
$(e)/%.pth: | $(e)
	$(peer) --depth 18 init $@ --seed $*
$(e)/%.safetensors: $(e)/%.pth
	mmmodel convert --net resnet18 --classes 5 $(small) $< $@

$(e)/%.ours.safetensors: $(e)/%-first.mms $(e)/%-second.mms $(e)/%.safetensors
	$(call ours,$(e)/$*,1)
$(e)/%.torch.pth: $(e)/%.ours.safetensors $(e)/%-first.mms $(e)/%-second.mms $(e)/%.pth
	$(call torch,$(e)/$*,1,--depth 18 $(small))
$(e)/%.ours.tsv: $(e)/%.ours.safetensors $(e)/test.mms
	$(predict) --model $^ > $@
$(e)/%.torch.tsv: $(e)/%.torch.pth $(e)/test.mms
	$(peer) --depth 18 $(small) --batch 100 --threads $(J) forward $^ > $@
$(et)/%.tsv: $(e)/%.ours.tsv $(e)/%.torch.tsv | $(et)
	$(peer) trace $^ > $@
