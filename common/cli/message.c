/* Messages on standard error: see message.h. */
#include "common/cli/message.h"

#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const char *program_name = "mmpipe";

/* A standard descriptor that came closed would be given to the next file that is opened, and messages would be written
 * into an output. Filled with /dev/null the wrong way round, it still cannot be read or written. */
static void keep_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
            return;
}

/* A file that is mapped was cut by somebody: what is read of it is not there any more. */
static void on_missing_page(int number)
{
    static const char text[] = ": an input file became shorter while it was read\n";
    (void)number;
    bool told = write(STDERR_FILENO, program_name, strlen(program_name)) > 0 && write(STDERR_FILENO, text, sizeof text - 1) > 0;
    _exit(told ? MM_DAMAGED : MM_FAILURE);
}

void mm_begin(const char *program)
{
    program_name = program;
    keep_standard_descriptors();
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_IGN); /* a write beyond `ulimit -f` fails like one to a full disk */
    signal(SIGBUS, on_missing_page);
#ifdef __GLIBC__
    /* Records of many megabytes come and go: keep their memory in one heap for all threads, instead of handing it back
     * and faulting it in again page by page. */
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    mallopt(M_TOP_PAD, 1 << 20);
#endif
}

/* The line of mm_line, which is a terminal's last and may take several rows of it: those above the last. */
static struct {
    pthread_mutex_t lock;
    bool shown;
    size_t above;
} line = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Where nobody reads there is nobody left to tell. */
static void put(const char *text, size_t length)
{
    if (write(STDERR_FILENO, text, length) < 0)
        return;
}

/* Back to where the line begins; what is there afterwards is wiped by "\033[J". */
static void go_back(void)
{
    char text[32];
    int n = line.above ? snprintf(text, sizeof text, "\033[%zuA\r", line.above) : snprintf(text, sizeof text, "\r");
    if (line.shown)
        put(text, (size_t)n);
    line.shown = false;
    line.above = 0;
}

static void wipe(void)
{
    bool was = line.shown;
    go_back();
    if (was)
        put("\033[J", 3);
}

void mm_line(const char *text)
{
    enum { ROOM = 1024, END = 3 };
    char out[ROOM + END];
    struct winsize w;
    pthread_mutex_lock(&line.lock);
    if (text) {
        int n = snprintf(out, ROOM, "%s: %s", program_name, text);
        size_t shown = n < ROOM ? (size_t)n : ROOM - 1;
        memcpy(out + shown, "\033[J", END);
        go_back();
        put(out, shown + END);
        line.shown = true;
        line.above = ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col ? (shown - 1) / w.ws_col : 0;
    } else {
        wipe();
    }
    pthread_mutex_unlock(&line.lock);
}

static void say(const char *middle, const char *format, va_list ap)
{
    char text[2048];
    int n = snprintf(text, sizeof text, "%s: %s", program_name, middle);
    int m = vsnprintf(text + n, sizeof text - (size_t)n - 1, format, ap);
    size_t length = (size_t)n + (m < 0 ? 0 : (size_t)m);
    if (length > sizeof text - 2)
        length = sizeof text - 2;
    text[length++] = '\n';
    fflush(stderr);
    pthread_mutex_lock(&line.lock);
    wipe();
    put(text, length);
    pthread_mutex_unlock(&line.lock);
}

void mm_say(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    say("", format, ap);
    va_end(ap);
}

void mm_warn(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    say("warning: ", format, ap);
    va_end(ap);
}

int mm_exit(const mm_error *error)
{
    if (error->code == MM_USAGE)
        mm_say("%s (see %s --help)", error->text, program_name);
    else if (error->code)
        mm_say("%s", error->text);
    return error->code;
}
