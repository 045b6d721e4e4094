/* Trees of figures as text, by templates: see report.h. */
#include "filters/evaluate/report.h"
#include "filters/evaluate/template.h"

#define PROBE \
    "probe              logistic regression on {features} features, fitted on {records} records of {patients} patients\n" \
    "{?shared_patients}                   patients of the test records among them: {shared_patients}; the figures flatter\n{/}" \
    "{?constant_features}                   constant there and left out: {constant_features}\n{/}" \
    "C                  {C|g}{^folds}, as given\n{/}{?folds}, of least log loss in {folds} folds by patient of these records:\n" \
    "                  {#log_loss} {@} ({.|.4f}){/}\n{/}\n"

#define SUMMARY \
    "records            {records} of {patients} patients, {aside/K} classes\n" \
    "{?skipped_before}skipped            {skipped_before} records left out by programs before\n{/}" \
    "{?left_out}left out           {left_out} records left out here\n{/}" \
    "{?records_without_patient}" \
    "patient            unknown for {records_without_patient} records, each taken for one of its own\n{/}" \
    "accuracy           {accuracy|named}, {aside/correct} of {records}\n" \
    "balanced accuracy  {balanced_accuracy}\n" \
    "{?fitted_here}temperature        {temperature|.4g}, fitted on these very records: " \
    "log loss {log_loss_before|.4f} before, calibration error {calibration_error_before|.3f}\n{/}" \
    "{?aside/of_model}temperature        {temperature|.4g}, of the model\n{/}" \
    "calibration        log loss {log_loss}, expected calibration error {calibration_error} of the predicted class over " \
    "{aside/calibration_bins} bins\n"

#define CLASSES \
    "\n{\"class\":-16,per_class}  samples  precision (bootstrap)    recall                   F1\n" \
    "{#per_class}{@:-16,per_class} {samples:8}  {precision:-23}  {recall:-23}  {f1}\n{/}" \
    "{\"mean\":-16,per_class}                                    {balanced_accuracy:-23}  {macro_f1}\n" \
    "\n{\"against the rest\":-16,per_class}  AUC (bootstrap, DeLong)                   average precision (bootstrap)\n" \
    "{#per_class}{@:-16,per_class}  {auc:-40|full}  {average_precision}\n{/}" \
    "{?classes/2}{\"mean\":-16,per_class}  {macro_auc}\n{/}" \
    "\nconfusion: a row per true class, a column per predicted class\n" \
    "{\"\":-7,per_class}{#per_class}  {@:7,per_class}{/}\n" \
    "{#confusion}{classes/@:-7,per_class}{#.}  {.:7,per_class}{/}\n{/}"

#define LEVEL(group, width) \
    "{#per_" group "}  per " group ", {@:-" width "} {auc|named}" \
    "{?auc}, {positives} of {records} positive{/}{^auc} ({positives} of {records} positive){/}\n{/}"

#define FIXED(percent) \
    "  at " percent " % specificity    sensitivity  {sensitivity_at_specificity/0." percent ":-23}" \
    "    at " percent " % sensitivity    specificity  {specificity_at_sensitivity/0." percent "}\n"

#define CURVE \
    "\n{positive} against {aside/negative}: {positives} of {records} records are positive\n" \
    "  AUC                    {auc|named}\n" \
    "  average precision      {average_precision}, the share of positives being {aside/share|.3f}\n" \
    "{?aside/perfect}" \
    "                         (parted perfectly: so is every sample, and the intervals have no width)\n{/}" \
    LEVEL("image", "11") LEVEL("breast", "10") LEVEL("patient", "9") \
    "{?saturated}  {saturated} records have a probability of exactly 0 or 1: their order is lost, ties count half\n{/}" \
    "{?lost_draws}  {lost_draws} of {draws} bootstrap samples held one kind only and do not count\n{/}" \
    FIXED("80") FIXED("90") FIXED("95")

/* A threshold above all scores is infinite, which is null in the tree. */
#define THRESHOLD "  {name:-18} {?threshold}{threshold|-10.6g}{/}{^threshold}inf       {/}  "
#define SENSITIVITY THRESHOLD "{sensitivity:-40|full}  {specificity|full}\n"
#define PREDICTIVE THRESHOLD "{positive_predictive_value:-40|full}  {negative_predictive_value|full}\n"

#define THRESHOLDS \
    "\n  threshold                      sensitivity (bootstrap, Wilson)           specificity (bootstrap, Wilson)\n" \
    "{#thresholds}" SENSITIVITY "{/}{?best_threshold}" SENSITIVITY "{/}" \
    "  (\"best here\" was chosen on these very records and flatters)\n" \
    "{?aside/prevalence}\n  at a prevalence of {aside/prevalence|g} %         positive predictive value (bootstrap, logit)" \
    "  negative predictive value (bootstrap, logit)\n" \
    "{#thresholds}" PREDICTIVE "{/}{?best_threshold}" PREDICTIVE "{/}{/}"

#define RELIABILITY \
    "\n  P(positive) and how often it came true (Wilson): Brier score {brier}, " \
    "calibration error {positive_calibration_error} over {aside/reliability_bins} bins\n" \
    "{#reliability}{?records}    {aside/bins/@}   mean {mean|.3f}   positive  {positive|.3f} ({wilson})    of {records}\n{/}{/}"

/* Of the thresholds, the first; the others are in the JSON report. */
#define STRATA \
    "\n  {attribute:-attribute,parts}  records  positive  patients  accuracy (bootstrap, Wilson)              AUC (bootstrap, DeLong)\n" \
    "{#parts}  {@:-attribute,parts} {records:8} {positives:9} {patients:9}  {^auc}{accuracy|full}{/}{?auc}{accuracy:-40|full}  " \
    "{^set_against}{auc|full}{/}{?set_against}{auc:-40|full} against all {set_against} " \
    "{?positives}negatives{/}{^positives}positives{/}{/}{/}\n" \
    "{?thresholds/0}  {\"\":-attribute,parts}   at {name} {threshold|.6g}:" \
    "{?sensitivity/whole}  sensitivity  {?specificity/whole}{sensitivity:-40|full}{/}{^specificity/whole}{sensitivity|full}{/}{/}" \
    "{?specificity/whole}  specificity  {specificity|full}{/}\n{/}{/}" \
    "{?unknown}  the other {unknown} records are in none of these\n{/}"

#define COMPARISON(patients) \
    "\nside by side, on the same {first/records} records of {aside/" patients "} patients\n" \
    "  {first/name:-12,first/name,second/name}  AUC {first/auc|named}\n" \
    "  {second/name:-12,first/name,second/name}  AUC {second/auc|named}\n" \
    "  {\"difference\":-12,first/name,second/name}  {difference|+.3f} ({?difference_bootstrap}{difference_bootstrap/0|+.3f} to " \
    "{difference_bootstrap/1|+.3f} bootstrap{/}{^difference_bootstrap}no interval{/}{?p_delong}, p {p_delong|.2g} DeLong{/})\n"

#define TRAININGS \
    "\ntrainings, all on these records: AUC{#trainings/auc} {.|.3f}{/}, mean {trainings/mean}, sd {trainings/sd|.3f}\n" \
    "{?trainings/difference}  mean less the other predictions  {trainings/difference|+.3f} ({?trainings/difference_bootstrap}" \
    "{trainings/difference_bootstrap/0|+.3f} to {trainings/difference_bootstrap/1|+.3f} bootstrap{/}" \
    "{^trainings/difference_bootstrap}no interval{/})\n{/}"

void mm_report_text(FILE *out, const json_t *figures)
{
    mm_template_print(out, "{?probe}" PROBE "{/}" SUMMARY CLASSES, figures);
    mm_template_print(out, "{?positive}" CURVE THRESHOLDS RELIABILITY "{/}", figures);
    mm_template_print(out,
                      "{?aside/callback}\nnegatives that led to no call-back, apart from the others" STRATA "{/}"
                      "{#aside/strata}" STRATA "{/}{?grey_statistics}" COMPARISON("grey_patients") "{/}"
                      "{?comparison}" COMPARISON("patients") "{/}{?trainings}" TRAININGS "{/}"
                      "\nintervals: 95 %; bootstrap: {draws} samples of patients, seed {aside/seed}; DeLong: clustered by patient;\n"
                      "Wilson and logit take records for independent\n", figures);
}

void mm_yardstick_text(FILE *out, const json_t *figures)
{
    mm_template_print(out,
                      "{?aside/area}logistic model of {name} (mean, sd, minimum, maximum), fitted on {aside/train} records\n"
                      "  AUC {auc|named}, {positives} of {records} records of {aside/area_patients} patients are positive\n{/}"
                      "{?first}" COMPARISON("patients") "{/}", figures);
}

void mm_heat_text(FILE *out, const json_t *figures)
{
    mm_template_print(out,
                      "heatmaps           {images} images with lesions of {patients} patients ({without_lesion} images without left out)\n"
                      "inside lesions     {inside|.4f} (mean of the images' means)\n"
                      "outside, in breast {outside|.4f}\n"
                      "ratio              {ratio|.2f} ({?ratio_bootstrap}{ratio_bootstrap/0|.2f} to {ratio_bootstrap/1|.2f} bootstrap{/}"
                      "{^ratio_bootstrap}no interval{/})\n"
                      "difference         {difference|+.4f} ({?difference_bootstrap}{difference_bootstrap/0|+.4f} to "
                      "{difference_bootstrap/1|+.4f} bootstrap{/}{^difference_bootstrap}no interval{/})\n"
                      "hotter inside      {hotter_inside} of {images} images\n"
                      "hottest point      within {near|g} pixels of a lesion in {hits} of {images} images ({aside/share|.3f}, "
                      "{hits_wilson} Wilson); a random point {chance|.3f}\n"
                      "{?free_response}\nfree response      {lesions} lesions in {images} images of {patients} patients; "
                      "{found} lesions have a mark within {near|g} pixels, {false_marks} marks are false\n"
                      "{#sensitivity_at_false_marks}at {@:4} false marks an image   sensitivity  {sensitivity_at_false_marks/@}\n{/}"
                      "mean of these six                          {mean_sensitivity}\n{/}"
                      "{?comparison}\nbeside {second}\nmean of these six                          {second_mean_sensitivity}\n"
                      "difference                                 {difference|+.3f} ({?difference_bootstrap}"
                      "{difference_bootstrap/0|+.3f} to {difference_bootstrap/1|+.3f} bootstrap{/}"
                      "{^difference_bootstrap}no interval{/})\n"
                      "hottest point                              {second_hits} of the images\n"
                      "difference                                 {hits_difference|+.3f} ({?hits_difference_bootstrap}"
                      "{hits_difference_bootstrap/0|+.3f} to {hits_difference_bootstrap/1|+.3f} bootstrap{/}"
                      "{^hits_difference_bootstrap}no interval{/})\n{/}", figures);
}
