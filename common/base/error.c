/* Errors as values: see base/error.h. */
#include "common/base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int mm_fail(mm_error *error, int code, const char *format, ...)
{
    int saved = errno;
    if (!error)
        return code;
    error->code = code;
    va_list ap;
    va_start(ap, format);
    int n = vsnprintf(error->text, sizeof error->text, format, ap);
    va_end(ap);
    size_t length = n < 0 ? 0 : (size_t)n;
    if (length < sizeof error->text && length > 0 && error->text[length - 1] == ':') {
        if (saved)
            snprintf(error->text + length, sizeof error->text - length, " %s", strerror(saved));
        else
            error->text[length - 1] = '\0'; /* "Success" is no reason */
    }
    return code;
}

int mm_no_memory(mm_error *error)
{
    return mm_fail(error, MM_FAILURE, "out of memory");
}

int mm_fail_in(mm_error *error, const char *format, ...)
{
    if (!error)
        return MM_FAILURE;
    char prefix[sizeof error->text], text[sizeof error->text];
    va_list ap;
    va_start(ap, format);
    vsnprintf(prefix, sizeof prefix, format, ap);
    va_end(ap);
    memcpy(text, error->text, sizeof text);
    size_t n = strnlen(prefix, sizeof prefix - 1);
    size_t m = strnlen(text, sizeof text - 1);
    if (n + 2 + m >= sizeof text)
        m = n + 3 < sizeof text ? sizeof text - n - 3 : 0;
    memcpy(error->text, prefix, n);
    if (m) {
        memcpy(error->text + n, ": ", 2);
        memcpy(error->text + n + 2, text, m);
        n += 2 + m;
    }
    error->text[n] = '\0';
    return error->code;
}
