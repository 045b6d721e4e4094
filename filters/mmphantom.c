/* mmphantom: makes synthetic mammograms, two views of each patient, with lesions, their masks and labels. */
#include <stdlib.h>

#include "common/cli/program.h"
#include "common/cli/source.h"
#include "common/phantom/phantom.h"

typedef struct options {
    long patients;
    mm_size size;
    uint64_t seed;
    bool null, breast;
} options;

static const mm_option OPTIONS[] = {
    {.name = "patients", .letter = 'n', .type = MM_OPT_INT, .offset = offsetof(options, patients), .argument = "N",
     .min = 1, .max = 9999999, .help = "how many patients, each with two views (10)"},
    {.name = "size", .type = MM_OPT_SIZE, .offset = offsetof(options, size), .argument = "HxW", .min = MM_PHANTOM_SMALLEST,
     .max = MM_PHANTOM_LARGEST, .help = "height and width of the images (1152x896)"},
    {.name = "seed", .letter = 's', .type = MM_OPT_U64, .offset = offsetof(options, seed), .argument = "N",
     .help = "seed of the random numbers (1)"},
    {.name = "null", .type = MM_OPT_FLAG, .offset = offsetof(options, null),
     .help = "leave the lesions out of the images, and keep masks and labels"},
    {.name = "breast", .type = MM_OPT_FLAG, .offset = offsetof(options, breast),
     .help = "add the tensor breast: the true mask of the breast"},
};

static const mm_program PROGRAM = {
    .name = "mmphantom", .operands = "", .summary = "make synthetic mammograms with lesions",
    .options = OPTIONS, .noptions = sizeof OPTIONS / sizeof *OPTIONS,
};

static int describe(mm_record *record, const mm_phantom *p)
{
    int failed = mm_record_setf(record, "label", "%d", p->label) ||
                 mm_record_set(record, "class", p->label ? "malignant" : "benign") ||
                 mm_record_set(record, "patient", p->patient) ||
                 mm_record_set(record, "side", p->left ? "LEFT" : "RIGHT") ||
                 mm_record_set(record, "view", p->oblique ? "MLO" : "CC") ||
                 mm_record_set(record, "to_original", "1 0 0 0 1 0");
    for (size_t k = 0; k < p->lesions && !failed; k++) {
        int label = p->lesion[k].label;
        char name[48];
        snprintf(name, sizeof name, "lesion.%zu.class", k);
        failed = mm_record_set(record, name, mm_class_name(label));
        snprintf(name, sizeof name, "lesion.%zu.pathology", k);
        failed = failed || mm_record_set(record, name, mm_phantom_malignant(label) ? "MALIGNANT" : "BENIGN");
        snprintf(name, sizeof name, "lesion.%zu.abnormality", k);
        failed = failed || mm_record_set(record, name, mm_phantom_calcified(label) ? "calcification" : "mass");
    }
    return failed;
}

/* Job 2k is patient k's CC view, 2k + 1 the MLO view. */
static int make_view(const mm_job *job, mm_error *error)
{
    const options *o = job->options;
    mm_phantom *p = malloc(sizeof *p);
    if (!p)
        return mm_no_memory(error);
    int code = mm_phantom_plan(p, o->size.height, o->size.width, o->seed, job->number / 2, job->number % 2, error);
    mm_record *record = NULL;
    if (!code && !(record = mm_record_new(p->key)))
        code = mm_no_memory(error);
    const size_t dim[] = {p->lesions, p->height, p->width};
    if (!code && !mm_record_add(record, "image", MM_U16, 2, dim + 1, error))
        code = error->code;
    if (!code && !mm_record_add(record, "mask", MM_U8, 3, dim, error))
        code = error->code;
    if (!code)
        code = mm_phantom_render(p, o->null, mm_record_edit(record, "image")->data, mm_record_edit(record, "mask")->data,
                                 error);
    if (!code && o->breast) {
        mm_tensor *breast = mm_record_add(record, "breast", MM_U8, 2, dim + 1, error);
        if (breast)
            mm_phantom_breast(p, breast->data);
        else
            code = error->code;
    }
    if (!code && describe(record, p))
        code = mm_no_memory(error);
    if (!code)
        code = mm_emit(job, record, error);
    else
        mm_record_free(record);
    free(p);
    return code;
}

static int run(void *values, const mm_common *common, mm_error *error)
{
    const options *o = values;
    if (common->noperands > 0)
        return mm_fail(error, MM_USAGE, "unexpected operand '%s': nothing is read", common->operands[0]);
    char *command_line = mm_options_canonical(&PROGRAM, o, common);
    const mm_source source = {.name = PROGRAM.name, .command_line = command_line, .count = 2 * (size_t)o->patients,
                              .make = make_view, .options = o};
    int code = command_line ? mm_source_output(&source, common, error) : mm_no_memory(error);
    free(command_line);
    return code;
}

int main(int argc, char **argv)
{
    options o = {.patients = 10, .size = {1152, 896}, .seed = 1};
    return mm_program_main(&PROGRAM, &o, run, argc, argv);
}
