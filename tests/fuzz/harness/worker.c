/* A child process that works for many inputs: see worker.h. */
#include "tests/fuzz/harness/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/isolated.h"
#include "tests/fuzz/harness/fuzz.h"

enum { ROOM = 1 << 20, COUNTERS = 1 << 15, JOBS = 1000, SECONDS = 8, MEMORY = 256 << 20 };
enum { WORKED = 98, LEFT_ALONE = 99 }; /* how a child of ours ends, unless its work ends it */

/* Counters of branches as clang lays them out, and those that libFuzzer takes from elsewhere: pages that all processes see. */
extern uint8_t counters_begin[] __asm__("__start___sancov_cntrs") __attribute__((weak, visibility("hidden")));
extern uint8_t counters_end[] __asm__("__stop___sancov_cntrs") __attribute__((weak, visibility("hidden")));
__attribute__((section("__libfuzzer_extra_counters"), aligned(4096))) static uint8_t counters[COUNTERS];

struct input {
    size_t size;
    uint8_t data[ROOM];
};

struct post {
    int jobs[2], answers[2]; /* pipes: a byte for each input, there and back, 'd' for done, 'x' when the child ended instead */
    int result;
    struct input *input;
};

static void work_on(const struct post *post, mm_fuzz_work work)
{
    uint8_t *data = mm_fuzz_copy(post->input->data, post->input->size);
    size_t n = counters_begin ? (size_t)(counters_end - counters_begin) : 0;
    if (n)
        memset(counters_begin, 0, n);
    MM_MUST(!ftruncate(post->result, 0) && !lseek(post->result, 0, SEEK_SET));
    work(data, post->input->size, post->result);
    for (size_t i = 0; i < n; i++)
        counters[i % COUNTERS] |= counters_begin[i];
    free(data);
}

static _Noreturn void child(const struct post *post, mm_fuzz_work work)
{
    char byte = 'd';
    setrlimit(RLIMIT_CPU, &(struct rlimit){SECONDS, SECONDS});
    for (int i = 0; i < JOBS; i++) {
        if (read(post->jobs[0], &byte, 1) != 1)
            _exit(LEFT_ALONE);
        work_on(post, work);
        if (write(post->answers[1], "d", 1) != 1)
            _exit(LEFT_ALONE);
    }
    _exit(WORKED);
}

/* A process that stays as small as it was in the beginning, and makes a child whenever the last one is gone. Quiet, within
 * limits; signals end it, whatever the fuzzer wants of them, and no file is opened, as those that sanitizers and libFuzzer
 * would leave. */
static _Noreturn void nurse(const struct post *post, mm_fuzz_work work)
{
    int null = open("/dev/null", O_RDWR), status = 0;
    mm_limit_process(MEMORY, RLIM_INFINITY);
    for (int s = 1; s < 32; s++)
        signal(s, SIG_DFL);
    if (null < 0 || dup2(null, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0)
        _exit(1);
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){0, 0});
    close(post->jobs[1]);
    close(post->answers[0]);
    for (int code = WORKED; code != LEFT_ALONE;) {
        pid_t pid = fork();
        if (pid == 0)
            child(post, work);
        if (pid < 0 || waitpid(pid, &status, 0) != pid)
            break;
        code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
        if (code != WORKED && code != LEFT_ALONE && write(post->answers[1], "x", 1) != 1)
            break;
    }
    _exit(0);
}

static void start(struct post *post, mm_fuzz_work work)
{
    post->input = mmap(NULL, sizeof *post->input, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    void *pages = mmap(counters, sizeof counters, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    post->result = memfd_create("result", MFD_CLOEXEC);
    MM_MUST(post->input != MAP_FAILED && pages == counters && post->result >= 0);
    MM_MUST(!pipe2(post->jobs, O_CLOEXEC) && !pipe2(post->answers, O_CLOEXEC));
    pid_t pid = fork();
    MM_MUST(pid >= 0);
    if (pid == 0)
        nurse(post, work);
    close(post->jobs[0]);
    close(post->answers[1]);
}

int mm_fuzz_ask(mm_fuzz_work work, const uint8_t *data, size_t size)
{
    static struct post post;
    char byte = 0;
    if (!post.input)
        start(&post, work);
    post.input->size = size < ROOM ? size : ROOM;
    memcpy(post.input->data, data, post.input->size);
    ssize_t n;
    MM_MUST(write(post.jobs[1], &byte, 1) == 1);
    while ((n = read(post.answers[0], &byte, 1)) < 0 && errno == EINTR) /* libFuzzer's clock */
        ;
    MM_MUST(n == 1 && !lseek(post.result, 0, SEEK_SET));
    return post.result;
}
