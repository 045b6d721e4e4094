/* The side of isolated work that does it: see isolated.h. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/isolated_file.h"

enum { PATIENCE = 20 }; /* of the clock's seconds for each of the processor's */

bool mm_isolated_map(mm_isolated_result *r, int file, size_t begin, size_t room)
{
    *r = (mm_isolated_result){.room = room, .file = file, .begin = begin};
    if (!room)
        return true;
    void *bytes = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_SHARED, file, (off_t)begin);
    if (bytes == MAP_FAILED)
        return false;
    r->bytes = bytes;
    return true;
}

void mm_isolated_free(mm_isolated_result *r)
{
    if (r->bytes)
        munmap(r->bytes, r->room);
    *r = (mm_isolated_result){0};
}

void *mm_isolated_append(mm_isolated_result *r, size_t n, mm_error *error)
{
    size_t at = mm_isolated_next(r->size);
    if (at > r->room || n > r->room - at || ftruncate(r->file, (off_t)(r->begin + at + n))) {
        mm_no_memory(error);
        return NULL;
    }
    r->size = at + n;
    return r->bytes + at;
}

void mm_limit_process(size_t bytes, size_t seconds)
{
    unsigned long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f && fscanf(f, "%*s %*s %*s %*s %*s %lu", &pages) == 1 && pages) {
        rlim_t most = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + bytes;
        setrlimit(RLIMIT_DATA, &(struct rlimit){most, most});
    }
    if (f)
        fclose(f);
    setrlimit(RLIMIT_CPU, &(struct rlimit){seconds, seconds});
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
}

/* The job's file, mapped; NULL when the program was not started by mm_isolated. */
static mm_isolated_share *open_share(void)
{
    struct stat file;
    if (fstat(MM_ISOLATED_FILE, &file) || (size_t)file.st_size < sizeof(mm_isolated_share))
        return NULL;
    mm_isolated_share *s = mmap(NULL, (size_t)file.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, MM_ISOLATED_FILE, 0);
    return s == MAP_FAILED || mm_isolated_result_at(s->head_size, s->size) != (size_t)file.st_size ? NULL : s;
}

static void keep_limits(const mm_isolated_share *s, size_t begin)
{
    rlim_t most = begin + s->room;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    mm_limit_process(s->memory, s->seconds);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){most, most});
    alarm(s->seconds * PATIENCE);
}

int mm_isolated_main(int argc, char **argv, const mm_isolated_work *works, size_t n)
{
    mm_isolated_share *s = open_share();
    mm_isolated_result result;
    size_t i = 0;
    while (i < n && (argc != 2 || strcmp(works[i].kind, argv[1])))
        i++;
    if (!s)
        return MM_USAGE;
    size_t begin = mm_isolated_result_at(s->head_size, s->size);
    const char *bytes = (const char *)s;
    mm_isolated_job job = {argv[1], bytes + mm_isolated_head_at(), s->head_size, bytes + mm_isolated_bytes_at(s->head_size), s->size,
                           s->room, s->memory, s->seconds};
    keep_limits(s, begin);
    if (i == n || s->head_size != works[i].head_size)
        mm_fail(&s->error, MM_FAILURE, "'%s' is of another version", argv[0]);
    else if (!mm_isolated_map(&result, MM_ISOLATED_FILE, begin, s->room))
        mm_no_memory(&s->error);
    else
        works[i].work(&job, &result, &s->error);
    s->done = 1;
    _exit(MM_OK);
}
