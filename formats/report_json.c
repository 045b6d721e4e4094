/* The report as JSON, with jansson. Objects are filled without looking at each result: jansson's _new functions take
 * NULL and fail, and what is missing shows once, at the end (json_dumpf of NULL, or a failed flag). */
#include "formats/report_json.h"

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

static void put_area(object *o, const mm_area *a)
{
    put(o, "auc", number(a->area));
    put(o, "auc_bootstrap", interval(a->bootstrap));
    put(o, "auc_delong", interval(a->delong));
    put(o, "auc_delong_se", number(a->delong_se));
    put(o, "average_precision", number(a->average_precision));
}

static object area_object(const mm_area *a)
{
    object o = new_object();
    put(&o, "records", count(a->records));
    put(&o, "positives", count(a->positives));
    put_area(&o, a);
    return o;
}

static object operating_object(const mm_operating *p)
{
    object o = new_object();
    put(&o, "threshold", number(p->threshold));
    put(&o, "true_positives", count(p->true_positives));
    put(&o, "false_positives", count(p->false_positives));
    put(&o, "true_negatives", count(p->true_negatives));
    put(&o, "false_negatives", count(p->false_negatives));
    put(&o, "sensitivity", number((double)p->true_positives / (double)(p->true_positives + p->false_negatives)));
    put(&o, "specificity", number((double)p->true_negatives / (double)(p->true_negatives + p->false_positives)));
    return o;
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
        mm_class_figures f = mm_class_of_confusion(e->confusion, e->K, k);
        object c = new_object();
        put(&c, "samples", count(f.samples));
        put(&c, "predicted", count(f.predicted));
        put(&c, "precision", number(f.precision));
        put(&c, "recall", number(f.recall));
        put(&c, "f1", number(f.f1));
        put_area(&c, &e->of_class[k]);
        put_object(&classes, t->class_name[k], c);
        json_t *row = json_array();
        for (size_t j = 0; j < e->K; j++)
            o->failed |= json_array_append_new(row, count(e->confusion[k * e->K + j]));
        o->failed |= json_array_append_new(rows, row) | json_array_append_new(names, json_string(t->class_name[k]));
    }
    put(o, "classes", names);
    put_object(o, "per_class", classes);
    put(o, "confusion", rows);
    put(o, "macro_f1", number(e->macro_f1));
    put(o, "macro_auc", number(e->macro_area));
    put(o, "macro_auc_bootstrap", interval(e->macro_bootstrap));
}

static void put_groups(object *o, const char *name, size_t n, const mm_area *maximum, const mm_area *mean)
{
    if (!n) {
        put(o, name, json_null());
        return;
    }
    object group = new_object();
    put_object(&group, "maximum", area_object(maximum));
    put_object(&group, "mean", area_object(mean));
    put_object(o, name, group);
}

static void put_two_way(object *o, const mm_evaluation *e, const mm_predictions *t)
{
    json_t *positive = json_array();
    for (size_t k = 0; k < e->K; k++)
        if (e->positive_class[k])
            o->failed |= json_array_append_new(positive, json_string(t->class_name[k]));
    put(o, "positive", positive);
    put(o, "positives", count(e->headline.positives));
    put_area(o, &e->headline);
    put(o, "lost_draws", count(e->headline.lost_draws));
    object sensitivity = new_object(), specificity = new_object();
    for (size_t i = 0; i < MM_FIXED_POINTS; i++) {
        char name[16];
        snprintf(name, sizeof name, "%.2f", mm_fixed_points[i]);
        put(&sensitivity, name, number(e->sensitivity_at[i]));
        put(&specificity, name, number(e->specificity_at[i]));
    }
    put_object(o, "sensitivity_at_specificity", sensitivity);
    put_object(o, "specificity_at_sensitivity", specificity);
    put_object(o, "best_threshold", operating_object(&e->youden));
    if (isnan(e->given.threshold))
        put(o, "given_threshold", json_null());
    else
        put_object(o, "given_threshold", operating_object(&e->given));
    put_groups(o, "per_breast", e->breasts, &e->breast_maximum, &e->breast_mean);
    put_groups(o, "per_patient", e->patients, &e->patient_maximum, &e->patient_mean);
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

int mm_report_json(FILE *out, const mm_evaluation *e, const mm_predictions *t, const mm_evaluation_options *options,
                   const mm_comparison *comparison, const char *other, mm_error *error)
{
    object o = new_object();
    put(&o, "records", count(e->n));
    put(&o, "patients", count(e->patients));
    put(&o, "records_without_patient", count(e->no_patient));
    put(&o, "skipped_before", count(t->skipped));
    put(&o, "left_out", count(t->left_out));
    put(&o, "accuracy", number((double)e->correct / (double)e->n));
    put(&o, "accuracy_wilson", interval(e->accuracy_wilson));
    put(&o, "balanced_accuracy", number(e->balanced_accuracy));
    put(&o, "calibration_error", number(e->calibration_error));
    put_classes(&o, e, t);
    if (e->positive_class)
        put_two_way(&o, e, t);
    if (comparison)
        put_object(&o, "comparison", comparison_object(comparison, "these predictions", other));
    put(&o, "draws", count(options->draws));
    put(&o, "seed", json_integer((json_int_t)options->seed));
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

int mm_report_json_heat(FILE *out, const mm_heat_summary *s, double near, mm_error *error)
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
    return dump(out, o, error);
}
