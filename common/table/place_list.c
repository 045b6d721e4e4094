/* Numbers of a place in one cell: see place_list.h. */
#include "common/table/place_list.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LEVELS = 8 };

/* What a pair of brackets, or the cell itself, has held so far. */
typedef struct level {
    size_t numbers, pairs;
} level;

typedef struct list {
    const char *at;
    double *value;
    size_t n, commas; /* commas: since the last number */
    level level[LEVELS];
    size_t depth, lists;
} list;

/* Numbers, or pairs of them, that belong together are a list; two numbers are a pair of the brackets around. */
static void close_level(list *l)
{
    const level *done = &l->level[l->depth];
    l->lists += done->numbers > 2 || done->pairs > 1;
    if (l->depth > 0)
        l->level[--l->depth].pairs += done->numbers == 2;
}

static bool take_bracket(list *l)
{
    bool opens = strchr("[({", *l->at++) != NULL;
    if (opens ? l->depth + 1 == LEVELS : l->depth == 0)
        return false;
    if (opens)
        l->level[++l->depth] = (level){0};
    else
        close_level(l);
    return true;
}

static bool take_number(list *l)
{
    char *end;
    const char *digit = l->at + strspn(l->at, "+-.");
    double value = strtod(l->at, &end);
    if (!isdigit((unsigned char)*digit) || !isfinite(value) || l->commas > 1 || (*end && !strchr(" ,;[](){}", *end)))
        return false;
    l->value[l->n++] = value;
    l->level[l->depth].numbers++;
    l->commas = 0;
    l->at = end;
    return true;
}

static bool take_all(list *l)
{
    bool good = true;
    while (*l->at && good) {
        if (strchr("[](){}", *l->at))
            good = take_bracket(l);
        else if (strchr(" ,;", *l->at))
            l->commas += *l->at++ != ' ';
        else
            good = take_number(l);
    }
    if (good && l->depth == 0)
        close_level(l);
    return good && l->depth == 0;
}

static const char *behind_name(const char *name, const char *cell)
{
    size_t n = strlen(name);
    if (strncasecmp(cell, name, n) != 0)
        return cell;
    cell += n;
    return cell + (*cell == ':');
}

int mm_place_list(const char *name, const char *cell, double **value, size_t *n, mm_error *error)
{
    list l = {.at = behind_name(name, cell), .value = calloc(strlen(cell) / 2 + 1, sizeof *l.value)};
    if (!l.value)
        return mm_no_memory(error);
    int code = MM_OK;
    if (!take_all(&l))
        code = mm_fail(error, MM_DAMAGED, "'%.80s' is not a list of numbers for a %s", cell, name);
    else if (l.lists > 1)
        code = mm_fail(error, MM_DAMAGED, "'%.80s' holds several places: expected a line for each", cell);
    if (code) {
        free(l.value);
        return code;
    }
    *value = l.value;
    *n = l.n;
    return MM_OK;
}
