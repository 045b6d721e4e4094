/* See progress.h. */
#include "common/cli/progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/cli/message.h"

double mm_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double mm_memory(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (double)usage.ru_maxrss / (1 << 20) : 0; /* of KiB */
}

void mm_progress_begin(mm_progress *p, const mm_common *common)
{
    struct stat st;
    bool piped = !common->output && fstat(STDOUT_FILENO, &st) == 0 && S_ISFIFO(st.st_mode);
    *p = (mm_progress){.begun = mm_seconds()};
    p->last = p->begun;
    p->shown = common->progress == 1 || (common->progress == 0 && !common->quiet && isatty(STDERR_FILENO) && !piped);
}

void mm_progress_text(mm_progress *p, bool due, const char *format, ...)
{
    double now = mm_seconds();
    if (!p->shown || (!due && now - p->last < 0.25))
        return;
    char text[400];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    mm_line(text);
    p->last = now;
}

void mm_progress_count(mm_progress *p, size_t records)
{
    p->count += records;
    if (p->shown)
        mm_progress_text(p, false, "%zu records, %.1f/s", p->count, (double)p->count / (mm_seconds() - p->begun + 1e-9));
}

void mm_progress_end(mm_progress *p)
{
    if (p->shown)
        mm_line(NULL);
}
