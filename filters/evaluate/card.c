/* The model card, by templates: see card.h. */
#include "filters/evaluate/card.h"

#include <stdlib.h>
#include <string.h>

#include "filters/evaluate/report.h"
#include "filters/evaluate/template.h"

#define SUMMARY \
    "# Model card: {name|words}\n\n" \
    "{?positive}## In short\n\n" \
    "- Question: is a record {positive|words} (positive) or {aside/negative|words} (negative)?\n" \
    "- Asked of: {records} records of {patients} patients; {positives} records, of {per_patient/maximum/positives} patients, " \
    "are positive\n" \
    "- A positive record scores higher than a negative one in {aside/pairs|.0f} of 100 pairs (AUC {auc|.3f}" \
    "{?auc_bootstrap}, {auc_bootstrap}{/}); 50 would be chance\n" \
    "{?thresholds/0}- Called positive at the threshold {name|words} ({threshold|.4g}), which was chosen before: " \
    "{sensitivity|percent} of the positive records, and {aside/wrong|percent} of the negative ones by mistake\n{/}" \
    "- In brackets: 95 % intervals over patients. For research; this is no medical device\n\n{/}"

#define MODEL \
    "## Model\n\n" \
    "{?net}- Network: {net|words}\n{/}" \
    "- Parameters: {parameters}\n" \
    "- Classes: {classes|words}\n" \
    "- Input: {?height}{height} x {width} pixels, {/}one grey channel, (intensity 0..255 - {mean|.4g}) / {std|.4g}\n" \
    "{?mean_source}- Mean from: {mean_source|words}\n{/}" \
    "{?temperature}- Probabilities: softmax(logits / {temperature|.4g}), the temperature fitted on validation\n{/}" \
    "{?version}- Written by mmpipe: {version|words}\n{/}" \
    "\n## Training\n\n" \
    "{?init}- First weights: {init|words}\n{/}" \
    "{?init_source}- Published as: {init_source|words}\n{/}" \
    "{?init_sha256}- SHA-256 of their file: {init_sha256}\n" \
    "- Their licence: {?init_licence}{init_licence|words}{/}{^init_licence}not known (mmtrain --init-licence){/}\n{/}" \
    "- Terms of the training data: {?data_terms}{data_terms|words}{/}{^data_terms}not known (mmtrain --data-terms){/}\n" \
    "{#recipe}- Stage: `{.}`\n{/}" \
    "{?training}- Training: `{training}`\n{/}" \
    "{?best}- Weights kept: {best|words}\n{/}" \
    "{?metrics}- On the validation set: {metrics|words}\n{/}" \
    "{?thresholds}- Thresholds on P(positive), chosen on validation: {thresholds|words}\n{/}" \
    "{?segmentation}- Segmentation of the images: {segmentation|words}\n{/}" \
    "{^provenance}\nThe model file does not say what its training data went through.\n{/}" \
    "{?provenance}\nThe training data went through these programs:\n\n```\n{#commands}{.}\n{/}```\n{/}"

#define DATA \
    "\n## Evaluation data\n\n" \
    "{#data}- Predictions: {.|words}\n{/}" \
    "- Records: {records} of {patients} patients\n" \
    "{?aside/apart}- None of these patients has a record in another part of the data set\n{/}" \
    "{#per_class}- Class {@|words}: {samples} records\n{/}" \
    "{?aside/unused}- Left out: {aside/unused} records that could not be used\n{/}" \
    "{#aside/split}- Split: {.} records of part {@|words}\n{/}" \
    "{^aside/split}- Split: not told (option --attributes of mmeval)\n{/}"

#define LEVEL(group) "{#per_" group "}{?auc}| AUC per " group ", {@} | {auc|row} |\n{/}{/}"

#define FIGURES \
    "\n## Figures\n" \
    "{?positive}\nPositive: {positive|words} ({positives} of {records} records)." \
    "{?aside/prevalence} Predictive values are for a prevalence of {aside/prevalence|g} %.{/}\n{/}" \
    "\n| figure | value | 95 % interval over patients | other 95 % interval |\n|---|---|---|---|\n" \
    "| accuracy | {accuracy|row} |\n" \
    "| balanced accuracy | {balanced_accuracy|row} |\n" \
    "| F1, mean of the classes | {macro_f1|row} |\n" \
    "{?classes/2}| AUC, mean of the classes | {macro_auc|row} |\n{/}" \
    "| log loss | {log_loss|row} |\n" \
    "| expected calibration error | {calibration_error|row} |\n" \
    "{?positive}| AUC per record | {auc|row} |\n" LEVEL("image") LEVEL("breast") LEVEL("patient") \
    "| average precision | {average_precision|row} |\n" \
    "{#sensitivity_at_specificity}| sensitivity at {@} specificity | {sensitivity_at_specificity/@|row} |\n{/}" \
    "{#specificity_at_sensitivity}| specificity at {@} sensitivity | {specificity_at_sensitivity/@|row} |\n{/}" \
    "{#thresholds}| sensitivity at {name} ({threshold|.4g}) | {sensitivity|row} |\n" \
    "| specificity at {name} ({threshold|.4g}) | {specificity|row} |\n" \
    "{?positive_predictive_value/value}| positive predictive value there | {positive_predictive_value|row} |\n" \
    "| negative predictive value there | {negative_predictive_value|row} |\n{/}{/}" \
    "| Brier score | {brier|row} |\n" \
    "| calibration error of P(positive) | {positive_calibration_error|row} |\n{/}" \
    "{?thresholds}\nThresholds come from validation: *youden* has the largest sum of sensitivity and specificity there, " \
    "*sensitivity_0.90* is the highest that leaves a sensitivity of 0.90 there, *specificity_0.90* the lowest that leaves such a " \
    "specificity. What they do here is in the table. \"Sensitivity at 0.90 specificity\" is read off the curve of these records " \
    "instead.\n{/}"

#define CLASSES \
    "\n| class | records | precision | recall | F1 | AUC against the rest | average precision |\n|---|---|---|---|---|---|---|\n" \
    "{#per_class}| {@|words} | {samples} | {precision} | {recall} | {f1} | {auc} | {average_precision} |\n{/}" \
    "\nConfusion, a row per true class and a column per predicted class:\n\n" \
    "| |{#classes} {.|words} |{/}\n|---|{#classes}---|{/}\n" \
    "{#confusion}| {classes/@|words} |{#.} {.} |{/}\n{/}"

#define STRATA \
    "\n| {attribute|words} | records | positive | accuracy | 95 % interval | AUC | 95 % interval |\n|---|---|---|---|---|---|---|\n" \
    "{#parts}| {@|words} | {records} | {positives} | {accuracy/value|.3f} | {accuracy/bootstrap} | " \
    "{?auc}{auc|.3f}{/}{^auc}-{/}{?set_against} (1){/} | {auc_bootstrap} |\n{/}" \
    "{?borrowed}\n(1) This part holds records of one kind only, which are set against all records of the other kind.\n{/}"

#define LIMITS \
    "\nIntervals over patients: bootstrap, {draws} samples, seed {aside/seed}. DeLong: in Obuchowski's form for clustered records. " \
    "Wilson and logit take records for independent.\n" \
    "\n## Limits\n\n- For research. This is no medical device, and nobody has shown that it helps or harms a patient.\n" \
    "{?aside/not_test}- {aside/not_test} of the records are of another part of the data set than test: where the model learnt from " \
    "them or was chosen by them, the figures flatter.\n{/}" \
    "{?aside/shared}- {aside/shared} of the {patients} patients have other records in training or validation: the figures " \
    "flatter.\n{/}" \
    "{?positive}- {aside/percent|.0f} % of the records are positive; in screening it is well below 1 %. Accuracy and predictive " \
    "values do not carry over, sensitivity and specificity only as far as the cases are alike.\n{/}" \
    "{?aside/few_patients}- Only {patients} patients: the intervals are wide, and too narrow where a kind has a handful of them.\n{/}" \
    "{#aside/rare}- Class {@|words} has {.} records: its figures say little.\n{/}" \
    "{?records_without_patient}- {records_without_patient} records name no patient and were taken for patients of their own.\n{/}" \
    "{^model/thresholds}- No threshold was chosen on a validation set: the model has none to be used with.\n{/}" \
    "{^model/temperature}- The probabilities were not calibrated on a validation set.\n{/}" \
    "{?fitted_here}- The temperature was fitted on the very records of these figures: the calibration shown flatters.\n{/}" \
    "- Other scanners, populations, views and film than in the data above were not tested.\n"

/* Texts of files may be in any encoding: the tree is not written as JSON. */
static json_t *word(const char *text)
{
    return text ? json_string_nocheck(text) : json_null();
}

static json_t *words(char *const *text, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        mm_figures_append(&list, word(text[i]));
    return list;
}

/* What follows the field in each line of a text that has it; "": whole lines. */
static json_t *lines(const char *text, const char *field)
{
    json_t *list = json_array();
    while (text && *text) {
        size_t n = strcspn(text, "\n"), skipped = strlen(field);
        const char *at = strstr(text, field);
        if (at && at < text + n)
            mm_figures_append(&list, json_stringn_nocheck(at + skipped, strcspn(at + skipped, *field ? "\t\n" : "\n")));
        text += n + (text[n] == '\n');
    }
    return list;
}

static json_t *figures(const mm_figures *f)
{
    json_t *list = json_array();
    for (size_t i = 0; i < f->n; i++)
        mm_figures_append(&list, json_sprintf("%s %.4g", f->item[i].name, f->item[i].value));
    return list;
}

static json_t *model(const mm_model_info *m, size_t parameters)
{
    return json_pack("{s:o, s:I, s:o, s:I, s:I, s:f, s:f, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o}",
                     "net", word(m->net), "parameters", (json_int_t)parameters, "classes", words(m->classes, m->nclasses),
                     "height", (json_int_t)m->height, "width", (json_int_t)m->width,
                     "mean", m->mean, "std", m->std, "mean_source", word(m->mean_source),
                     "temperature", m->temperature > 0 ? json_real(m->temperature) : json_null(), "version", word(m->version),
                     "init", word(m->init), "init_source", word(m->init_source), "init_sha256", word(m->init_sha256),
                     "init_licence", word(m->init_licence), "data_terms", word(m->data_terms),
                     "recipe", lines(m->recipe, ""), "best", word(m->best), "metrics", figures(&m->metrics),
                     "thresholds", figures(&m->thresholds), "segmentation", word(m->segmentation),
                     "provenance", m->provenance && *m->provenance, "commands", lines(m->provenance, "\tCL:"),
                     "training", word(m->training));
}

int mm_card_write(FILE *out, const mm_card *c, mm_error *error)
{
    json_t *card = json_copy((json_t *)c->figures);
    int code = json_object_set_new(card, "name", word(c->name)) || json_object_set_new(card, "data", words(c->data, c->ndata))
               || json_object_set_new(card, "model", model(c->model, c->parameters)) ? mm_no_memory(error) : 0;
    if (!code) {
        mm_template_print(out, SUMMARY "{?model}" MODEL "{/}" DATA, card);
        mm_template_print(out, FIGURES CLASSES, card);
        mm_template_print(out, "{?aside/callback}" STRATA "{/}{#aside/strata}" STRATA "{/}", card);
        mm_template_print(out, LIMITS, card);
    }
    json_decref(card);
    return code;
}
