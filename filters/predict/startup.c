/* Programs that run networks: see startup.h. */
#include "filters/predict/startup.h"

#include <stdlib.h>
#include <string.h>

#include "common/cli/message.h"

#define SPINS "10000" /* a fraction of a millisecond */

void mm_begin_predict(const char *program)
{
    if (!getenv("OMP_WAIT_POLICY"))
        setenv("GOMP_SPINCOUNT", SPINS, 0); /* where that does not work, it is only slower */
    mm_begin(program);
}

void mm_say_device(const mm_device *device, bool quiet)
{
    if (!quiet)
        mm_say("computing on %s", device->description);
}

int mm_check_deterministic(const char *device, mm_error *error)
{
    if (strstr(device, ",atomics"))
        return mm_fail(error, MM_USAGE, "--deterministic and --device=%s exclude each other", device);
    return MM_OK;
}
