#!/usr/bin/env bash
# mmsegment on real films: --method=threshold is the peer's mask on all of mini-MIAS; the default clears and keeps the
# regions of CBIS-DDSM that it must, bites little into the breast, seldom warns, and does not depend on how a film lies nor on its
# size. Masks that are moved a little do not pass.
# shellcheck disable=SC2317 # functions are called by check and refuse
. "$ROOT/tests/cli/lib.sh"
need_shared data/mias
need_shared data/cbis-images
need_python numpy cv2

image_check() { "$PYTHON" "$ROOT/tests/agreement/image_check.py" "$@"; }

mias=("$SHARED"/data/mias/*.png)
mmread -q -o mias.mms "${mias[@]}" || exit 1

check "threshold" mmsegment --method threshold --keep-mask -o t.mms mias.mms
check "threshold, full size" image_check masks t.mms "${mias[@]}" && cat .out
refuse "masks moved by 20 rows" image_check masks t.mms "${mias[@]:0:6}" --shift
check "mmresize" mmresize --filter area -o small.mms mias.mms
check "threshold" mmsegment --method threshold --keep-mask -o t.mms small.mms
check "threshold, 1152x896" image_check masks t.mms small.mms && cat .out
rm -f t.mms small.mms

check "film" mmsegment --keep-mask -o f.mms mias.mms
check "film keeps the breast" image_check kept f.mms "${mias[@]}" && cat .out
rm -f f.mms

# Three sizes: little is lost and added, few films are warned of, and one film's masks agree
for size in 1152x896 576x448 288x224; do
    mmresize -q --size "$size" mias.mms | mmsegment --keep-mask -o "f$size.mms" 2>warnings || exit 1
    mmresize -q --size "$size" mias.mms | mmsegment -q --method threshold --keep-mask -o t.mms || exit 1
    check "$size loses and adds little" image_check bite "f$size.mms" t.mms && cat .out
    check "$size: at most 5 % of the films are warned of" test "$(($(wc -l <warnings) * 20))" -le "${#mias[@]}"
done
refuse "masks moved down" image_check bite f288x224.mms t.mms --shift
check "576 rows" image_check sizes f1152x896.mms f576x448.mms --least 0.98 && cat .out
check "288 rows" image_check sizes f1152x896.mms f288x224.mms --least 0.97 && cat .out
refuse "masks moved by 15 rows" image_check sizes f1152x896.mms f576x448.mms --least 0.98 --shift
rm -f f*.mms t.mms mias.mms

for size in 576x448 288x224 1152x896; do
    mmread -q "$SHARED"/data/cbis-images/*.png | mmresize -q --size "$size" | mmsegment --keep-mask -o c.mms 2>warnings || exit 1
    check "regions at $size" image_check regions c.mms "$SHARED/data/cbis-images/expected.tsv"
    check "no warning at $size" test ! -s warnings
done
refuse "masks moved sideways" image_check regions c.mms "$SHARED/data/cbis-images/expected.tsv" --shift
mmread -q "$SHARED"/data/cbis-images/*.png | mmsegment --as=published --keep-mask -o p.mms || exit 1
refuse "the published rule keeps borders" image_check regions p.mms "$SHARED/data/cbis-images/expected.tsv"
check "copies" image_check copies copies.mms "$SHARED"/data/cbis-images/*.png "$SHARED"/data/mias/mdb0[0-2][1-5].png \
    "$SHARED"/data/mias/mdb{065,131,132,145,153,184,253,274,283,318}.png
check "mmsegment" mmsegment --keep-mask -o moved.mms copies.mms
check "copies of a film" image_check moved moved.mms && cat .out
refuse "masks moved by 15 rows" image_check moved moved.mms --shift
finish
