/* The model card: see card.h. */
#include "filters/evaluate/card.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/table/groups.h"

/* ---- small parts ---- */

/* Text into a table's cell or a line of prose: marks that Markdown would take for its own are escaped. */
static void words(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (strchr("|*_<>`[]\\", *text))
            fputc('\\', out);
        fputc(*text == '\n' ? ' ' : *text, out);
    }
}

static void item(FILE *out, const char *name, const char *text)
{
    if (!text || !*text)
        return;
    fprintf(out, "- %s: ", name);
    words(out, text);
    fputc('\n', out);
}

/* "0.71 to 0.83", or a dash. */
static void interval(FILE *out, mm_interval i)
{
    if (isnan(i.low))
        fputs("-", out);
    else
        fprintf(out, "%.3f to %.3f", i.low, i.high);
}

static void number(FILE *out, double value)
{
    if (isnan(value))
        fputs("-", out);
    else
        fprintf(out, "%.3f", value);
}

static void row(FILE *out, const char *name, double value, mm_interval patients, mm_interval other, const char *how)
{
    fprintf(out, "| %s | ", name);
    number(out, value);
    fputs(" | ", out);
    interval(out, patients);
    fputs(" | ", out);
    interval(out, other);
    if (!isnan(other.low))
        fprintf(out, " (%s)", how);
    fputs(" |\n", out);
}

static const mm_interval NONE = {NAN, NAN};

static void estimate(FILE *out, const char *name, const mm_estimate *e)
{
    row(out, name, e->value, e->bootstrap, NONE, "");
}

/* A cell of its own: "0.71 (0.65 to 0.77)". */
static void cell(FILE *out, double value, mm_interval i)
{
    fputs(" | ", out);
    number(out, value);
    if (isnan(i.low))
        return;
    fputs(" (", out);
    interval(out, i);
    fputc(')', out);
}

/* ---- the whole in a few lines ---- */

/* "81 % (62 to 98)" */
static void percent(FILE *out, const mm_proportion *p)
{
    fprintf(out, "%.0f %%", 100 * p->value);
    if (!isnan(p->bootstrap.low))
        fprintf(out, " (%.0f to %.0f)", 100 * p->bootstrap.low, 100 * p->bootstrap.high);
}

static void names(FILE *out, const mm_report *r, int positive)
{
    const char *separator = "";
    for (size_t k = 0; k < r->evaluation->K; k++)
        if (r->evaluation->positive_class[k] == positive) {
            fputs(separator, out);
            words(out, r->table->class_name[k]);
            separator = ", ";
        }
}

static void summary(FILE *out, const mm_card *c)
{
    const mm_evaluation *e = c->report->evaluation;
    const mm_area *a = &e->headline;
    if (!e->positive_class)
        return;
    fputs("## In short\n\n- Question: is a record ", out);
    names(out, c->report, 1);
    fputs(" (positive) or ", out);
    names(out, c->report, 0);
    fputs(" (negative)?\n- Asked of: ", out);
    fprintf(out, "%zu records of %zu patients; %zu records, of %zu patients, are positive\n", e->n, e->patients, a->positives,
            e->per_patient.maximum.positives);
    fprintf(out, "- A positive record scores higher than a negative one in %.0f of 100 pairs (AUC %.3f", 100 * a->area, a->area);
    if (!isnan(a->bootstrap.low))
        fprintf(out, ", %.3f to %.3f", a->bootstrap.low, a->bootstrap.high);
    fputs("); 50 would be chance\n", out);
    if (e->givens) {
        const mm_operating *o = &e->given[0];
        fputs("- Called positive at the threshold ", out);
        words(out, o->threshold.name);
        fprintf(out, " (%.4g), which was chosen before: ", o->threshold.value);
        percent(out, &o->sensitivity);
        fputs(" of the positive records, and ", out);
        fprintf(out, "%.0f %%", 100 * (1 - o->specificity.value));
        if (!isnan(o->specificity.bootstrap.low))
            fprintf(out, " (%.0f to %.0f)", 100 * (1 - o->specificity.bootstrap.high), 100 * (1 - o->specificity.bootstrap.low));
        fputs(" of the negative ones by mistake\n", out);
    }
    fputs("- In brackets: 95 % intervals over patients. For research; this is no medical device\n\n", out);
}

/* ---- model and training ---- */

static void figures(FILE *out, const char *name, const mm_figures *f)
{
    if (!f->n)
        return;
    fprintf(out, "- %s: ", name);
    for (size_t i = 0; i < f->n; i++) {
        words(out, f->item[i].name);
        fprintf(out, " %.4g%s", f->item[i].value, i + 1 < f->n ? ", " : "\n");
    }
}

static void model(FILE *out, const mm_card *c)
{
    const mm_model_info *m = c->model;
    fputs("## Model\n\n", out);
    item(out, "Network", m->net);
    fprintf(out, "- Parameters: %zu\n- Classes: ", c->parameters);
    for (size_t k = 0; k < m->nclasses; k++) {
        words(out, m->classes[k]);
        fputs(k + 1 < m->nclasses ? ", " : "\n", out);
    }
    if (m->height)
        fprintf(out, "- Input: %zu x %zu pixels, one grey channel, (intensity 0..255 - %.4g) / %.4g\n", m->height, m->width, m->mean, m->std);
    else
        fprintf(out, "- Input: one grey channel, (intensity 0..255 - %.4g) / %.4g\n", m->mean, m->std);
    item(out, "Mean from", m->mean_source);
    if (m->temperature > 0)
        fprintf(out, "- Probabilities: softmax(logits / %.4g), the temperature fitted on validation\n", m->temperature);
    item(out, "Written by mmpipe", m->version);
}

/* The recipe's lines, each an item. */
static void recipe(FILE *out, const char *text)
{
    while (text && *text) {
        size_t n = strcspn(text, "\n");
        fprintf(out, "- Stage: `%.*s`\n", (int)n, text);
        text += n + (text[n] == '\n');
    }
}

/* The command lines of the @PG lines, in their order. */
static void provenance(FILE *out, const char *text)
{
    if (!text || !*text) {
        fputs("\nThe model file does not say what its training data went through.\n", out);
        return;
    }
    fputs("\nThe training data went through these programs:\n\n```\n", out);
    while (*text) {
        size_t n = strcspn(text, "\n");
        const char *at = strstr(text, "\tCL:");
        if (at && at < text + n) {
            at += 4;
            size_t length = strcspn(at, "\t\n");
            fprintf(out, "%.*s\n", (int)length, at);
        }
        text += n + (text[n] == '\n');
    }
    fputs("```\n", out);
}

static void training(FILE *out, const mm_card *c)
{
    const mm_model_info *m = c->model;
    fputs("\n## Training\n\n", out);
    item(out, "First weights", m->init);
    recipe(out, m->recipe);
    item(out, "Weights kept", m->best);
    figures(out, "On the validation set", &m->metrics);
    figures(out, "Thresholds on P(positive), chosen on validation", &m->thresholds);
    item(out, "Segmentation of the images", m->segmentation);
    provenance(out, m->provenance);
}

/* ---- data ---- */

/* How many records are of each part of the data set. */
static int splits(FILE *out, const mm_card *c, mm_error *error)
{
    size_t n = c->report->table->n, groups = 0, *number = malloc(n * sizeof *number);
    char unknown[] = "unknown", **name = malloc(n * sizeof *name);
    int code = number && name ? 0 : mm_no_memory(error);
    for (size_t i = 0; i < n && !code; i++)
        name[i] = c->split[i] ? c->split[i] : unknown;
    if (!code)
        code = mm_number_names(name, n, number, &groups, error);
    for (size_t g = 0; g < groups && !code; g++) {
        size_t count = 0, any = 0;
        for (size_t i = 0; i < n; i++)
            if (number[i] == g) {
                count++;
                any = i;
            }
        fprintf(out, "- Split: %zu records of part ", count);
        words(out, name[any]);
        fputc('\n', out);
    }
    free(number);
    free(name);
    return code;
}

static int data(FILE *out, const mm_card *c, mm_error *error)
{
    const mm_evaluation *e = c->report->evaluation;
    fputs("\n## Evaluation data\n\n", out);
    for (size_t i = 0; i < c->ndata; i++)
        item(out, "Predictions", c->data[i]);
    fprintf(out, "- Records: %zu of %zu patients\n", e->n, e->patients);
    if (c->elsewhere && !c->shared)
        fputs("- None of these patients has a record in another part of the data set\n", out);
    for (size_t k = 0; k < e->K; k++) {
        fputs("- Class ", out);
        words(out, c->report->table->class_name[k]);
        fprintf(out, ": %zu records\n", e->predicted.of_class[k].recall.whole);
    }
    if (c->report->table->skipped + c->report->table->left_out)
        fprintf(out, "- Left out: %zu records that could not be used\n", c->report->table->skipped + c->report->table->left_out);
    for (size_t i = 0; c->split && i < e->n; i++)
        if (c->split[i])
            return splits(out, c, error);
    fputs("- Split: not told (option --attributes of mmeval)\n", out);
    return 0;
}

/* ---- figures ---- */

static void table_head(FILE *out, const char *first)
{
    fprintf(out, "\n| %s | value | 95 %% interval over patients | other 95 %% interval |\n|---|---|---|---|\n", first);
}

static void operating(FILE *out, const mm_operating *o)
{
    char name[120];
    snprintf(name, sizeof name, "sensitivity at %s (%.4g)", o->threshold.name, o->threshold.value);
    row(out, name, o->sensitivity.value, o->sensitivity.bootstrap, o->sensitivity.wilson, "Wilson");
    snprintf(name, sizeof name, "specificity at %s (%.4g)", o->threshold.name, o->threshold.value);
    row(out, name, o->specificity.value, o->specificity.bootstrap, o->specificity.wilson, "Wilson");
    if (isnan(o->positive.value))
        return;
    row(out, "positive predictive value there", o->positive.value, o->positive.bootstrap, o->positive.logit, "logit");
    row(out, "negative predictive value there", o->negative.value, o->negative.bootstrap, o->negative.logit, "logit");
}

static void level(FILE *out, const char *name, const mm_level *l)
{
    char text[60];
    if (!l->groups || !l->maximum.known)
        return;
    snprintf(text, sizeof text, "AUC per %s, maximum", name);
    row(out, text, l->maximum.area, l->maximum.bootstrap, l->maximum.delong, "DeLong");
    snprintf(text, sizeof text, "AUC per %s, mean", name);
    row(out, text, l->mean.area, l->mean.bootstrap, l->mean.delong, "DeLong");
}

static void two_way(FILE *out, const mm_evaluation *e)
{
    char name[60];
    row(out, "AUC per record", e->headline.area, e->headline.bootstrap, e->headline.delong, "DeLong");
    level(out, "image", &e->image);
    level(out, "breast", &e->breast);
    level(out, "patient", &e->per_patient);
    row(out, "average precision", e->headline.average_precision, e->headline.average_precision_bootstrap, NONE, "");
    for (size_t i = 0; i < MM_FIXED_POINTS; i++) {
        snprintf(name, sizeof name, "sensitivity at %.2f specificity", mm_fixed_points[i]);
        estimate(out, name, &e->sensitivity_at[i]);
    }
    for (size_t i = 0; i < MM_FIXED_POINTS; i++) {
        snprintf(name, sizeof name, "specificity at %.2f sensitivity", mm_fixed_points[i]);
        estimate(out, name, &e->specificity_at[i]);
    }
    for (size_t i = 0; i < e->givens; i++)
        operating(out, &e->given[i]);
    row(out, "Brier score", e->reliability.brier, e->reliability.brier_bootstrap, NONE, "");
    row(out, "calibration error of P(positive)", e->reliability.error, e->reliability.error_bootstrap, NONE, "");
}

static void classes(FILE *out, const mm_report *r)
{
    const mm_evaluation *e = r->evaluation;
    fputs("\n| class | records | precision | recall | F1 | AUC against the rest | average precision |\n|---|---|---|---|---|---|---|\n", out);
    for (size_t k = 0; k < e->K; k++) {
        const mm_class_estimates *c = &e->predicted.of_class[k];
        const mm_area *a = &e->of_class[k];
        fputs("| ", out);
        words(out, r->table->class_name[k]);
        fprintf(out, " | %zu", c->recall.whole);
        cell(out, c->precision.value, c->precision.bootstrap);
        cell(out, c->recall.value, c->recall.bootstrap);
        cell(out, c->f1.value, c->f1.bootstrap);
        cell(out, a->area, a->bootstrap);
        cell(out, a->average_precision, a->average_precision_bootstrap);
        fputs(" |\n", out);
    }
}

static void confusion(FILE *out, const mm_report *r)
{
    size_t K = r->evaluation->K;
    fputs("\nConfusion, a row per true class and a column per predicted class:\n\n| |", out);
    for (size_t k = 0; k < K; k++) {
        fputc(' ', out);
        words(out, r->table->class_name[k]);
        fputs(" |", out);
    }
    fputs("\n|---|", out);
    for (size_t k = 0; k < K; k++)
        fputs("---|", out);
    for (size_t j = 0; j < K; j++) {
        fputs("\n| ", out);
        words(out, r->table->class_name[j]);
        for (size_t k = 0; k < K; k++)
            fprintf(out, " | %zu", r->evaluation->predicted.confusion[j * K + k]);
        fputs(" |", out);
    }
    fputc('\n', out);
}

static void strata(FILE *out, const mm_strata *s)
{
    fputs("\n| ", out);
    words(out, s->attribute);
    fputs(" | records | positive | accuracy | 95 % interval | AUC | 95 % interval |\n|---|---|---|---|---|---|---|\n", out);
    for (size_t k = 0; k < s->n; k++) {
        const mm_stratum *part = &s->item[k];
        fputs("| ", out);
        words(out, part->name);
        fprintf(out, " | %zu | %zu | %.3f | ", part->records, part->positives, part->accuracy.value);
        interval(out, part->accuracy.bootstrap);
        fputs(" | ", out);
        number(out, part->area.area);
        fputs(part->borrowed ? " (1) | " : " | ", out);
        interval(out, part->area.bootstrap);
        fputs(" |\n", out);
    }
    for (size_t k = 0; k < s->n; k++)
        if (s->item[k].borrowed) {
            fputs("\n(1) This part holds records of one kind only, which are set against all records of the other kind.\n", out);
            break;
        }
}

static void figures_section(FILE *out, const mm_report *r)
{
    const mm_evaluation *e = r->evaluation;
    const mm_predicted *p = &e->predicted;
    fputs("\n## Figures\n", out);
    if (e->positive_class) {
        fputs("\nPositive: ", out);
        names(out, r, 1);
        fprintf(out, " (%zu of %zu records).", e->headline.positives, e->n);
        if (!isnan(r->options->prevalence))
            fprintf(out, " Predictive values are for a prevalence of %g %%.", 100 * r->options->prevalence);
        fputc('\n', out);
    }
    table_head(out, "figure");
    row(out, "accuracy", p->accuracy.value, p->accuracy.bootstrap, p->accuracy.wilson, "Wilson");
    estimate(out, "balanced accuracy", &p->balanced_accuracy);
    estimate(out, "F1, mean of the classes", &p->macro_f1);
    if (e->K > 2)
        estimate(out, "AUC, mean of the classes", &e->macro_area);
    estimate(out, "log loss", &p->log_loss);
    estimate(out, "expected calibration error", &p->calibration_error);
    if (e->positive_class)
        two_way(out, e);
    if (e->givens)
        fputs("\nThresholds come from validation: *youden* has the largest sum of sensitivity and specificity there, *sensitivity_0.90* "
              "is the highest that leaves a sensitivity of 0.90 there, *specificity_0.90* the lowest that leaves such a specificity. What "
              "they do here is in the table. \"Sensitivity at 0.90 specificity\" is read off the curve of these records instead.\n", out);
    classes(out, r);
    confusion(out, r);
    if (r->callback)
        strata(out, r->callback);
    for (size_t i = 0; i < r->nstrata; i++)
        strata(out, &r->strata[i]);
    fprintf(out, "\nIntervals over patients: bootstrap, %zu samples, seed %llu. DeLong: in Obuchowski's form for clustered records. "
            "Wilson and logit take records for independent.\n", r->options->draws, (unsigned long long)r->options->seed);
}

/* ---- limits: what these files themselves give away ---- */

/* Records and patients that training may have had. */
static void seen_before(FILE *out, const mm_card *c)
{
    size_t others = 0;
    for (size_t i = 0; c->split && i < c->report->table->n; i++)
        others += c->split[i] && strcmp(c->split[i], "test") != 0;
    if (others)
        fprintf(out, "- %zu of the records are of another part of the data set than test: where the model learnt from them or was chosen by "
                "them, the figures flatter.\n", others);
    if (c->shared)
        fprintf(out, "- %zu of the %zu patients have other records in training or validation: the figures flatter.\n", c->shared,
                c->report->evaluation->patients);
}

static void limits(FILE *out, const mm_card *c)
{
    const mm_evaluation *e = c->report->evaluation;
    const mm_model_info *m = c->model;
    fputs("\n## Limits\n\n- For research. This is no medical device, and nobody has shown that it helps or harms a patient.\n", out);
    seen_before(out, c);
    if (e->positive_class)
        fprintf(out, "- %.0f %% of the records are positive; in screening it is well below 1 %%. Accuracy and predictive values do not carry "
                "over, sensitivity and specificity only as far as the cases are alike.\n",
                100 * (double)e->headline.positives / (double)e->n);
    if (e->patients < 100)
        fprintf(out, "- Only %zu patients: the intervals are wide, and too narrow where a kind has a handful of them.\n", e->patients);
    for (size_t k = 0; k < e->K; k++)
        if (e->predicted.of_class[k].recall.whole < 10) {
            fputs("- Class ", out);
            words(out, c->report->table->class_name[k]);
            fprintf(out, " has %zu records: its figures say little.\n", e->predicted.of_class[k].recall.whole);
        }
    if (c->report->table->no_patient)
        fprintf(out, "- %zu records name no patient and were taken for patients of their own.\n", c->report->table->no_patient);
    if (!m->thresholds.n)
        fputs("- No threshold was chosen on a validation set: the model has none to be used with.\n", out);
    if (!(m->temperature > 0))
        fputs("- The probabilities were not calibrated on a validation set.\n", out);
    if (c->report->tempering.fitted)
        fputs("- The temperature was fitted on the very records of these figures: the calibration shown flatters.\n", out);
    fputs("- Other scanners, populations, views and film than in the data above were not tested.\n", out);
}

int mm_card_write(FILE *out, const mm_card *c, mm_error *error)
{
    fputs("# Model card: ", out);
    words(out, c->name);
    fputs("\n\n", out);
    summary(out, c);
    model(out, c);
    training(out, c);
    int code = data(out, c, error);
    if (code)
        return code;
    figures_section(out, c->report);
    limits(out, c);
    return 0;
}
