/* Classes of lesions: see classes.h. */
#include "common/table/classes.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/text.h"

enum { CALC_MAL = 1, CALC_BEN = 2, MASS_MAL = 4, MASS_BEN = 8 };

/* What is certain of a lesion, as the set of the four classes that it may be of. */
static const struct {
    const char *name;
    unsigned set;
} known[] = {
    {"background", 0}, {"calc_mal", CALC_MAL}, {"calc_ben", CALC_BEN}, {"mass_mal", MASS_MAL}, {"mass_ben", MASS_BEN},
    {"calc", CALC_MAL | CALC_BEN}, {"mass", MASS_MAL | MASS_BEN}, {"malignant", CALC_MAL | MASS_MAL},
    {"benign", CALC_BEN | MASS_BEN}, {"lesion", CALC_MAL | CALC_BEN | MASS_MAL | MASS_BEN},
};
enum { KNOWN = sizeof known / sizeof *known };

/* 0 for a name that is none of a lesion's. */
static unsigned set_of(const char *name)
{
    for (size_t i = 0; i < KNOWN; i++)
        if (!strcmp(known[i].name, name))
            return known[i].set;
    return 0;
}

const char *mm_lesion_class(mm_abnormality abnormality, mm_pathology pathology)
{
    unsigned set = set_of("lesion");
    set &= abnormality == MM_CALC ? set_of("calc") : abnormality == MM_MASS ? set_of("mass") : set;
    set &= pathology == MM_MALIGNANT ? set_of("malignant") : pathology == MM_BENIGN ? set_of("benign") : set;
    size_t i = 0;
    while (known[i].set != set)
        i++;
    return known[i].name;
}

int mm_class_number(const char *name)
{
    for (int i = 0; i < MM_CLASSES; i++)
        if (!strcmp(known[i].name, name))
            return i;
    return -1;
}

const char *mm_class_name(int number)
{
    return number >= 0 && number < MM_CLASSES ? known[number].name : NULL;
}

static int add_name(mm_class_names *names, const char *name, size_t length, mm_error *error)
{
    char **grown = realloc(names->name, (names->n + 1) * sizeof *grown), *copy;
    if (!grown)
        return mm_no_memory(error);
    names->name = grown;
    if (!(copy = strndup(name, length)))
        return mm_no_memory(error);
    names->name[names->n++] = copy;
    if (!length || !mm_utf8_valid(copy, length) || strpbrk(copy, "\t\n\r"))
        return mm_fail(error, MM_USAGE, "class %zu has %s", names->n - 1, length ? "an invalid name" : "no name");
    for (size_t i = 0; i + 1 < names->n; i++)
        if (!strcasecmp(names->name[i], copy))
            return mm_fail(error, MM_USAGE, "class name '%.40s' appears twice", copy);
    return MM_OK;
}

int mm_class_names_parse(mm_class_names *names, const char *list, mm_error *error)
{
    int code = MM_OK;
    *names = (mm_class_names){0};
    for (size_t length; !code; list += length + 1) {
        length = strcspn(list, ",");
        code = add_name(names, list, length, error);
        if (!list[length])
            break;
    }
    if (!code && names->n < 2)
        code = mm_fail(error, MM_USAGE, "'%.40s' is one class: expected two names or more, with commas between them", names->name[0]);
    if (code)
        mm_class_names_free(names);
    return code;
}

void mm_class_names_free(mm_class_names *names)
{
    for (size_t i = 0; i < names->n; i++)
        free(names->name[i]);
    free(names->name);
    *names = (mm_class_names){0};
}

size_t mm_class_among(const char *const *names, size_t n, const char *class)
{
    unsigned wanted = set_of(class), narrowest = 0;
    size_t found = n;
    bool clear = false;
    for (size_t i = 0; i < n; i++)
        if (!strcmp(names[i], class))
            return i;
    for (size_t i = 0; i < n && wanted; i++) {
        unsigned set = set_of(names[i]);
        if ((set & wanted) != wanted)
            continue;
        if (found == n || (set & narrowest) == set) {
            found = i;
            narrowest = set;
            clear = true;
        } else if ((set & narrowest) != narrowest) {
            clear = false;
            narrowest &= set;
        }
    }
    return clear ? found : n;
}

bool mm_default_positive(char *const *name, size_t K, uint8_t *positive)
{
    size_t background = 0;
    while (background < K && strcmp(name[background], "background") != 0)
        background++;
    bool found = background < K;
    for (size_t k = 0; k < K; k++)
        positive[k] = found ? k != background : k > 0;
    return K == 2 || found;
}
