/* Conditions on attributes: "split=train"; "set=s10" also holds for the list "s,s10". One predicate serves records, entries of
 * an index and rows of a manifest, each with its own function that looks attributes up. */
#ifndef MM_TABLE_WHERE_H
#define MM_TABLE_WHERE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"

typedef struct mm_condition {
    char *name;
    const char *value; /* points into the parsed text */
} mm_condition;

typedef struct mm_where {
    mm_condition *items; /* all of them must hold */
    size_t n;
} mm_where;

/* Parses n texts of the form NAME=VALUE, which must outlive the conditions. MM_USAGE: a text has another form. */
int mm_where_parse(mm_where *where, const char *const *texts, size_t n, mm_error *error);
void mm_where_free(mm_where *where);

/* Looks an attribute up: *value, which the caller frees, is NULL if the attribute is absent. */
typedef int (*mm_lookup)(void *context, const char *name, char **value, mm_error *error);

/* Sets *holds to whether all conditions hold for an item with this key and the attributes that `lookup` finds. key=VALUE compares
 * the key. A condition holds if the value, or one of its comma-separated elements, is equal, or if both are spellings of one word of
 * the vocabulary (vocabulary.h): side=L holds for LEFT. 0, or the lookup's error. */
int mm_where_holds(const mm_where *where, const char *key, mm_lookup lookup, void *context, bool *holds, mm_error *error);

#endif
