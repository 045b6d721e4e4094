/* See summary.h. */
#include "common/stats/summary.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

mm_summary mm_summary_empty(void) { return (mm_summary){.min = NAN, .max = NAN}; }

/* Joins b to a. */
static void join(mm_summary *a, const mm_summary *b)
{
    if (b->count == 0)
        return;
    double n = (double)a->count + (double)b->count, d = b->mean - a->mean;
    if (a->count == 0) {
        size_t parts = a->parts;
        *a = *b;
        a->parts = parts;
        return;
    }
    a->m2 += b->m2 + d * d * (double)a->count * (double)b->count / n;
    a->mean += d * (double)b->count / n;
    a->count += b->count;
    a->min = isnan(a->min) || isnan(b->min) ? NAN : fmin(a->min, b->min);
    a->max = isnan(a->max) || isnan(b->max) ? NAN : fmax(a->max, b->max);
}

void mm_summary_add(mm_summary *s, mm_dtype dtype, const void *data, size_t count)
{
    enum { BLOCK = 4096 };
    s->parts++;
    for (size_t start = 0; start < count; start += BLOCK) {
        size_t n = count - start < BLOCK ? count - start : BLOCK;
        double first = mm_number(dtype, data, start), sum = 0, sum2 = 0, min = first, max = first;
        for (size_t i = 0; i < n; i++) {
            double v = mm_number(dtype, data, start + i), d = v - first;
            sum += d;
            sum2 += d * d;
            min = v < min ? v : min;
            max = v > max ? v : max;
        }
        double m2 = sum2 - sum * sum / (double)n;
        bool nan = isnan(sum);
        join(s, &(mm_summary){.count = n, .mean = first + sum / (double)n, .m2 = m2 > 0 || nan ? m2 : 0,
                              .min = nan ? NAN : min, .max = nan ? NAN : max});
    }
}

double mm_summary_sd(const mm_summary *s) { return s->count ? sqrt(s->m2 / (double)s->count) : NAN; }
