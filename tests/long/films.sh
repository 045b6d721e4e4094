#!/usr/bin/env bash
# mmresize beside OpenCV (resize.sh) on real mammograms, and a film that is read and written.
# shellcheck disable=SC2317 # functions are called by check and refuse
. "$ROOT/tests/cli/lib.sh"
need_shared data/mias
need_shared data/cbis-images
need_python numpy cv2 PIL
. "$ROOT/tests/support/resize.sh"

cbis=("$SHARED"/data/cbis-images/*.png)
mias=("$SHARED"/data/mias/mdb0[0-4][13].png)
beside_opencv 65535 "${cbis[@]}"
beside_opencv 255 "${mias[@]}"
as_published "${mias[@]}"
check "film" mmread -o film.mms "${cbis[0]}"
check "written" mmwrite --dir out film.mms
check "as OpenCV and PIL read it" "$PYTHON" "$ROOT/tests/agreement/same_png.py" "${cbis[0]}" out/*.image.png
finish
