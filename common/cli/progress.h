/* A line on a terminal that shows how far a program is, some times a second. */
#ifndef MM_CLI_PROGRESS_H
#define MM_CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/cli/options.h"

typedef struct mm_progress {
    bool shown;
    double begun, last; /* seconds */
    size_t count;
} mm_progress;

/* Begins the line. --progress=auto shows it when stderr is a terminal and the output goes to no other program. */
void mm_progress_begin(mm_progress *progress, const mm_common *common);
void mm_progress_count(mm_progress *progress, size_t records); /* so many more are done */

/* Shows a line of the program's own instead of the count (mmtrain), if it is due. */
void mm_progress_text(mm_progress *progress, bool due, const char *format, ...) __attribute__((format(printf, 3, 4)));
void mm_progress_end(mm_progress *progress); /* wipes the line */

double mm_seconds(void); /* a monotonic clock */
double mm_memory(void);  /* largest memory that this process has held so far, in GiB */

#endif
