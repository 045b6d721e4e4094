/* Checkpoints of a training, but for the state of a network, which no file of this size could hold. */
#include <stdio.h>

#include "formats/weights/checkpoint.h"
#include "common/nn/trainer.h"
#include "tests/fuzz/harness/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mm_error error = {0};
    mm_checkpoint cp;
    mm_position at;
    bool found;
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", mm_fuzz_file(data, size));
    if (mm_checkpoint_load(path, &cp, &found, &error)) {
        MM_MUST((error.code == MM_FAILURE || error.code == MM_DAMAGED) && error.text[0] && !found);
        return 0;
    }
    MM_MUST(found && !cp.previous && cp.command_line && cp.info.net && cp.info.nclasses > 0);
    if (mm_trainer_saved_position(&cp.state, &at, &error))
        MM_MUST(error.code && error.text[0]);
    if (mm_checkpoint_agrees(&cp, "checkpoint", "mmtrain --seed 1", 2, MM_F32, &error))
        MM_MUST(error.code && error.text[0]);
    mm_checkpoint_free(&cp);
    return 0;
}
