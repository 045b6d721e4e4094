/* Opening a device by name: see backend.h. The CUDA backend is a plugin, so that programs run where there is no CUDA. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "nn/backend.h"
#include "nn/cuda/plugin.h"

/* The plugin lies beside the programs: BUILD/lib for BUILD/bin, PREFIX/lib/mmpipe for PREFIX/bin. NULL: text says why. */
static const mm_backend *plugin(char *text, size_t room)
{
    static const char *const places[] = {"../lib/", "../lib/mmpipe/"};
    char self[2048], path[2200];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    self[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(self, '/');
    snprintf(text, room, "this installation has no %s", MM_PLUGIN_FILE);
    for (size_t i = 0; slash && i < sizeof places / sizeof *places; i++) {
        snprintf(path, sizeof path, "%.*s%s%s", (int)(slash + 1 - self), self, places[i], MM_PLUGIN_FILE);
        if (access(path, F_OK))
            continue;
        void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL); /* stays open: the process ends with it */
        mm_plugin_entry *entry;
        void *symbol = library ? dlsym(library, MM_PLUGIN_SYMBOL) : NULL;
        memcpy(&entry, &symbol, sizeof entry);
        const mm_backend *backend = entry ? entry(MM_PLUGIN_VERSION) : NULL;
        if (backend)
            return backend;
        const char *why = library ? NULL : dlerror();
        snprintf(text, room, "'%.500s' cannot be used: %.400s", path, why ? why : "it was made for another version");
        return NULL;
    }
    return NULL;
}

int mm_device_open(const char *name, size_t threads, mm_device **device, mm_error *error)
{
    char why[1024];
    bool choose = !strcmp(name, "auto"), cuda = !strcmp(name, "cuda") || !strncmp(name, "cuda:", 5);
    if (!strcmp(name, "cpu"))
        return mm_backend_cpu()->open(NULL, threads, device, error);
    if (!choose && !cuda)
        return mm_fail(error, MM_USAGE, "device '%s' is not known: auto, cpu or cuda[:N]", name);
    const mm_backend *backend = plugin(why, sizeof why);
    if (backend && !backend->open(cuda && name[4] ? name + 5 : NULL, threads, device, error))
        return MM_OK;
    if (choose)
        return mm_backend_cpu()->open(NULL, threads, device, error);
    return backend ? mm_fail_in(error, "device '%s'", name) : mm_fail(error, MM_FAILURE, "device '%s': %s", name, why);
}
