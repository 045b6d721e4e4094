/* Notices: see notice.h. */
#include "common/base/notice.h"

#include <stdarg.h>
#include <stdio.h>

void mm_notify(const mm_notice *listener, bool problem, const char *format, ...)
{
    char text[1024];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    if (listener->tell)
        listener->tell(listener->context, problem, text);
}
