"""DICOM files for tests, made with pydicom, and what mmread must make of their values."""
import os
import sys

import numpy as np
import mms
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian


def dataset(stored, bits=None, signed=False, photometric="MONOCHROME2", syntax=ExplicitVRLittleEndian, allocated=None, **elements):
    """A data set of the stored values [H][W], [N][H][W] or [H][W][3]: 8, 16 or 32 bits allocated by `bits` stored, or as said. An element
    of value None is taken out."""
    bits = bits or stored.dtype.itemsize * 8
    allocated = allocated or (8 if bits <= 8 else 16 if bits <= 16 else 32)
    colour = stored.ndim == 3 and stored.shape[2] == 3
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.1.2"
    meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    meta.TransferSyntaxUID = syntax
    d = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    d.is_little_endian = syntax != ExplicitVRBigEndian
    d.is_implicit_VR = syntax == ImplicitVRLittleEndian
    d.SOPClassUID, d.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    d.Rows, d.Columns = stored.shape[:2] if colour or stored.ndim == 2 else stored.shape[1:3]
    if stored.ndim == 3 and not colour:
        d.NumberOfFrames = stored.shape[0]
    d.SamplesPerPixel = 3 if colour else 1
    if colour:
        d.PlanarConfiguration = 0
    d.PhotometricInterpretation = photometric
    d.BitsAllocated, d.BitsStored, d.HighBit, d.PixelRepresentation = allocated, bits, bits - 1, int(signed)
    for name, value in elements.items():
        if value is None:
            delattr(d, name)
        else:
            setattr(d, name, value)
    order = "<" if d.is_little_endian else ">"
    raw = (stored.astype(np.int64) & ((1 << bits) - 1)).astype(order + "u%d" % (allocated // 8)).tobytes()
    d.PixelData = raw + b"\0" * (len(raw) % 2)
    d["PixelData"].VR = "OW" if allocated > 8 else "OB"
    return d


def with_samples(d, samples, order="<"):
    """The data set with other samples, as they are."""
    raw = samples.astype(order + "u%d" % (d.BitsAllocated // 8)).tobytes()
    d.PixelData = raw + b"\0" * (len(raw) % 2)
    return d


def write(path, *arguments, **elements):
    d = dataset(*arguments, **elements)
    d.save_as(path, write_like_original=False)
    return d


def item(**elements):
    d = Dataset()
    for name, value in elements.items():
        setattr(d, name, value)
    return d


def lut(first, bits, entries):
    d = Dataset()
    d.add_new(0x00283002, "US", [len(entries) % 65536, first % 65536, bits])
    d.add_new(0x00283006, "OW", np.asarray(entries, "<u2").tobytes())
    return Sequence([d])


def records(path):
    return list(mms.read_stream(open(path, "rb")))[0].records


def image(path):
    return records(path)[0].tensors["image"]


def grey(y, bits):
    """0..1 as mmread writes it."""
    y = np.clip(y, 0, 1)
    return np.floor(y * 65535 + 0.5).astype("u2") if bits > 8 else np.floor(y * 255 + 0.5).astype("u1")


def linear(x, c, w):
    """PS3.3 C.11.2.1.2, as its pseudo-code has it, with output from 0 to 1."""
    return np.where(x <= c - 0.5 - (w - 1) / 2, 0.0,
                    np.where(x > c - 0.5 + (w - 1) / 2, 1.0, (x - (c - 0.5)) / (w - 1 or 1) + 0.5))


def linear_exact(x, c, w):
    """C.11.2.1.3.2"""
    return np.where(x <= c - w / 2, 0.0, np.where(x > c + w / 2, 1.0, (x - c) / w + 0.5))


def sigmoid(x, c, w):
    """C.11.2.1.3.1"""
    return 1 / (1 + np.exp(-4 * (x - c) / w))
