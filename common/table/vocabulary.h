/* The words of a manifest's columns split, side, view, pathology and abnormality, and the synonyms that data sets have for them.
 *
 * Case does not matter, nor does what is neither a letter nor a digit: "Benign_without_callback" is "benign without callback". Cells
 * that mean nothing is known, such as "NaN", "N/A" and "unknown", are like empty ones. */
#ifndef MM_TABLE_VOCABULARY_H
#define MM_TABLE_VOCABULARY_H

#include <stdbool.h>

#include "common/base/error.h"

typedef enum mm_pathology { MM_PATHOLOGY_UNKNOWN, MM_BENIGN, MM_MALIGNANT, MM_PATHOLOGY_NORMAL, MM_PATHOLOGY_BAD } mm_pathology;
typedef enum mm_abnormality {
    MM_ABNORMALITY_UNKNOWN, MM_CALC, MM_MASS,
    MM_LESION, /* of another kind, or of several */
    MM_NORMAL, MM_ABNORMALITY_BAD
} mm_abnormality;

/* True if the cells of a column with this name are words of the vocabulary. */
bool mm_vocabulary_has(const char *column);

/* Returns a column's word for a cell: LEFT for "l" in `side`. "": nothing is known. NULL: the cell is not in the vocabulary. */
const char *mm_vocabulary_word(const char *column, const char *cell);

/* Finds the word likewise. MM_DAMAGED: the cell is not in the vocabulary; the message lists the column's words. */
int mm_vocabulary_find(const char *column, const char *cell, const char **word, mm_error *error);

/* True for a cell that means that nothing is known: empty, nan, n/a, null, none, unknown. */
bool mm_vocabulary_empty(const char *cell);

/* Return what a word of `pathology` or `abnormality` means; BAD if it is not in the vocabulary. */
mm_pathology mm_pathology_of(const char *cell);
mm_abnormality mm_abnormality_of(const char *cell);

#endif
