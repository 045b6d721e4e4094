/* Files below a folder: see walk.h. */
#include "common/base/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/grow.h"

enum { DEEPEST = 64, PATH_ROOM = 4096 };

struct walk {
    const char *root;
    mm_walk_file file;
    void *context;
};

/* Files below root/`below` ("" or ending in '/'). */
static int walk(const struct walk *w, const char *below, int depth, mm_error *error)
{
    char path[2 * PATH_ROOM];
    snprintf(path, sizeof path, "%s/%s", w->root, below);
    if (depth == DEEPEST)
        errno = ELOOP;
    DIR *dir = depth < DEEPEST ? opendir(path) : NULL;
    if (!dir)
        return mm_fail(error, MM_FAILURE, "cannot read folder '%s':", path);
    int code = MM_OK;
    for (struct dirent *entry; !code && (entry = readdir(dir));) {
        struct stat st;
        char name[PATH_ROOM];
        if (entry->d_name[0] == '.')
            continue;
        int n = snprintf(name, sizeof name, "%s%s", below, entry->d_name);
        if (n < 0 || (size_t)n + 2 >= sizeof name || fstatat(dirfd(dir), entry->d_name, &st, 0)) {
            code = mm_fail(error, MM_FAILURE, "cannot read '%.1000s%s':", path, entry->d_name);
        } else if (S_ISDIR(st.st_mode)) {
            name[n] = '/';
            name[n + 1] = '\0';
            code = walk(w, name, depth + 1, error);
        } else if (S_ISREG(st.st_mode)) {
            code = w->file(w->context, name, error);
        }
    }
    closedir(dir);
    return code;
}

int mm_walk(const char *root, mm_walk_file file, void *context, mm_error *error)
{
    struct walk w = {root, file, context};
    return walk(&w, "", 0, error);
}

static int add_path(void *context, const char *path, mm_error *error)
{
    mm_file_list *list = context;
    if (mm_grow(&list->path, &list->room, list->n + 1, sizeof *list->path, error))
        return error->code;
    list->path[list->n] = strdup(path);
    return list->path[list->n++] ? MM_OK : mm_no_memory(error);
}

static int by_path(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int mm_file_list_read(mm_file_list *list, const char *root, mm_error *error)
{
    int code = mm_walk(root, add_path, list, error);
    if (!code && list->n)
        qsort(list->path, list->n, sizeof *list->path, by_path);
    return code;
}

void mm_file_list_free(mm_file_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->path[i]);
    free(list->path);
    *list = (mm_file_list){0};
}
