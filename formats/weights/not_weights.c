/* Files that hold no weights: see not_weights.h. */
#include "formats/weights/not_weights.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "common/base/signature.h"

#define BYTES(text) text, sizeof text - 1

/* Signatures of files that are met in the place of weights; those of others are in common/base/signature.h. */
static const struct row {
    size_t offset;
    const char *bytes;
    size_t length;
    const char *is;
} rows[] = {
    {0, BYTES("version https://git-lfs"), "a pointer of Git LFS: fetch the file itself with git lfs pull"},
    {0, BYTES("GGUF"), "a GGUF model"},
    {4, BYTES("TFL3"), "a TensorFlow Lite model"},
    {0, BYTES("MATLAB 5.0 MAT-file"), "a MATLAB file: save it with -v7.3, or its arrays as NPZ"},
    {0, BYTES("\x93NUMPY"), "one NumPy array without a name: save arrays with numpy.savez"},
    {0, BYTES("\x7f" "ELF"), "a program or library"},
    {0, BYTES("7z\xbc\xaf\x27\x1c"), "a 7z archive: unpack it first"},
    {0, BYTES("Rar!"), "a RAR archive: unpack it first"},
    {0, BYTES("<?xml"), "an XML document, perhaps a server's error message: download it again"},
};

/* True if the text, after blanks, begins with `start` in any case. */
static bool begins(const char *text, size_t n, const char *start)
{
    while (n && strchr(" \t\r\n\xef\xbb\xbf", *text) && *text) {
        text++;
        n--;
    }
    return n >= strlen(start) && !strncasecmp(text, start, strlen(start));
}

static bool holds(const char *bytes, size_t n, const char *text)
{
    return memmem(bytes, n < 65536 ? n : 65536, text, strlen(text)) != NULL;
}

static bool all_zero(const char *bytes, size_t n) { return n && !bytes[0] && !memcmp(bytes, bytes + 1, n - 1); }

/* What has no signature; NULL: unknown. */
static const char *guess(const char *b, size_t n)
{
    static const char leveldb[] = "\x57\xfb\x80\x8b\x24\x75\x47\xdb";
    if (begins(b, n, "<!doctype html") || begins(b, n, "<html"))
        return "a web page (HTML), which a download got instead: perhaps it wants a login";
    if (begins(b, n, "{") || begins(b, n, "["))
        return holds(b, n, "\"weight_map\"") ? "an index of weights in several files: save the network in one file"
                                             : "JSON, a description without weights";
    if (n >= 8 && !memcmp(b + n - 8, leveldb, 8))
        return "the index of a TensorFlow checkpoint: save the weights in HDF5 (.h5)";
    if (n >= 2 && b[0] == 8 && b[1] == 1 && (holds(b, n, "tensorflow") || holds(b, n, "saved_model")))
        return "a SavedModel of TensorFlow: save the weights in HDF5 (.h5)";
    if (n >= 4 && b[0] == 8 && b[1] > 0 && b[1] < 32 && (b[2] == 0x12 || b[2] == 0x3a))
        return "an ONNX model: save the network's state_dict with torch.save";
    return all_zero(b, n) ? "nothing but zeros: copy or download it again" : NULL;
}

/* The first line of a text, as much as fits. */
static void first_line(const char *bytes, size_t n, char *line, size_t size)
{
    size_t length = 0;
    while (length < n && length + 1 < size && bytes[length] >= 32 && bytes[length] < 127) {
        line[length] = bytes[length];
        length++;
    }
    line[length] = 0;
}

int mm_not_weights(const void *bytes, size_t n, const char *name, mm_error *error)
{
    static const char wanted[] = "not a file of weights (safetensors, NPZ, PyTorch, Keras' HDF5)";
    const mm_signature *signature = mm_signature_of(bytes, n < MM_SIGNATURE_BYTES ? n : MM_SIGNATURE_BYTES);
    const char *is = NULL;
    char line[61];
    for (size_t i = 0; i < sizeof rows / sizeof *rows && !is; i++)
        if (n >= rows[i].offset + rows[i].length && !memcmp((const char *)bytes + rows[i].offset, rows[i].bytes, rows[i].length))
            is = rows[i].is;
    is = is ? is : guess(bytes, n);
    if (is)
        return mm_fail(error, MM_FAILURE, "'%s' is %s but %s", name, wanted, is);
    if (signature->kind == MM_KIND_UNKNOWN)
        return mm_fail(error, MM_FAILURE, "'%s' is %s, nor of another format that is known", name, wanted);
    if (signature->kind != MM_KIND_TEXT)
        return mm_fail(error, MM_FAILURE, "'%s' is %s but %s", name, wanted, signature->name);
    first_line(bytes, n, line, sizeof line);
    return mm_fail(error, MM_FAILURE, "'%s' is %s but text: '%s'", name, wanted, line);
}

int mm_not_weights_zip(const mm_zip *zip, const char *name, mm_error *error)
{
    static const char *const inner[] = {".pth", ".pt", ".th", ".ckpt", ".bin", ".npz", ".safetensors", ".h5", ".hdf5"};
    if (mm_zip_find(zip, "model.weights.h5"))
        return mm_fail(error, MM_FAILURE, "'%s' is a model of Keras 3: save its weights in HDF5 (.h5) with Keras 2's names", name);
    for (size_t i = 0; i < zip->n; i++)
        for (size_t k = 0; k < sizeof inner / sizeof *inner; k++) {
            const char *member = zip->members[i].name;
            const size_t m = strlen(member), e = strlen(inner[k]);
            if (m > e && !strcmp(member + m - e, inner[k]))
                return mm_fail(error, MM_FAILURE, "'%s' is a zip archive that holds '%s': unpack it first", name, member);
        }
    return mm_fail(error, MM_FAILURE, "'%s' is a zip archive, but of neither NPZ nor PyTorch: its first file is '%s'", name,
                   zip->n ? zip->members[0].name : "");
}
