/* Plugins: see base/plugin.h. */
#include "common/base/plugin.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool mm_plugin_path(const char *file, char *path, size_t room)
{
    static const char *const places[] = {"../lib/", "../lib/mmpipe/", "../../lib/"}; /* the last: from unit tests */
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    self[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(self, '/');
    for (size_t i = 0; slash && i < sizeof places / sizeof *places; i++) {
        int length = snprintf(path, room, "%.*s%s%s", (int)(slash + 1 - self), self, places[i], file);
        if (length > 0 && (size_t)length < room && !access(path, F_OK))
            return true;
    }
    return false;
}

void *mm_plugin_open(const char *file, const char *symbol, int shared, char *why, size_t room)
{
    char path[PATH_MAX];
    snprintf(why, room, "this installation has no %s", file);
    if (!mm_plugin_path(file, path, sizeof path))
        return NULL;
    void *library = dlopen(path, RTLD_NOW | (shared ? RTLD_GLOBAL : RTLD_LOCAL));
    void *found = library ? dlsym(library, symbol) : NULL;
    if (!found) {
        const char *reason = dlerror();
        snprintf(why, room, "'%.500s' cannot be used: %.400s", path, reason ? reason : "no reason was given");
    }
    return found;
}

bool mm_plugin_symbols(const char *name, const mm_symbol *wanted, size_t n, char *why, size_t room)
{
    void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    for (size_t i = 0; library && i < n; i++) {
        void *found = dlsym(library, wanted[i].name);
        if (found)
            memcpy(wanted[i].function, &found, sizeof found);
        else
            library = NULL;
    }
    if (!library) {
        const char *reason = dlerror();
        snprintf(why, room, "%.600s", reason ? reason : name);
    }
    return library != NULL;
}
