/* Opening a device by name: see backend.h. Backends are plugins. */
#include <stdio.h>
#include <string.h>

#include "common/base/plugin.h"
#include "common/nn/plugin.h"

static bool is_cuda(const char *name) { return !strcmp(name, "cuda") || !strncmp(name, "cuda:", 5); }

/* The backend of the plugin `file`, on which device `name` is; NULL with an error that names both. */
static const mm_backend *backend(const char *file, const char *name, mm_error *error)
{
    char why[1024];
    mm_plugin_entry *entry;
    void *symbol = mm_plugin_open(file, MM_PLUGIN_SYMBOL, 0, why, sizeof why);
    if (!symbol) {
        mm_fail(error, MM_FAILURE, "device '%s': %s", name, why);
        return NULL;
    }
    memcpy(&entry, &symbol, sizeof entry);
    const mm_backend *b = entry(MM_PLUGIN_VERSION);
    if (!b)
        mm_fail(error, MM_FAILURE, "device '%s': '%s' was made for another version", name, file);
    return b;
}

static int open_cpu(size_t nth, size_t threads, mm_device **device, mm_error *error)
{
    const mm_backend *b = backend(MM_PLUGIN_CPU, "cpu", error);
    return b ? b->open(NULL, nth, threads, device, error) : error->code;
}

/* name: cuda, cuda:WHERE or auto. */
static int open_cuda(const char *name, size_t nth, size_t threads, mm_device **device, mm_error *error)
{
    const mm_backend *b = backend(MM_PLUGIN_CUDA, name, error);
    if (!b)
        return error->code;
    return b->open(strncmp(name, "cuda:", 5) ? NULL : name + 5, nth, threads, device, error) ? mm_fail_in(error, "device '%s'", name) : MM_OK;
}

int mm_device_open(const char *name, size_t nth, size_t threads, mm_device **device, mm_error *error)
{
    bool choose = !strcmp(name, "auto");
    if (!choose && !is_cuda(name) && strcmp(name, "cpu"))
        return mm_fail(error, MM_USAGE, "device '%s' is not known: auto, cpu or cuda[:N]", name);
    if (choose || is_cuda(name)) {
        int code = open_cuda(name, nth, threads, device, error);
        if (!code || !choose)
            return code;
    }
    return open_cpu(nth, threads, device, error);
}

int mm_device_imagine(const char *name, size_t threads, mm_device **device, mm_error *error)
{
    if (!strcmp(name, "cpu"))
        return open_cpu(0, threads, device, error);
    const mm_backend *b = backend(MM_PLUGIN_CUDA, name, error);
    return b ? b->imagine(strncmp(name, "cuda:", 5) ? NULL : name + 5, NULL, device, error) : error->code;
}
