/* Conditions on attributes: see where.h. */
#include "common/table/where.h"

#include <stdlib.h>
#include <string.h>

int mm_where_parse(mm_where *where, const char *const *texts, size_t n, mm_error *error)
{
    *where = (mm_where){.items = calloc(n ? n : 1, sizeof *where->items)};
    if (!where->items)
        return mm_no_memory(error);
    for (; where->n < n; where->n++) {
        const char *text = texts[where->n], *sign = strchr(text, '=');
        int code = MM_OK;
        if (!sign || sign == text)
            code = mm_fail(error, MM_USAGE, "--where '%.80s': NAME=VALUE is wanted", text);
        else if (!(where->items[where->n].name = strndup(text, (size_t)(sign - text))))
            code = mm_no_memory(error);
        if (code) {
            mm_where_free(where);
            return code;
        }
        where->items[where->n].value = sign + 1;
    }
    return MM_OK;
}

void mm_where_free(mm_where *where)
{
    for (size_t i = 0; i < where->n; i++)
        free(where->items[i].name);
    free(where->items);
    *where = (mm_where){0};
}

bool mm_condition_holds(const mm_condition *condition, const char *value)
{
    if (!value)
        return false;
    if (!strcmp(value, condition->value))
        return true;
    size_t n = strlen(condition->value);
    for (const char *element = value; element; element = strchr(element, ',')) {
        element += *element == ',';
        size_t length = strcspn(element, ",");
        if (length == n && !memcmp(element, condition->value, n))
            return true;
    }
    return false;
}
