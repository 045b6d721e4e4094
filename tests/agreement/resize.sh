#!/usr/bin/env bash
# mmresize beside OpenCV on real mammograms, 8 and 16 bit: area and bilinear, shrinking and enlarging, padded and cropped.
# The difference is at most 1 grey level of 255; an image that is moved by a pixel does not pass.
# shellcheck disable=SC2317 # functions are called by check and refuse
. "$ROOT/tests/cli/lib.sh"
need_shared data/mias
need_shared data/cbis-images
need_shared peers/opencv_peer.py
need_python numpy cv2

image_check() { "$PYTHON" "$ROOT/tests/agreement/image_check.py" "$@"; }

cbis=("$SHARED"/data/cbis-images/*.png)
mias=("$SHARED"/data/mias/mdb0[0-4][13].png)
mmread -q -o cbis.mms "${cbis[@]}" || exit 1
mmread -q -o mias.mms "${mias[@]}" || exit 1

for size in 1152x896 381x700 1500x1200; do
    for filter in area bilinear; do
        check "mmresize" mmresize --size $size --wide crop --filter $filter -o c.mms cbis.mms
        check "16 bit, $filter to $size" image_check resize c.mms "${cbis[@]}" --size $size --filter $filter --full 65535
        cat .out
        check "mmresize" mmresize --size $size --wide crop --filter $filter -o m.mms mias.mms
        check "8 bit, $filter to $size" image_check resize m.mms "${mias[@]}" --size $size --filter $filter
        cat .out
    done
done
refuse "an image moved by a pixel" image_check resize m.mms "${mias[@]}" --size $size --filter $filter --shift

# The reference, whole: --as=published is the peer's bilinear, cropped.
check "published" mmresize --as=published -o p.mms mias.mms
check "published is the reference" image_check resize p.mms "${mias[@]}" --size 1152x896 --filter bilinear
finish
