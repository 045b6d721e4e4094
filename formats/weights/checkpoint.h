/* Checkpoints of a training: a safetensors file with the trainer's state. Its metadata holds the model's description, and the
 * settings that must be the same in a run that resumes from it.
 *
 * A new checkpoint replaces the last one atomically. The last one is kept as FILE.previous and used if FILE is damaged. */
#ifndef MM_FORMATS_WEIGHTS_CHECKPOINT_H
#define MM_FORMATS_WEIGHTS_CHECKPOINT_H

#include "formats/weights/model_file.h"

typedef struct mm_checkpoint {
    mm_model_info info;
    mm_params state;
    char *command_line; /* canonical, with schedule, batch and seed */
    size_t threads;
    mm_dtype precision;
    size_t next_epoch;  /* first epoch that a resumed run needs; for people, not read back */
    size_t log_bytes;   /* of the log, when the state was saved */
    bool previous;      /* it came from FILE.previous, because FILE could not be read */
    char why[512];      /* why FILE could not be read */
} mm_checkpoint;

/* Writes FILE (through mm_output); the caller keeps `cp`. After MM_FAILURE (memory, a write error) FILE is as it was. */
int mm_checkpoint_save(const char *path, const mm_checkpoint *cp, mm_error *error);

/* Reads FILE, or FILE.previous if FILE is missing or damaged. *found is false if neither exists. MM_DAMAGED: no existing file is a whole
 * checkpoint. */
int mm_checkpoint_load(const char *path, mm_checkpoint *cp, bool *found, mm_error *error);

/* Checks whether a run may resume from a checkpoint: this version can read its state, and the run has the same command line, number of
 * threads and precision, since others would give other bytes. MM_FAILURE: the error says what differs. */
int mm_checkpoint_agrees(const mm_checkpoint *cp, const char *path, const char *command_line, size_t threads,
                         mm_dtype precision, mm_error *error);

void mm_checkpoint_free(mm_checkpoint *cp);

#endif
