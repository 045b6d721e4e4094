#!/usr/bin/env bash
# The demo's pipeline in a tiny form: every program in its place, files made once, the report complete, and made anew
# with the same bytes.
. "$ROOT/tests/cli/lib.sh"
tiny() {
    make -s -f "$ROOT/pipelines/demo.mk" BIN="$BIN" OUT=out PATIENTS=10 SIZE=144x112 PATCH=28 MODE=window EPOCHS=2 BATCH=16 "$@"
}
check "the whole method" tiny -j 2
cp .out report
for word in "area under" "grey statistics" "hotter" "patch.safetensors"; do
    check "the report tells of $word" grep -q -- "$word" report
done
for file in images.png patches.png heat.png roc.png trained.safetensors patch.safetensors predictions.tsv train.log; do
    check "$file is there" test -s out/$file
done
check "the threshold of heat" sh -c "mmmodel show out/patch.safetensors | grep -q froc1"
check "heatmaps stand beside both baselines" test "$(grep -c '^beside out/heat-\(grey\|bright\)[.]mms$' out/report.txt)" = 2
cp out/patch.safetensors weights.safetensors
rm out/figures.txt out/report.txt
check "with a probe" tiny PROBE=weights.safetensors PROBE_NET=resnet18 PROBE_LAYER=layer2 PROBE_CONVERT='--classes 5'
check "the report sets the network beside it" grep -q "^  network better by  *[-+0-9.]* than grey statistics, [-+0-9.]* than the probe$" out/figures.txt
check "the probe's features" test "$(mminfo out/train-features.mms | grep -c 'features:f32:128')" = "$(mminfo --keys out/train.mms | wc -l)"
check "a second run has nothing to do" tiny -q out/figures.txt
(cd out && sha256sum ./*-images.mms ./train.mms) >sums
rm out/train.mms out/train-images.mms
check "made again" tiny out/train.mms out/train-images.mms
check "with the same bytes" sh -c 'cd out && sha256sum -c ../sums'
check "the provenance is whole" sh -c "mminfo --head out/train.mms | grep -c '^@PG' | grep -qx 5"
finish
