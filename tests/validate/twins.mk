# Twins: is ours as near to PyTorch as PyTorch is to itself when its input moves by 1e-7?
#
# ResNet-50 from random weights, 96 x 96, batch 16, at 1e-5, fp32, ten orders of one augmented stream, 100 steps and one. Beside
# ours, PyTorch and its twin run PyTorch with planted faults, which must be told from a twin.

ORDERS ?= 1 2 3 4 5 6 7 8 9 10
FAULT_ORDERS ?= 1
# Divisors of 100.
STEPS  ?= 100 1
faults := momentum epsilon decay stride

t     := $(OUT)/twins
scale := --mean 80 --std 57.6

twins: $(foreach s,$(STEPS),$(foreach o,$(ORDERS),$(foreach k,ours torch twin,$(traces)/twins-$(s)/$(o).$(k).tsv)) \
    $(foreach o,$(FAULT_ORDERS),$(faults:%=$(traces)/twins-$(s)/$(o).%.tsv)))

$(t) $(STEPS:%=$(traces)/twins-%):
	mkdir -p $@

# 29 patients give 1600 patches, 100 batches.
$(t)/pool.mms: | $(t)
	mmphantom -n 29 --size 576x448 --seed 7 | mmsegment --keep-mask | mmpatch --set s10 --size 96 --min-tissue 0.5 | mmaugment -o $@
$(t)/held.mms: | $(t)
	mmphantom -n 4 --size 576x448 --seed 8 | mmsegment --keep-mask | mmpatch --set s --size 96 --min-tissue 0.5 -o $@
$(t)/first.pth: | $(t)
	$(peer) init $@ --seed 3
$(t)/first.safetensors: $(t)/first.pth
	mmmodel convert --net resnet50 --classes 5 $(scale) $< $@

# A training leaves $(left).loss and $(left).safetensors, which become a trace: the loss of every step, and what is left behind.
# Of one step only how far the weights went: nothing else of it tells more than how the forward pass was rounded.
left = $(t)/$(notdir $(@D))-$(@F)
define trace
{ sed 's/^/loss\t/' $(left).loss; $(peer) rest $(t)/first.safetensors $(left).safetensors $(t)/held.mms $(scale); } $(1) > $@
rm $(left).*
endef

# $(call steps,N): rules for trainings of N steps.
define steps
files-$(1) = $(t)/order-$(1)-%.mms $(t)/held.mms $(t)/first.safetensors | $(traces)/twins-$(1)
trace-$(1) = $$(call trace,$(if $(filter 1,$(1)),| grep '^way'))
torch-$(1) = $(peer) train $(t)/first.safetensors $$< $$(left).safetensors $(scale) --batch 16 --steps $(1) --lr 1e-5 --wd 1e-4 --threads $(J)

$(t)/order-$(1)-%.mms: $(t)/pool.mms
	mmread --shuffle --seed $$* --shard 0/$$$$((100 / $(1))) -o $$@ $$<
$(traces)/twins-$(1)/%.ours.tsv: $$(files-$(1))
	mmtrain -q -j $(J) --precision fp32 --init $(t)/first.safetensors --batch 16 --stage 'train=all lr=1e-5 wd=1e-4 epochs=1' \
	    --log $$(left).log -o $$(left).safetensors $$<
	awk '$$$$1 == "step" { print $$$$4 - 1 "\t" $$$$5 }' $$(left).log > $$(left).loss
	$$(trace-$(1))
$(traces)/twins-$(1)/%.torch.tsv: $$(files-$(1))
	$$(torch-$(1)) > $$(left).loss
	$$(trace-$(1))
$(traces)/twins-$(1)/%.twin.tsv: $$(files-$(1))
	$$(torch-$(1)) --noise 1e-7 > $$(left).loss
	$$(trace-$(1))
$(foreach f,$(faults),$(call fault,$(1),$(f)))
endef
define fault

$(traces)/twins-$(1)/%.$(2).tsv: $$(files-$(1))
	$$(torch-$(1)) --fault $(2) > $$(left).loss
	$$(trace-$(1))
endef
$(foreach s,$(STEPS),$(eval $(call steps,$(s))))
