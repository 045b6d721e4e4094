/* The report as JSON, with jansson. Objects are filled without looking at each result: jansson's _new functions take
 * NULL and fail, and what is missing shows once, at the end (json_dumpf of NULL, or a failed flag). */
#include "filters/evaluate/report_json.h"

#include <jansson.h>
#include <math.h>

typedef struct object {
    json_t *json;
    int failed;
} object;

static object new_object(void)
{
    object o = {json_object(), 0};
    o.failed = !o.json;
    return o;
}

static void put(object *o, const char *name, json_t *value)
{
    o->failed |= !value || json_object_set_new(o->json, name, value) != 0;
}

static void put_object(object *o, const char *name, object value)
{
    o->failed |= value.failed;
    put(o, name, value.json);
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
    if (isnan(i.low))
        return json_null();
    json_t *pair = json_array();
    json_array_append_new(pair, number(i.low));
    json_array_append_new(pair, number(i.high));
    return pair;
}

/* NAME and NAME_bootstrap. */
static void put_estimate(object *o, const char *name, const mm_estimate *e)
{
    char of_interval[64];
    snprintf(of_interval, sizeof of_interval, "%s_bootstrap", name);
    put(o, name, number(e->value));
    put(o, of_interval, interval(e->bootstrap));
}

/* The same and NAME_wilson. */
static void put_share(object *o, const char *name, const mm_proportion *p)
{
    char of_interval[64];
    put_estimate(o, name, &(mm_estimate){p->value, p->bootstrap});
    snprintf(of_interval, sizeof of_interval, "%s_wilson", name);
    put(o, of_interval, interval(p->wilson));
}

static void put_area(object *o, const mm_area *a)
{
    put(o, "auc", number(a->area));
    put(o, "auc_bootstrap", interval(a->bootstrap));
    put(o, "auc_delong", interval(a->delong));
    put(o, "auc_delong_se", number(a->delong_se));
    put(o, "average_precision", number(a->average_precision));
    put(o, "average_precision_bootstrap", interval(a->average_precision_bootstrap));
}

static object area_object(const mm_area *a)
{
    object o = new_object();
    put(&o, "records", count(a->records));
    put(&o, "positives", count(a->positives));
    put_area(&o, a);
    return o;
}

static object proportion_object(const mm_proportion *p)
{
    object o = new_object();
    put(&o, "value", number(p->value));
    put(&o, "bootstrap", interval(p->bootstrap));
    put(&o, "wilson", interval(p->wilson));
    put(&o, "part", count(p->part));
    put(&o, "whole", count(p->whole));
    return o;
}

static object predictive_object(const mm_predictive *p)
{
    object o = new_object();
    put(&o, "value", number(p->value));
    put(&o, "bootstrap", interval(p->bootstrap));
    put(&o, "logit", interval(p->logit));
    return o;
}

static object operating_object(const mm_operating *p, double prevalence)
{
    object o = new_object();
    put(&o, "name", json_string(p->threshold.name));
    put(&o, "threshold", number(p->threshold.value));
    put(&o, "true_positives", count(p->true_positives));
    put(&o, "false_positives", count(p->false_positives));
    put(&o, "true_negatives", count(p->true_negatives));
    put(&o, "false_negatives", count(p->false_negatives));
    put_object(&o, "sensitivity", proportion_object(&p->sensitivity));
    put_object(&o, "specificity", proportion_object(&p->specificity));
    if (!isnan(prevalence)) {
        put(&o, "prevalence", number(prevalence));
        put_object(&o, "positive_predictive_value", predictive_object(&p->positive));
        put_object(&o, "negative_predictive_value", predictive_object(&p->negative));
    }
    return o;
}

static json_t *operating_list(object *parent, const mm_operating *p, size_t n, double prevalence)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        object o = operating_object(&p[i], prevalence);
        parent->failed |= o.failed | json_array_append_new(list, o.json);
    }
    return list;
}

static object comparison_object(const mm_comparison *c, const char *first, const char *second)
{
    object o = new_object();
    object a = area_object(&c->first), b = area_object(&c->second);
    put(&a, "name", json_string(first));
    put(&b, "name", json_string(second));
    put_object(&o, "first", a);
    put_object(&o, "second", b);
    put(&o, "difference", number(c->difference));
    put(&o, "difference_bootstrap", interval(c->bootstrap));
    put(&o, "difference_delong_se", number(c->delong_se));
    put(&o, "p_delong", number(c->p));
    return o;
}

static void put_classes(object *o, const mm_evaluation *e, const mm_predictions *t)
{
    json_t *names = json_array(), *rows = json_array();
    object classes = new_object();
    for (size_t k = 0; k < e->K; k++) {
        const mm_class_estimates *f = &e->predicted.of_class[k];
        object c = new_object();
        put(&c, "samples", count(f->recall.whole));
        put(&c, "predicted", count(f->precision.whole));
        put_share(&c, "precision", &f->precision);
        put_share(&c, "recall", &f->recall);
        put_estimate(&c, "f1", &f->f1);
        put_area(&c, &e->of_class[k]);
        put_object(&classes, t->class_name[k], c);
        json_t *row = json_array();
        for (size_t j = 0; j < e->K; j++)
            o->failed |= json_array_append_new(row, count(e->predicted.confusion[k * e->K + j]));
        o->failed |= json_array_append_new(rows, row) | json_array_append_new(names, json_string(t->class_name[k]));
    }
    put(o, "classes", names);
    put_object(o, "per_class", classes);
    put(o, "confusion", rows);
    put_estimate(o, "macro_f1", &e->predicted.macro_f1);
    put_estimate(o, "macro_auc", &e->macro_area);
}

static void put_level(object *o, const char *name, const mm_level *level)
{
    if (!level->groups) {
        put(o, name, json_null());
        return;
    }
    object group = new_object();
    put_object(&group, "maximum", area_object(&level->maximum));
    put_object(&group, "mean", area_object(&level->mean));
    put_object(o, name, group);
}

/* Figures at 0.80, 0.90 and 0.95 with their intervals. */
static void put_fixed(object *o, const char *name, const mm_estimate *e)
{
    object figures = new_object(), intervals = new_object();
    char at[16], of_intervals[64];
    for (size_t i = 0; i < MM_FIXED_POINTS; i++) {
        snprintf(at, sizeof at, "%.2f", mm_fixed_points[i]);
        put(&figures, at, number(e[i].value));
        put(&intervals, at, interval(e[i].bootstrap));
    }
    snprintf(of_intervals, sizeof of_intervals, "%s_bootstrap", name);
    put_object(o, name, figures);
    put_object(o, of_intervals, intervals);
}

static void put_reliability(object *o, const mm_reliability *r)
{
    json_t *bins = json_array();
    for (size_t b = 0; b < MM_RELIABILITY_BINS; b++) {
        object bin = new_object();
        put(&bin, "records", count(r->records[b]));
        put(&bin, "mean", number(r->mean[b]));
        put(&bin, "positive", number((double)r->positives[b] / (double)r->records[b]));
        put(&bin, "wilson", interval(mm_wilson(r->positives[b], r->records[b], MM_Z95)));
        o->failed |= bin.failed | json_array_append_new(bins, bin.json);
    }
    put_estimate(o, "brier", &(mm_estimate){r->brier, r->brier_bootstrap});
    put_estimate(o, "positive_calibration_error", &(mm_estimate){r->error, r->error_bootstrap});
    put(o, "reliability", bins);
}

static void put_two_way(object *o, const mm_evaluation *e, const mm_predictions *t, double prevalence)
{
    json_t *positive = json_array();
    for (size_t k = 0; k < e->K; k++)
        if (e->positive_class[k])
            o->failed |= json_array_append_new(positive, json_string(t->class_name[k]));
    put(o, "positive", positive);
    put(o, "positives", count(e->headline.positives));
    put_area(o, &e->headline);
    put(o, "lost_draws", count(e->headline.lost_draws));
    put_fixed(o, "sensitivity_at_specificity", e->sensitivity_at);
    put_fixed(o, "specificity_at_sensitivity", e->specificity_at);
    put_object(o, "best_threshold", operating_object(&e->youden, prevalence));
    put(o, "thresholds", operating_list(o, e->given, e->givens, prevalence));
    put_reliability(o, &e->reliability);
    put_level(o, "per_image", &e->image);
    put_level(o, "per_breast", &e->breast);
    put_level(o, "per_patient", &e->per_patient);
}

static object strata_object(const mm_strata *s)
{
    object parts = new_object();
    for (size_t k = 0; k < s->n; k++) {
        const mm_stratum *part = &s->item[k];
        object o = new_object();
        put(&o, "records", count(part->records));
        put(&o, "positives", count(part->positives));
        put(&o, "patients", count(part->patients));
        put_object(&o, "accuracy", proportion_object(&part->accuracy));
        put(&o, "set_against", count(part->borrowed));
        put_area(&o, &part->area);
        put(&o, "thresholds", operating_list(&o, part->operating, part->thresholds, NAN));
        put_object(&parts, part->name, o);
    }
    return parts;
}

static void put_strata(object *o, const mm_report *r)
{
    object by = new_object();
    for (size_t i = 0; i < r->nstrata; i++)
        put_object(&by, r->strata[i].attribute, strata_object(&r->strata[i]));
    put_object(o, "by", by);
    if (r->callback)
        put_object(o, "negatives_by_callback", strata_object(r->callback));
}

static void put_tempering(object *o, const mm_report *r)
{
    put(o, "temperature", number(r->table->temperature));
    if (!r->tempering.fitted)
        return;
    object fitted = new_object();
    put(&fitted, "temperature", number(r->tempering.temperature));
    put(&fitted, "log_loss_before", number(r->tempering.log_loss));
    put(&fitted, "calibration_error_before", number(r->tempering.calibration_error));
    put_object(o, "fitted_here", fitted);
}

static int dump(FILE *out, object o, mm_error *error)
{
    int code = 0;
    if (o.failed)
        code = mm_fail(error, MM_FAILURE, "cannot make the JSON report: out of memory, or a name that is not UTF-8");
    else if (json_dumpf(o.json, out, JSON_INDENT(2) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(12)) || fputc('\n', out) == EOF)
        code = mm_fail(error, MM_FAILURE, "cannot write the report:");
    json_decref(o.json);
    return code;
}

int mm_report_json(FILE *out, const mm_report *r, mm_error *error)
{
    const mm_evaluation *e = r->evaluation;
    const mm_predictions *t = r->table;
    object o = new_object();
    put(&o, "records", count(e->n));
    put(&o, "patients", count(e->patients));
    put(&o, "records_without_patient", count(r->table->no_patient));
    put(&o, "skipped_before", count(t->skipped));
    put(&o, "left_out", count(t->left_out));
    put_share(&o, "accuracy", &e->predicted.accuracy);
    put_estimate(&o, "balanced_accuracy", &e->predicted.balanced_accuracy);
    put_estimate(&o, "log_loss", &e->predicted.log_loss);
    put_estimate(&o, "calibration_error", &e->predicted.calibration_error);
    put_tempering(&o, r);
    put_classes(&o, e, t);
    if (e->positive_class)
        put_two_way(&o, e, t, r->options->prevalence);
    put_strata(&o, r);
    if (r->comparison)
        put_object(&o, "comparison", comparison_object(r->comparison, "these predictions", r->other));
    put(&o, "draws", count(r->options->draws));
    put(&o, "seed", json_integer((json_int_t)r->options->seed));
    return dump(out, o, error);
}

int mm_report_json_comparison(FILE *out, const mm_comparison *comparison, const char *first, const char *second, mm_error *error)
{
    return dump(out, comparison_object(comparison, first, second), error);
}

int mm_report_json_area(FILE *out, const mm_area *area, const char *name, mm_error *error)
{
    object o = area_object(area);
    put(&o, "name", json_string(name));
    return dump(out, o, error);
}

static object froc_object(const mm_froc_summary *f)
{
    object o = new_object(), sensitivity = new_object(), intervals = new_object();
    put(&o, "images", count(f->images));
    put(&o, "patients", count(f->patients));
    put(&o, "lesions", count(f->lesions));
    put(&o, "found", count(f->found));
    put(&o, "false_marks", count(f->falses));
    for (size_t r = 0; r < MM_FROC_RATES; r++) {
        char at[16];
        snprintf(at, sizeof at, "%g", mm_froc_rates[r]);
        put(&sensitivity, at, number(f->sensitivity[r]));
        put(&intervals, at, interval(f->bootstrap[r]));
    }
    put_object(&o, "sensitivity_at_false_marks", sensitivity);
    put_object(&o, "sensitivity_at_false_marks_bootstrap", intervals);
    put(&o, "mean_sensitivity", number(f->mean));
    put(&o, "mean_sensitivity_bootstrap", interval(f->mean_bootstrap));
    return o;
}

int mm_report_json_heat(FILE *out, const mm_hit_summary *s, const mm_froc_summary *froc, double near, mm_error *error)
{
    object o = new_object();
    put(&o, "images", count(s->images));
    put(&o, "patients", count(s->patients));
    put(&o, "without_lesion", count(s->without_lesion));
    put(&o, "inside", number(s->inside));
    put(&o, "outside", number(s->outside));
    put(&o, "ratio", number(s->ratio));
    put(&o, "ratio_bootstrap", interval(s->ratio_bootstrap));
    put(&o, "difference", number(s->difference));
    put(&o, "difference_bootstrap", interval(s->difference_bootstrap));
    put(&o, "hotter_inside", count(s->hotter));
    put(&o, "near", number(near));
    put(&o, "hits", count(s->hits));
    put(&o, "hits_wilson", interval(s->hits_wilson));
    put_object(&o, "free_response", froc_object(froc));
    return dump(out, o, error);
}
