#!/usr/bin/env bash
# pipelines/*.mk on small data: every file is made, once; the same bytes when it is lost, elsewhere, with other -j, in
# shards; what is touched brings about what depends on it; first weights are fetched only when none are given.
. "$ROOT/tests/cli/lib.sh"
need_shared peers/mms.py
need_python numpy

# Twelve films of six patients in the manner of mini-MIAS.
mmphantom -n 6 --size 288x224 --seed 3 | mmwrite --dir films || exit 1
mkdir -p "in/the films"
i=0
for film in films/*.image.png; do
    i=$((i + 1))
    cp "$film" "$(printf 'in/the films/mdb%03d.png' $i)"
    case $((i % 4)) in
    0) printf 'mdb%03d D NORM\n' $i ;;
    1) printf 'mdb%03d G CIRC M 110 140 15\n' $i ;;
    *) printf 'mdb%03d F CALC B 100 150 12\n' $i ;;
    esac
done >"in/the films/Info.txt"

stage="--stage 'train=all lr=1e-3 epochs=1'"
tiny() { # MAKEFILE DATA VARIABLE...
    make -s -f "$ROOT/pipelines/$1.mk" BIN="$BIN" DATA="$2" SIZE=144x112 PATCH=28 SET=s EPOCHS=1 WHOLE_EPOCHS=1 STAGES="$stage" \
        WHOLE_STAGES="$stage" BATCH=16 WHOLE_BATCH=4 NET=resnet18 WHOLE_NET='resnet18+[4-4-8]x1' STRIDE=28 HEAT=2 "${@:3}"
}
mias() { tiny mias "in/the films" INIT=none "$@"; }
moved() { (cd elsewhere && tiny mias "../moved/the films" INIT=none OUT=its "$@"); }
# would COUNT PATTERN COMMAND...: the make command would run so many programs of the pattern.
would() {
    local count
    count=$("${@:3}" -n | grep -o "$2" | wc -l)
    [ "$count" = "$1" ] || { echo "FAILED: $count instead of $1 of '$2': ${*:3}"; failures=$((failures + 1)); }
}

check "the whole method" mias OUT=out -j 2
files="all.tsv split.tsv train-images.mms val-images.mms test-images.mms train-s.mms val-s.mms test-s.mms train-s10.mms val-s10.mms
    test-s10.mms SHA256SUMS patch.safetensors whole.safetensors patch-predictions.tsv whole-predictions.tsv patch-report.txt
    whole-report.txt patch-roc.png whole-roc.png heat-images.mms heat.mms heat-report.txt heat.png report.txt"
for file in $files; do
    check "$file is there" test -s out/"$file"
done
check "nothing else but settings and logs" test "$(find out -type f | wc -l)" = $(($(wc -w <<<"$files") + 3))
check "the report" grep -q "^== whole" out/report.txt
mias OUT=out -q || { echo "FAILED: a second run does something"; failures=$((failures + 1)); }
(cd out && sha256sum $files) >sums
for file in $files; do
    rm out/"$file"
    check "$file is made again" mias OUT=out out/"$file"
    mias OUT=out -q || { echo "FAILED: with $file made again something else is to do"; failures=$((failures + 1)); }
done
check "all with the same bytes" sh -c 'cd out && sha256sum --quiet -c ../sums'
rm out/split.tsv out/val-s.mms
check "two at once" mias OUT=out
check "and the same bytes again" sh -c 'cd out && sha256sum --quiet -c ../sums'

# Another folder, another number of jobs, films that lie elsewhere.
cp -r in "$TMP/moved"
mkdir elsewhere
check "elsewhere" moved -j 3 data
check "the same data elsewhere" cmp elsewhere/its/SHA256SUMS out/SHA256SUMS

# What is touched, added or removed.
would 0 . mias OUT=out
touch "moved/the films/mdb003.png"
would 12 "mmindex\|mmsplit\|mmread\|mmpatch\|sha256sum" moved data
check "made anew" moved data
would 0 . moved data
check "with the same bytes" cmp elsewhere/its/SHA256SUMS out/SHA256SUMS
rm "moved/the films/mdb003.png"
check "a film less" moved data
check "is told by the manifest" bash -c '[ "$(cut -f 1 elsewhere/its/all.tsv | sort -u | wc -l)" = 12 ]'
touch out/patch-predictions.tsv
would 3 "mmeval\|for part" mias OUT=out
touch out/train-images.mms
would 2 "mmtrain" mias OUT=out
would 2 "mmpatch" mias OUT=out

# Two machines' shards.
for k in 0 1; do
    check "shard $k" "$ROOT/pipelines/shard" $k 2 "$ROOT/pipelines/mias.mk" -s BIN="$BIN" DATA="in/the films" OUT=sharded SIZE=144x112 PATCH=28 SET=s
done
[ "$(mminfo --keys sharded/shards-2/train-0.mms sharded/shards-2/train-1.mms | sort)" = "$(mminfo --keys out/train-images.mms | sort)" ] ||
    { echo "FAILED: shards do not hold the records"; failures=$((failures + 1)); }
check "shards together" mias OUT=sharded SHARDS=2 data
check "are the data of one machine" cmp sharded/SHA256SUMS out/SHA256SUMS
cp -p out/*.safetensors sharded
check "heatmaps in shards" env GOAL=heat-shard "$ROOT/pipelines/shard" 1 2 "$ROOT/pipelines/mias.mk" -s BIN="$BIN" DATA="in/the films" OUT=sharded \
    SIZE=144x112 PATCH=28 SET=s STRIDE=28 HEAT=2 INIT=none
check "and together" mias OUT=sharded SHARDS=2 sharded/heat.mms
records() { "$SUPPORT/mmorder" digest "$1"; }
[ "$(records sharded/heat.mms)" = "$(records out/heat.mms)" ] || { echo "FAILED: other heatmaps"; failures=$((failures + 1)); }

# First weights, and what cannot be.
weights() { tiny mias "in/the films" OUT=out NET=resnet50 "$@" out/resnet50-0676ba61.pth; }
expect_exit 2 weights WEIGHTS_URL=http://127.0.0.1:9/resnet50.pth
message "give INIT=FILE"
expect_exit 2 weights WEIGHTS_URL="file://$TMP/sums"
message "is not the file with SHA-256"
check "no part of it is left" sh -c '! ls out/resnet50*'
check "weights that are fetched" weights WEIGHTS_URL="file://$TMP/sums" WEIGHTS_SHA256="$(sha256sum sums | cut -d ' ' -f 1)"
check "are those" cmp out/resnet50-0676ba61.pth sums
would 0 curl tiny mias "in/the films" OUT=none NET=resnet50 INIT=sums models
would 1 curl tiny mias "in/the films" OUT=none NET=resnet50 models
expect_exit 2 mias OUT=out SEED=2
message "choose another OUT"
expect_exit 2 make -s -f "$ROOT/pipelines/cbis-ddsm.mk"
message "DATA=FOLDER"
finish
