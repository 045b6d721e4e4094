/* Shares of records: see proportion.h. */
#include "common/stats/proportion.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The share in each draw, from sums over patients. */
static void draw_shares(const size_t *part, const size_t *whole, const mm_sample *s, size_t *times, double *drawn)
{
    for (size_t d = 0; d < s->draws; d++) {
        size_t p = 0, w = 0;
        mm_bootstrap_draw(s->seed, d, s->patients, times);
        for (size_t c = 0; c < s->patients; c++) {
            p += times[c] * part[c];
            w += times[c] * whole[c];
        }
        drawn[d] = w ? (double)p / (double)w : NAN;
    }
}

int mm_proportion_evaluate(mm_proportion *r, const uint8_t *part, const uint8_t *whole, const mm_sample *s, double *drawn,
                           mm_error *error)
{
    *r = (mm_proportion){.bootstrap = {NAN, NAN}};
    size_t *sum = calloc(3 * s->patients + 1, sizeof *sum); /* of the parts, of the wholes; how often each was drawn */
    double *share = malloc((s->draws + 1) * sizeof *share);
    if (!sum || !share) {
        free(sum);
        free(share);
        return mm_no_memory(error);
    }
    for (size_t i = 0; i < s->n; i++) {
        r->part += part[i];
        r->whole += whole[i];
        sum[s->patient[i]] += part[i];
        sum[s->patients + s->patient[i]] += whole[i];
    }
    r->value = r->whole ? (double)r->part / (double)r->whole : NAN;
    r->wilson = mm_wilson(r->part, r->whole, MM_Z95);
    draw_shares(sum, sum + s->patients, s, sum + 2 * s->patients, share);
    if (drawn)
        memcpy(drawn, share, s->draws * sizeof *share);
    if (s->patients > 1)
        r->bootstrap = mm_percentile_interval(share, s->draws, 0.95, NULL);
    free(sum);
    free(share);
    return 0;
}
