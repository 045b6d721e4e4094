/* Opening a device by name: see backend.h. */
#include <string.h>

#include "nn/backend.h"

int mm_device_open(const char *name, size_t threads, mm_device **device, mm_error *error)
{
    if (!strcmp(name, "auto") || !strcmp(name, "cpu"))
        return mm_backend_cpu()->open(NULL, threads, device, error);
    if (!strcmp(name, "cuda") || !strncmp(name, "cuda:", 5))
        return mm_fail(error, MM_FAILURE, "device '%s': this build knows only 'cpu'", name);
    return mm_fail(error, MM_USAGE, "device '%s' is not known: auto, cpu or cuda[:N]", name);
}
