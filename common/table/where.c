/* Conditions on attributes: see where.h. */
#include "common/table/where.h"

#include <stdlib.h>
#include <string.h>

#include "common/table/vocabulary.h"

int mm_where_parse(mm_where *where, const char *const *texts, size_t n, mm_error *error)
{
    *where = (mm_where){.items = calloc(n ? n : 1, sizeof *where->items)};
    if (!where->items)
        return mm_no_memory(error);
    for (; where->n < n; where->n++) {
        const char *text = texts[where->n], *sign = strchr(text, '=');
        int code = MM_OK;
        if (!sign || sign == text)
            code = mm_fail(error, MM_USAGE, "--where '%.80s': expected NAME=VALUE", text);
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

/* True if both are spellings of one word of the column that the attribute `name`, such as side or lesion.0.pathology, comes from. */
static bool is_same_word(const char *name, const char *value, const char *wanted)
{
    const char *dot = strrchr(name, '.'), *column = dot ? dot + 1 : name;
    const char *a = mm_vocabulary_word(column, value), *b = mm_vocabulary_word(column, wanted);
    return a && b && *a && !strcmp(a, b);
}

static bool meets(const char *name, const char *value, const char *wanted)
{
    size_t n = strlen(wanted);
    if (!strcmp(value, wanted) || is_same_word(name, value, wanted))
        return true;
    for (const char *element = value; element; element = strchr(element, ',')) {
        element += *element == ',';
        size_t length = strcspn(element, ",");
        if (length == n && !memcmp(element, wanted, n))
            return true;
    }
    return false;
}

int mm_where_holds(const mm_where *where, const char *key, mm_lookup lookup, void *context, bool *holds, mm_error *error)
{
    *holds = true;
    for (size_t i = 0; i < where->n && *holds; i++) {
        const mm_condition *c = &where->items[i];
        char *found = NULL;
        bool on_key = !strcmp(c->name, "key");
        if (!on_key && lookup(context, c->name, &found, error))
            return error->code;
        const char *value = on_key ? key : found;
        *holds = value && meets(c->name, value, c->value);
        free(found);
    }
    return MM_OK;
}
