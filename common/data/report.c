/* The report as text: see report.h. */
#include "data/report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void number(FILE *out, double value, int width)
{
    if (isnan(value))
        fprintf(out, "%*s", width, "-");
    else
        fprintf(out, "%*.3f", width, value);
}

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

static int widest(const mm_predictions *t, int least)
{
    int width = least;
    for (size_t k = 0; k < t->K; k++)
        width = (int)strlen(t->class_name[k]) > width ? (int)strlen(t->class_name[k]) : width;
    return width;
}

static void classes(FILE *out, const mm_evaluation *e, const mm_predictions *t)
{
    int width = widest(t, 5);
    fprintf(out, "\n%-*s  samples  precision  recall     F1  AUC against the rest\n", width, "class");
    for (size_t k = 0; k < e->K; k++) {
        mm_class_figures f = mm_class_of_confusion(e->confusion, e->K, k);
        fprintf(out, "%-*s %8zu ", width, t->class_name[k], f.samples);
        number(out, f.precision, 10);
        number(out, f.recall, 8);
        number(out, f.f1, 7);
        fputs("  ", out);
        mm_report_area(out, &e->of_class[k]);
        fputc('\n', out);
    }
    if (e->K > 2) {
        fprintf(out, "%-*s %8s %10s", width, "mean", "", "");
        number(out, e->balanced_accuracy, 8);
        number(out, e->macro_f1, 7);
        fputs("  ", out);
        number(out, e->macro_area, 0);
        fputs(" (", out);
        interval(out, e->macro_bootstrap, "bootstrap");
        fputs(")\n", out);
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
            fprintf(out, "  %*zu", width, e->confusion[j * e->K + k]);
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

static void operating(FILE *out, const char *name, const mm_operating *o)
{
    size_t positives = o->true_positives + o->false_negatives, negatives = o->true_negatives + o->false_positives;
    mm_interval sensitivity = mm_wilson(o->true_positives, positives, MM_Z95);
    mm_interval specificity = mm_wilson(o->true_negatives, negatives, MM_Z95);
    fprintf(out, "  %-22s %.6g: sensitivity %.3f (%.3f to %.3f), specificity %.3f (%.3f to %.3f), accuracy %.3f\n", name,
            o->threshold, (double)o->true_positives / (double)positives, sensitivity.low, sensitivity.high,
            (double)o->true_negatives / (double)negatives, specificity.low, specificity.high,
            (double)(o->true_positives + o->true_negatives) / (double)(positives + negatives));
}

static void grouped(FILE *out, const char *name, const mm_area *area)
{
    fprintf(out, "  %-22s ", name);
    mm_report_area(out, area);
    fprintf(out, area->known ? ", %zu of %zu positive\n" : " (%zu of %zu positive)\n", area->positives, area->records);
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
    fprintf(out, "\n  %-22s %.3f (share of positives %.3f)\n", "average precision", a->average_precision,
            (double)a->positives / (double)a->records);
    if (a->area == 1 || a->area == 0)
        fputs("                         (parted perfectly: so is every sample, and the intervals have no width)\n", out);
    for (size_t i = 0; i < MM_FIXED_POINTS; i++)
        fprintf(out, "  at %2.0f %% specificity    sensitivity %.3f        at %2.0f %% sensitivity    specificity %.3f\n",
                100 * mm_fixed_points[i], e->sensitivity_at[i], 100 * mm_fixed_points[i], e->specificity_at[i]);
    if (!isnan(e->given.threshold))
        operating(out, "at the given threshold", &e->given);
    operating(out, "best threshold here", &e->youden);
    if (e->breasts) {
        grouped(out, "per breast, maximum", &e->breast_maximum);
        grouped(out, "per breast, mean", &e->breast_mean);
    }
    grouped(out, "per patient, maximum", &e->patient_maximum);
    grouped(out, "per patient, mean", &e->patient_mean);
    if (a->lost_draws)
        fprintf(out, "  %zu of %zu bootstrap samples held one kind only and do not count\n", a->lost_draws, o->draws);
}

void mm_report_text(FILE *out, const mm_evaluation *e, const mm_predictions *t, const mm_evaluation_options *o,
                    const mm_comparison *comparison, const char *other)
{
    fprintf(out, "%-18s %zu of %zu patients, %zu classes\n", "records", e->n, e->patients, e->K);
    if (t->skipped)
        fprintf(out, "%-18s %zu records left out by programs before\n", "skipped", t->skipped);
    if (t->left_out)
        fprintf(out, "%-18s %zu records left out here\n", "left out", t->left_out);
    if (e->no_patient)
        fprintf(out, "%-18s unknown for %zu records, each taken for one of its own\n", "patient", e->no_patient);
    fprintf(out, "%-18s %.3f (%.3f to %.3f Wilson, records taken as independent), %zu of %zu\n", "accuracy",
            (double)e->correct / (double)e->n, e->accuracy_wilson.low, e->accuracy_wilson.high, e->correct, e->n);
    fprintf(out, "%-18s %.3f\n", "balanced accuracy", e->balanced_accuracy);
    fprintf(out, "%-18s %.3f (expected calibration error, %d bins)\n", "calibration", e->calibration_error, MM_CALIBRATION_BINS);
    classes(out, e, t);
    confusion(out, e, t);
    if (e->positive_class)
        two_way(out, e, t, o);
    if (comparison)
        mm_report_comparison(out, comparison, "these predictions", other);
    fprintf(out, "\nintervals: 95 %%; bootstrap: %zu samples of patients, seed %llu; DeLong: clustered by patient\n", o->draws,
            (unsigned long long)o->seed);
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

void mm_report_heat(FILE *out, const mm_heat_summary *s, double near)
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
}
