/* The report as text: see report.h. */
#include "filters/evaluate/report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void interval(FILE *out, mm_interval i, const char *how)
{
    if (isnan(i.low))
        fprintf(out, "no interval by %s", how);
    else
        fprintf(out, "%.3f to %.3f %s", i.low, i.high, how);
}

void mm_report_area(FILE *out, const mm_area *area)
{
    if (!area->known) {
        fputs("-", out);
        return;
    }
    fprintf(out, "%.3f (", area->area);
    interval(out, area->bootstrap, "bootstrap");
    fputs(", ", out);
    interval(out, area->delong, "DeLong");
    fputs(")", out);
}

void mm_report_comparison(FILE *out, const mm_comparison *c, const char *first, const char *second)
{
    int width = (int)strlen(first) > (int)strlen(second) ? (int)strlen(first) : (int)strlen(second);
    width = width < 12 ? 12 : width;
    fprintf(out, "\nside by side, on the same %zu records of %zu patients\n", c->first.records, c->first.patients);
    fprintf(out, "  %-*s  AUC ", width, first);
    mm_report_area(out, &c->first);
    fprintf(out, "\n  %-*s  AUC ", width, second);
    mm_report_area(out, &c->second);
    fprintf(out, "\n  %-*s  %+.3f (", width, "difference", c->difference);
    if (isnan(c->bootstrap.low))
        fputs("no interval", out);
    else
        fprintf(out, "%+.3f to %+.3f bootstrap", c->bootstrap.low, c->bootstrap.high);
    if (!isnan(c->p))
        fprintf(out, ", p %.2g DeLong", c->p);
    fputs(")\n", out);
}

enum { WIDTH = 40, NARROW = 23 }; /* of a value with two intervals, with one */
static const mm_interval NONE = {NAN, NAN};

enum { TEXT = 80 };

/* "0.812 (0.750 to 0.860, 0.760 to 0.850)": value, interval over patients, the other one. */
static const char *value_text(char text[TEXT], double value, mm_interval first, mm_interval second)
{
    size_t n = (size_t)(isnan(value) ? snprintf(text, TEXT, "-") : snprintf(text, TEXT, "%.3f", value));
    if (!isnan(first.low))
        n += (size_t)snprintf(text + n, TEXT - n, " (%.3f to %.3f", first.low, first.high);
    if (!isnan(second.low))
        n += (size_t)snprintf(text + n, TEXT - n, "%s%.3f to %.3f", isnan(first.low) ? " (" : ", ", second.low, second.high);
    if (!isnan(first.low) || !isnan(second.low))
        snprintf(text + n, TEXT - n, ")");
    return text;
}

/* A column, filled up to `width`. */
static void with_intervals(FILE *out, double value, mm_interval first, mm_interval second, int width)
{
    char text[TEXT];
    fprintf(out, "  %-*s", width, value_text(text, value, first, second));
}

static void proportion(FILE *out, const mm_proportion *p, int width)
{
    with_intervals(out, p->value, p->bootstrap, p->wilson, width);
}

static void estimate(FILE *out, const mm_estimate *e, int width)
{
    with_intervals(out, e->value, e->bootstrap, NONE, width);
}

static int widest(const mm_predictions *t, int least)
{
    int width = least;
    for (size_t k = 0; k < t->K; k++)
        width = (int)strlen(t->class_name[k]) > width ? (int)strlen(t->class_name[k]) : width;
    return width;
}

static void classes(FILE *out, const mm_evaluation *e, const mm_predictions *t)
{
    const mm_predicted *p = &e->predicted;
    int width = widest(t, 16);
    fprintf(out, "\n%-*s  samples  %-*s  %-*s  %s\n", width, "class", NARROW, "precision (bootstrap)", NARROW, "recall", "F1");
    for (size_t k = 0; k < e->K; k++) {
        const mm_class_estimates *c = &p->of_class[k];
        fprintf(out, "%-*s %8zu", width, t->class_name[k], c->recall.whole);
        with_intervals(out, c->precision.value, c->precision.bootstrap, NONE, NARROW);
        with_intervals(out, c->recall.value, c->recall.bootstrap, NONE, NARROW);
        estimate(out, &c->f1, 0);
        fputc('\n', out);
    }
    fprintf(out, "%-*s %8s  %-*s", width, "mean", "", NARROW, "");
    estimate(out, &p->balanced_accuracy, NARROW);
    estimate(out, &p->macro_f1, 0);
    fprintf(out, "\n\n%-*s  %-*s  %s\n", width, "against the rest", WIDTH, "AUC (bootstrap, DeLong)", "average precision (bootstrap)");
    for (size_t k = 0; k < e->K; k++) {
        const mm_area *a = &e->of_class[k];
        fprintf(out, "%-*s", width, t->class_name[k]);
        with_intervals(out, a->area, a->bootstrap, a->delong, WIDTH);
        with_intervals(out, a->average_precision, a->average_precision_bootstrap, NONE, 0);
        fputc('\n', out);
    }
    if (e->K > 2) {
        fprintf(out, "%-*s", width, "mean");
        estimate(out, &e->macro_area, 0);
        fputc('\n', out);
    }
}

static void confusion(FILE *out, const mm_evaluation *e, const mm_predictions *t)
{
    int width = widest(t, 7);
    fprintf(out, "\nconfusion: a row per true class, a column per predicted class\n%-*s", width, "");
    for (size_t k = 0; k < e->K; k++)
        fprintf(out, "  %*s", width, t->class_name[k]);
    for (size_t j = 0; j < e->K; j++) {
        fprintf(out, "\n%-*s", width, t->class_name[j]);
        for (size_t k = 0; k < e->K; k++)
            fprintf(out, "  %*zu", width, e->predicted.confusion[j * e->K + k]);
    }
    fputc('\n', out);
}

static void names(FILE *out, const mm_evaluation *e, const mm_predictions *t, int positive)
{
    const char *separator = "";
    for (size_t k = 0; k < e->K; k++)
        if (e->positive_class[k] == positive) {
            fprintf(out, "%s%s", separator, t->class_name[k]);
            separator = ", ";
        }
}

static void operating(FILE *out, const mm_operating *o)
{
    fprintf(out, "  %-18s %-10.6g", o->threshold.name, o->threshold.value);
    proportion(out, &o->sensitivity, WIDTH);
    proportion(out, &o->specificity, 0);
    fputc('\n', out);
}

static void predictive(FILE *out, const mm_operating *o)
{
    fprintf(out, "  %-18s %-10.6g", o->threshold.name, o->threshold.value);
    with_intervals(out, o->positive.value, o->positive.bootstrap, o->positive.logit, WIDTH);
    with_intervals(out, o->negative.value, o->negative.bootstrap, o->negative.logit, 0);
    fputc('\n', out);
}

/* What thresholds do: those chosen elsewhere, then the best of these very records. */
static void thresholds(FILE *out, const mm_evaluation *e, const mm_evaluation_options *o)
{
    fprintf(out, "\n  %-18s %-10s  %-40s  %s\n", "threshold", "", "sensitivity (bootstrap, Wilson)", "specificity (bootstrap, Wilson)");
    for (size_t i = 0; i < e->givens; i++)
        operating(out, &e->given[i]);
    operating(out, &e->youden);
    fputs("  (\"best here\" was chosen on these very records and flatters)\n", out);
    if (isnan(o->prevalence))
        return;
    fprintf(out, "\n  at a prevalence of %g %%       %-40s  %s\n", 100 * o->prevalence, "  positive predictive value (bootstrap, logit)",
            "negative predictive value (bootstrap, logit)");
    for (size_t i = 0; i < e->givens; i++)
        predictive(out, &e->given[i]);
    predictive(out, &e->youden);
}

static void fixed_points(FILE *out, const mm_evaluation *e)
{
    for (size_t i = 0; i < MM_FIXED_POINTS; i++) {
        int percent = (int)(100 * mm_fixed_points[i] + 0.5);
        fprintf(out, "  at %d %% specificity    sensitivity", percent);
        estimate(out, &e->sensitivity_at[i], NARROW);
        fprintf(out, "    at %d %% sensitivity    specificity", percent);
        estimate(out, &e->specificity_at[i], 0);
        fputc('\n', out);
    }
}

static void grouped(FILE *out, const char *name, const mm_area *area)
{
    fprintf(out, "  %-22s ", name);
    mm_report_area(out, area);
    fprintf(out, area->known ? ", %zu of %zu positive\n" : " (%zu of %zu positive)\n", area->positives, area->records);
}

static void level(FILE *out, const char *name, const mm_level *l)
{
    char text[40];
    if (!l->groups)
        return;
    snprintf(text, sizeof text, "per %s, maximum", name);
    grouped(out, text, &l->maximum);
    snprintf(text, sizeof text, "per %s, mean", name);
    grouped(out, text, &l->mean);
}

static void reliability(FILE *out, const mm_reliability *r)
{
    char first[TEXT], second[TEXT];
    fprintf(out, "\n  P(positive) and how often it came true (Wilson): Brier score %s, calibration error %s over %d bins\n",
            value_text(first, r->brier, r->brier_bootstrap, NONE), value_text(second, r->error, r->error_bootstrap, NONE),
            MM_RELIABILITY_BINS);
    for (size_t b = 0; b < MM_RELIABILITY_BINS; b++) {
        if (!r->records[b])
            continue;
        fprintf(out, "    %.1f to %.1f   mean %.3f   positive", (double)b / MM_RELIABILITY_BINS, (double)(b + 1) / MM_RELIABILITY_BINS,
                r->mean[b]);
        with_intervals(out, (double)r->positives[b] / (double)r->records[b], mm_wilson(r->positives[b], r->records[b], MM_Z95), NONE,
                       NARROW);
        fprintf(out, "   of %zu\n", r->records[b]);
    }
}

static void two_way(FILE *out, const mm_evaluation *e, const mm_predictions *t, const mm_evaluation_options *o)
{
    const mm_area *a = &e->headline;
    fputc('\n', out);
    names(out, e, t, 1);
    fputs(" against ", out);
    names(out, e, t, 0);
    fprintf(out, ": %zu of %zu records are positive\n  %-22s ", a->positives, a->records, "AUC");
    mm_report_area(out, a);
    fprintf(out, "\n  %-21s", "average precision");
    with_intervals(out, a->average_precision, a->average_precision_bootstrap, NONE, 0);
    fprintf(out, ", the share of positives being %.3f\n", (double)a->positives / (double)a->records);
    if (a->area == 1 || a->area == 0)
        fputs("                         (parted perfectly: so is every sample, and the intervals have no width)\n", out);
    level(out, "image", &e->image);
    level(out, "breast", &e->breast);
    level(out, "patient", &e->per_patient);
    if (a->lost_draws)
        fprintf(out, "  %zu of %zu bootstrap samples held one kind only and do not count\n", a->lost_draws, o->draws);
    fixed_points(out, e);
    thresholds(out, e, o);
    reliability(out, &e->reliability);
}

static void stratum(FILE *out, const mm_stratum *s, int width)
{
    fprintf(out, "  %-*s %8zu %9zu %9zu", width, s->name, s->records, s->positives, s->patients);
    proportion(out, &s->accuracy, s->area.known ? WIDTH : 0);
    if (s->area.known) {
        with_intervals(out, s->area.area, s->area.bootstrap, s->area.delong, s->borrowed ? WIDTH : 0);
        if (s->borrowed)
            fprintf(out, " against all %zu %s", s->borrowed, s->positives ? "negatives" : "positives");
    }
    fputc('\n', out);
    if (!s->thresholds)
        return;
    const mm_operating *o = &s->operating[0]; /* the others stand in the JSON report */
    fprintf(out, "  %-*s   at %s %.6g:", width, "", o->threshold.name, o->threshold.value);
    if (o->sensitivity.whole) {
        fputs("  sensitivity", out);
        proportion(out, &o->sensitivity, o->specificity.whole ? WIDTH : 0);
    }
    if (o->specificity.whole) {
        fputs("  specificity", out);
        proportion(out, &o->specificity, 0);
    }
    fputc('\n', out);
}

static void strata(FILE *out, const mm_strata *s)
{
    int width = (int)strlen(s->attribute);
    for (size_t k = 0; k < s->n; k++)
        width = (int)strlen(s->item[k].name) > width ? (int)strlen(s->item[k].name) : width;
    fprintf(out, "\n  %-*s %8s %9s %9s  %-40s  %s\n", width, s->attribute, "records", "positive", "patients",
            "accuracy (bootstrap, Wilson)", "AUC (bootstrap, DeLong)");
    for (size_t k = 0; k < s->n; k++)
        stratum(out, &s->item[k], width);
    if (s->unknown)
        fprintf(out, "  the other %zu records are in none of these\n", s->unknown);
}

static void calibration(FILE *out, const mm_report *r)
{
    const mm_evaluation *e = r->evaluation;
    if (r->tempering.fitted)
        fprintf(out, "%-18s %.4g, fitted on these very records: log loss %.4f before, calibration error %.3f\n", "temperature",
                r->tempering.temperature, r->tempering.log_loss, r->tempering.calibration_error);
    else if (r->table->temperature != 1)
        fprintf(out, "%-18s %.4g, of the model\n", "temperature", r->table->temperature);
    const mm_estimate *loss = &e->predicted.log_loss, *off = &e->predicted.calibration_error;
    char first[TEXT], second[TEXT];
    fprintf(out, "%-18s log loss %s, expected calibration error %s of the predicted class over %d bins\n", "calibration",
            value_text(first, loss->value, loss->bootstrap, NONE), value_text(second, off->value, off->bootstrap, NONE),
            MM_CALIBRATION_BINS);
}

void mm_report_text(FILE *out, const mm_report *r)
{
    const mm_evaluation *e = r->evaluation;
    const mm_proportion *accuracy = &e->predicted.accuracy;
    const mm_predictions *t = r->table;
    fprintf(out, "%-18s %zu of %zu patients, %zu classes\n", "records", e->n, e->patients, e->K);
    if (t->skipped)
        fprintf(out, "%-18s %zu records left out by programs before\n", "skipped", t->skipped);
    if (t->left_out)
        fprintf(out, "%-18s %zu records left out here\n", "left out", t->left_out);
    if (r->table->no_patient)
        fprintf(out, "%-18s unknown for %zu records, each taken for one of its own\n", "patient", r->table->no_patient);
    fprintf(out, "%-18s %.3f (", "accuracy", accuracy->value);
    interval(out, accuracy->bootstrap, "bootstrap");
    fputs(", ", out);
    interval(out, accuracy->wilson, "Wilson");
    fprintf(out, "), %zu of %zu\n%-17s", accuracy->part, accuracy->whole, "balanced accuracy");
    estimate(out, &e->predicted.balanced_accuracy, 0);
    fputc('\n', out);
    calibration(out, r);
    classes(out, e, t);
    confusion(out, e, t);
    if (e->positive_class)
        two_way(out, e, t, r->options);
    if (r->callback) {
        fputs("\nnegatives that led to no call-back, apart from the others", out);
        strata(out, r->callback);
    }
    for (size_t i = 0; i < r->nstrata; i++)
        strata(out, &r->strata[i]);
    if (r->comparison)
        mm_report_comparison(out, r->comparison, "these predictions", r->other);
    fprintf(out, "\nintervals: 95 %%; bootstrap: %zu samples of patients, seed %llu; DeLong: clustered by patient;\n"
            "Wilson and logit take records for independent\n", r->options->draws, (unsigned long long)r->options->seed);
}

void mm_report_yardstick(FILE *out, const mm_area *area, size_t train, const mm_comparison *comparison, const char *name,
                         const char *other)
{
    fprintf(out, "logistic model of %s (mean, sd, minimum, maximum), fitted on %zu records\n  AUC ", name, train);
    mm_report_area(out, area);
    fprintf(out, ", %zu of %zu records of %zu patients are positive\n", area->positives, area->records, area->patients);
    if (comparison)
        mm_report_comparison(out, comparison, name, other);
}

static void froc_text(FILE *out, const mm_froc_summary *f, double near)
{
    fprintf(out, "\nfree response      %zu lesions in %zu images of %zu patients; %zu lesions have a mark within %g pixels, %zu marks are false\n",
            f->lesions, f->images, f->patients, f->found, near, f->falses);
    for (size_t r = 0; r < MM_FROC_RATES; r++) {
        fprintf(out, "at %4g false marks an image   sensitivity", mm_froc_rates[r]);
        with_intervals(out, f->sensitivity[r], f->bootstrap[r], NONE, 0);
        fputc('\n', out);
    }
    fprintf(out, "mean of these six                        ");
    with_intervals(out, f->mean, f->mean_bootstrap, NONE, 0);
    fputc('\n', out);
}

void mm_report_heat(FILE *out, const mm_hit_summary *s, const mm_froc_summary *froc, double near)
{
    fprintf(out, "heatmaps           %zu images with lesions of %zu patients (%zu images without left out)\n", s->images, s->patients,
            s->without_lesion);
    fprintf(out, "inside lesions     %.4f (mean of the images' means)\n", s->inside);
    fprintf(out, "outside, in breast %.4f\n", s->outside);
    fprintf(out, "ratio              %.2f (", s->ratio);
    if (isnan(s->ratio_bootstrap.low))
        fputs("no interval", out);
    else
        fprintf(out, "%.2f to %.2f bootstrap", s->ratio_bootstrap.low, s->ratio_bootstrap.high);
    fprintf(out, ")\ndifference         %+.4f (", s->difference);
    if (isnan(s->difference_bootstrap.low))
        fputs("no interval", out);
    else
        fprintf(out, "%+.4f to %+.4f bootstrap", s->difference_bootstrap.low, s->difference_bootstrap.high);
    fprintf(out, ")\nhotter inside      %zu of %zu images\n", s->hotter, s->images);
    fprintf(out, "hottest point      within %g pixels of a lesion in %zu of %zu images (%.3f, %.3f to %.3f Wilson)\n", near, s->hits,
            s->images, (double)s->hits / (double)s->images, s->hits_wilson.low, s->hits_wilson.high);
    froc_text(out, froc, near);
}
