"""Code streams whose samples are narrower or wider than the file's header says, and JPEG-LS and JPEG with another end than they should
have: streams that gdcmconv writes under headers of our own, in every coding. python3 dicom_streams.py FOLDER"""
import subprocess
import sys

from PIL import Image
from pydicom import dcmread
from pydicom.encaps import encapsulate, generate_pixel_data_frame
from dicom_forge import *

y, x = np.mgrid[:40, :33]
smooth = {8: (5 * y + x) % 251, 16: (1500 * y + 11 * x) % 65000}
wrong = count = 0


def stream_of(coding, v, bits, signed=False):
    """Transfer syntax, code stream, and the stored values as it has them."""
    kind = "1.2.840.10008.5.1.4.1.1.7.3" if bits > 8 else "1.2.840.10008.5.1.4.1.1.7.2"
    write("raw.dcm", v[None], bits, signed, SOPClassUID=kind, Modality="OT", NumberOfFrames=1)
    if coding == "lossy":
        Image.fromarray(v.astype("u1")).save("x.jpg", quality=95)
        return "1.2.840.10008.1.2.4.50", open("x.jpg", "rb").read(), np.asarray(Image.open("x.jpg"))
    subprocess.run(["gdcmconv", "--" + coding, "raw.dcm", "packed.dcm"], check=True, capture_output=True)
    d = dcmread("packed.dcm")
    return d.file_meta.TransferSyntaxUID, next(generate_pixel_data_frame(d.PixelData, 1)), v


def file(path, syntax, stream, shape, bits, allocated, signed=False):
    d = dataset(np.zeros(shape, "u2"), bits, signed, allocated=allocated)
    d.file_meta.TransferSyntaxUID = syntax
    d.PixelData = encapsulate([stream + b"\0" * (len(stream) % 2)])
    d["PixelData"].VR, d["PixelData"].is_undefined_length = "OB", True
    d.save_as(path, write_like_original=False)


def check(name, want, told=""):
    """x.dcm becomes `want` and stderr is told, or silent; or it is refused (None)."""
    global wrong, count
    count += 1
    r = subprocess.run(["mmread", "--no-pg", "-o", "x.mms", "x.dcm"], capture_output=True, text=True)
    lines = [line for line in r.stderr.splitlines() if "below a quarter" not in line]
    got = image("x.mms") if r.returncode == 0 else None
    if want is None:
        good = r.returncode == 3
    else:
        good = got is not None and got.dtype == want.dtype and (got == want).all() and (told in r.stderr if told else not lines)
    if not good:
        wrong += 1
        print("%s: exit %d, %s" % (name, r.returncode, r.stderr or "other pixels"))


for coding in ("j2k", "jpegls", "jpeg", "rle", "lossy"):
    for has, signed in ((8, False), (8, True), (16, False), (16, True)):
        if coding == "lossy" and (has, signed) != (8, False):
            continue
        v = smooth[has] - (1 << has - 1 if signed else 0)
        syntax, stream, decoded = stream_of(coding, v, has, signed)
        for allocated, bits in ((8, 8), (16, 8), (16, 12), (16, 16), (32, 12), (32, 16), (32, 20)):
            file("x.dcm", syntax, stream, v.shape, bits, allocated, signed)
            name = "%s of %d bits, signed %d, %d stored of %d" % (coding, has, signed, bits, allocated)
            lo, hi = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
            want = (np.clip(decoded, lo, hi) - float(lo)) / (hi - lo)
            if has > allocated:
                check(name, None)
            elif has > bits and signed:
                continue  # which bits above are copies of a sign, dicom_format.py tries
            else:
                check(name, grey(want, bits) if bits <= 16 else want.astype("f4"),
                      "%d bits a sample, its header says %d" % (has, bits) if has < bits else "beyond the %d bits" % bits if has > bits else "")

# A sign in the code stream alone, and in the header alone: two's complement.
syntax, stream, v = stream_of("j2k", smooth[16] - 32768, 16, True)
file("x.dcm", syntax, stream, v.shape, 16, 16)
check("a sign in the code stream", grey((v + 32768) / 65535, 16), "its code stream has a sign")
syntax, stream, v = stream_of("j2k", smooth[16], 16)
file("x.dcm", syntax, stream, v.shape, 16, 16, True)
check("a sign in the header", grey((v + 32768) % 65536 / 65535, 16))

# Samples of 12 bits, as a real file has them.
d = dcmread(sys.argv[1] + "/test_files/JPGExtended.dcm")
stream = next(generate_pixel_data_frame(d.PixelData, 1))
file("x.dcm", d.file_meta.TransferSyntaxUID, stream, (d.Rows, d.Columns), 12, 16)
subprocess.run(["mmread", "-q", "-o", "x.mms", "x.dcm"], check=True)
v = np.round(image("x.mms") / 65535 * 4095)
for allocated, bits in ((8, 8), (16, 12), (16, 14), (32, 16), (32, 12), (16, 8)):
    file("x.dcm", d.file_meta.TransferSyntaxUID, stream, v.shape, bits, allocated)
    check("JPEG of 12 bits, %d stored of %d" % (bits, allocated), grey(v / ((1 << bits) - 1), bits) if allocated > 8 else None,
          "12 bits a sample" if bits > 12 else "beyond the 8 bits" if bits < 12 else "")

# The end of a code stream: as it should be, missing, after bytes without meaning, which also may be what the data ends with.
for coding in ("jpegls", "j2k", "lossy", "jpeg"):
    syntax, stream, v = stream_of(coding, smooth[8], 8)
    end = stream.rindex(b"\xff\xd9")
    body = stream[:end]
    for name, changed, told in (
            ("whole", body + b"\xff\xd9", ""), ("followed by a zero", body + b"\xff\xd9\0", ""), ("without an end", body, "no end marker"),
            ("a zero for an end", body + b"\0", "no end marker"), ("a zero before the end", body + b"\0\xff\xd9", "before its end"),
            ("four zeros before the end", body + b"\0\0\0\0\xff\xd9", "before its end"),
            ("four bytes of ones before the end", body + b"\xff\xff\xff\xff\xff\xd9", "before its end" if coding == "j2k" else ""),
            ("cut", body[:-9] + b"\xff\xd9", None), ("cut in the middle", body[:len(body) // 2] + b"\xff\xd9", None), ("cut, without an end", body[:-9], None), ("other bytes", body + b"abc\xff\xd9", None)):
        if coding in ("lossy", "jpeg") and (told == "before its end" or name == "other bytes"):
            continue  # libjpeg takes some bytes for the rest of the data
        file("x.dcm", syntax, changed, v.shape, 8, 8)
        check("%s, %s" % (coding, name), None if told is None else grey(v / 255, 8), told or "")

# Scans that are missing, of which libjpeg says nothing.
Image.fromarray(smooth[8].astype("u1")).save("x.jpg", progressive=True)
stream = open("x.jpg", "rb").read()
begins = [i for i in range(len(stream)) if stream[i:i + 2] == b"\xff\xda"]
for scans in (1, 2, len(begins) - 1):
    for end in (b"\xff\xd9", b""):
        file("x.dcm", "1.2.840.10008.1.2.4.55", stream[:begins[scans]] + end, v.shape, 8, 8)
        check("%d scans of %d" % (scans, len(begins)), None)
print("%d streams, %d wrong" % (count, wrong))
sys.exit(wrong > 0 or count < 80)
