/* The side of isolated work that asks for it: see isolated.h. */
#include "common/base/isolated.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/isolated_file.h"
#include "common/base/plugin.h"

/* A file in memory for the job, mapped: its descriptor, or -1. The program cannot cut it short. */
static int share(const mm_isolated_job *job, mm_isolated_share **to)
{
    size_t begin = mm_isolated_result_at(job->head_size, job->size);
    int file = memfd_create("job", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    *to = MAP_FAILED;
    if (file >= 0 && !ftruncate(file, (off_t)begin) && !fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_SEAL))
        *to = mmap(NULL, begin, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (*to == MAP_FAILED) {
        if (file >= 0)
            close(file);
        return -1;
    }
    **to = (mm_isolated_share){.head_size = job->head_size, .size = job->size, .room = job->room, .memory = job->memory,
                               .seconds = job->seconds};
    memcpy((char *)*to + mm_isolated_head_at(), job->head, job->head_size);
    memcpy((char *)*to + mm_isolated_bytes_at(job->head_size), job->bytes, job->size);
    return file;
}

/* Starts it with nothing but the file, in a process group of its own: what a terminal interrupts is the one that asks. */
static int start(const char *path, const char *kind, int file, pid_t *pid)
{
    char *arguments[] = {(char *)path, (char *)kind, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    int code = posix_spawn_file_actions_init(&files);
    if (code)
        return code;
    if ((code = posix_spawnattr_init(&attributes))) {
        posix_spawn_file_actions_destroy(&files);
        return code;
    }
    for (int i = 0; i < MM_ISOLATED_FILE && !code; i++)
        code = posix_spawn_file_actions_addopen(&files, i, "/dev/null", O_RDWR, 0);
    if (!code)
        code = posix_spawn_file_actions_adddup2(&files, file, MM_ISOLATED_FILE);
    if (!code)
        code = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    if (!code)
        code = posix_spawn(pid, path, &files, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return code;
}

static int run(const char *path, const mm_isolated_job *job, int file, const char *what, mm_isolated_share *s, mm_error *error)
{
    pid_t pid;
    int status, failed = start(path, job->kind, file, &pid);
    if (failed) {
        errno = failed;
        return mm_fail(error, MM_FAILURE, "cannot start '%s':", path);
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (!s->done)
        return mm_fail(error, MM_DAMAGED, "%s is damaged: its decoder gave up", what);
    if (s->error.code) {
        s->error.text[sizeof s->error.text - 1] = '\0'; /* which may have been written over */
        return mm_fail(error, s->error.code == MM_FAILURE ? MM_FAILURE : MM_DAMAGED, "%s", s->error.text);
    }
    return MM_OK;
}

/* What the program has appended to the file. */
static int take(const mm_isolated_job *job, int file, const char *what, mm_isolated_result *result, mm_error *error)
{
    struct stat status;
    size_t begin = mm_isolated_result_at(job->head_size, job->size);
    if (fstat(file, &status))
        return mm_no_memory(error);
    size_t size = (size_t)status.st_size - begin;
    if (size > job->room)
        return mm_fail(error, MM_DAMAGED, "%s is damaged: its decoder gave up", what);
    if (!mm_isolated_map(result, file, begin, size))
        return mm_no_memory(error);
    result->size = size;
    return MM_OK;
}

int mm_isolated(const char *program, const mm_isolated_job *job, const char *what, mm_isolated_result *result, mm_error *error)
{
    char path[PATH_MAX];
    mm_isolated_share *s;
    *result = (mm_isolated_result){0};
    if (job->size > SIZE_MAX / 4 || job->room > SIZE_MAX / 4 || job->head_size > SIZE_MAX / 4)
        return mm_no_memory(error);
    if (!strchr(program, '/') && !mm_plugin_path(program, path, sizeof path))
        return mm_fail(error, MM_FAILURE, "this installation has no %s", program);
    int file = share(job, &s);
    if (file < 0)
        return mm_no_memory(error);
    int code = run(strchr(program, '/') ? program : path, job, file, what, s, error);
    if (!code)
        code = take(job, file, what, result, error);
    munmap(s, mm_isolated_result_at(job->head_size, job->size));
    close(file);
    return code;
}
