/* Notices of a reader that goes on: one line of text each. */
#ifndef MM_BASE_NOTICE_H
#define MM_BASE_NOTICE_H

#include <stdbool.h>

/* Receives notices; tell NULL: nobody does. problem: something is lost; else it was repaired or is not there. */
typedef struct mm_notice {
    void (*tell)(void *context, bool problem, const char *text);
    void *context;
} mm_notice;

void mm_notify(const mm_notice *listener, bool problem, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
