#!/usr/bin/env bash
# pipelines/*.mk on small data: every file is made, once; the same bytes when it is lost, elsewhere, with other -j, in
# shards; what is touched brings about what depends on it; first weights are fetched only when none are given.
. "$ROOT/tests/cli/lib.sh"
need_python numpy

# Some patients of CBIS-DDSM in phantom films, in two layouts; twelve films in the manner of mini-MIAS.
tree() { "$PYTHON" "$ROOT/tests/cbis/tree.py" "$1" "$2" --tables tables --phantoms phantoms.mms --patients 28; }
mmphantom -n 6 --size 288x224 --seed 3 -o phantoms.mms && mmwrite --dir films phantoms.mms || exit 1
check "tables" "$PYTHON" "$ROOT/tests/cbis/tables.py" tables || finish
check "a tree" tree nbia "in/as downloaded" && check "the same in another layout" tree rest rest || finish
mkdir mias
i=0
for film in films/*.image.png; do
    i=$((i + 1))
    cp "$film" "$(printf 'mias/mdb%03d.png' $i)"
    case $((i % 4)) in
    0) printf 'mdb%03d D NORM\n' $i ;;
    1) printf 'mdb%03d G CIRC M 110 140 15\n' $i ;;
    *) printf 'mdb%03d F CALC B 100 150 12\n' $i ;;
    esac
done >mias/Info.txt

stage="--stage 'train=all lr=1e-3 epochs=1'"
tiny() { # MAKEFILE DATA VARIABLE...
    make -s -f "$ROOT/pipelines/$1.mk" BIN="$BIN" DATA="$2" SIZE=144x112 PATCH=28 MODE=window SET=s EPOCHS=1 WHOLE_EPOCHS=1 STAGES="$stage" \
        WHOLE_STAGES="$stage" BATCH=16 WHOLE_BATCH=4 NET=resnet18 WHOLE_NET='resnet18+[4-4-8]x1' STRIDE=28 HEAT=2 "${@:3}"
}
cbis() { tiny cbis-ddsm "in/as downloaded" INIT=none "$@"; }
moved() { (cd elsewhere && tiny cbis-ddsm "../moved/as downloaded" INIT=none OUT=its "$@"); }
# would COUNT PATTERN COMMAND...: the make command would run so many programs of the pattern.
would() {
    local count
    count=$("${@:3}" -n | grep -o "$2" | wc -l)
    [ "$count" = "$1" ] || { echo "FAILED: $count instead of $1 of '$2': ${*:3}"; failures=$((failures + 1)); }
}

check "the whole method" cbis OUT=out -j 2
files="all.tsv split.tsv train-images.mms val-images.mms test-images.mms train-s.mms val-s.mms test-s.mms train-s10.mms val-s10.mms
    test-s10.mms SHA256SUMS patch-trained.safetensors heat-val.mms patch.safetensors whole.safetensors patch-predictions.tsv whole-predictions.tsv
    patch-predictions.tsv.thresholds.json whole-predictions.tsv.thresholds.json patch-report.txt
    whole-report.txt patch-roc.png whole-roc.png patch-curves.png whole-curves.png baselines-report.txt heat-images.mms heat.mms heat-report.txt heat.png report.txt"
for file in $files; do
    check "$file is there" test -s out/"$file"
done
check "nothing else but settings and logs" test "$(find out -type f | wc -l)" = $(($(wc -w <<<"$files") + 3))
check "the threshold of heat" sh -c "mmmodel show out/patch.safetensors | grep -q 'froc1' && ! mmmodel show out/patch-trained.safetensors | grep -q froc1"
check "the report" grep -q "^== whole" out/report.txt
check "the network beside grey statistics" grep -q "^  grey statistics  *AUC" out/baselines-report.txt
check "the terms of the data" sh -c "mmmodel show out/whole.safetensors | grep -q '^data_terms.CBIS-DDSM: CC BY 3.0; Lee et al. 2017$'"
cbis OUT=out -q || { echo "FAILED: a second run does something"; failures=$((failures + 1)); }
(cd out && sha256sum $files) >sums
for file in $files; do
    case $file in whole.safetensors | *.thresholds.json) continue ;; esac # by the rule of another file
    rm out/"$file"
    check "$file is made again" cbis OUT=out out/"$file"
    cbis OUT=out -q || { echo "FAILED: with $file made again something else is to do"; failures=$((failures + 1)); }
done
check "all with the same bytes" sh -c 'cd out && sha256sum --quiet -c ../sums'
rm out/split.tsv out/val-s.mms
check "two at once" cbis OUT=out
check "and the same bytes again" sh -c 'cd out && sha256sum --quiet -c ../sums'

# Another folder, another number of jobs, films that lie elsewhere.
cp -r in "$TMP/moved"
mkdir elsewhere
check "elsewhere" moved -j 3 data
check "the same data elsewhere" cmp elsewhere/its/SHA256SUMS out/SHA256SUMS

# What is touched, added or removed.
would 0 . cbis OUT=out
film=$(find moved -name 1-1.dcm | sort | head -n 1)
touch "$film"
would 12 "mmindex\|mmsplit\|mmread\|mmpatch\|sha256sum" moved data
check "made anew" moved data
would 0 . moved data
check "with the same bytes" cmp elsewhere/its/SHA256SUMS out/SHA256SUMS
rm -r "$(dirname "$(find moved -path '*full mammogram*' -name '*.dcm' | sort | head -n 1)")"
check "a film less" moved split
keys() { cut -f 1 "$1" | sort -u | wc -l; }
[ "$(keys elsewhere/its/all.tsv)" = $(($(keys out/all.tsv) - 1)) ] || { echo "FAILED: the manifest does not tell of it"; failures=$((failures + 1)); }
touch out/patch-predictions.tsv
would 4 "mmeval\|for part" cbis OUT=out
touch out/train-images.mms
would 2 "mmtrain" cbis OUT=out
would 2 "mmpatch" cbis OUT=out

# Two machines' shards.
for k in 0 1; do
    check "shard $k" "$ROOT/pipelines/shard" $k 2 "$ROOT/pipelines/cbis-ddsm.mk" -s BIN="$BIN" DATA="in/as downloaded" OUT=sharded SIZE=144x112 PATCH=28 MODE=window SET=s
done
[ "$(mminfo --keys sharded/shards-2/train-0.mms sharded/shards-2/train-1.mms | sort)" = "$(mminfo --keys out/train-images.mms | sort)" ] ||
    { echo "FAILED: shards do not hold the records"; failures=$((failures + 1)); }
check "shards together" cbis OUT=sharded SHARDS=2 data
check "are the data of one machine" cmp sharded/SHA256SUMS out/SHA256SUMS
cp -p out/*.safetensors sharded
check "heatmaps in shards" env GOAL=heat-shard "$ROOT/pipelines/shard" 1 2 "$ROOT/pipelines/cbis-ddsm.mk" -s BIN="$BIN" DATA="in/as downloaded" OUT=sharded \
    SIZE=144x112 PATCH=28 MODE=window SET=s STRIDE=28 HEAT=2 INIT=none
check "and together" cbis OUT=sharded SHARDS=2 sharded/heat.mms
records() { "$SUPPORT/mmorder" digest "$1"; }
[ "$(records sharded/heat.mms)" = "$(records out/heat.mms)" ] || { echo "FAILED: other heatmaps"; failures=$((failures + 1)); }

# Another layout of the same data, another data set.
check "another layout" tiny cbis-ddsm rest INIT=none OUT=out-rest out-rest/train-images.mms
check "the same images" cmp out-rest/train-images.mms out/train-images.mms
check "mini-MIAS" tiny mias mias INIT=none OUT=out-mias data
[ "$(mminfo --keys out-mias/*-images.mms | wc -l)" = 12 ] || { echo "FAILED: not all films"; failures=$((failures + 1)); }

# First weights, and what cannot be.
weights() { tiny cbis-ddsm "in/as downloaded" OUT=out NET=resnet50 "$@" out/resnet50-0676ba61.pth; }
expect_exit 2 weights WEIGHTS_URL=http://127.0.0.1:9/resnet50.pth
message "give INIT=FILE"
expect_exit 2 weights WEIGHTS_URL="file://$TMP/sums"
message "is not the file with SHA-256"
check "no part of it is left" sh -c '! ls out/resnet50*'
check "weights that are fetched" weights WEIGHTS_URL="file://$TMP/sums" WEIGHTS_SHA256="$(sha256sum sums | cut -d ' ' -f 1)"
check "are those" cmp out/resnet50-0676ba61.pth sums
would 0 curl tiny cbis-ddsm "in/as downloaded" OUT=none NET=resnet50 INIT=sums models
would 1 curl tiny cbis-ddsm "in/as downloaded" OUT=none NET=resnet50 models
expect_exit 2 cbis OUT=out SEED=2
message "choose another OUT"
expect_exit 2 make -s -f "$ROOT/pipelines/cbis-ddsm.mk"
message "DATA=FOLDER"
finish
