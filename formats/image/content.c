/* Signatures of files. */
#include "formats/image/content.h"

#include <stdio.h>
#include <string.h>

#include "formats/dicom/dicom.h"

static const struct {
    size_t offset;
    const char *bytes;
    size_t length;
    mm_content content;
    const char *name;
} known[] = {
    {128, "DICM", 4, MM_CONTENT_DICOM, "a DICOM file"}, /* first: its preamble may be anything */
    {0, "\x89MMS\r\n\x1a\n", 8, MM_CONTENT_STREAM, "a tensor stream"},
    {0, "\x89PNG\r\n\x1a\n", 8, MM_CONTENT_PNG, "a PNG image"},
    {0, "\x93NUMPY", 6, MM_CONTENT_NPY, "a NumPy array"},
    {0, "\x1f\x8b", 2, MM_CONTENT_TAR, "gzip data"},
    {0, "\x28\xb5\x2f\xfd", 4, MM_CONTENT_TAR, "zstd data"},
    {0, "\xfd" "7zXZ", 5, MM_CONTENT_TAR, "xz data"},
    {0, "BZh", 3, MM_CONTENT_TAR, "bzip2 data"},
    {257, "ustar", 5, MM_CONTENT_TAR, "a tar archive"},
    {0, "\xff\xd8\xff", 3, MM_CONTENT_JPEG, "a JPEG image"},
    {0, "\xff\x4f\xff\x51", 4, MM_CONTENT_FOREIGN, "a JPEG 2000 image"},
    {4, "jP  \r\n\x87\n", 8, MM_CONTENT_FOREIGN, "a JPEG 2000 image"},
    {0, "II*\0", 4, MM_CONTENT_FOREIGN, "a TIFF image"},
    {0, "MM\0*", 4, MM_CONTENT_FOREIGN, "a TIFF image"},
    {0, "GIF8", 4, MM_CONTENT_FOREIGN, "a GIF image"},
    {0, "BM", 2, MM_CONTENT_FOREIGN, "a BMP image"},
    {0, "\x89HDF\r\n\x1a\n", 8, MM_CONTENT_FOREIGN, "an HDF5 file"},
    {0, "PK\x03\x04", 4, MM_CONTENT_FOREIGN, "a zip archive"},
    {0, "%PDF", 4, MM_CONTENT_FOREIGN, "a PDF document"},
    {12, "IHDR", 4, MM_CONTENT_FOREIGN, "a damaged PNG image (its signature is wrong)"},
};

/* Tar before POSIX has no magic, but every header is summed up: bytes 148..155 in octal, themselves counted as blanks. */
static bool is_old_tar(const unsigned char *p, size_t size)
{
    if (size < 512 || !p[0])
        return false;
    unsigned long sum = 0, said = 0;
    for (size_t i = 0; i < 512; i++)
        sum += i >= 148 && i < 156 ? ' ' : p[i];
    char octal[9] = {0};
    memcpy(octal, p + 148, 8);
    return sscanf(octal, "%lo", &said) == 1 && said == sum;
}

static bool is_text(const unsigned char *p, size_t size)
{
    for (size_t i = 0; i < size && i < 256; i++)
        if (p[i] < 0x20 && p[i] != '\t' && p[i] != '\n' && p[i] != '\r')
            return false;
    return true;
}

static size_t find(const unsigned char *p, size_t size)
{
    size_t n = sizeof known / sizeof *known, i = 0;
    while (i < n && (size < known[i].offset + known[i].length ||
                     memcmp(p + known[i].offset, known[i].bytes, known[i].length) != 0))
        i++;
    return i;
}

static bool is_pnm(const unsigned char *p, size_t size)
{
    return size >= 3 && p[0] == 'P' && p[1] >= '1' && p[1] <= '6' && memchr(" \t\r\n#", p[2], 5);
}

mm_content mm_content_of(const void *bytes, size_t size)
{
    if (size == 0)
        return MM_CONTENT_EMPTY;
    if (is_pnm(bytes, size))
        return MM_CONTENT_PNM;
    size_t i = find(bytes, size);
    if (i < sizeof known / sizeof *known)
        return known[i].content;
    if (is_old_tar(bytes, size))
        return MM_CONTENT_TAR;
    return mm_dicom_is(bytes, size) ? MM_CONTENT_DICOM : MM_CONTENT_FOREIGN;
}

bool mm_content_is_image(mm_content content)
{
    return content == MM_CONTENT_PNG || content == MM_CONTENT_JPEG || content == MM_CONTENT_DICOM ||
           content == MM_CONTENT_PNM || content == MM_CONTENT_NPY;
}

const char *mm_content_name(const void *bytes, size_t size)
{
    const unsigned char *p = bytes;
    if (size == 0)
        return "empty";
    if (is_pnm(p, size))
        return "a PNM image";
    size_t i = find(p, size);
    if (i < sizeof known / sizeof *known)
        return known[i].name;
    if (is_old_tar(p, size))
        return "a tar archive";
    if (mm_dicom_is(p, size))
        return "a DICOM file";
    return is_text(p, size) ? "text" : "of no format that mmpipe knows";
}
