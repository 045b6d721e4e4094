#!/bin/bash
# mmindex dicom: a folder of DICOM files among others by their headers, through mmread to mmpredict and mmheatmap.
# dicom_real.sh has real files.
. "$ROOT/tests/cli/lib.sh"
need_python numpy pydicom
cat >make.py <<'PY'
import os, numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, generate_uid
def film(path, patient="", side="", view="", spacing=None, rows=64, columns=48, syntax=ExplicitVRLittleEndian, pixels=True):
    d = Dataset()
    d.file_meta = FileMetaDataset()
    d.file_meta.TransferSyntaxUID = syntax
    d.file_meta.MediaStorageSOPClassUID = d.SOPClassUID = "1.2.840.10008.5.1.4.1.1.1.2"
    d.file_meta.MediaStorageSOPInstanceUID = d.SOPInstanceUID = generate_uid()
    d.Modality, d.PatientName = "MG", "Marker^Name"
    if patient: d.PatientID = patient
    if side: d.ImageLaterality = side
    if view: d.ViewPosition = view
    if spacing: d.ImagerPixelSpacing = spacing
    if pixels:
        d.SamplesPerPixel, d.PhotometricInterpretation, d.PixelRepresentation = 1, "MONOCHROME2", 0
        d.Rows, d.Columns, d.BitsAllocated, d.BitsStored, d.HighBit = rows, columns, 16, 12, 11
        y, x = np.mgrid[:rows, :columns]
        d.PixelData = ((x * 40 + y * 17) % 4096 * (x < columns // 2)).astype("<u2").tobytes()
    d.is_little_endian, d.is_implicit_VR = True, syntax == ImplicitVRLittleEndian
    os.makedirs(os.path.dirname(path), exist_ok=True)
    d.save_as(path, write_like_original=False)
film("films/a/one.dcm", "p1", "L", "CC", [0.07, 0.08])
film("films/a/two.DCM", "p1", "R", "MLO", [0.07, 0.07], syntax=ImplicitVRLittleEndian)
film("films/b/1.2.840.113.1", "p2", "R", "CC")
film("films/b/1.2.840.113.2", "p2", "", "MLO")
film("films/c/nobody.dcm")
film("films/c/report.dcm", "p3", pixels=False)
film("films/c/cut.dcm", "p3", "L", "CC")
open("films/c/cut.dcm", "r+b").truncate(200)
film("films/c/short.dcm", "p3", "L", "CC")
os.truncate("films/c/short.dcm", os.path.getsize("films/c/short.dcm") - 100)
open("films/c/notes.txt", "w").write("notes\n")
open("films/README", "w").write("readme\n")
open("films/c/empty.dcm", "w").close()
PY
check "films" "$PYTHON" make.py
expect_exit 0 mmindex dicom films -o films.tsv
message "5 images of 2 patients"
message "1 images name no patient"
message "3 files are not DICOM files"
message "'films/c/report.dcm': is a DICOM file without an image"
message "'films/c/cut.dcm'"
message "'films/c/short.dcm': is cut short"
message "3 DICOM files are not images"
! grep -q 'Marker' .err films.tsv || { echo "FAILED: a name"; failures=$((failures + 1)); }
printf 'key\timage\tpatient\tside\tview\tspacing\n' >want.tsv
printf '%s\tfilms/%s\t%s\t%s\t%s\t%s\n' a_one a/one.dcm p1 LEFT CC '0.07 0.08' a_two a/two.DCM p1 RIGHT MLO '0.07 0.07' \
    b_1.2.840.113.1 b/1.2.840.113.1 p2 RIGHT CC '' b_1.2.840.113.2 b/1.2.840.113.2 p2 '' MLO '' c_nobody c/nobody.dcm '' '' '' '' >>want.tsv
check "the manifest" diff films.tsv want.tsv
cp -r films clash && cp clash/a/one.dcm clash/a_one.dcm
expect_exit 1 mmindex dicom clash -o clash.tsv
message "would have the same key"
[ ! -e clash.tsv ] || { echo "FAILED: an output is left"; failures=$((failures + 1)); }
mkdir none && echo text >none/a.dcm
expect_exit 3 mmindex dicom none
message "'none' has no DICOM image"
expect_exit 1 mmindex dicom nowhere

# Ready for prediction and heatmaps.
expect_exit 0 mmread --manifest films.tsv -o films.mms
check "attributes" bash -c 'mminfo films.mms | grep "^a_one" | grep "patient=p1" | grep "side=LEFT" | grep "view=CC" | grep -q "spacing=0.07 0.08"'
check "weights" "$PYTHON" "$ROOT/tests/cli/weights.py" cifar 20 cifar.npz
check "a model" mmmodel convert --net resnet20-cifar --classes 10 --mean 100 --std 57.6 cifar.npz m.safetensors
check "mmpredict" mmpredict -q --model m.safetensors films.mms -o p.tsv
[ "$(wc -l <p.tsv)" = 6 ] || { echo "FAILED: predictions"; failures=$((failures + 1)); }
check "mmheatmap" mmheatmap -q --model m.safetensors --stride 16 films.mms -o heat.mms
finish
