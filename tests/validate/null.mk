# Null: on phantoms without lesions that keep their labels nothing can be learned, and patients held out must give an AUC of 0.5.
# Patches held out of the patients that were trained on do not: what was learned by heart of a patient's other patches is taken for
# knowledge there, which is why mmsplit divides patients. One network shows both.
#
# Patches are as large beside the image as mmphantom(1) says that nothing but the lesion can tell them apart.

NULL_PATIENTS ?= 40
NULL_EPOCHS   ?= 8
n  := $(OUT)/null
nt := $(traces)/null

null: $(nt)/patches.tsv $(nt)/patients.tsv

$(n) $(nt):
	mkdir -p $@

nothing = mmphantom --null -n $(1) --size 288x224 --seed $(2) | mmresize --size 144x112 | mmsegment --keep-mask | mmpatch --size 28 --min-tissue 0.8 --set $(3)
$(n)/all.mms: | $(n)
	$(call nothing,$(NULL_PATIENTS),31,s10) -o $@
$(n)/patients.mms: | $(n)
	$(call nothing,200,32,s) -o $@
$(n)/patches.mms: $(n)/all.mms
	mmread --shuffle --shard 0/5 -o $@ $<
$(n)/train.mms: $(n)/all.mms
	for k in 1 2 3 4; do mmread --shuffle --shard $$k/5 -o $@.$$k $<; done
	mmread -o $@ $@.?
	rm $@.?
$(n)/model.safetensors: $(n)/train.mms
	mmread --shuffle --epochs $(NULL_EPOCHS) $< | mmtrain -q -j $(J) --precision fp32 --net resnet18 --classes 5 --mean 80 --std 57.6 --batch 32 \
	    --stage 'train=all lr=1e-3 wd=1e-4 epochs=$(NULL_EPOCHS)' -o $@
$(nt)/%.tsv: $(n)/model.safetensors $(n)/%.mms | $(nt)
	$(predict) --model $^ > $(n)/$*.tsv
	$(peer) trace $(n)/$*.tsv > $@
