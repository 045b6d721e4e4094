/* JPEG by libjpeg-turbo. */
#include <stdlib.h>

#include "formats/dicom/jpeg.h"
#include "tests/fuzz/harness/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mm_error error = {0};
    mm_jpeg_info info;
    if (mm_jpeg_probe(data, size, &info, &error) || info.bits != 8)
        return 0;
    size_t area = info.height * info.width;
    MM_MUST(area / info.width == info.height);
    unsigned char *pixels = area < (size_t)1 << 26 ? malloc(area) : NULL; /* flat images are small files */
    if (pixels && !mm_jpeg_decode(data, size, &info, (mm_jpeg_colour)(size % 3), pixels, &error))
        mm_fuzz_touch(pixels, area);
    free(pixels);
    return 0;
}
