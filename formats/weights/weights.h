/* Named tensors in files: safetensors, NPZ, PyTorch's zip files and legacy pickles, Keras' HDF5, behind one entry point. */
#ifndef MM_FORMATS_WEIGHTS_WEIGHTS_H
#define MM_FORMATS_WEIGHTS_WEIGHTS_H

#include <stddef.h>

#include "common/base/error.h"
#include "common/nn/params.h"

#define MM_MAX_WEIGHTS_FILE ((size_t)8 << 30) /* bytes of a file at most */
#define MM_MAX_WEIGHTS 20000                  /* tensors of a file at most */

/* A line of metadata. */
typedef struct mm_note {
    char *name, *value;
} mm_note;

typedef enum mm_weights_format { MM_SAFETENSORS, MM_NPZ, MM_PTH, MM_PTH_LEGACY, MM_KERAS } mm_weights_format;

/* A file of weights in memory. Start from {0}. */
typedef struct mm_weights {
    mm_weights_format format; /* of the file it came from */
    mm_params params;         /* in the file's order */
    mm_note *notes;           /* safetensors' __metadata__, in the file's order */
    size_t nnotes, notes_room;
} mm_weights;

/* Reads fd to its end. The format is recognised by content. `name` is the subject of messages. MM_DAMAGED: the file is truncated,
 * malformed or hostile. MM_FAILURE: its format is unknown, or it holds something unsupported; memory. On failure w is empty. */
int mm_weights_read(mm_weights *w, int fd, const char *name, mm_error *error);

/* Reads a file in memory as mm_weights_read does. */
int mm_weights_decode(mm_weights *w, const void *bytes, size_t n, const char *name, mm_error *error);

/* Reads the file at `path` as mm_weights_read does. MM_FAILURE: it cannot be opened. */
int mm_weights_load(mm_weights *w, const char *path, mm_error *error);

/* Writes all tensors, in safetensors also the notes. The same weights give the same bytes. bf16 becomes f32 in NPZ. MM_FAILURE: cannot
 * write, or the format is MM_PTH_LEGACY or MM_KERAS, which are only read. */
int mm_weights_write(const mm_weights *w, int fd, const char *name, mm_weights_format format, mm_error *error);

void mm_weights_free(mm_weights *w);

/* Returns "safetensors", "npz", "PyTorch", "PyTorch (legacy)" or "Keras". */
const char *mm_weights_format_name(mm_weights_format format);

/* Finds the format by the ending of a file's name: .safetensors, .npz, .pth or .pt. MM_USAGE: another ending. */
int mm_weights_format_parse(const char *path, mm_weights_format *format, mm_error *error);

const char *mm_weights_note(const mm_weights *w, const char *name); /* or NULL */
int mm_weights_set_note(mm_weights *w, const char *name, const char *value, mm_error *error);

/* Appends a tensor of zeros, read from the file `name`: mm_params_add with a limit on their number. */
mm_param *mm_weights_add(mm_weights *w, const char *tensor, mm_dtype dtype, int ndim, const size_t *dim, const char *name,
                         mm_error *error);

/* Read and write one format each. `w` is empty at first and may be half filled on failure; the caller frees it. */
int mm_safetensors_decode(mm_weights *w, const void *bytes, size_t n, const char *name, mm_error *error);
int mm_safetensors_write(const mm_weights *w, int fd, const char *name, mm_error *error);
int mm_npz_decode(mm_weights *w, const void *bytes, size_t n, const char *name, mm_error *error);
int mm_npz_write(const mm_weights *w, int fd, const char *name, mm_error *error);

/* Read and write files of torch.save. Dictionaries and lists of tensors are read, also nested ones; names of nested tensors are joined
 * by dots. If the outermost dictionary holds one called state_dict, model_state_dict or model, only that one is read. */
int mm_pth_decode(mm_weights *w, const void *bytes, size_t n, const char *name, mm_error *error);
int mm_pth_write(const mm_weights *w, int fd, const char *name, mm_error *error);

#endif
