"""DICOM files with a mark in every text that they hold, in the current folder: python3 dicom_marks.py MARK.

whole.dcm, implicit.dcm (readable), NAME.element.dcm (the mark in one element that reading depends on as well), cut.N.dcm
(truncated), flip.N.dcm (a byte of the header damaged). Prints how many elements were marked."""
import sys

import numpy as np
from pydicom import dcmread
from pydicom.sequence import Sequence
from pydicom.uid import ImplicitVRLittleEndian
from dicom_forge import dataset, item

mark = sys.argv[1]
TEXT = {"AE": 1, "CS": 1, "LO": 1, "LT": 1, "PN": 1, "SH": 1, "ST": 1, "UC": 1, "UR": 1, "UT": 1, "AS": 1, "DA": 1, "DT": 1, "TM": 1, "UI": 1}
NEEDED = {"PhotometricInterpretation", "NumberOfFrames", "TransferSyntaxUID", "VOILUTFunction", "SpecificCharacterSet"}
marked = 0


def plant(d):
    global marked
    for e in list(d):
        if e.VR == "SQ":
            for i in e.value:
                plant(i)
        elif e.keyword not in NEEDED and e.VR in TEXT:
            e.value = mark
            marked += 1
        elif e.VR in ("OB", "UN", "OW") and e.keyword != "PixelData":
            e.value = mark.encode() * 2
            marked += 1


y, x = np.mgrid[:128, :128]
d = dataset((x * 30 + y - 200).astype("i2"), 16, True, PixelSpacing=[0.07, 0.07], RescaleSlope=1, RescaleIntercept=-1024, PixelPaddingValue=-2000)
# What a scanner writes, and one of everything else: names, comments, addresses, private blocks, sequences in sequences.
for name in ("ImageType InstanceCreationDate InstanceCreationTime InstanceCreatorUID StudyDate SeriesDate AcquisitionDate ContentDate StudyTime "
             "SeriesTime AcquisitionTime ContentTime AccessionNumber Modality Manufacturer InstitutionName ReferringPhysicianName "
             "TimezoneOffsetFromUTC StationName StudyDescription ManufacturerModelName PatientName PatientID PatientBirthDate PatientSex "
             "PatientAge AdditionalPatientHistory ContrastBolusAgent ScanOptions SoftwareVersions ContrastBolusRoute FilterType "
             "ConvolutionKernel PatientPosition StudyInstanceUID SeriesInstanceUID StudyID FrameOfReferenceUID Laterality "
             "PositionReferenceIndicator ImageComments PatientAddress PatientComments OperatorsName SeriesDescription ProtocolName "
             "DeviceSerialNumber OtherPatientIDs ViewPosition ImageLaterality TextComments RetrieveURL").split():
    setattr(d, name, "X")
d.SpecificCharacterSet = "ISO_IR 100"
d.OtherPatientIDsSequence = Sequence([item(PatientID="X", TypeOfPatientID="X")])


def deep():
    return item(PatientName="X", TextValue="X", ContentSequence=Sequence([item(PersonName="X", UID="1.2")]))


d.RequestAttributesSequence = Sequence([item(ReferencedStudySequence=Sequence([deep()])), deep()])
d.ViewCodeSequence = Sequence([item(CodeValue="X", CodingSchemeDesignator="X", CodeMeaning="X")])
d.ModalityLUTSequence = Sequence([item(LUTExplanation="X", ModalityLUTType="X")])
block = d.private_block(0x0019, "X", create=True)
for i, vr in enumerate(("LO", "PN", "UT", "OB", "ST")):
    block.add_new(i, vr, b"XX" if vr == "OB" else "X")
block.add_new(9, "SQ", Sequence([deep()]))
plant(d)
d.file_meta.ImplementationVersionName = mark[:16]
d.file_meta.SourceApplicationEntityTitle = mark[:16]
d.preamble = (mark.encode() * 20)[:128]
d.save_as("whole.dcm", write_like_original=False)
i = dcmread("whole.dcm")
i.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
i.is_implicit_VR = True
i.save_as("implicit.dcm", write_like_original=False)

# Elements that reading depends on: numbers and words that are none.
for tag, vr in ((0x00280004, "LO"), (0x00280008, "LO"), (0x00281050, "LO"), (0x00281051, "LO"), (0x00281052, "LO"), (0x00281053, "LO"),
                (0x00281056, "LO"), (0x00080005, "LO"), (0x00280030, "LO"), (0x00280010, "LO"), (0x00280100, "LO"), (0x00280002, "LO"),
                (0x00280101, "LO"), (0x00280103, "LO"), (0x7fe00008, "LO")):
    x = dcmread("whole.dcm")
    if tag in x:
        del x[tag]
    x.add_new(tag, vr, mark)
    x.save_as("%08x.element.dcm" % tag, write_like_original=False)
    marked += 1
raw = open("whole.dcm", "rb").read()
uid = d.file_meta.TransferSyntaxUID.encode()
at = raw.index(uid)
open("syntax.element.dcm", "wb").write(raw[:at] + (mark.encode() * 3)[:len(uid)] + raw[at + len(uid):])
pixels = raw.index(b"\xe0\x7f\x10\x00")
rng = np.random.RandomState(5)
for n in sorted(set(rng.randint(0, pixels + 50, 60))):
    open("cut.%d.dcm" % n, "wb").write(raw[:n])
for n in sorted(set(rng.randint(132, pixels, 60))):
    open("flip.%d.dcm" % n, "wb").write(raw[:n] + bytes([raw[n] ^ 1 << rng.randint(8)]) + raw[n + 1:])
print(marked)
