/* Prints what the headers of DICOM files say, a line of tab-separated fields for each: file, patient, side, view, modality,
 * study, series, sop, series description, transfer syntax, photometric, rows, columns, frames, samples, bits allocated,
 * stored, high bit, signed, pixels, spacing of rows and columns; or file, "error" and the message. */
#include <stdio.h>

#include "formats/dicom/dicom.h"

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        mm_dicom_info d;
        mm_error error = {0};
        if (mm_dicom_header_read(argv[i], &d, &error))
            printf("%s\terror\t%s\n", argv[i], error.text);
        else
            printf("%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%zu\t%zu\t%zu\t%u\t%u\t%u\t%u\t%d\t%d\t%.9g\t%.9g\n", argv[i],
                   d.patient, d.side, d.view, d.modality, d.study, d.series, d.sop, d.series_description, d.transfer_syntax,
                   d.photometric, d.rows, d.columns, d.frames, d.samples, d.bits_allocated, d.bits_stored, d.high_bit,
                   d.is_signed, d.has_pixels, d.spacing[0], d.spacing[1]);
    }
    return 0;
}
