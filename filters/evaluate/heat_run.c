/* The report on heatmaps: see heat_run.h. */
#include "filters/evaluate/heat_run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/cli/message.h"
#include "common/cli/sink.h"
#include "common/cli/skipped.h"
#include "filters/evaluate/report.h"
#include "formats/weights/model_validation.h"

static int add(void *set, const mm_record *record, mm_error *error)
{
    return mm_heat_set_add(set, record, error);
}

static int draw(const mm_heat_run_options *o, const mm_heat_set *set, const mm_froc_summary *summary, FILE *out, mm_error *error)
{
    mm_froc froc;
    int code = mm_froc_make(&froc, &set->froc, error);
    if (!code)
        code = o->draw(o->context, &froc, summary, out, error);
    mm_froc_free(&froc);
    return code;
}

/* The threshold at one false mark per image goes into the model that made the maps. */
static int store_froc1(const char *path, const mm_heat_set *set, mm_error *error)
{
    mm_froc froc;
    const char *mode = set->mode;
    if (!mode || set->several_modes)
        return mm_fail(error, MM_FAILURE, "--store needs heatmaps of one mode: %s", mode ? "these are of several" : "the first has none");
    if (!strncmp(mode, "grey", 4) || !strcmp(mode, "bright") || !strcmp(mode, "cam"))
        return mm_fail(error, MM_FAILURE, "--store needs the probabilities of a patch classifier: these heatmaps are of mode '%s'", mode);
    int code = mm_froc_make(&froc, &set->froc, error);
    double threshold = code ? NAN : mm_froc_threshold(&froc, 1);
    mm_froc_free(&froc);
    if (!code && isinf(threshold))
        code = mm_fail(error, MM_FAILURE, "--store: no threshold has at most one false mark per image");
    if (!code)
        code = mm_model_store_froc1(path, mode, set->scale == MM_HEAT_LOG_ODDS ? 1 / (1 + exp(-threshold)) : threshold, error);
    return code;
}

static void warn_of_heat(const mm_heat_set *set)
{
    if (set->saturated)
        mm_warn("%zu heatmaps have several cells of probability 1, whose order is lost (mmheatmap --logits keeps it)", set->saturated);
    if (set->no_breast)
        mm_say("%zu of %zu images have no tensor 'breast' (mmsegment): their marks may lie outside of it", set->no_breast,
               set->froc.images);
}

/* Other heatmaps of the same records beside these. */
static int compare(const mm_heat_run_options *o, const mm_heat_set *set, mm_heat_comparison *comparison, const mm_common *common,
                   mm_error *error)
{
    mm_heat_set other = {.near = o->near, .min_distance = o->spacing};
    mm_sink_counts counts = {0};
    char *path = (char *)o->compare;
    int code = mm_sink_run(&path, 1, common, add, &other, &counts, error);
    if (!code && (code = mm_heat_set_compare(comparison, set, &other, o->draws, o->seed, error)))
        mm_fail_in(error, "'%s'", o->compare);
    mm_heat_set_free(&other);
    return code;
}

int mm_heat_run(const mm_report_files *out, const mm_heat_run_options *o, const mm_common *common, mm_error *error)
{
    mm_heat_set set = {.near = o->near, .min_distance = o->spacing};
    mm_sink_counts counts = {0};
    mm_hit_summary heat = {0};
    mm_froc_summary froc = {0};
    mm_heat_comparison comparison;
    json_t *figures = NULL;
    mm_text table = {0};
    int code = mm_sink_run(common->operands, common->noperands, common, add, &set, &counts, error);
    if (!code)
        code = mm_heat_set_summarise(&heat, &froc, &set, o->draws, o->seed, error);
    if (!code && o->compare)
        code = compare(o, &set, &comparison, common, error);
    if (!code && out->file[MM_REPORT_PLOT]) /* before the report, which standard output cannot take back */
        code = draw(o, &set, &froc, out->file[MM_REPORT_PLOT], error);
    if (!code && o->store)
        code = store_froc1(o->store, &set, error);
    if (!code && !(figures = mm_heat_figures(&heat, &froc, o->near, o->compare ? &comparison : NULL, o->compare, error)))
        code = error->code;
    if (!code && o->json)
        code = mm_report_json(out->file[MM_REPORT_TEXT], figures, error);
    else if (!code)
        mm_heat_text(out->file[MM_REPORT_TEXT], figures);
    if (!code && !common->quiet)
        warn_of_heat(&set);
    if (!code)
        mm_report_skipped(counts.skipped, counts.before);
    if (!code && out->file[MM_REPORT_PREDICTIONS] && !(code = mm_heat_set_table(&table, &set, error)))
        fwrite(table.data, 1, table.bytes, out->file[MM_REPORT_PREDICTIONS]);
    free(table.data);
    json_decref(figures);
    mm_heat_set_free(&set);
    return code;
}
