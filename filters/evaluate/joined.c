/* From names to numbers: see joined.h. */
#include "filters/evaluate/joined.h"

#include <stdlib.h>
#include <string.h>

#include "common/stats/aggregate.h"
#include "common/table/classes.h"
#include "common/table/groups.h"

void mm_joined_free(mm_joined *j)
{
    free(j->patient);
    free(j->breast);
    free(j->image);
    *j = (mm_joined){0};
}

/* Numbers the breasts: patient and side. Without the side of a record there are none. */
static int number_breasts(mm_joined *j, const mm_predictions *t, const char *side, mm_error *error)
{
    mm_evaluation_data *d = &j->data;
    if (!(j->breast = malloc(t->n * sizeof *j->breast)))
        return mm_no_memory(error);
    for (size_t i = 0; i < t->n; i++) {
        char s = side ? side[i] : mm_side_of_key(t->key[i]);
        if (s != 'L' && s != 'R')
            return 0;
        j->breast[i] = 2 * j->patient[i] + (s == 'R');
    }
    d->breast = j->breast;
    d->breasts = 2 * d->patients;
    return mm_renumber(j->breast, t->n, &d->breasts, error);
}

int mm_join(mm_joined *j, const mm_predictions *t, const char *side, char *const *image, mm_error *error)
{
    *j = (mm_joined){.data = {.n = t->n, .K = t->K, .label = t->label, .prob = t->prob, .log_prob = t->log_prob,
                              .class_name = t->class_name},
                     .patient = malloc(t->n * sizeof *j->patient), .image = malloc(t->n * sizeof *j->image)};
    mm_evaluation_data *d = &j->data;
    int code = j->patient && j->image ? mm_number_names(t->patient, t->n, j->patient, &d->patients, error) : mm_no_memory(error);
    d->patient = j->patient;
    if (!code)
        code = number_breasts(j, t, side, error);
    if (!code && image) {
        code = mm_number_names(image, t->n, j->image, &d->images, error);
        d->image = j->image;
    }
    if (code)
        mm_joined_free(j);
    return code;
}

static int listed_classes(const mm_predictions *t, const char *list, uint8_t *positive_class, mm_error *error)
{
    size_t set = 0;
    for (;;) {
        size_t length = strcspn(list, ","), k = 0;
        while (k < t->K && (strlen(t->class_name[k]) != length || memcmp(t->class_name[k], list, length) != 0))
            k++;
        if (k == t->K)
            return mm_fail(error, MM_USAGE, "the predictions have no class '%.*s'", (int)length, list);
        set += !positive_class[k];
        positive_class[k] = 1;
        if (!list[length])
            break;
        list += length + 1;
    }
    if (set == t->K)
        return mm_fail(error, MM_USAGE, "'%s' names all classes: at least one must not be positive", list);
    return 0;
}

int mm_positive_classes(uint8_t **positive_class, const mm_predictions *t, const char *list, mm_error *error)
{
    uint8_t *p = calloc(t->K, 1);
    int code = !p ? mm_no_memory(error) : list ? listed_classes(t, list, p, error) : 0;
    if (code || (!list && !mm_default_positive(t->class_name, t->K, p))) {
        free(p);
        p = NULL;
    }
    *positive_class = p;
    return code;
}
