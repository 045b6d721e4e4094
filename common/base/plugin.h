/* Parts of the programs that rest on libraries which not every machine has, or that should run apart: files beside the
 * programs, opened or started at run time. */
#ifndef MM_BASE_PLUGIN_H
#define MM_BASE_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>

/* The path of the file of that name in ../lib or ../lib/mmpipe seen from the running program; false when there is none. */
bool mm_plugin_path(const char *file, char *path, size_t room);

/* The function `symbol` of the plugin `file`; NULL when there is none or it cannot be opened, and then `why` says so. The
 * plugin stays open to the end. shared: libraries that it opens itself may use its own. */
void *mm_plugin_open(const char *file, const char *symbol, int shared, char *why, size_t room);

/* Functions of a library that the machine may have, which stays open to the end: their addresses into `function`, pointers to pointers
 * of their types. False when it or one of them is missing, and then `why` says so. */
typedef struct mm_symbol {
    const char *name;
    void *function;
} mm_symbol;

bool mm_plugin_symbols(const char *library, const mm_symbol *wanted, size_t n, char *why, size_t room);

#endif
