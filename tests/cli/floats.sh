#!/usr/bin/env bash
# Images of floats whose pixels are not finite: an error that names the record and the pixel, from wherever they come.
. "$ROOT/tests/cli/lib.sh"
need_python numpy
cat >make.py <<'PY'
import os
import numpy as np
os.makedirs("d", exist_ok=True)
v = np.linspace(0, 1, 5 * 700, dtype="f4").reshape(5, 700)
np.save("d/good.npy", v)
np.save("largest.npy", np.where(v > .5, np.finfo("f4").max, -np.finfo("f4").max).astype("f4"))
for name, value in ("nan", np.nan), ("infinite", np.inf), ("negative", -np.inf):
    w = v.copy()
    w[3, 620] = value
    np.save("d/%s.npy" % name, w)
w = np.stack([v, v, v])
w[2, 4, 699] = np.nan
np.save("d/three.npy", w)
PY
check "files" "$PYTHON" make.py
printf 'key\timage\ngood\td/good.npy\nm\td/nan.npy\n' >m.tsv
tar -cf d.tar -C d .
for name in nan infinite negative; do
    expect_exit 3 mmread -o x.mms d/good.npy "d/$name.npy"
    message "record '$name': pixel 620 of row 3 is not a finite number"
done
expect_exit 3 mmread -o x.mms d/three.npy
message "record 'three': pixel 699 of row 4 is not a finite number"
expect_exit 3 mmread -o x.mms d
message "record 'infinite'"
expect_exit 3 mmread -o x.mms d.tar
message "is not a finite number"
expect_exit 3 bash -c 'cat d.tar | mmread -o x.mms'
message "is not a finite number"
expect_exit 3 bash -c 'mmread -o x.mms <d/nan.npy'
message "record 'image': pixel 620 of row 3"
expect_exit 3 mmread -o x.mms --manifest m.tsv
message "record 'm': pixel 620 of row 3"
[ ! -e x.mms ] || { echo "FAILED: an output is left"; failures=$((failures + 1)); }
for from in d d.tar "--manifest m.tsv"; do
    # shellcheck disable=SC2086
    expect_exit 0 mmread --on-error=skip -o x.mms $from
    message "is not a finite number: skipped"
    equal "what is left of $from" good "$(mminfo --keys x.mms)"
done
check "skipped in a pipe" bash -c 'cat d.tar | mmread --on-error=skip -o x.mms'
equal "what is left of a pipe" good "$(mminfo --keys x.mms)"
# As mmwrite writes an image of floats, with its JSON.
mmread -q d/good.npy | mmwrite -q --dir written --format npy
check "an image with JSON" bash -c 'ls written/good.image.npy written/good.json && cp d/nan.npy written/good.image.npy'
expect_exit 3 mmread -o x.mms written
message "record 'good': pixel 620 of row 3 is not a finite number"
expect_exit 0 mmread -o x.mms d/good.npy largest.npy
equal "nothing is said of finite numbers" "" "$(cat .err)"
expect_exit 3 mmread --full-scale=1e-9 -o x.mms largest.npy
message "is not a finite number"
finish
