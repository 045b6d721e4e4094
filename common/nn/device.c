/* Opening a device by name: see backend.h. The CUDA backend is a plugin, so that programs run where there is no CUDA. */
#include <stdio.h>
#include <string.h>

#include "common/nn/backend.h"
#include "common/nn/cuda/plugin.h"
#include "common/base/plugin.h"

/* NULL: text says why. */
static const mm_backend *plugin(char *text, size_t room)
{
    mm_plugin_entry *entry;
    void *symbol = mm_plugin_open(MM_PLUGIN_FILE, MM_PLUGIN_SYMBOL, 0, text, room);
    if (!symbol)
        return NULL;
    memcpy(&entry, &symbol, sizeof entry);
    const mm_backend *backend = entry(MM_PLUGIN_VERSION);
    if (!backend)
        snprintf(text, room, "'%s' was made for another version", MM_PLUGIN_FILE);
    return backend;
}

int mm_device_imagine(const char *name, size_t threads, mm_device **device, mm_error *error)
{
    char why[1024];
    if (!strcmp(name, "cpu"))
        return mm_device_open(name, 0, threads, device, error);
    const mm_backend *backend = plugin(why, sizeof why);
    if (!backend)
        return mm_fail(error, MM_FAILURE, "device '%s': %s", name, why);
    return backend->imagine(strncmp(name, "cuda:", 5) ? NULL : name + 5, NULL, device, error);
}

int mm_device_open(const char *name, size_t nth, size_t threads, mm_device **device, mm_error *error)
{
    char why[1024];
    bool choose = !strcmp(name, "auto"), cuda = !strcmp(name, "cuda") || !strncmp(name, "cuda:", 5);
    if (!strcmp(name, "cpu"))
        return mm_backend_cpu()->open(NULL, nth, threads, device, error);
    if (!choose && !cuda)
        return mm_fail(error, MM_USAGE, "device '%s' is not known: auto, cpu or cuda[:N]", name);
    const mm_backend *backend = plugin(why, sizeof why);
    if (backend && !backend->open(cuda && name[4] ? name + 5 : NULL, nth, threads, device, error))
        return MM_OK;
    if (choose)
        return mm_backend_cpu()->open(NULL, nth, threads, device, error);
    return backend ? mm_fail_in(error, "device '%s'", name) : mm_fail(error, MM_FAILURE, "device '%s': %s", name, why);
}
