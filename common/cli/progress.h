/* A line on the terminal that shows a program's progress, at most four times a second. */
#ifndef MM_CLI_PROGRESS_H
#define MM_CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/cli/options.h"

typedef struct mm_progress {
    bool shown;         /* false: the line is off */
    double begun, last; /* times in seconds: of the beginning and of the last line */
    size_t count;
} mm_progress;

/* Begins the line. --progress=auto shows it when stderr is a terminal and the output goes to no other program. */
void mm_progress_begin(mm_progress *progress, const mm_common *common);

/* Counts `records` more and shows the count. */
void mm_progress_count(mm_progress *progress, size_t records);

/* Shows a line of the program's own instead of the count (mmtrain). due: at once, even if the last line is recent. */
void mm_progress_text(mm_progress *progress, bool due, const char *format, ...) __attribute__((format(printf, 3, 4)));
void mm_progress_end(mm_progress *progress); /* wipes the line */

double mm_seconds(void); /* a monotonic clock */
double mm_memory(void);  /* largest memory that this process has held so far, in GiB */

#endif
