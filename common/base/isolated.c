/* Work by a program of its own: see apart.h. Both map one file in memory, the program's descriptor 3, which has a `shared`,
 * then the job's head, its bytes, and room for the result. */
#include "common/base/isolated.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/limits.h"
#include "common/base/plugin.h"

struct shared {
    size_t head_size, size, room;
    unsigned seconds;
    mm_error error;
    int done;
};

enum {
    DESCRIPTOR = 3,
    MEMORY = 512 << 20, TIMES = 32, /* bytes that the work may take, and for each of the result's */
    PATIENCE = 20,                  /* of the clock's seconds for each of the processor's */
};

static size_t padded(size_t n)
{
    return (n + 63) / 64 * 64;
}

static unsigned char *head_of(struct shared *s)
{
    return (unsigned char *)s + padded(sizeof *s);
}

static unsigned char *bytes_of(struct shared *s)
{
    return head_of(s) + padded(s->head_size);
}

static unsigned char *result_of(struct shared *s)
{
    return bytes_of(s) + padded(s->size);
}

static size_t length_of(const struct shared *s)
{
    return padded(sizeof *s) + padded(s->head_size) + padded(s->size) + s->room;
}

/* ---- the program's side ---- */

int mm_isolated_main(mm_isolated_work work)
{
    struct stat file;
    struct shared *s = MAP_FAILED;
    if (!fstat(DESCRIPTOR, &file) && (size_t)file.st_size >= sizeof *s)
        s = mmap(NULL, (size_t)file.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, DESCRIPTOR, 0);
    if (s == MAP_FAILED || length_of(s) != (size_t)file.st_size)
        return MM_USAGE;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    mm_limit_process(MEMORY + TIMES * s->room, s->seconds);
    alarm(s->seconds * PATIENCE);
    mm_isolated_job job = {head_of(s), s->head_size, bytes_of(s), s->size};
    work(&job, result_of(s), s->room, &s->error);
    s->done = 1;
    _exit(MM_OK);
}

/* ---- the side that asks ---- */

/* A file in memory for the job, mapped: its descriptor, or -1. The program cannot cut it short. */
static int share(const mm_isolated_job *job, size_t room, unsigned seconds, struct shared **to)
{
    struct shared s = {.head_size = job->head_size, .size = job->size, .room = room, .seconds = seconds};
    size_t length = length_of(&s);
    int file = memfd_create("job", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    *to = MAP_FAILED;
    if (file >= 0 && !ftruncate(file, (off_t)length) && !fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
        *to = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (*to == MAP_FAILED) {
        if (file >= 0)
            close(file);
        return -1;
    }
    **to = s;
    memcpy(head_of(*to), job->head, job->head_size);
    memcpy(bytes_of(*to), job->bytes, job->size);
    return file;
}

/* Starts it with nothing but the file, in a process group of its own: what a terminal interrupts is the one that asks. */
static int start(const char *path, int file, pid_t *pid)
{
    char *arguments[] = {(char *)path, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    int code = posix_spawn_file_actions_init(&files);
    if (code)
        return code;
    if ((code = posix_spawnattr_init(&attributes))) {
        posix_spawn_file_actions_destroy(&files);
        return code;
    }
    for (int i = 0; i < 3 && !code; i++)
        code = posix_spawn_file_actions_addopen(&files, i, "/dev/null", O_RDWR, 0);
    if (!code)
        code = posix_spawn_file_actions_adddup2(&files, file, DESCRIPTOR);
    if (!code)
        code = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    if (!code)
        code = posix_spawn(pid, path, &files, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return code;
}

static int run(const char *path, int file, const char *what, struct shared *s, size_t room, void *to, mm_error *error)
{
    pid_t pid;
    unsigned char *result = result_of(s); /* before the program could write over sizes */
    int status, failed = start(path, file, &pid);
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
    memcpy(to, result, room);
    return MM_OK;
}

int mm_isolated(const char *program, const mm_isolated_job *job, void *to, size_t room, unsigned seconds, const char *what,
             mm_error *error)
{
    char path[PATH_MAX];
    struct shared *s;
    if (room > (SIZE_MAX - MEMORY) / TIMES || job->size > SIZE_MAX / 4 || job->head_size > SIZE_MAX / 4)
        return mm_no_memory(error);
    if (!strchr(program, '/') && !mm_plugin_path(program, path, sizeof path))
        return mm_fail(error, MM_FAILURE, "this installation has no %s", program);
    int file = share(job, room, seconds, &s);
    if (file < 0)
        return mm_no_memory(error);
    size_t length = length_of(s);
    int code = run(strchr(program, '/') ? program : path, file, what, s, room, to, error);
    munmap(s, length);
    close(file);
    return code;
}
