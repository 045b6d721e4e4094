/* Conditions on attributes: "split=train"; "set=s10" also holds for the list "s,s10". One predicate serves records, entries
 * of an index and rows of a manifest: each says how its attributes are looked up. */
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

/* Parses texts of the form NAME=VALUE, which must outlive the conditions. MM_USAGE names one that is not of that form. */
int mm_where_parse(mm_where *where, const char *const *texts, size_t n, mm_error *error);
void mm_where_free(mm_where *where);

/* Looks an attribute up: *value is NULL when there is none, else the caller frees it. */
typedef int (*mm_lookup)(void *context, const char *name, char **value, mm_error *error);

/* Sets *holds if all conditions hold for a thing with this key (the condition key=VALUE) and the attributes that `lookup`
 * finds: the value is equal, or one of its comma-separated elements is. 0, or the lookup's error. */
int mm_where_holds(const mm_where *where, const char *key, mm_lookup lookup, void *context, bool *holds, mm_error *error);

#endif
