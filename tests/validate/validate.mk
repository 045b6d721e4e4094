# Does it learn what PyTorch learns? make validate VALIDATE="twins equivalence null mias" OUT=FOLDER
#
# Trains the same networks by mmtrain and by PyTorch on the same streams and leaves traces, small text files, in OUT/traces. pack.py
# makes a table of each experiment's, tests/agreement/validate/verdict.py judges these. Every file is a target: what is finished is
# not repeated, a training that was interrupted begins anew. Goal `keep` copies the tables to where they are committed. Variables at the heads of the experiments make
# them smaller; the traces that are kept are of the whole run.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:

here   := $(dir $(lastword $(MAKEFILE_LIST)))
kept   := $(here)../agreement/validate
BIN    ?= build/bin
OUT    ?= build/validate
SHARED ?= ../shared
PYTHON ?= /usr/bin/python3
J      ?= 2
VALIDATE ?= twins equivalence null mias
traces := $(OUT)/traces
packed := $(OUT)/packed

export PATH := $(abspath $(BIN)):$(PATH)
export SHARED := $(abspath $(SHARED))
export PYTHONPATH := $(abspath $(here)../peers)
export PYTHONDONTWRITEBYTECODE := 1
export OMP_WAIT_POLICY := passive
# Without these PyTorch maps and unmaps memory for every tensor.
export MALLOC_MMAP_MAX_ := 0
export MALLOC_TRIM_THRESHOLD_ := 100000000000
export MALLOC_TOP_PAD_ := 268435456

peer    := $(PYTHON) $(here)peer.py
predict := mmpredict -q -j $(J) --precision fp32

verdict: $(VALIDATE)
	mkdir -p $(packed)
	$(PYTHON) $(here)pack.py $(traces) $(packed)
	$(PYTHON) $(kept)/verdict.py $(packed)

# A training in two stages by ours and by PyTorch: $(call ours,NAME,EPOCHS) and $(call torch,NAME,EPOCHS,OPTIONS) make the model $@.
# From NAME.safetensors or NAME.pth, EPOCHS of NAME-first.mms at 1e-3 and of NAME-second.mms at 1e-4, batch 32, fp32. Their first
# losses must agree: that both see the same.
stage = --stage 'train=all lr=$(1) wd=1e-4 epochs=$(2)'
ours  = cat $(1)-first.mms $(1)-second.mms | mmtrain -q -j $(J) --precision fp32 --init $(1).safetensors --batch 32 \
    $(call stage,1e-3,$(2)) $(call stage,1e-4,$(2)) --log $(1).log -o $@
define torch
$(peer) $(3) --batch 32 --steps 1000000 --threads $(J) --wd 1e-4 --lr 1e-3 train $(1).pth $(1)-first.mms $@.pth > $(1).loss
awk 'NR == 2 { ours = $$5 } NR > FNR { off = ours - $$2; exit off < -1e-3 || off > 1e-3 }' $(1).log $(1).loss
$(peer) $(3) --batch 32 --steps 1000000 --threads $(J) --wd 1e-4 --lr 1e-4 train $@.pth $(1)-second.mms $@ > /dev/null
rm $@.pth
endef

include $(here)twins.mk $(here)equivalence.mk $(here)null.mk $(here)mias.mk

keep:
	cp $(packed)/*.tsv.gz $(kept)

.PHONY: verdict keep $(VALIDATE)
.SECONDARY:
