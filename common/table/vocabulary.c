/* Words of columns: see vocabulary.h. */
#include "common/table/vocabulary.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* Synonyms are in lower case, without what is neither letter nor digit, with blanks between them; a word is a synonym of itself. */
typedef struct entry {
    const char *column, *word, *synonyms;
    int value;
} entry;

static const entry entries[] = {
    {"split", "train", "training tr trn trainset trainingset", 0},
    {"split", "val", "valid validation validate validationset valset tune tuning", 0},
    {"split", "test", "testing tst testset testingset holdout holdoutset heldout heldoutset", 0},

    {"side", "LEFT", "l lt left leftbreast leftside", 0},
    {"side", "RIGHT", "r rt right rightbreast rightside", 0},

    /* PS3.16 CID 4014, and the views of ACR that are modifiers there (CID 4015). */
    {"view", "CC", "craniocaudal cranialcaudal", 0},
    {"view", "MLO", "mediolateraloblique mediallateraloblique obliquemediolateral", 0},
    {"view", "ML", "mediolateral mediallateral", 0},
    {"view", "LM", "lateromedial lateralmedial", 0},
    {"view", "LMO", "lateromedialoblique lateralmedialoblique", 0},
    {"view", "FB", "caudocranial caudalcranial caudocranialfrombelow frombelow ccfb", 0},
    {"view", "SIO", "superolateraltoinferomedialoblique superolateralinferomedialoblique superiorinferioroblique", 0},
    {"view", "ISO", "inferomedialtosuperolateraloblique inferomedialsuperolateraloblique inferiorsuperioroblique", 0},
    {"view", "XCC", "exaggeratedcraniocaudal craniocaudalexaggerated", 0},
    {"view", "XCCL",
     "exaggeratedcraniocaudallateral exaggeratedcraniocaudallaterally craniocaudalexaggeratedlaterally exaggeratedlateralcraniocaudal", 0},
    {"view", "XCCM",
     "exaggeratedcraniocaudalmedial exaggeratedcraniocaudalmedially craniocaudalexaggeratedmedially exaggeratedmedialcraniocaudal", 0},
    {"view", "AT", "axillarytail axtail", 0},
    {"view", "CV", "cleavage cleavageview valley", 0},
    {"view", "TAN", "tangential tangentialview", 0},
    {"view", "RL", "rolledlateral", 0},
    {"view", "RM", "rolledmedial", 0},
    {"view", "RI", "rolledinferior", 0},
    {"view", "RS", "rolledsuperior", 0},

    {"pathology", "MALIGNANT", "m mal malignancy cancer cancerous carcinoma", MM_MALIGNANT},
    {"pathology", "BENIGN", "b ben", MM_BENIGN},
    {"pathology", "BENIGN_WITHOUT_CALLBACK", "benignwithoutcallback bwc", MM_BENIGN},
    {"pathology", "NORMAL", "norm healthy", MM_PATHOLOGY_NORMAL},

    {"abnormality", "calcification", "calc calcs calcifications microcalcification microcalcifications microcalc micros "
     "suspiciouscalcification suspiciouscalcifications cluster", MM_CALC},
    {"abnormality", "mass", "masses nodule circ spic misc circumscribedmass spiculatedmass", MM_MASS},
    {"abnormality", "distortion", "arch architecturaldistortion", MM_MASS},
    {"abnormality", "asymmetry", "asym assymetry asymmetries focalasymmetry globalasymmetry", MM_MASS},
    {"abnormality", "lesion", "lesions finding abnormal both masscalcification calcificationmass", MM_LESION},
    {"abnormality", "normal", "norm nofinding nofindings healthy", MM_NORMAL},
};

enum { ENTRIES = sizeof entries / sizeof *entries, ROOM = 64 };

/* What the vocabulary compares of a cell: its letters and digits in lower case. False if it is longer than any word. */
static bool squeeze(const char *cell, char to[ROOM])
{
    size_t n = 0;
    for (; *cell; cell++) {
        if (!isalnum((unsigned char)*cell) && (unsigned char)*cell < 0x80)
            continue;
        if (n + 1 == ROOM)
            return false;
        to[n++] = (char)tolower((unsigned char)*cell);
    }
    to[n] = '\0';
    return true;
}

static bool is_listed(const char *words, const char *word)
{
    size_t n = strlen(word), length;
    for (; *words; words += length + (words[length] == ' ')) {
        length = strcspn(words, " ");
        if (length == n && !memcmp(words, word, n))
            return true;
    }
    return false;
}

static const entry *find(const char *column, const char *cell)
{
    char wanted[ROOM], own[ROOM];
    if (!squeeze(cell, wanted) || !*wanted)
        return NULL;
    for (size_t i = 0; i < ENTRIES; i++)
        if (!strcmp(entries[i].column, column) &&
            (is_listed(entries[i].synonyms, wanted) || (squeeze(entries[i].word, own) && !strcmp(own, wanted))))
            return &entries[i];
    return NULL;
}

bool mm_vocabulary_empty(const char *cell)
{
    char word[ROOM];
    return squeeze(cell, word) && (*word ? is_listed("nan na null none unknown", word) : strspn(cell, " -?.") == strlen(cell));
}

bool mm_vocabulary_has(const char *column)
{
    for (size_t i = 0; i < ENTRIES; i++)
        if (!strcmp(entries[i].column, column))
            return true;
    return false;
}

const char *mm_vocabulary_word(const char *column, const char *cell)
{
    const entry *e = find(column, cell);
    return e ? e->word : mm_vocabulary_empty(cell) ? "" : NULL;
}

static int not_a_word(const char *column, const char *cell, mm_error *error)
{
    char words[512];
    size_t n = 0;
    for (size_t i = 0; i < ENTRIES && n < sizeof words; i++)
        if (!strcmp(entries[i].column, column))
            n += (size_t)snprintf(words + n, sizeof words - n, "%s%s", n ? ", " : "", entries[i].word);
    return mm_fail(error, MM_DAMAGED, "'%.40s' is not %s %s: expected one of %s", cell, strchr("aeiou", *column) ? "an" : "a", column,
                   words);
}

int mm_vocabulary_find(const char *column, const char *cell, const char **word, mm_error *error)
{
    *word = mm_vocabulary_word(column, cell);
    return *word ? MM_OK : not_a_word(column, cell, error);
}

mm_pathology mm_pathology_of(const char *cell)
{
    const entry *e = find("pathology", cell);
    return e ? (mm_pathology)e->value : mm_vocabulary_empty(cell) ? MM_PATHOLOGY_UNKNOWN : MM_PATHOLOGY_BAD;
}

mm_abnormality mm_abnormality_of(const char *cell)
{
    const entry *e = find("abnormality", cell);
    return e ? (mm_abnormality)e->value : mm_vocabulary_empty(cell) ? MM_ABNORMALITY_UNKNOWN : MM_ABNORMALITY_BAD;
}
