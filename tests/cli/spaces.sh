#!/usr/bin/env bash
# Makefiles whose own path, output, data, programs and first weights have spaces in their names: the same files as without.
. "$ROOT/tests/cli/lib.sh"
need_python numpy
unset MAKEFLAGS MFLAGS
mkdir "make files" "o ther" && cp "$ROOT"/pipelines/*.mk "make files" && ln -s "$BIN" "b in" || exit 1
demo() { make -s -n -f "$1/demo.mk" PATIENTS=10 SIZE=144x112 PATCH=28 EPOCHS=1 BATCH=16 "${@:2}"; }
check "the demo without spaces" demo "$ROOT/pipelines" BIN="$BIN" OUT=plain
sed 's|plain/||g; s|plain|.|g' .out | grep -v mkdir >plain.txt
check "the demo with spaces" demo "make files" BIN="b in" OUT="my out"
grep -v 'mkdir\|^make\|^    DATA=' .out | sed 's|\./||g' >spaces.txt
check "the same commands" diff spaces.txt plain.txt

# The whole method's data and the beginning of its training.
mkdir "mi as"
mmphantom -n 8 --size 288x224 --seed 3 | mmwrite --dir films
i=0
for film in films/*.image.png; do
    i=$((i + 1))
    cp "$film" "$(printf 'mi as/mdb%03d.png' $i)"
    printf 'mdb%03d G CIRC %s 110 140 15\n' $i "$([ $((i % 4)) -lt 2 ] && echo M || echo B)"
done >"mi as/Info.txt"
cp -r "mi as" mias
mias() { make -s -f "$1/mias.mk" SIZE=144x112 PATCH=28 SET=s EPOCHS=1 "${@:2}"; }
check "data without spaces" mias "$ROOT/pipelines" BIN="$BIN" DATA=mias OUT=data INIT=none data
check "data with spaces" mias "make files" BIN="b in" DATA="mi as" OUT="o ther/da ta" INIT=none data
check "the same data" diff data/SHA256SUMS "o ther/da ta/SHA256SUMS"
check "nothing more to do" mias "make files" BIN="b in" DATA="mi as" OUT="o ther/da ta" INIT=none data -q
printf x >"first weights.npz"
check "first weights" mias "make files" BIN="b in" DATA="mi as" OUT="o ther/da ta" INIT="first weights.npz" models -n
cp .out models.txt
check "are given to the training" grep -q -- "--init first-weights.npz" models.txt
check "which is the file" cmp "o ther/da ta/first-weights.npz" "first weights.npz"
cp "first weights.npz" "frozen net.npz"
check "a frozen network" mias "make files" BIN="b in" DATA="mi as" OUT="o ther/da ta" INIT=none PROBE="frozen net.npz" reports -n
cp .out reports.txt
check "is given to the probe" grep -q -- "mmmodel convert.*'frozen-weights.npz'" reports.txt
check "which is the file" cmp "o ther/da ta/frozen-weights.npz" "frozen net.npz"
finish
