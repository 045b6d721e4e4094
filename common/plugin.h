/* Parts of the programs that rest on libraries which not every machine has, opened at run time. */
#ifndef MM_PLUGIN_H
#define MM_PLUGIN_H

#include <stddef.h>

/* The function `symbol` of the plugin `file`, which lies in ../lib or ../lib/mmpipe seen from the running program; NULL when
 * there is none or it cannot be opened, and then `why` says so. The plugin stays open to the end. shared: libraries that it
 * opens itself may use its own. */
void *mm_plugin_open(const char *file, const char *symbol, int shared, char *why, size_t room);

#endif
