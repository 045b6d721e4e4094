/* mmsplit: gives every patient of a manifest to one set: train, val or test. */
#include <stdio.h>
#include <stdlib.h>

#include "common/cli/manifest_input.h"
#include "common/base/output.h"
#include "common/cli/program.h"
#include "common/cli/text_input.h"
#include "common/table/split_folds.h"

typedef struct options {
    const char *ratio, *fold, *training;
    uint64_t seed;
    int leaking; /* in the order of the choices below */
    bool check;
} options;

static const options DEFAULTS = {.ratio = "80:20", .seed = 1};

static const mm_option OPTIONS[] = {
    {.name = "ratio", .type = MM_OPT_STRING, .offset = offsetof(options, ratio), .argument = "A:B[:C]",
     .help = "parts of train and val, or of train, val and test (80:20)", .published = "80:20"},
    {.name = "seed", .letter = 's', .type = MM_OPT_U64, .offset = offsetof(options, seed), .argument = "N",
     .help = "seed of the random numbers (1)"},
    {.name = "leaking", .type = MM_OPT_CHOICE, .offset = offsetof(options, leaking), .argument = "HOW", .choices = "drop|keep",
     .help = "other lines of a given test set's patients: drop them, or keep them in train",
     .published = "keep"},
    {.name = "fold", .type = MM_OPT_STRING, .offset = offsetof(options, fold), .argument = "I/N",
     .help = "instead of drawing: fold I of N is test, all other patients are train"},
    {.name = "training", .type = MM_OPT_STRING, .offset = offsetof(options, training), .argument = "FILE",
     .help = "with --fold: patients, a line each, who are in no fold but always in train"},
    {.name = "check", .type = MM_OPT_FLAG, .offset = offsetof(options, check),
     .help = "only check that no patient is in two sets, and print the size of each"},
};

static const mm_program PROGRAM = {
    .name = "mmsplit", .operands = "[MANIFEST]", .options = OPTIONS, .noptions = sizeof OPTIONS / sizeof *OPTIONS,
    .summary = "divides a manifest by patients, as many with a malignant lesion in each set", .published = true,
};

static void print_report(const mm_split_report *r, FILE *to)
{
    fprintf(to, "set\tpatients\tmalignant\timages\tlines\n");
    for (size_t s = 0; s < MM_SPLIT_SETS; s++)
        if (r->lines[s])
            fprintf(to, "%s\t%zu\t%zu\t%zu\t%zu\n", mm_split_names[s], r->patients[s], r->malignant[s], r->images[s], r->lines[s]);
}

static int write_report(const mm_split_report *r, const mm_common *common, mm_error *error)
{
    mm_output output;
    int code = mm_output_open(&output, common->output, false, error);
    FILE *to = code ? NULL : mm_output_file(&output, error);
    if (to) {
        print_report(r, to);
        code = mm_output_commit(&output, error);
    }
    mm_output_abort(&output);
    return to ? code : error->code;
}

static void tell(const mm_split_report *r, const mm_split_options *rules)
{
    if (r->leaking)
        mm_say("%zu patients of the given test set have lines outside of it: %s", r->leaking,
               rules->keep_leaking ? "kept in train, so they are in two sets" : "left out");
    if (r->dropped)
        mm_say("%zu lines left out", r->dropped);
    print_report(r, stderr);
}

/* Fills in the column `split` as the options say. */
static int divide(mm_manifest *m, const options *o, const mm_split_options *rules, mm_split_folds *folds, mm_split_report *report, mm_error *error)
{
    char *training = NULL;
    size_t bytes;
    if (!o->fold)
        return mm_split(m, rules, report, error);
    if (o->training && mm_text_read(o->training, &training, &bytes, error))
        return error->code;
    folds->training = training;
    const int code = mm_split_into_folds(m, folds, report, error);
    free(training);
    return code;
}

/* Reads the options into rules, and folds where they are wanted. */
static int read_options(const options *o, mm_split_options *rules, mm_split_folds *folds, mm_error *error)
{
    if (o->fold && (o->check || o->leaking || o->seed != DEFAULTS.seed || o->ratio != DEFAULTS.ratio))
        return mm_fail(error, MM_USAGE, "--fold goes without --ratio, --seed, --leaking and --check");
    if (o->training && !o->fold)
        return mm_fail(error, MM_USAGE, "--training goes with --fold");
    if (o->fold && mm_split_folds_parse(o->fold, folds, error))
        return mm_fail_in(error, "--fold");
    return mm_split_ratio(o->ratio, rules, error);
}

static int run(void *values, const mm_common *common, mm_error *error)
{
    const options *o = values;
    mm_split_options rules = {.seed = o->seed, .keep_leaking = o->leaking == 1};
    mm_split_folds folds = {0};
    mm_split_report report;
    mm_manifest m = {0};
    const char *path = common->noperands ? common->operands[0] : NULL;
    if (common->noperands > 1)
        return mm_fail(error, MM_USAGE, "one manifest is divided at a time: '%s' is one too many", common->operands[1]);
    int code = read_options(o, &rules, &folds, error);
    if (!code)
        code = mm_manifest_read(&m, path, error);
    if (!code && (code = o->check ? mm_split_check(&m, &report, error) : divide(&m, o, &rules, &folds, &report, error)))
        mm_fail_in(error, "'%s'", mm_text_name(path));
    if (!code && !o->check && !common->quiet)
        tell(&report, &rules);
    if (!code)
        code = o->check ? write_report(&report, common, error) : mm_manifest_write(&m, common->output, error);
    mm_manifest_free(&m);
    return code;
}

int main(int argc, char **argv)
{
    options o = DEFAULTS;
    return mm_program_main(&PROGRAM, &o, run, argc, argv);
}
