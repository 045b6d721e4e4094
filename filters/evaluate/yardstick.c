/* The logistic yardstick: see yardstick.h. */
#include "filters/evaluate/yardstick.h"

#include <stdlib.h>

#include "common/cli/message.h"
#include "common/cli/skipped.h"
#include "common/cli/sink.h"
#include "common/image/geometry.h"
#include "common/table/groups.h"
#include "filters/evaluate/examples.h"
#include "filters/evaluate/grey_scores.h"
#include "filters/evaluate/logistic_table.h"
#include "formats/weights/grey_model.h"

typedef struct patches {
    mm_examples examples;
    mm_image_shape shape; /* of the first image */
    bool one_size;        /* another image's size is an error */
} patches;

static int add(void *context, const mm_record *record, mm_error *error)
{
    patches *p = context;
    const mm_tensor *image;
    mm_image_shape shape;
    int code = mm_geometry_image(record, &image, &shape, error);
    if (code)
        return code;
    if (!p->examples.n)
        p->shape = shape;
    if (p->one_size && (shape.height != p->shape.height || shape.width != p->shape.width))
        return mm_fail(error, MM_FAILURE, "the image is %zux%zu, the first %zux%zu: a model that is stored needs patches of one size",
                       shape.height, shape.width, p->shape.height, p->shape.width);
    return mm_examples_add(&p->examples, record, error);
}

static int measure(mm_area *area, const mm_scored *scored, const mm_evaluation_run_options *o, mm_error *error)
{
    size_t patients = 0, *patient = malloc((scored->n ? scored->n : 1) * sizeof *patient);
    int code = patient ? mm_number_names(scored->patient, scored->n, patient, &patients, error) : mm_no_memory(error);
    const mm_sample sample = {patient, scored->n, patients, (size_t)o->draws, o->seed};
    if (!code)
        code = mm_area_evaluate(area, scored->score, scored->positive, &sample, NULL, error);
    if (!code && !area->known)
        code = mm_fail(error, MM_FAILURE, "the test records are all of one kind: of %zu, %zu have a label above 0", scored->n,
                       area->positives);
    free(patient);
    return code;
}

/* The question is lesion or not: a label above 0 becomes 1. */
static int read_stream(patches *p, char **operands, size_t n, const mm_common *common, mm_sink_counts *counts, mm_error *error)
{
    int code = mm_sink_run(operands, n, common, add, p, counts, error);
    for (size_t i = 0; i < p->examples.n; i++)
        p->examples.label[i] = p->examples.label[i] > 0;
    return code;
}

static int print(FILE *out, const mm_area *area, size_t train, const char *name, const mm_comparison *comparison,
                 const mm_evaluation_run_options *o, mm_error *error)
{
    json_t *figures = mm_yardstick_figures(area, train, name, comparison, o->compare, error);
    int code = figures ? 0 : error->code;
    if (!code && o->json)
        code = mm_report_json(out, figures, error);
    else if (!code)
        mm_yardstick_text(out, figures);
    json_decref(figures);
    return code;
}

/* The table of predictions. */
static int print_table(FILE *out, const mm_logistic *model, const mm_examples *training, const mm_examples *test, size_t skipped,
                       mm_error *error)
{
    const mm_example_classes *c = &training->classes;
    char *name[2] = {(char[]){"background"}, (char[]){"lesion"}};
    mm_text table;
    if (c->K == 2 && c->name[0] && c->name[1] && !c->number[0] != !c->number[1])
        for (int k = 0; k < 2; k++)
            name[k] = c->name[!c->number[0] ? k : 1 - k];
    int code = mm_logistic_table(&table, model, name, test, test->grey, MM_GREY_STATISTICS, skipped, error);
    if (!code)
        fwrite(table.data, 1, table.bytes, out);
    free(table.data);
    return code;
}

int mm_yardstick_run(const mm_report_files *out, const char *train, const char *store, const mm_evaluation_run_options *o, const mm_common *common,
                     mm_error *error)
{
    patches training = {.one_size = store != NULL}, test = {0};
    mm_sink_counts counts = {0};
    mm_comparison comparison;
    mm_grey_model model = {0};
    mm_scored scored = {0};
    mm_area area;
    size_t shared = 0;
    char *path = (char *)train;
    int code = read_stream(&training, &path, 1, common, &counts, error);
    if (!code)
        code = read_stream(&test, common->operands, common->noperands, common, &counts, error);
    if (!code)
        code = mm_grey_fit(&model.logistic, &training.examples, training.examples.label, error);
    if (!code)
        code = mm_grey_scores(&scored, &model.logistic, &test.examples, test.examples.label, error);
    if (!code)
        code = measure(&area, &scored, o, error);
    if (!code)
        code = mm_examples_shared(&test.examples, &training.examples, &shared, error);
    if (!code && o->compare)
        code = mm_compare_with_file(&comparison, &scored, o, common, error);
    if (!code && shared && !common->quiet)
        mm_warn("%zu patients of the test records are in '%s' too: the figures flatter", shared, train);
    model.height = training.shape.height;
    model.width = training.shape.width;
    if (!code && store)
        code = mm_grey_model_write(store, &model, error);
    if (!code)
        code = print(out->file[MM_REPORT_TEXT], &area, training.examples.n, scored.name, o->compare ? &comparison : NULL, o, error);
    if (!code && out->file[MM_REPORT_PREDICTIONS])
        code = print_table(out->file[MM_REPORT_PREDICTIONS], &model.logistic, &training.examples, &test.examples,
                           counts.skipped + counts.before, error);
    if (!code)
        mm_report_skipped(counts.skipped, counts.before);
    mm_scored_free(&scored);
    mm_logistic_free(&model.logistic);
    mm_examples_free(&training.examples);
    mm_examples_free(&test.examples);
    return code;
}
