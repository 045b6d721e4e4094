# A linear probe, the baseline that a training must beat: the features of a frozen network for any patches. Included by demo.mk and
# method.mk.
#
#   PROBE=FILE              weights of the frozen network; without them there is no probe
#   PROBE_NET=resnet50      the network, one of those that `mmmodel nets` lists
#   PROBE_LAYER=layer2      whose channels, each as its mean over the patch, are the features (mmmodel show --layers)
#   PROBE_INPUT='--mean 110 --std 57.6'   what its weights expect of grey levels
#
# The defaults are those of torchvision's ResNet-50; a file of its first layers is enough.

PROBE_NET   ?= resnet50
PROBE_LAYER ?= layer2
PROBE_INPUT ?= --mean 110 --std 57.6

$(OUT)/probe.safetensors: $(PROBE)
	mmmodel convert -q --net $(PROBE_NET) --classes 1000 $(PROBE_INPUT) --partial '$<' $@
	$(dated)
$(OUT)/%-features.mms: $(OUT)/%.mms $(OUT)/probe.safetensors
	mmpredict -q $(COMPUTE) --model $(word 2,$^) --features $(PROBE_LAYER) --pool -o $@ $<
	$(dated)
