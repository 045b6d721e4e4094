/* Parts of the programs that are opened or started at run time, because not every machine has their libraries or because
 * they should run in a process of their own. They are files beside the programs. */
#ifndef MM_BASE_PLUGIN_H
#define MM_BASE_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>

/* Finds a file in ../lib, ../lib/mmpipe or ../../lib (for unit tests), relative to the running program's folder, and writes its
 * path. Returns false if there is no such file. */
bool mm_plugin_path(const char *file, char *path, size_t room);

/* Returns the function `symbol` of the plugin `file`, which stays open until the program ends. NULL if the plugin cannot be
 * opened or lacks the function; `why` then says which. shared: libraries that the plugin opens may use its symbols. */
void *mm_plugin_open(const char *file, const char *symbol, int shared, char *why, size_t room);

/* A function that is looked up in a library. */
typedef struct mm_symbol {
    const char *name;
    void *function; /* address of a pointer of the function's type */
} mm_symbol;

/* Opens a library, which stays open until the program ends, and sets the pointers of n functions. Returns false if the library
 * or one of the functions is missing; `why` then says which. */
bool mm_plugin_symbols(const char *library, const mm_symbol *wanted, size_t n, char *why, size_t room);

#endif
