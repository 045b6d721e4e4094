#!/usr/bin/env bash
# mmresize beside OpenCV on images as large as films, 8 and 16 bit. The difference is at most 1 grey level of 255; an image that
# is moved by a pixel does not pass. tests/long/films.sh has real films.
# shellcheck disable=SC2317 # functions are called by check and refuse
. "$ROOT/tests/cli/lib.sh"
need_python numpy cv2
. "$ROOT/tests/support/resize.sh"

# Waves, a bright field with sharp edges, black beside it, grain.
"$PYTHON" -c 'import cv2, numpy as np
rng = np.random.RandomState(1)
for name, h, w, full in (("a", 1152, 896, 65535), ("b", 1152, 896, 65535), ("c", 1024, 1024, 255), ("d", 1024, 1024, 255), ("e", 1021, 1123, 255)):
    y, x = np.mgrid[:h, :w] / h
    film = (0.5 + 0.2 * np.sin(60 * rng.rand() * x + 9 * y) + 0.2 * rng.rand(h, w)) * (x < 0.6 * np.sqrt(np.maximum(0, 1 - (2 * y - 1) ** 2)))
    film[50:120, -200:-60] = rng.rand() * 0.3 + 0.7
    cv2.imwrite(name + ".png", np.clip(film * full, 0, full).astype("u2" if full > 255 else "u1"))' || exit 1
beside_opencv 65535 a.png b.png
beside_opencv 255 c.png d.png e.png
as_published c.png d.png e.png
finish
