/* Signatures of files: see signature.h. */
#include "common/base/signature.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What no fixed bytes say. */

static bool is_pnm(const unsigned char *p, size_t size)
{
    return size >= 3 && p[0] == 'P' && p[1] >= '1' && p[1] <= '6' && memchr(" \t\r\n#", p[2], 5);
}

/* Two letters, with which text may begin too, the size of the file, and four bytes that are reserved. */
static bool is_bmp(const unsigned char *p, size_t size)
{
    return size >= 10 && p[0] == 'B' && p[1] == 'M' && !memcmp(p + 6, "\0\0\0\0", 4);
}

/* Tar before POSIX has no magic, but a sum over every header: bytes 148..155 in octal, themselves counted as blanks. */
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

/* The length of its header, in 64 bits, and a JSON object. */
static bool is_safetensors(const unsigned char *p, size_t size)
{
    return size >= 10 && p[8] == '{' && p[9] == '"' && !p[7] && !p[6] && !p[5];
}

/* A zip archive whose first member is one of a workbook's, as Excel, LibreOffice and Python's libraries write them. */
static bool is_workbook(const unsigned char *p, size_t size)
{
    static const char *const first[] = {"[Content_Types].xml", "_rels/.rels", "docProps/", "xl/work", "mimetypeapplication/vnd.oasis"};
    if (size < 30 || memcmp(p, "PK\x03\x04", 4) != 0)
        return false;
    for (size_t i = 0; i < sizeof first / sizeof *first; i++)
        if (size - 30 >= strlen(first[i]) && !memcmp(p + 30, first[i], strlen(first[i])))
            return true;
    return false;
}

static bool is_text(const unsigned char *p, size_t size)
{
    for (size_t i = 0; i < size && i < 256; i++)
        if (p[i] < 0x20 && p[i] != '\t' && p[i] != '\n' && p[i] != '\r')
            return false;
    return size > 0;
}

#define READ ": read it with mmread"
#define SAVE ": save the table as CSV"
#define NO_STREAM ", which is not a tensor stream"
#define BYTES(text) text, sizeof text - 1

/* The first row that fits is taken: those whose signature may stand in another's data come later. */
static const struct row {
    mm_signature signature;
    size_t offset;
    const char *bytes;
    size_t length;
    bool (*is)(const unsigned char *p, size_t size); /* decides where there are no bytes */
} rows[] = {
    {{MM_KIND_PNM, "a PNM image", READ}, .is = is_pnm},
    {{MM_KIND_DICOM, "a DICOM file", READ}, 128, BYTES("DICM")}, /* its preamble may be anything */
    {{MM_KIND_STREAM, "a tensor stream", ""}, 0, BYTES("\x89MMS\r\n\x1a\n")},
    {{MM_KIND_PNG, "a PNG image", READ}, 0, BYTES("\x89PNG\r\n\x1a\n")},
    {{MM_KIND_NPY, "a NumPy array", READ}, 0, BYTES("\x93NUMPY")},
    {{MM_KIND_ARCHIVE, "gzip data", ": unpack it with gzip -d first"}, 0, BYTES("\x1f\x8b")},
    {{MM_KIND_ARCHIVE, "zstd data", ": unpack it with zstd -d first"}, 0, BYTES("\x28\xb5\x2f\xfd")},
    {{MM_KIND_ARCHIVE, "xz data", ": unpack it with xz -d first"}, 0, BYTES("\xfd" "7zXZ")},
    {{MM_KIND_ARCHIVE, "bzip2 data", ": unpack it with bzip2 -d first"}, 0, BYTES("BZh")},
    {{MM_KIND_OTHER, "lz4 data", ": unpack it with lz4 -d first"}, 0, BYTES("\x04\x22\x4d\x18")},
    {{MM_KIND_OTHER, "compressed data", ": unpack it with uncompress first"}, 0, BYTES("\x1f\x9d")},
    {{MM_KIND_ARCHIVE, "a tar archive", READ}, 257, BYTES("ustar")},
    {{MM_KIND_JPEG, "a JPEG image", READ}, 0, BYTES("\xff\xd8\xff")},
    {{MM_KIND_JPEG2000, "a JPEG 2000 image", NO_STREAM}, 0, BYTES("\xff\x4f\xff\x51")},
    {{MM_KIND_JPEG2000, "a JPEG 2000 image", NO_STREAM}, 4, BYTES("jP  \r\n\x87\n")},
    {{MM_KIND_TIFF, "a TIFF image", NO_STREAM}, 0, BYTES("II*\0")},
    {{MM_KIND_TIFF, "a TIFF image", NO_STREAM}, 0, BYTES("MM\0*")},
    {{MM_KIND_GIF, "a GIF image", NO_STREAM}, 0, BYTES("GIF8")},
    {{MM_KIND_BMP, "a BMP image", NO_STREAM}, .is = is_bmp},
    {{MM_KIND_WEIGHTS, "an HDF5 file", NO_STREAM}, 0, BYTES("\x89HDF\r\n\x1a\n")},
    {{MM_KIND_OTHER, "a spreadsheet", SAVE}, .is = is_workbook},
    {{MM_KIND_OTHER, "a spreadsheet", SAVE}, 0, BYTES("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")},
    {{MM_KIND_OTHER, "a Parquet file", SAVE}, 0, BYTES("PAR1")},
    {{MM_KIND_WEIGHTS, "a zip archive", " (npz or PyTorch weights?): see mmmodel"}, 0, BYTES("PK\x03\x04")},
    {{MM_KIND_OTHER, "a PDF document", NO_STREAM}, 0, BYTES("%PDF")},
    {{MM_KIND_OTHER, "a damaged PNG image (its signature is wrong)", NO_STREAM}, 12, BYTES("IHDR")},
    {{MM_KIND_ARCHIVE, "a tar archive", READ}, .is = is_old_tar},
    {{MM_KIND_WEIGHTS, "a safetensors file", ": see mmmodel"}, .is = is_safetensors},
    {{MM_KIND_TEXT, "text", ": a manifest is read with mmread --manifest"}, .is = is_text},
};
enum { ROWS = sizeof rows / sizeof *rows };

static bool fits(const struct row *row, const unsigned char *p, size_t size)
{
    if (row->is)
        return row->is(p, size);
    return size >= row->offset + row->length && !memcmp(p + row->offset, row->bytes, row->length);
}

const mm_signature *mm_signature_of(const void *bytes, size_t size)
{
    static const mm_signature empty = {MM_KIND_EMPTY, "empty", ""};
    static const mm_signature unknown = {MM_KIND_UNKNOWN, "of no format that mmpipe knows", ""};
    if (size == 0)
        return &empty;
    for (size_t i = 0; i < ROWS; i++)
        if (fits(&rows[i], bytes, size))
            return &rows[i].signature;
    return &unknown;
}

int mm_signature_read(const char *path, unsigned char first[MM_SIGNATURE_BYTES], size_t *n, mm_error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, first, MM_SIGNATURE_BYTES) : -1;
    int code = got < 0 ? mm_fail(error, MM_FAILURE, "cannot read '%s':", path) : MM_OK;
    if (fd >= 0)
        close(fd);
    *n = got > 0 ? (size_t)got : 0;
    return code;
}

bool mm_signature_is(mm_kind kind, const void *bytes, size_t size)
{
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].signature.kind == kind && fits(&rows[i], bytes, size))
            return true;
    return false;
}
