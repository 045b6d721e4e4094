/* Keras' HDF5 files, by the HDF5 library in a child process that stays; and what else could come out of the pipe from it. */
#include "formats/weights/hdf5.h"
#include "formats/weights/hdf5_walk.h"
#include "formats/weights/keras.h"
#include "tests/fuzz/harness/worker.h"
#include "tests/fuzz/harness/fuzz.h"

static void send(const uint8_t *data, size_t size, int result)
{
    mm_hdf5_send(result, data, size, "optimizer_weights", "weights");
}

/* In the place of the library's own, which starts a process for each file. */
int mm_hdf5_read(mm_weights *w, const void *bytes, size_t n, const char *skip, const char *name, mm_error *error)
{
    (void)skip;
    return mm_hdf5_receive(w, mm_hdf5_is(bytes, n) ? mm_fuzz_ask(send, bytes, n) : mm_fuzz_file(bytes, n), n, name, error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mm_fuzz_weights(mm_keras_decode, data, size);
    return 0;
}
