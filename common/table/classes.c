/* Classes of lesions: see classes.h. */
#include "common/table/classes.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

static const char *const classes[MM_CLASSES] = {
    [MM_BACKGROUND] = "background", [MM_CALC_MAL] = "calc_mal", [MM_CALC_BEN] = "calc_ben",
    [MM_MASS_MAL] = "mass_mal", [MM_MASS_BEN] = "mass_ben",
};

struct word {
    const char *text;
    int value;
};

static int find(const struct word *words, size_t n, const char *text, int otherwise)
{
    for (size_t i = 0; i < n; i++)
        if (!strcasecmp(words[i].text, text))
            return words[i].value;
    return otherwise;
}

mm_pathology mm_pathology_of(const char *text)
{
    static const struct word words[] = {
        {"", MM_PATHOLOGY_UNKNOWN}, {"malignant", MM_MALIGNANT}, {"m", MM_MALIGNANT}, {"benign", MM_BENIGN},
        {"b", MM_BENIGN}, {"benign_without_callback", MM_BENIGN},
    };
    return (mm_pathology)find(words, sizeof words / sizeof *words, text, MM_PATHOLOGY_BAD);
}

mm_abnormality mm_abnormality_of(const char *text)
{
    static const struct word words[] = {
        {"", MM_ABNORMALITY_UNKNOWN}, {"calcification", MM_CALC}, {"calc", MM_CALC}, {"mass", MM_MASS}, {"circ", MM_MASS},
        {"spic", MM_MASS}, {"misc", MM_MASS}, {"arch", MM_MASS}, {"asym", MM_MASS}, {"norm", MM_NORMAL}, {"normal", MM_NORMAL},
    };
    return (mm_abnormality)find(words, sizeof words / sizeof *words, text, MM_ABNORMALITY_BAD);
}

const char *mm_lesion_class(mm_abnormality abnormality, mm_pathology pathology)
{
    if ((abnormality != MM_CALC && abnormality != MM_MASS) || (pathology != MM_BENIGN && pathology != MM_MALIGNANT))
        return NULL;
    return classes[(abnormality == MM_CALC ? MM_CALC_MAL : MM_MASS_MAL) + (pathology == MM_BENIGN)];
}

int mm_class_number(const char *name)
{
    for (int i = 0; i < MM_CLASSES; i++)
        if (!strcmp(classes[i], name))
            return i;
    return -1;
}

const char *mm_class_name(int number)
{
    return number >= 0 && number < MM_CLASSES ? classes[number] : NULL;
}
