/* Who is told of what a reader finds odd while it goes on: one line of text each. */
#ifndef MM_LISTENER_H
#define MM_LISTENER_H

#include <stdbool.h>

/* Problems are what is lost, notes (not `problem`) what was repaired or is not there. tell: NULL for nobody. */
typedef struct mm_listener {
    void (*tell)(void *context, bool problem, const char *text);
    void *context;
} mm_listener;

void mm_tell(const mm_listener *listener, bool problem, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
