/* Files grouped into records by their names (member_name.h).
 *
 * Files of one key are one record. A file KEY.NAME.png whose NAME is not a known tensor belongs to KEY if other files show that KEY has
 * several: KEY.json, KEY.cls or a known tensor of KEY. Otherwise it is an image of its own, with the key KEY.NAME. */
#ifndef MM_FORMATS_ARCHIVE_MEMBER_GROUPS_H
#define MM_FORMATS_ARCHIVE_MEMBER_GROUPS_H

#include "formats/archive/member_name.h"
#include "formats/archive/tar.h"

typedef struct mm_member_groups {
    size_t *order; /* the files' numbers, those of a group side by side */
    size_t *first; /* n + 1 places in `order`: where each group begins */
    size_t *key;   /* n lengths of keys (mm_member_keys) */
    size_t n;
    size_t apart, first_apart; /* how many files KEY.NAME.png or KEY.mask.NAME.png are images of their own beside a file KEY.png; the first */
} mm_member_groups;

/* Groups files by their names alone. Groups, and files in a group, keep the order of the files. Free the groups after an error too. */
int mm_member_groups_make(mm_member_groups *groups, const mm_member *files, size_t n, mm_error *error);
void mm_member_groups_free(mm_member_groups *groups);

#endif
