/* Files of weights: recognising their format, reading and writing. See weights.h. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/base/bytes.h"
#include "formats/weights/hdf5.h"
#include "formats/weights/keras.h"
#include "formats/weights/not_weights.h"
#include "formats/weights/weights.h"
#include "formats/weights/zip.h"

/* Names must be usable as such: not empty, no control characters (the table sees that they are unique). */
static int check_names(const mm_weights *w, const char *name, mm_error *error)
{
    for (size_t i = 0; i < w->params.count; i++) {
        const char *c = w->params.item[i].name;
        if (!*c)
            return mm_fail(error, MM_DAMAGED, "'%s': a tensor has no name", name);
        for (; *c; c++)
            if ((unsigned char)*c < 32 || *c == 127)
                return mm_fail(error, MM_DAMAGED, "'%s': a tensor's name has control characters", name);
    }
    return 0;
}

/* An archive with a member NAME.npy is NPZ, one with data.pkl is PyTorch's. The names stand in plain text in the
 * directory at the archive's end; the formats check what they find. */
static mm_weights_format zip_kind(const unsigned char *b, size_t n)
{
    return memmem(b, n, "data.pkl", 8) ? MM_PTH : MM_NPZ;
}

int mm_weights_decode(mm_weights *w, const void *bytes, size_t n, const char *name, mm_error *error)
{
    const unsigned char *b = bytes;
    mm_error own = {0};
    int code;
    error = error ? error : &own;
    *w = (mm_weights){0};
    if (n == 0) {
        code = mm_fail(error, MM_DAMAGED, "'%s' is empty", name);
    } else if (mm_zip_is(b, n)) {
        w->format = zip_kind(b, n);
        code = w->format == MM_NPZ ? mm_npz_decode(w, b, n, name, error) : mm_pth_decode(w, b, n, name, error);
    } else if (n >= 2 && b[0] == 0x80 && b[1] >= 2 && b[1] <= 5) {
        w->format = MM_PTH_LEGACY;
        code = mm_pth_decode(w, b, n, name, error);
    } else if (mm_hdf5_is(b, n)) {
        w->format = MM_KERAS;
        code = mm_keras_decode(w, b, n, name, error);
    } else if (n >= 9 && b[8] == '{') {
        w->format = MM_SAFETENSORS;
        code = mm_safetensors_decode(w, b, n, name, error);
    } else {
        code = mm_not_weights(b, n, name, error);
    }
    if (!code)
        code = check_names(w, name, error);
    if (code)
        mm_weights_free(w);
    return code;
}

int mm_weights_read(mm_weights *w, int fd, const char *name, mm_error *error)
{
    mm_bytes b = {0};
    *w = (mm_weights){0};
    int code = mm_bytes_read(&b, fd, name, MM_MAX_WEIGHTS_FILE, error);
    if (!code)
        code = mm_weights_decode(w, b.data, b.size, name, error);
    mm_bytes_free(&b);
    return code;
}

int mm_weights_load(mm_weights *w, const char *path, mm_error *error)
{
    *w = (mm_weights){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return mm_fail(error, MM_FAILURE, "cannot open '%s':", path);
    int code = mm_weights_read(w, fd, path, error);
    close(fd);
    return code;
}

int mm_weights_write(const mm_weights *w, int fd, const char *name, mm_weights_format format, mm_error *error)
{
    switch (format) {
    case MM_SAFETENSORS: return mm_safetensors_write(w, fd, name, error);
    case MM_NPZ: return mm_npz_write(w, fd, name, error);
    case MM_PTH: return mm_pth_write(w, fd, name, error);
    case MM_PTH_LEGACY:
    case MM_KERAS: break;
    }
    return mm_fail(error, MM_FAILURE, "'%s': %s is a format that is read only", name, mm_weights_format_name(format));
}

const char *mm_weights_format_name(mm_weights_format format)
{
    static const char *const names[] = {"safetensors", "npz", "PyTorch", "PyTorch (legacy)", "Keras"};
    return names[format];
}

int mm_weights_format_parse(const char *path, mm_weights_format *format, mm_error *error)
{
    static const struct {
        const char *end;
        mm_weights_format format;
    } ends[] = {{".safetensors", MM_SAFETENSORS}, {".npz", MM_NPZ}, {".pth", MM_PTH}, {".pt", MM_PTH}};
    size_t n = strlen(path);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t m = strlen(ends[i].end);
        if (n > m && !strcmp(path + n - m, ends[i].end)) {
            *format = ends[i].format;
            return 0;
        }
    }
    return mm_fail(error, MM_USAGE, "the name '%s' does not end in .safetensors, .npz, .pth or .pt", path);
}
