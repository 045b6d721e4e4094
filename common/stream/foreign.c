/* Names what is not a tensor stream, by its first bytes. */
#include <string.h>

#include "common/stream/stream.h"

const char *mm_foreign(const void *bytes, size_t n)
{
    static const struct { size_t offset; const char *bytes; size_t n; const char *what; } known[] = {
        {128, "DICM", 4, "a DICOM file: read it with mmread"},
        {0, "\x89PNG\r\n\x1a\n", 8, "a PNG image: read it with mmread"},
        {0, "\xff\xd8\xff", 3, "a JPEG image: read it with mmread"},
        {0, "\x1f\x8b", 2, "gzip data: unpack it with gzip -d first"},
        {0, "\x28\xb5\x2f\xfd", 4, "zstd data: unpack it with zstd -d first"},
        {0, "\xfd" "7zXZ", 5, "xz data: unpack it with xz -d first"},
        {0, "BZh", 3, "bzip2 data: unpack it with bzip2 -d first"},
        {0, "PK\x03\x04", 4, "a zip archive (npz or PyTorch weights?): see mmmodel"},
        {0, "\x93NUMPY", 6, "a NumPy array: read it with mmread"},
        {0, "II*\0", 4, "a TIFF image, which is not a tensor stream"},
        {0, "MM\0*", 4, "a TIFF image, which is not a tensor stream"},
        {0, "\x89HDF\r\n\x1a\n", 8, "an HDF5 file, which is not a tensor stream"},
        {257, "ustar", 5, "a tar archive: read it with mmread"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (n >= known[i].offset + known[i].n && memcmp((const char *)bytes + known[i].offset, known[i].bytes, known[i].n) == 0)
            return known[i].what;
    const unsigned char *p = bytes;
    if (n >= 3 && p[0] == 'P' && p[1] >= '1' && p[1] <= '6' && strchr(" \t\r\n#", p[2]))
        return "a PNM image: read it with mmread";
    if (n >= 10 && p[8] == '{' && p[9] == '"' && !p[7] && !p[6] && !p[5])
        return "a safetensors file: see mmmodel";
    size_t text = 0;
    while (text < n && text < 256 && (p[text] >= 0x20 || p[text] == '\t' || p[text] == '\n' || p[text] == '\r'))
        text++;
    if (n >= 1 && (text == n || text == 256))
        return "text: a manifest is read with mmread --manifest";
    return NULL;
}
