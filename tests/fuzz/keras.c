/* Keras' HDF5 files, by the HDF5 library in a child process that stays; and what else could come back from it: an input that is
 * no HDF5 file is taken for the library's result. */
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/isolated_file.h"
#include "formats/weights/hdf5.h"
#include "formats/weights/hdf5_walk.h"
#include "formats/weights/keras.h"
#include "tests/fuzz/harness/fuzz.h"
#include "tests/fuzz/harness/worker.h"

enum { BEGIN = 1 << 16 }; /* of the result in the file, behind the error that the walk ended with */

static void walk(const uint8_t *data, size_t size, int file)
{
    static const mm_hdf5_question question = {"optimizer_weights"};
    mm_isolated_result result;
    mm_error error = {0};
    MM_MUST(!ftruncate(file, BEGIN) && mm_isolated_map(&result, file, BEGIN, mm_hdf5_allowance(size)));
    mm_hdf5_walk(&question, data, size, &result, &error);
    MM_MUST(pwrite(file, &error, sizeof error, 0) == sizeof error);
    mm_isolated_free(&result);
}

/* As far as the child came. */
static int ask(const mm_isolated_job *job, mm_isolated_result *result, mm_error *error)
{
    struct stat status;
    int file = mm_fuzz_ask(walk, job->bytes, job->size);
    MM_MUST(!fstat(file, &status) && pread(file, error, sizeof *error, 0) >= 0);
    if (error->code || status.st_size <= BEGIN)
        return error->code;
    MM_MUST(mm_isolated_map(result, file, BEGIN, (size_t)status.st_size - BEGIN));
    result->size = result->room;
    return MM_OK;
}

int mm_fuzz_isolated(const mm_isolated_job *job, mm_isolated_result *result, mm_error *error)
{
    if (mm_hdf5_is(job->bytes, job->size))
        return ask(job, result, error);
    MM_MUST(mm_isolated_map(result, mm_fuzz_file(job->bytes, job->size), 0, job->size));
    result->size = job->size;
    return MM_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mm_fuzz_weights(mm_keras_decode, data, size);
    return 0;
}
