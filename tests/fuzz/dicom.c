/* DICOM: headers and pixels, by our own code and libjpeg-turbo; windows and frames by turns. What GDCM would decode in
 * a program of its own is made up here. */
#include <string.h>

#include "formats/image/dicom_image.h"
#include "tests/fuzz/harness/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mm_error error = {0};
    mm_dicom_info info;
    mm_image image = {0};
    mm_image_options rules = {.frame = size / 3 % 3};
    static const char *const windows[] = {"none", "file", "40,400", "0.5,3,sigmoid"};
    MM_MUST(!mm_window_parse(windows[size % 4], &rules.window, &error));
    int header = mm_dicom_header(data, size, &info, &error);
    if (!header)
        MM_MUST(memchr(info.patient, 0, sizeof info.patient) && memchr(info.series_description, 0, sizeof info.series_description));
    int code = mm_dicom_image_decode(data, size, &rules, &image, &error);
    if (code) {
        mm_image_free(&image);
        return 0;
    }
    MM_MUST(!header && image.ndim == 2 && image.dim[0] == info.rows && image.dim[1] == info.columns);
    mm_fuzz_touch(image.data, image.dim[0] * image.dim[1] * mm_dtype_size(image.dtype));
    mm_image_free(&image);
    return 0;
}
