/* A manifest of mini-MIAS (Suckling et al. 1994), from Info.txt as published and the films of a folder.
 *
 * After its prose Info.txt has a line for each lesion, and for each film without one:
 *
 *   mdb005 F CIRC B 477 133 30        film, tissue, kind, severity, x, y, radius
 *
 * y counts from the bottom of the film; in the manifest it counts from the top, y' = height - y. Films 2k - 1 and 2k are of one
 * patient. By Info.txt's note 1 even numbers are left breasts, odd ones right. All are mediolateral oblique views. */
#ifndef MM_FORMATS_DATASET_MIAS_H
#define MM_FORMATS_DATASET_MIAS_H

#include "common/table/manifest.h"

typedef struct mm_mias_report {
    size_t films, lesions;     /* in the manifest; lesions with a place */
    size_t missing;            /* films of Info.txt that are not in the folder */
    size_t without_place;      /* lesions of films in the folder for which no place is given */
} mm_mias_report;

/* Reads DIR/Info.txt and looks for the films DIR/mdbNNN.png or .pgm. Columns: METHOD's, and `tissue`. A lesion without a
 * place keeps its line, with an empty mask. MM_FAILURE: Info.txt cannot be read. MM_DAMAGED: it is another file, one of its
 * lines or films is damaged, or there is no film at all. */
int mm_mias_manifest(const char *dir, mm_manifest *manifest, mm_mias_report *report, mm_error *error);

/* Makes the manifest from Info.txt in memory, for tests. `find` looks for a film: 1 found (path[MM_MIAS_PATH] and height are set),
 * 0 not there, -1 with an error. */
enum { MM_MIAS_PATH = 4096 };
typedef int (*mm_mias_find)(void *context, const char *film, char *path, size_t *height, mm_error *error);
int mm_mias_parse(const char *text, size_t size, mm_mias_find find, void *context, mm_manifest *manifest,
                  mm_mias_report *report, mm_error *error);

#endif
