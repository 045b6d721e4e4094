/* A small interpreter for Python's pickle streams (protocols 2 to 5). Pickles are programs. This interpreter builds numbers, text,
 * tuples, lists, dictionaries and sets, and through its caller objects of the few globals that the caller names. Any other global,
 * and what is made by calling it, becomes an inert value that keeps what it was made of. Nothing is ever imported or run. An opcode
 * that is not known is an error that names it.
 *
 * A pickle has at most 64 MiB and makes at most a million values; its memo and stack hold no more. Values may be shared, and in a
 * hostile pickle a container can hold itself, so a walk through the result must count its steps. */
#ifndef MM_FORMATS_WEIGHTS_PICKLE_H
#define MM_FORMATS_WEIGHTS_PICKLE_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"

typedef enum mm_value_kind {
    MM_VALUE_NONE,
    MM_VALUE_BOOL,   /* integer 0 or 1 */
    MM_VALUE_INT,    /* integer */
    MM_VALUE_LONG,   /* beyond 64 bits: text holds its bytes, little endian */
    MM_VALUE_FLOAT,  /* real */
    MM_VALUE_STR,    /* text, 0-ended, without 0 inside */
    MM_VALUE_BYTES,  /* text */
    MM_VALUE_TUPLE,  /* items */
    MM_VALUE_LIST,   /* items */
    MM_VALUE_SET,    /* items */
    MM_VALUE_DICT,   /* items: key, value, key, value... */
    MM_VALUE_GLOBAL, /* integer: index into the caller's table */
    MM_VALUE_OBJECT, /* made by the caller: integer is its tag, object its own memory */
    MM_VALUE_INERT   /* a global that the caller does not name, or an object of one: text is the global's name, items its parts */
} mm_value_kind;

/* Parts of an inert value: what it was called with (a tuple), its attributes, and its items as a dictionary and as a list. */
typedef enum mm_inert_part { MM_INERT_ARGUMENTS, MM_INERT_STATE, MM_INERT_PAIRS, MM_INERT_LIST, MM_INERT_PARTS } mm_inert_part;

typedef struct mm_value {
    mm_value_kind kind;
    int64_t integer;
    double real;
    char *text;
    size_t size; /* of the text */
    struct mm_value **items;
    size_t n, room;
    void *object;
} mm_value;

typedef struct mm_pickle mm_pickle;

/* The caller's globals and functions. Both functions return a value from mm_pickle_new, or NULL with an error. */
typedef struct mm_pickle_world {
    const char *const *globals; /* "module name", NULL-ended */
    mm_value *(*reduce)(void *context, mm_pickle *pickle, const mm_value *global, const mm_value *arguments, mm_error *error);
    mm_value *(*persistent)(void *context, mm_pickle *pickle, const mm_value *id, mm_error *error);
    void *context;
} mm_pickle_world;

/* Runs the pickle at `bytes` up to its STOP. *used is the number of bytes consumed. The values live until mm_pickle_free, which the
 * caller calls once, also after an error. `name` is the subject of messages. */
int mm_pickle_run(mm_pickle **out, const unsigned char *bytes, size_t n, const char *name, const mm_pickle_world *world,
                  mm_value **result, size_t *used, mm_error *error);
void mm_pickle_free(mm_pickle *pickle);

/* Makes a value that the pickle owns, and takes over `object` (from malloc, or NULL), also on failure. NULL with an error: memory, or
 * too many values. */
mm_value *mm_pickle_new(mm_pickle *pickle, mm_value_kind kind, void *object);

/* Makes an inert object of the global `name`; arguments may be NULL. NULL with an error as above. */
mm_value *mm_pickle_inert(mm_pickle *pickle, const char *name, const mm_value *arguments);

/* Returns a part of an inert value, or NULL. */
mm_value *mm_value_part(const mm_value *inert, mm_inert_part part);

/* Returns the name of the first global that became inert, or NULL. */
const char *mm_pickle_stranger(const mm_pickle *pickle);

/* Appends to a container. 0 or MM_FAILURE (memory). */
int mm_value_append(mm_value *container, mm_value *item, mm_error *error);

/* Returns the value of a dictionary's string key, or NULL. */
mm_value *mm_value_lookup(const mm_value *dict, const char *key);

#endif
