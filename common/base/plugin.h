/* Parts of the programs that are opened or started at run time, because not every machine has their libraries or because
 * they should run in a process of their own. They are files beside the programs. */
#ifndef MM_BASE_PLUGIN_H
#define MM_BASE_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>

/* Finds a file in ../lib or ../lib/mmpipe, seen from the running program. False when there is none. */
bool mm_plugin_path(const char *file, char *path, size_t room);

/* Returns the function `symbol` of the plugin `file`, which stays open to the program's end. NULL when it cannot be opened or
 * lacks the function; `why` then says which. shared: libraries that the plugin opens itself may use its symbols. */
void *mm_plugin_open(const char *file, const char *symbol, int shared, char *why, size_t room);

/* Puts the addresses of a library's functions into `function`, which points to a pointer of the function's type. The library
 * stays open to the program's end. False when it or one of the functions is missing; `why` then says which. */
typedef struct mm_symbol {
    const char *name;
    void *function;
} mm_symbol;

bool mm_plugin_symbols(const char *library, const mm_symbol *wanted, size_t n, char *why, size_t room);

#endif
