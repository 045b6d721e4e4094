/* mmpatch: cuts patches of lesions and of background out of images. */
#include <stdlib.h>
#include <string.h>

#include "common/cli/filter.h"
#include "common/image/patch.h"

enum { SET_BOTH, SET_S, SET_S10 };
enum { PER_LESION, PER_IMAGE };
enum { BACKGROUND_UNIFORM, BACKGROUND_MATCHED };
enum { AVOID_EVERY, AVOID_OWN };

typedef struct options {
    int set, per, background, avoid;
    double min_tissue;
    mm_size size;
    uint64_t seed;
    const char *classes;
} options;

static const options DEFAULTS = {.set = SET_BOTH, .min_tissue = 0.1, .size = {224, 224}, .seed = 1};

static const mm_option OPTIONS[] = {
    {.name = "set", .type = MM_OPT_CHOICE, .offset = offsetof(options, set), .argument = "SET", .choices = "s,s10|s|s10",
     .help = "patches to make: s, s10, or s,s10 for both"},
    {.name = "size", .type = MM_OPT_SIZE, .offset = offsetof(options, size), .argument = "HxW", .min = 1, .max = 16384,
     .help = "size of a patch; N is NxN"},
    {.name = "per", .type = MM_OPT_CHOICE, .offset = offsetof(options, per), .argument = "WHAT", .choices = "lesion|image",
     .help = "count random patches per lesion or per image", .published = "image"},
    {.name = "background", .type = MM_OPT_CHOICE, .offset = offsetof(options, background), .argument = "HOW",
     .choices = "uniform|matched", .help = "background drawn evenly, or as bright as the lesions", .published = "uniform"},
    {.name = "avoid", .type = MM_OPT_CHOICE, .offset = offsetof(options, avoid), .argument = "WHICH", .choices = "every|own",
     .help = "lesions that a background patch avoids: every one, or only its own", .published = "own"},
    {.name = "min-tissue", .type = MM_OPT_DOUBLE, .offset = offsetof(options, min_tissue), .argument = "PART", .min = 0, .max = 1,
     .help = "least part of a background patch that lies in the breast", .published = "0"},
    {.name = "classes", .type = MM_OPT_STRING, .offset = offsetof(options, classes), .argument = "NAMES",
     .help = "classes 0, 1, ... of the patches, with commas between them, as background,lesion"},
    {.name = "seed", .letter = 's', .type = MM_OPT_U64, .offset = offsetof(options, seed), .argument = "N",
     .help = "seed of the random numbers (1)"},
};

static mm_patch_options patch_options(const options *o, const mm_class_names *classes)
{
    return (mm_patch_options){
        .height = o->size.height,
        .width = o->size.width,
        .sets = o->set == SET_S ? MM_PATCH_S : o->set == SET_S10 ? MM_PATCH_S10 : MM_PATCH_S | MM_PATCH_S10,
        .per_image = o->per == PER_IMAGE,
        .matched = o->background == BACKGROUND_MATCHED,
        .own_only = o->avoid == AVOID_OWN,
        .min_tissue = o->min_tissue,
        .seed = o->seed,
        .classes = classes,
    };
}

static void warn(const mm_job *job, const mm_patch_list *list, bool unplaced)
{
    if (unplaced)
        mm_job_warn(job, "a lesion without a place: no background patches");
    if (list->missing_lesion)
        mm_job_warn(job, "%zu lesion patches found no place in %d tries each", list->missing_lesion, MM_PATCH_TRIES);
    if (list->missing_background)
        mm_job_warn(job, "%zu background patches found no place in %d tries each", list->missing_background, MM_PATCH_TRIES);
}

static int cut_patches(const mm_job *job, const mm_record *record, mm_error *error)
{
    const mm_patch_options rules = patch_options(job->options, job->shared);
    mm_patch_list list = {0};
    bool unplaced = false;
    int code = mm_patch_plan_record(record, &rules, &list, &unplaced, error);
    if (!code)
        warn(job, &list, unplaced);
    for (size_t i = 0; i < list.n && !code; i++) {
        mm_record *patch;
        code = mm_patch_cut(record, &list.patches[i], &rules, &patch, error);
        if (!code)
            code = mm_emit(job, patch, error);
    }
    mm_patch_list_clear(&list);
    return code;
}

static void release(void *shared)
{
    if (shared)
        mm_class_names_free(shared);
    free(shared);
}

/* Parses the classes, which are the loop's shared data. */
static int prepare(void *values, const mm_common *common, void **shared, mm_error *error)
{
    const options *o = values;
    const char *background = mm_class_name(MM_BACKGROUND);
    (void)common;
    if (!o->classes)
        return MM_OK;
    mm_class_names *classes = calloc(1, sizeof *classes);
    if (!classes)
        return mm_no_memory(error);
    *shared = classes;
    if (mm_class_names_parse(classes, o->classes, error))
        return mm_fail_in(error, "--classes");
    for (size_t i = 0; i < classes->n; i++)
        if (!strcmp(classes->name[i], background))
            return MM_OK;
    return mm_fail(error, MM_USAGE, "--classes='%.60s' has no class '%s'", o->classes, background);
}

static const mm_filter FILTER = {
    .program = {.name = "mmpatch", .operands = "[FILE...]", .summary = "Cut patches of lesions and of background out of images.",
                .options = OPTIONS, .noptions = sizeof OPTIONS / sizeof *OPTIONS, .published = true},
    .options_bytes = sizeof DEFAULTS,
    .defaults = &DEFAULTS,
    .prepare = prepare,
    .expand = cut_patches,
    .release = release,
};

int main(int argc, char **argv)
{
    return mm_filter_main(&FILTER, argc, argv);
}
