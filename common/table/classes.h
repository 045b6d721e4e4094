/* Pathology and abnormality of a lesion in the words of the data sets, and the numbers and names of the classes (METHOD:
 * classes).
 *
 *   0 background  1 calc_mal  2 calc_ben  3 mass_mal  4 mass_ben        whole images: 0 benign  1 malignant */
#ifndef MM_TABLE_CLASSES_H
#define MM_TABLE_CLASSES_H

typedef enum mm_pathology { MM_PATHOLOGY_UNKNOWN, MM_BENIGN, MM_MALIGNANT, MM_PATHOLOGY_BAD } mm_pathology;
typedef enum mm_abnormality { MM_ABNORMALITY_UNKNOWN, MM_CALC, MM_MASS, MM_NORMAL, MM_ABNORMALITY_BAD } mm_abnormality;

/* Numbers of the classes of lesions and patches. */
enum { MM_BACKGROUND, MM_CALC_MAL, MM_CALC_BEN, MM_MASS_MAL, MM_MASS_BEN, MM_CLASSES };

/* Reads a pathology, in any case: malignant, m; benign, b, benign_without_callback. "" is UNKNOWN, any other word BAD. */
mm_pathology mm_pathology_of(const char *text);

/* Reads an abnormality likewise: calcification, calc; mass; normal; and mini-MIAS's codes CALC; CIRC, SPIC, MISC, ARCH, ASYM
 * (mass); NORM. */
mm_abnormality mm_abnormality_of(const char *text);

/* Returns the class of a lesion, "calc_mal", ...; NULL unless both are known. */
const char *mm_lesion_class(mm_abnormality abnormality, mm_pathology pathology);

/* Returns the number of a class, or -1. */
int mm_class_number(const char *name);

/* Returns the name of a class, or NULL. */
const char *mm_class_name(int number);

#endif
