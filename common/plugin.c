/* Plugins: see plugin.h. */
#include "plugin.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void *mm_plugin_open(const char *file, const char *symbol, int shared, char *why, size_t room)
{
    static const char *const places[] = {"../lib/", "../lib/mmpipe/"};
    char self[2048], path[2200];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    self[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(self, '/');
    snprintf(why, room, "this installation has no %s", file);
    for (size_t i = 0; slash && i < sizeof places / sizeof *places; i++) {
        snprintf(path, sizeof path, "%.*s%s%s", (int)(slash + 1 - self), self, places[i], file);
        if (access(path, F_OK))
            continue;
        void *library = dlopen(path, RTLD_NOW | (shared ? RTLD_GLOBAL : RTLD_LOCAL));
        void *found = library ? dlsym(library, symbol) : NULL;
        if (!found) {
            const char *reason = dlerror();
            snprintf(why, room, "'%.500s' cannot be used: %.400s", path, reason ? reason : "no reason was given");
        }
        return found;
    }
    return NULL;
}
