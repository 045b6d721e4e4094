/* Notices: lines of text about input that a reader repaired or left out and read on. */
#ifndef MM_BASE_NOTICE_H
#define MM_BASE_NOTICE_H

#include <stdbool.h>

/* A listener. `tell` receives each notice; NULL: notices are dropped. `problem` is true if something is lost, false if it was
 * repaired or is absent. */
typedef struct mm_notice {
    void (*tell)(void *context, bool problem, const char *text);
    void *context;
} mm_notice;

/* Formats a notice, as printf does, and hands it to the listener. */
void mm_notify(const mm_notice *listener, bool problem, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
