/* Checkpoints of a training: a safetensors file with the trainer's state and, in its metadata, the model's
 * description and what a run that goes on must agree with.
 *
 * A new checkpoint takes the place of the last one at once, and the last one is kept as FILE.previous: it serves when
 * FILE is damaged. */
#ifndef MM_FORMATS_WEIGHTS_CHECKPOINT_H
#define MM_FORMATS_WEIGHTS_CHECKPOINT_H

#include "formats/weights/model_file.h"

typedef struct mm_checkpoint {
    mm_model_info info;
    mm_params state;
    char *command_line; /* canonical; schedule, batch and seed among it */
    size_t threads;
    mm_dtype precision;
    size_t next_epoch;  /* the first that a resumed run must be fed with; for people, not read back */
    size_t log_bytes;   /* of the log, when the state was saved */
    bool previous;      /* came from FILE.previous, because FILE could not be read */
    char why[512];      /* and why not */
} mm_checkpoint;

/* Writes FILE (through mm_output); `cp` stays the caller's. After MM_FAILURE (memory, a write error) FILE is as it was. */
int mm_checkpoint_save(const char *path, const mm_checkpoint *cp, mm_error *error);

/* Reads FILE, or FILE.previous when FILE is missing or damaged; *found is false when neither exists. MM_DAMAGED: what exists is
 * not a whole checkpoint. */
int mm_checkpoint_load(const char *path, mm_checkpoint *cp, bool *found, mm_error *error);

/* Checks whether a run may go on from it: this version knows its numbers, and the run has the same command line, on as many threads,
 * in the same precision, since another would come to other bytes. MM_FAILURE with an error that says what differs. */
int mm_checkpoint_agrees(const mm_checkpoint *cp, const char *path, const char *command_line, size_t threads,
                         mm_dtype precision, mm_error *error);

void mm_checkpoint_free(mm_checkpoint *cp);

#endif
