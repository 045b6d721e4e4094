/* Image files as programs open them: recognised by content, their headers looked at, decoded from memory and from a file, in
 * which an image may stay where it lies. */
#include <stdio.h>
#include <string.h>

#include "formats/image/formats.h"
#include "tests/fuzz/harness/fuzz.h"

static size_t bytes_of(const mm_image *image)
{
    size_t n = mm_dtype_size(image->dtype);
    for (int i = 0; i < image->ndim; i++)
        n *= image->dim[i];
    return n;
}

static void same(const mm_image *a, const mm_image *b)
{
    MM_MUST(a->dtype == b->dtype && a->ndim == b->ndim && !memcmp(a->dim, b->dim, sizeof a->dim));
    MM_MUST(!memcmp(a->data, b->data, bytes_of(a)) && !strcmp(a->note, b->note) && !strcmp(a->patient, b->patient));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mm_error error = {0}, other = {0};
    mm_image decoded = {0}, read = {0};
    mm_probe probe;
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", mm_fuzz_file(data, size));
    int code = mm_image_decode(data, size, NULL, &decoded, &error);
    MM_MUST(mm_signature_of(data, size)->name[0] && code == mm_image_read(path, NULL, &read, &other));
    bool known = !mm_probe_file(path, &probe, &other);
    if (code)
        return 0;
    same(&decoded, &read);
    MM_MUST(!known || (probe.height == decoded.dim[decoded.ndim - 2] && probe.width == decoded.dim[decoded.ndim - 1]));
    MM_MUST(!mm_image_own(&read, &error));
    mm_image_rescale(&read, 4095);
    mm_image_maximum(&read);
    mm_image_free(&read);
    mm_image_free(&decoded);
    return 0;
}
