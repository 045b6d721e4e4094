/* Who is told of what a reader finds odd while it goes on: one line of text each. */
#ifndef MM_BASE_NOTICE_H
#define MM_BASE_NOTICE_H

#include <stdbool.h>

/* Problems are what is lost, notes (not `problem`) what was repaired or is not there. tell: NULL for nobody. */
typedef struct mm_notice {
    void (*tell)(void *context, bool problem, const char *text);
    void *context;
} mm_notice;

void mm_notify(const mm_notice *listener, bool problem, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
