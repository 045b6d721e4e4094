/* Areas of several trainings: see repeats.h. */
#include "common/stats/repeats.h"

#include <math.h>
#include <stdlib.h>

#include "common/stats/evaluation.h"

static void average(mm_repeats *r)
{
    double sum = 0, squares = 0;
    for (size_t k = 0; k < r->scores; k++)
        sum += r->area[k];
    r->mean.value = sum / (double)r->scores;
    for (size_t k = 0; k < r->scores; k++)
        squares += (r->area[k] - r->mean.value) * (r->area[k] - r->mean.value);
    r->sd = r->scores > 1 ? sqrt(squares / (double)(r->scores - 1)) : NAN;
}

int mm_repeats_measure(mm_repeats *r, const double *const *score, size_t scores, const double *other, const uint8_t *positive,
                       const mm_sample *s, mm_error *error)
{
    const size_t draws = s->draws;
    double *drawn = malloc((3 * draws + 1) * sizeof *drawn), *mean = drawn + draws, *less = mean + draws;
    mm_area area;
    *r = (mm_repeats){.scores = scores, .area = malloc(scores * sizeof *r->area), .mean = {NAN, {NAN, NAN}}, .difference = {NAN, {NAN, NAN}}};
    int code = drawn && r->area ? MM_OK : mm_no_memory(error);
    for (size_t d = 0; d < draws && !code; d++)
        mean[d] = 0;
    for (size_t k = 0; k < scores + (other != NULL) && !code; k++) {
        code = mm_area_evaluate(&area, k < scores ? score[k] : other, positive, s, drawn, error);
        if (!code && !area.known)
            code = mm_fail(error, MM_FAILURE, "all %zu records are of one kind", s->n);
        for (size_t d = 0; d < draws && !code; d++)
            if (k < scores)
                mean[d] += drawn[d] / (double)scores;
            else
                less[d] = mean[d] - drawn[d];
        if (!code && k < scores)
            r->area[k] = area.area;
    }
    if (!code) {
        average(r);
        if (other)
            r->difference.value = r->mean.value - area.area;
        if (s->patients > 1) {
            r->mean.bootstrap = mm_percentile_interval(mean, draws, 0.95, NULL);
            if (other)
                r->difference.bootstrap = mm_percentile_interval(less, draws, 0.95, NULL);
        }
    }
    free(drawn);
    if (code)
        mm_repeats_free(r);
    return code;
}

void mm_repeats_free(mm_repeats *r)
{
    free(r->area);
    r->area = NULL;
}
