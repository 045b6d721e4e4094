/* The numbers and names of classes (METHOD: classes), and which classes hold which.
 *
 *   0 background  1 calc_mal  2 calc_ben  3 mass_mal  4 mass_ben        whole images: 0 benign  1 malignant
 *
 * Of a lesion less may be known: its class is then calc, mass, malignant, benign or lesion, each of which holds several of the four. */
#ifndef MM_TABLE_CLASSES_H
#define MM_TABLE_CLASSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/table/vocabulary.h"

/* Numbers of the classes of lesions and patches. */
enum { MM_BACKGROUND, MM_CALC_MAL, MM_CALC_BEN, MM_MASS_MAL, MM_MASS_BEN, MM_CLASSES };

/* Returns the narrowest class of a lesion that is certain: "calc_mal", "mass", "benign", "lesion". */
const char *mm_lesion_class(mm_abnormality abnormality, mm_pathology pathology);

/* Sets positive[K] to 1 for the classes of a report that count as positive where nothing else is asked: the second of two, or all but
 * "background". False, with all but the first, if neither applies. */
bool mm_default_positive(char *const *name, size_t K, uint8_t *positive);

/* Returns the number of a class, or -1. */
int mm_class_number(const char *name);

/* Returns the name of a class, or NULL. */
const char *mm_class_name(int number);

/* A user's own classes. */
typedef struct mm_class_names {
    char **name; /* [n], each owned */
    size_t n;    /* 0: none were named */
} mm_class_names;

/* Parses "background,lesion". MM_USAGE: fewer than two names, an empty one, one that holds a control character, or one twice, in any
 * case. */
int mm_class_names_parse(mm_class_names *names, const char *list, mm_error *error);
void mm_class_names_free(mm_class_names *names);

/* Finds the class among n names: the same name, else the narrowest that holds it ("lesion" holds "mass", which holds "mass_mal").
 * Returns n if there is none, or if two hold it of which neither is narrower. */
size_t mm_class_among(const char *const *names, size_t n, const char *class);

#endif
