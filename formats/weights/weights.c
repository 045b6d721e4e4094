/* Tables of named tensors: see weights.h. */
#include "formats/weights/weights.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/grow.h"

void mm_weights_free(mm_weights *w)
{
    for (size_t i = 0; i < w->nnotes; i++) {
        free(w->notes[i].name);
        free(w->notes[i].value);
    }
    mm_params_free(&w->params);
    free(w->notes);
    *w = (mm_weights){0};
}

mm_param *mm_weights_add(mm_weights *w, const char *tensor, mm_dtype dtype, int ndim, const size_t *dim, const char *name,
                         mm_error *error)
{
    if (w->params.count == MM_MAX_WEIGHTS) {
        mm_fail(error, MM_DAMAGED, "'%s' has more than %d tensors", name, MM_MAX_WEIGHTS);
        return NULL;
    }
    mm_param *p = mm_params_add(&w->params, tensor, dtype, ndim, dim, error);
    if (!p)
        mm_fail_in(error, "'%s'", name);
    return p;
}

const char *mm_weights_note(const mm_weights *w, const char *name)
{
    for (size_t i = 0; i < w->nnotes; i++)
        if (!strcmp(w->notes[i].name, name))
            return w->notes[i].value;
    return NULL;
}

int mm_weights_set_note(mm_weights *w, const char *name, const char *value, mm_error *error)
{
    char *copy = strdup(value);
    if (!copy)
        return mm_no_memory(error);
    for (size_t i = 0; i < w->nnotes; i++)
        if (!strcmp(w->notes[i].name, name)) {
            free(w->notes[i].value);
            w->notes[i].value = copy;
            return 0;
        }
    char *own_name = strdup(name);
    if (!own_name || mm_grow(&w->notes, &w->notes_room, w->nnotes + 1, sizeof *w->notes, error)) {
        free(copy);
        free(own_name);
        return mm_no_memory(error);
    }
    w->notes[w->nnotes++] = (mm_note){own_name, copy};
    return 0;
}
