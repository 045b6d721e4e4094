/* Messages on standard error: see message.h. */
#include "cli/message.h"

#include <malloc.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *program_name = "mmpipe";

void mm_begin(const char *program)
{
    program_name = program;
    signal(SIGPIPE, SIG_DFL);
#ifdef __GLIBC__
    /* Records of many megabytes come and go: keep their memory in one heap for all threads, instead of handing it back
     * and faulting it in again page by page. */
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    mallopt(M_TOP_PAD, 1 << 20);
#endif
}

const char *mm_program_name(void) { return program_name; }

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
    if (write(STDERR_FILENO, text, length) < 0)
        return; /* there is nobody left to tell */
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
