/* Patients drawn anew: see bootstrap.h. */
#include "common/stats/bootstrap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/random.h"

void mm_bootstrap_draw(uint64_t seed, size_t draw, size_t patients, size_t *times)
{
    mm_random r;
    mm_random_init(&r, seed, mm_hash_string("bootstrap of patients"), (uint32_t)draw);
    memset(times, 0, patients * sizeof *times);
    for (size_t i = 0; i < patients; i++)
        times[mm_random_below(&r, patients)]++;
}

mm_interval mm_percentile_interval(double *values, size_t n, double level, size_t *numbers)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(values[i])) {
            double swap = values[k];
            values[k++] = values[i];
            values[i] = swap;
        }
    if (numbers)
        *numbers = n - k;
    qsort(values, k, sizeof *values, mm_compare_doubles);
    if (k < 20 || k < n / 2) /* what is left would be too select a sample */
        return (mm_interval){NAN, NAN};
    return (mm_interval){mm_quantile(values, k, (1 - level) / 2), mm_quantile(values, k, (1 + level) / 2)};
}

int mm_bootstrap(mm_figures_of_draw *compute, const void *data, size_t figures, const mm_sample *s, mm_estimate *estimate,
                 mm_error *error)
{
    size_t draws = s->patients > 1 ? s->draws : 0;
    size_t *times = calloc(s->patients + 1, sizeof *times);
    double *figure = calloc(figures + 1, sizeof *figure), *drawn = NULL; /* drawn[figures][draws] */
    if (!times || !figure || figures > SIZE_MAX / sizeof *drawn / (draws + 1)
        || !(drawn = malloc((figures * draws + 1) * sizeof *drawn))) {
        free(times);
        free(figure);
        return mm_no_memory(error);
    }
    for (size_t c = 0; c < s->patients; c++)
        times[c] = 1;
    compute(data, times, figure);
    for (size_t f = 0; f < figures; f++)
        estimate[f] = (mm_estimate){figure[f], {NAN, NAN}};
    for (size_t d = 0; d < draws; d++) {
        mm_bootstrap_draw(s->seed, d, s->patients, times);
        compute(data, times, figure);
        for (size_t f = 0; f < figures; f++)
            drawn[f * draws + d] = figure[f];
    }
    for (size_t f = 0; f < figures && draws; f++)
        estimate[f].bootstrap = mm_percentile_interval(drawn + f * draws, draws, 0.95, NULL);
    free(times);
    free(figure);
    free(drawn);
    return 0;
}
