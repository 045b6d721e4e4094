/* Conditions on a record's attributes: "split=train"; "set=s10" also holds for the list "s,s10". */
#ifndef MM_TABLE_WHERE_H
#define MM_TABLE_WHERE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"

typedef struct mm_condition {
    char *name;
    const char *value; /* of the text that was parsed */
} mm_condition;

typedef struct mm_where {
    mm_condition *items; /* all of them must hold */
    size_t n;
} mm_where;

/* Texts of the form NAME=VALUE; they outlive the conditions. MM_USAGE names one that is not. */
int mm_where_parse(mm_where *where, const char *const *texts, size_t n, mm_error *error);
void mm_where_free(mm_where *where);

/* True if the attribute's value (NULL: absent) equals the condition's, or one of its comma-separated elements does. */
bool mm_condition_holds(const mm_condition *condition, const char *value);

#endif
