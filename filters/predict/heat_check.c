/* Heatmaps beside the definition: see heat_check.h. */
#include "filters/predict/heat_check.h"

#include <math.h>
#include <stdlib.h>

#include "common/stats/rank.h"

/* The probability that a window is not of class 0. */
static double heat_of(const mm_sliding *s, const float *map, size_t cell)
{
    const double v = (double)map[cell], p = s->log_odds ? mm_rank_probability(mm_rank_of_log_odds(v)) : v;
    return s->per_class ? 1 - p : p;
}

/* Of the computed windows that are not chosen, the one whose heat is nearest to a value; cells: there is none. */
static size_t nearest(const mm_sliding *s, const float *map, const bool *chosen, double value)
{
    const size_t cells = s->y.n * s->x.n;
    size_t best = cells;
    for (size_t i = 0; i < cells; i++)
        if (!chosen[i] && (!s->computed || s->computed[i]) &&
            (best == cells || fabs(heat_of(s, map, i) - value) < fabs(heat_of(s, map, best) - value)))
            best = i;
    return best;
}

/* Chooses windows at equal steps from the least to the most heat. Returns how many. */
static size_t choose(const mm_sliding *s, const float *map, bool *chosen)
{
    double low = 1, high = 0;
    size_t n = 0;
    for (size_t i = 0; i < s->y.n * s->x.n; i++)
        if (!s->computed || s->computed[i]) {
            low = fmin(low, heat_of(s, map, i));
            high = fmax(high, heat_of(s, map, i));
        }
    for (; n < MM_CHECK_WINDOWS; n++) {
        const size_t at = nearest(s, map, chosen, low + (high - low) * (double)n / (MM_CHECK_WINDOWS - 1));
        if (at == s->y.n * s->x.n)
            break;
        chosen[at] = true;
    }
    return n;
}

/* Correlation and largest difference of the chosen windows. */
static void compare(mm_heat_check *c, const mm_sliding *s, const bool *chosen, const float *map, const float *truth)
{
    double n = 0, a = 0, b = 0, aa = 0, bb = 0, ab = 0;
    c->difference = 0;
    for (size_t i = 0; i < s->y.n * s->x.n; i++)
        if (chosen[i]) {
            const double u = heat_of(s, map, i), v = heat_of(s, truth, i);
            c->difference = fmax(c->difference, fabs(u - v));
            n++;
            a += u;
            b += v;
            aa += u * u;
            bb += v * v;
            ab += u * v;
        }
    c->correlation = (ab - a * b / n) / sqrt((aa - a * a / n) * (bb - b * b / n));
}

static void judge(mm_heat_check *c)
{
    const bool fine = c->correlation >= 0.95 || c->difference <= 0.05;
    c->verdict = fine ? MM_HEAT_FINE : c->correlation >= 0.8 ? MM_HEAT_DIFFERS : MM_HEAT_OTHER;
    c->worst_difference = fmax(c->worst_difference, c->difference);
    if (!isnan(c->correlation) && (c->images == 0 || isnan(c->worst_correlation) || c->correlation < c->worst_correlation))
        c->worst_correlation = c->correlation;
    else if (c->images == 0)
        c->worst_correlation = NAN;
}

/* Windows of the image by the definition, and the verdict. *any: there were some. */
static int compute(mm_heat_check *c, mm_loaded_model *network, const mm_images *image, const mm_sliding *sliding, const float *map, bool *any,
                   mm_error *error)
{
    const size_t cells = sliding->y.n * sliding->x.n;
    bool *chosen = calloc(cells, sizeof *chosen);
    float *truth = malloc((sliding->per_class ? network->net->classes : 1) * cells * sizeof *truth);
    mm_sliding definition = *sliding;
    int code = chosen && truth ? MM_OK : mm_no_memory(error);
    const size_t n = code ? 0 : choose(sliding, map, chosen);
    *any = n > 0;
    definition.mode = MM_SLIDE_WINDOW;
    definition.computed = chosen;
    if (n)
        code = mm_slide(network, image, &definition, truth, error);
    if (n && !code) {
        compare(c, sliding, chosen, map, truth);
        judge(c);
        c->images++;
        c->compared = n;
        c->windows += n;
    }
    free(chosen);
    free(truth);
    return code;
}

static int log_failed(const mm_heat_check *c, mm_error *error) { return mm_fail(error, MM_FAILURE, "cannot write '%s':", c->log_name); }

int mm_heat_check_open(mm_heat_check *c, const char *log, mm_error *error)
{
    c->log_name = log;
    if (!log)
        return MM_OK;
    if (!(c->log = fopen(log, "we")))
        return mm_fail(error, MM_FAILURE, "cannot open '%s' for writing:", log);
    fputs("key\twindows\tcorrelation\tdifference\tverdict\n", c->log);
    return fflush(c->log) ? log_failed(c, error) : MM_OK;
}

void mm_heat_check_close(mm_heat_check *c)
{
    if (c->log)
        fclose(c->log); /* all lines are flushed */
}

static int add_to_log(mm_heat_check *c, const char *key, mm_error *error)
{
    static const char *const verdicts[] = {"passed", "differs", "other"};
    char correlation[16] = "NA";
    if (!c->log)
        return MM_OK;
    if (!isnan(c->correlation))
        snprintf(correlation, sizeof correlation, "%.6f", c->correlation);
    fprintf(c->log, "%s\t%zu\t%s\t%.6f\t%s\n", key, c->compared, correlation, c->difference, verdicts[c->verdict]);
    return fflush(c->log) || ferror(c->log) ? log_failed(c, error) : MM_OK;
}

/* What to say of the image at hand. */
static void describe(const mm_heat_check *c, char *text, size_t size)
{
    if (isnan(c->correlation))
        snprintf(text, size, "no correlation, as all heat is the same, largest difference %.3f", c->difference);
    else
        snprintf(text, size, "correlation %.3f, largest difference %.3f", c->correlation, c->difference);
}

int mm_heat_check_map(mm_heat_check *c, const mm_job *job, const char *key, bool trust, mm_loaded_model *network,
                      const mm_images *image, const mm_sliding *sliding, const float *map, mm_error *error)
{
    bool any;
    char text[120];
    if (sliding->mode == MM_SLIDE_WINDOW || job->number % MM_CHECK_EVERY)
        return MM_OK;
    if (compute(c, network, image, sliding, map, &any, error) || (any && add_to_log(c, key, error)))
        return error->code;
    if (!any || c->verdict == MM_HEAT_FINE)
        return MM_OK;
    describe(c, text, sizeof text);
    if (c->verdict == MM_HEAT_OTHER && !trust)
        return mm_fail(error, MM_FAILURE, "its heat is another map than --mode=window makes: %s (--trust goes on)", text);
    mm_job_warn(job, "its heat differs from what --mode=window makes: %s", text);
    return MM_OK;
}

void mm_heat_check_report(mm_heat_check *c, bool quiet)
{
    char text[120];
    mm_heat_check worst = *c;
    worst.correlation = c->worst_correlation;
    worst.difference = c->worst_difference;
    describe(&worst, text, sizeof text);
    if (c->images && !quiet)
        mm_say("%zu windows of %zu images beside --mode=window: %s, of the worst image", c->windows, c->images, text);
    *c = (mm_heat_check){.log = c->log, .log_name = c->log_name};
}
