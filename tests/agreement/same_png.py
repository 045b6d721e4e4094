"""Two PNG files of 16 bits hold the same pixels, as OpenCV and PIL read them: same_png.py A.png B.png"""
import sys

import cv2
import numpy as np
from PIL import Image

film, ours = (cv2.imread(p, cv2.IMREAD_UNCHANGED) for p in sys.argv[1:3])
assert film.dtype == ours.dtype == np.uint16 and (film == ours).all()
assert (np.asarray(Image.open(sys.argv[2])).astype(int) == film).all()
