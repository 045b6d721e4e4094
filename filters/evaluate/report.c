/* From evaluations to trees of figures, and these as JSON: see report.h. jansson's functions accept NULL for a value that could not be
 * made, and fail. An object that could not take a figure becomes NULL itself, so that one check of the whole tree is enough. */
#include "filters/evaluate/report.h"

#include <math.h>
#include <stdlib.h>

#include "common/stats/rank.h"

static void put(json_t **object, const char *name, json_t *value)
{
    if (json_object_set_new_nocheck(*object, name, value)) {
        json_decref(*object);
        *object = NULL;
    }
}

void mm_figures_append(json_t **list, json_t *value)
{
    if (json_array_append_new(*list, value)) {
        json_decref(*list);
        *list = NULL;
    }
}

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *count(size_t n)
{
    return json_integer((json_int_t)n);
}

static json_t *interval(mm_interval i)
{
    return isnan(i.low) ? json_null() : json_pack("[o, o]", number(i.low), number(i.high));
}

/* A figure with the interval of the bootstrap, and of another method where one is named. */
static void put_figure(json_t **object, const char *name, double value, mm_interval bootstrap, const char *method, mm_interval other)
{
    char key[64];
    put(object, name, number(value));
    snprintf(key, sizeof key, "%s_bootstrap", name);
    put(object, key, interval(bootstrap));
    snprintf(key, sizeof key, "%s_%s", name, method ? method : "");
    if (method)
        put(object, key, interval(other));
}

static void put_estimate(json_t **object, const char *name, const mm_estimate *e)
{
    put_figure(object, name, e->value, e->bootstrap, NULL, e->bootstrap);
}

static json_t *proportion(const mm_proportion *p)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "value", number(p->value), "bootstrap", interval(p->bootstrap),
                     "wilson", interval(p->wilson), "part", count(p->part), "whole", count(p->whole));
}

static json_t *predictive(const mm_predictive *p)
{
    return json_pack("{s:o, s:o, s:o}", "value", number(p->value), "bootstrap", interval(p->bootstrap), "logit", interval(p->logit));
}

static void put_area(json_t **object, const mm_area *a)
{
    put_figure(object, "auc", a->area, a->bootstrap, "delong", a->delong);
    put(object, "auc_delong_se", number(a->delong_se));
    put_estimate(object, "average_precision", &a->average_precision);
}

/* `name` may be NULL. */
static json_t *area(const mm_area *a, const char *name)
{
    json_t *object = json_pack("{s:o, s:o}", "records", count(a->records), "positives", count(a->positives));
    put_area(&object, a);
    if (name)
        put(&object, "name", json_string_nocheck(name));
    return object;
}

static json_t *operating(const mm_operating *o, double prevalence)
{
    json_t *object = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name", json_string_nocheck(o->threshold.name),
                               "threshold", number(o->threshold.value), "log_odds", number(mm_rank_log_odds(o->threshold.rank)),
                               "true_positives", count(o->true_positives),
                               "false_positives", count(o->false_positives), "true_negatives", count(o->true_negatives),
                               "false_negatives", count(o->false_negatives), "sensitivity", proportion(&o->sensitivity),
                               "specificity", proportion(&o->specificity));
    if (!isnan(prevalence)) {
        put(&object, "prevalence", number(prevalence));
        put(&object, "positive_predictive_value", predictive(&o->positive));
        put(&object, "negative_predictive_value", predictive(&o->negative));
    }
    return object;
}

static json_t *operating_list(const mm_operating *o, size_t n, double prevalence)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        mm_figures_append(&list, operating(&o[i], prevalence));
    return list;
}

static json_t *comparison_of(const mm_comparison *c, const char *first, const char *second)
{
    json_t *object = json_pack("{s:o, s:o}", "first", area(&c->first, first), "second", area(&c->second, second));
    put_figure(&object, "difference", c->difference, c->bootstrap, NULL, c->bootstrap);
    put(&object, "difference_delong_se", number(c->delong_se));
    put(&object, "p_delong", number(c->p));
    return object;
}

/* ---- predictions ---- */

/* Names of the classes that are positive, or negative; of all with positive_class NULL. */
static json_t *class_names(const mm_predictions *t, const uint8_t *positive_class, bool positive)
{
    json_t *names = json_array();
    for (size_t k = 0; k < t->K; k++)
        if (!positive_class || (positive_class[k] != 0) == positive)
            mm_figures_append(&names, json_string_nocheck(t->class_name[k]));
    return names;
}

static json_t *class_figures(const mm_class_estimates *f, const mm_area *a)
{
    json_t *object = json_pack("{s:o, s:o}", "samples", count(f->recall.whole), "predicted", count(f->precision.whole));
    put_figure(&object, "precision", f->precision.value, f->precision.bootstrap, "wilson", f->precision.wilson);
    put_figure(&object, "recall", f->recall.value, f->recall.bootstrap, "wilson", f->recall.wilson);
    put_estimate(&object, "f1", &f->f1);
    put_area(&object, a);
    return object;
}

static void put_classes(json_t **report, json_t **aside, const mm_evaluation *e, const mm_predictions *t)
{
    json_t *confusion = json_array(), *classes = json_object(), *rare = json_object();
    for (size_t k = 0; k < e->K; k++) {
        json_t *row = json_array();
        for (size_t j = 0; j < e->K; j++)
            mm_figures_append(&row, count(e->predicted.confusion[k * e->K + j]));
        mm_figures_append(&confusion, row);
        if (e->predicted.of_class[k].recall.whole < 10)
            put(&rare, t->class_name[k], count(e->predicted.of_class[k].recall.whole));
        put(&classes, t->class_name[k], class_figures(&e->predicted.of_class[k], &e->of_class[k]));
    }
    put(report, "classes", class_names(t, NULL, true));
    put(report, "per_class", classes);
    put(report, "confusion", confusion);
    put_estimate(report, "macro_f1", &e->predicted.macro_f1);
    put_estimate(report, "macro_auc", &e->macro_area);
    put(aside, "K", count(e->K));
    put(aside, "rare", rare);
}

static json_t *level(const mm_level *l)
{
    return l->groups ? json_pack("{s:o, s:o}", "maximum", area(&l->maximum, NULL), "mean", area(&l->mean, NULL)) : json_null();
}

/* A series: figures at n numbers, which `format` makes names of. */
static void put_series(json_t **object, const char *name, const char *format, const double *at, const mm_estimate *e, size_t n)
{
    json_t *values = json_object(), *intervals = json_object();
    char key[64];
    for (size_t i = 0; i < n; i++) {
        snprintf(key, sizeof key, format, at[i]);
        put(&values, key, number(e[i].value));
        put(&intervals, key, interval(e[i].bootstrap));
    }
    snprintf(key, sizeof key, "%s_bootstrap", name);
    put(object, name, values);
    put(object, key, intervals);
}

static void put_reliability(json_t **report, json_t **aside, const mm_reliability *r)
{
    json_t *bins = json_array(), *names = json_array();
    for (size_t b = 0; b < MM_RELIABILITY_BINS; b++) {
        mm_figures_append(&names, json_sprintf("%.1f to %.1f", (double)b / MM_RELIABILITY_BINS, (double)(b + 1) / MM_RELIABILITY_BINS));
        mm_figures_append(&bins, json_pack("{s:o, s:o, s:o, s:o}", "records", count(r->records[b]), "mean", number(r->mean[b]),
                                "positive", number((double)r->positives[b] / (double)r->records[b]),
                                "wilson", interval(mm_wilson(r->positives[b], r->records[b], MM_Z95))));
    }
    put_estimate(report, "brier", &r->brier);
    put_estimate(report, "positive_calibration_error", &r->error);
    put(report, "reliability", bins);
    put(aside, "bins", names);
}

static void put_two_way(json_t **report, json_t **aside, const mm_evaluation *e, const mm_predictions *t, double prevalence)
{
    const mm_area *a = &e->headline;
    put(report, "positive", class_names(t, e->positive_class, true));
    put(report, "positives", count(a->positives));
    put_area(report, a);
    put(report, "saturated", count(a->saturated));
    put(report, "lost_draws", count(a->lost_draws));
    put_series(report, "sensitivity_at_specificity", "%.2f", mm_fixed_points, e->sensitivity_at, MM_FIXED_POINTS);
    put_series(report, "specificity_at_sensitivity", "%.2f", mm_fixed_points, e->specificity_at, MM_FIXED_POINTS);
    put(report, "best_threshold", operating(&e->youden, prevalence));
    put(report, "thresholds", operating_list(e->given, e->givens, prevalence));
    put_reliability(report, aside, &e->reliability);
    put(report, "per_image", level(&e->image));
    put(report, "per_breast", level(&e->breast));
    put(report, "per_patient", level(&e->per_patient));
    put(aside, "negative", class_names(t, e->positive_class, false));
    put(aside, "share", number((double)a->positives / (double)a->records));
    put(aside, "perfect", json_boolean(a->area == 1 || a->area == 0));
    put(aside, "percent", number(100 * (double)a->positives / (double)a->records));
    put(aside, "pairs", number(100 * a->area));
    put(aside, "prevalence", number(100 * prevalence));
    if (e->givens) {
        const mm_proportion *right = &e->given[0].specificity;
        const mm_interval wrong = {1 - right->bootstrap.high, 1 - right->bootstrap.low};
        put_figure(aside, "wrong", 1 - right->value, wrong, NULL, wrong);
    }
}

/* For people there is more than the parts. */
static json_t *strata(const mm_strata *s)
{
    json_t *parts = json_object();
    bool borrowed = false;
    for (size_t k = 0; k < s->n; k++) {
        const mm_stratum *part = &s->item[k];
        json_t *object = json_pack("{s:o, s:o, s:o, s:o, s:o}", "records", count(part->records), "positives", count(part->positives),
                                   "patients", count(part->patients), "accuracy", proportion(&part->accuracy),
                                   "set_against", count(part->borrowed));
        put_area(&object, &part->area);
        put(&object, "thresholds", operating_list(part->operating, part->thresholds, NAN));
        put(&parts, part->name, object);
        borrowed = borrowed || part->borrowed;
    }
    return json_pack("{s:o, s:o, s:o, s:b}", "attribute", json_string_nocheck(s->attribute), "unknown", count(s->unknown),
                     "parts", parts, "borrowed", borrowed);
}

/* By attribute; for people also the first of two of one attribute. */
static void put_strata(json_t **report, json_t **aside, const mm_report *r)
{
    json_t *by = json_object(), *all = json_array();
    for (size_t i = 0; i < r->nstrata; i++) {
        json_t *one = strata(&r->strata[i]);
        put(&by, r->strata[i].attribute, json_incref(json_object_get(one, "parts")));
        mm_figures_append(&all, one);
    }
    put(report, "by", by);
    put(aside, "strata", all);
    if (r->callback) {
        json_t *one = strata(r->callback);
        put(report, "negatives_by_callback", json_incref(json_object_get(one, "parts")));
        put(aside, "callback", one);
    }
}

static void put_data_set(json_t **aside, const mm_report *r)
{
    json_t *split = r->splits ? json_object() : json_null();
    for (size_t i = 0; i < r->splits; i++)
        put(&split, r->split[i].name, count(r->split[i].records));
    put(aside, "split", split);
    put(aside, "not_test", count(r->not_test));
    put(aside, "shared", count(r->shared));
    put(aside, "apart", json_boolean(r->elsewhere && !r->shared));
}

static void put_tempering(json_t **report, json_t **aside, const mm_report *r)
{
    const mm_tempering *here = &r->tempering;
    put(report, "temperature", number(r->table->temperature));
    put(aside, "of_model", json_boolean(!here->fitted && r->table->temperature != 1));
    if (here->fitted)
        put(report, "fitted_here", json_pack("{s:o, s:o, s:o}", "temperature", number(here->temperature), "log_loss_before",
                                             number(here->log_loss), "calibration_error_before", number(here->calibration_error)));
}

static json_t *finish(json_t *report, json_t *aside, mm_error *error)
{
    put(&report, "aside", aside);
    if (!report)
        mm_no_memory(error);
    return report;
}

/* How the probe was fitted. */
static json_t *probe(const mm_linear_probe *p)
{
    const mm_penalty_choice *choice = &p->penalty;
    json_t *losses = json_object();
    char key[32];
    for (size_t k = 0; k < choice->tried; k++) {
        snprintf(key, sizeof key, "%g", mm_penalties[k]);
        put(&losses, key, number(choice->log_loss[k]));
    }
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "features", count(p->training.F), "constant_features", count(p->constant),
                     "records", count(p->training.n), "patients", count(p->patients), "shared_patients", count(p->shared),
                     "C", number(choice->C), "folds", count(choice->folds), "log_loss", losses);
}

static json_t *repeats_of(const mm_repeats *r)
{
    json_t *object = json_object(), *areas = json_array();
    for (size_t k = 0; k < r->scores; k++)
        mm_figures_append(&areas, number(r->area[k]));
    put(&object, "auc", areas);
    put_estimate(&object, "mean", &r->mean);
    put(&object, "sd", number(r->sd));
    if (!isnan(r->difference.value))
        put_estimate(&object, "difference", &r->difference);
    return object;
}

static void put_comparisons(json_t **report, json_t **aside, const mm_report *r)
{
    const char *name = r->probe ? "the probe" : "these predictions";
    if (r->grey) {
        put(report, "grey_statistics", comparison_of(r->grey, name, "grey statistics"));
        put(aside, "grey_patients", count(r->grey->first.patients));
    }
    if (r->repeats)
        put(report, "trainings", repeats_of(r->repeats));
    if (r->comparison) {
        put(report, "comparison", comparison_of(r->comparison, name, r->other));
        put(aside, "patients", count(r->comparison->first.patients));
    }
}

json_t *mm_report_figures(const mm_report *r, mm_error *error)
{
    const mm_evaluation *e = r->evaluation;
    const mm_predictions *t = r->table;
    const mm_proportion *accuracy = &e->predicted.accuracy;
    json_t *report = json_pack("{s:o, s:o, s:o, s:o, s:o}", "records", count(e->n), "patients", count(e->patients),
                               "records_without_patient", count(t->no_patient), "skipped_before", count(t->skipped),
                               "left_out", count(t->left_out));
    json_t *aside = json_pack("{s:o, s:o, s:b, s:o, s:o, s:o}", "correct", count(accuracy->part),
                              "unused", count(t->skipped + t->left_out), "few_patients", e->patients < 100,
                              "calibration_bins", count(MM_CALIBRATION_BINS), "reliability_bins", count(MM_RELIABILITY_BINS),
                              "seed", json_sprintf("%llu", (unsigned long long)r->options->seed));
    if (r->probe)
        put(&report, "probe", probe(r->probe));
    put_figure(&report, "accuracy", accuracy->value, accuracy->bootstrap, "wilson", accuracy->wilson);
    put_estimate(&report, "balanced_accuracy", &e->predicted.balanced_accuracy);
    put_estimate(&report, "log_loss", &e->predicted.log_loss);
    put_estimate(&report, "calibration_error", &e->predicted.calibration_error);
    put_tempering(&report, &aside, r);
    put_classes(&report, &aside, e, t);
    if (e->positive_class)
        put_two_way(&report, &aside, e, t, r->options->prevalence);
    put_strata(&report, &aside, r);
    put_comparisons(&report, &aside, r);
    put(&report, "draws", count(r->options->draws));
    put(&report, "seed", json_integer((json_int_t)r->options->seed));
    put_data_set(&aside, r);
    return finish(report, aside, error);
}

/* ---- streams ---- */

json_t *mm_yardstick_figures(const mm_area *a, size_t train, const char *name, const mm_comparison *c, const char *other, mm_error *error)
{
    json_t *aside = json_pack("{s:o, s:o, s:o, s:o}", "train", count(train), "area", area(a, name), "area_patients", count(a->patients),
                              "patients", count(c ? c->first.patients : 0));
    return finish(c ? comparison_of(c, name, other) : area(a, name), aside, error);
}

static json_t *free_response(const mm_froc_summary *f)
{
    json_t *object = json_pack("{s:o, s:o, s:o, s:o, s:o}", "images", count(f->images), "patients", count(f->patients),
                               "lesions", count(f->lesions), "found", count(f->found), "false_marks", count(f->falses));
    put_series(&object, "sensitivity_at_false_marks", "%g", mm_froc_rates, f->sensitivity, MM_FROC_RATES);
    put_estimate(&object, "mean_sensitivity", &f->mean);
    return object;
}

static json_t *heat_comparison(const mm_heat_comparison *c, const char *other)
{
    json_t *object = json_object();
    put(&object, "second", json_string_nocheck(other));
    put_estimate(&object, "second_mean_sensitivity", &c->froc.second);
    put_estimate(&object, "difference", &c->froc.difference);
    put_estimate(&object, "second_hits", &c->hits.second);
    put_estimate(&object, "hits_difference", &c->hits.difference);
    return object;
}

json_t *mm_heat_figures(const mm_hit_summary *s, const mm_froc_summary *froc, double near, const mm_heat_comparison *c,
                        const char *other, mm_error *error)
{
    json_t *report = json_pack("{s:o, s:o, s:o, s:o, s:o}", "images", count(s->images), "patients", count(s->patients),
                               "without_lesion", count(s->without_lesion), "inside", number(s->inside), "outside", number(s->outside));
    put_estimate(&report, "ratio", &s->ratio);
    put_estimate(&report, "difference", &s->difference);
    put(&report, "hotter_inside", count(s->hotter));
    put(&report, "near", number(near));
    put(&report, "hits", count(s->hits));
    put(&report, "hits_wilson", interval(s->hits_wilson));
    put(&report, "chance", number(s->chance));
    put(&report, "free_response", free_response(froc));
    if (c)
        put(&report, "comparison", heat_comparison(c, other));
    return finish(report, json_pack("{s:o}", "share", number((double)s->hits / (double)s->images)), error);
}

int mm_report_json(FILE *out, const json_t *figures, mm_error *error)
{
    json_t *report = json_copy((json_t *)figures);
    json_object_del(report, "aside");
    char *text = json_dumps(report, JSON_INDENT(2) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(12));
    int code = text ? 0 : mm_fail(error, MM_FAILURE, "cannot make the JSON report: out of memory, or a name that is not UTF-8");
    if (text && fprintf(out, "%s\n", text) < 0)
        code = mm_fail(error, MM_FAILURE, "cannot write the report:");
    free(text);
    json_decref(report);
    return code;
}
