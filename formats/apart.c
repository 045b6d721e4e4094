/* Work in a process of its own: see apart.h. */
#include "formats/apart.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* What both processes see: the outcome, and the result behind it. */
struct shared {
    mm_error error;
    int done;
};

enum { HEAD = (sizeof(struct shared) + 63) / 64 * 64 };

static void work_and_exit(mm_apart_work work, const void *job, struct shared *shared, size_t room, unsigned seconds)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    struct rlimit none = {0}, time = {seconds, seconds};
    setrlimit(RLIMIT_CORE, &none);
    setrlimit(RLIMIT_CPU, &time);
    if (null < 0 || dup2(null, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0)
        _exit(MM_FAILURE);
    work(job, (unsigned char *)shared + HEAD, room, &shared->error);
    shared->done = 1;
    _exit(MM_OK);
}

int mm_apart(mm_apart_work work, const void *job, void *to, size_t room, unsigned seconds, const char *what, mm_error *error)
{
    if (room > SIZE_MAX - HEAD)
        return mm_no_memory(error);
    struct shared *shared = mmap(NULL, HEAD + room, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return mm_no_memory(error);
    int code = MM_OK, status = 0;
    pid_t pid = fork();
    if (pid == 0)
        work_and_exit(work, job, shared, room, seconds);
    if (pid < 0)
        code = mm_fail(error, MM_FAILURE, "cannot start a process:");
    else
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
    if (!code && !shared->done)
        code = mm_fail(error, MM_DAMAGED, "%s is damaged: its decoder gave up", what);
    else if (!code && shared->error.code) {
        *error = shared->error;
        error->text[sizeof error->text - 1] = '\0';
        code = error->code;
    } else if (!code) {
        memcpy(to, (unsigned char *)shared + HEAD, room);
    }
    munmap(shared, HEAD + room);
    return code;
}
