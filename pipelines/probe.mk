# A linear probe, the baseline that a training must beat: the features of a frozen network for any patches. Included by demo.mk and
# method.mk.
#
#   PROBE=FILE                   weights of the frozen network, as public ones of ImageNet; without them there is no probe
#   PROBE_NET=efficientnet-lite0   the network, one of those that `mmmodel nets` lists
#   PROBE_LAYER=_avg_pooling     whose channels, each as its mean over the patch, are the features (mmmodel show --layers)
#   PROBE_CONVERT='--mean 127 --std 128'   what the weights expect of grey levels, and other options of mmmodel convert
#
# Of torchvision's ResNet-50 the first layers are enough: PROBE_NET=resnet50 PROBE_LAYER=layer2 PROBE_CONVERT='--mean 124 --std 57.6 --partial'

PROBE_NET     ?= efficientnet-lite0
PROBE_LAYER   ?= _avg_pooling
PROBE_CONVERT ?= --mean 127 --std 128

$(OUT)/probe-$(PROBE_NET).safetensors: $(PROBE)
	mmmodel convert -q --net $(PROBE_NET) --classes 1000 $(PROBE_CONVERT) '$<' $@
	$(dated)
$(OUT)/%-features.mms: $(OUT)/%.mms $(OUT)/probe-$(PROBE_NET).safetensors
	mmpredict -q $(COMPUTE) --model $(word 2,$^) --features $(PROBE_LAYER) --pool -o $@ $<
	$(dated)
