# What resize.sh and films.sh share; sourced by them after lib.sh.
# shellcheck shell=bash

image_check() { "$PYTHON" "$ROOT/tests/agreement/image_check.py" "$@"; }

# beside_opencv FULL IMAGE...: mmresize on images of this full scale as OpenCV does it, area and bilinear, shrinking and
# enlarging, padded and cropped.
beside_opencv() {
    local full=$1 size filter
    shift
    mmread -q -o in.mms "$@" || exit 1
    for size in 1152x896 381x700 1500x1200; do
        for filter in area bilinear; do
            check "mmresize" mmresize --size $size --wide crop --filter $filter -o small.mms in.mms
            check "full scale $full, $filter to $size" image_check resize small.mms "$@" --size $size --filter $filter --full "$full"
            cat .out
        done
    done
    refuse "an image moved by a pixel" image_check resize small.mms "$@" --size 1500x1200 --filter bilinear --full "$full" --shift
}

# as_published IMAGE...: --as=published is the peer's bilinear, cropped.
as_published() {
    mmread -q -o in.mms "$@" || exit 1
    check "published" mmresize --as=published -o small.mms in.mms
    check "published is the reference" image_check resize small.mms "$@" --size 1152x896 --filter bilinear
}
