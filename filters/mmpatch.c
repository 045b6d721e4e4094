/* mmpatch: cuts patches of lesions and of background out of images. */
#include "common/cli/filter.h"
#include "common/image/patch.h"

enum { SET_BOTH, SET_S, SET_S10 };
enum { PER_LESION, PER_IMAGE };
enum { BACKGROUND_UNIFORM, BACKGROUND_MATCHED };
enum { AVOID_EVERY, AVOID_OWN };

typedef struct config {
    int set, per, background, avoid;
    double min_tissue;
    mm_size size;
    uint64_t seed;
} config;

static const mm_option options[] = {
    {"set", 0, MM_OPT_CHOICE, offsetof(config, set), "SET", "patches to make: s, s10, or s,s10 for both", .choices = "s,s10|s|s10"},
    {"size", 0, MM_OPT_SIZE, offsetof(config, size), "HxW", "size of a patch; N is NxN", 1, 16384},
    {"per", 0, MM_OPT_CHOICE, offsetof(config, per), "WHAT", "count random patches per lesion or per image",
     .choices = "lesion|image", .published = "image"},
    {"background", 0, MM_OPT_CHOICE, offsetof(config, background), "HOW", "background drawn evenly, or as bright as the lesions",
     .choices = "uniform|matched", .published = "uniform"},
    {"avoid", 0, MM_OPT_CHOICE, offsetof(config, avoid), "WHICH", "lesions that background avoids: every one, or the one drawn for",
     .choices = "every|own", .published = "own"},
    {"min-tissue", 0, MM_OPT_DOUBLE, offsetof(config, min_tissue), "PART", "part of a background patch in the breast, at least",
     0, 1, .published = "0"},
    {"seed", 's', MM_OPT_U64, offsetof(config, seed), "N", "seed of the random numbers"},
};

static mm_patch_options rules_of(const config *c)
{
    return (mm_patch_options){
        .height = c->size.height,
        .width = c->size.width,
        .sets = c->set == SET_S ? MM_PATCH_S : c->set == SET_S10 ? MM_PATCH_S10 : MM_PATCH_S | MM_PATCH_S10,
        .per_image = c->per == PER_IMAGE,
        .matched = c->background == BACKGROUND_MATCHED,
        .own_only = c->avoid == AVOID_OWN,
        .min_tissue = c->min_tissue,
        .seed = c->seed,
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

static int patches(const mm_job *job, mm_record *record, mm_error *error)
{
    const mm_patch_options rules = rules_of(job->config);
    mm_patch_list list = {0};
    bool unplaced = false;
    int code = mm_patch_plan_record(record, &rules, &list, &unplaced, error);
    if (code == 0)
        warn(job, &list, unplaced);
    for (size_t i = 0; code == 0 && i < list.n; i++) {
        mm_record *patch;
        code = mm_patch_cut(record, &list.patches[i], &rules, &patch, error);
        if (code == 0)
            code = mm_emit(job, patch);
    }
    mm_patch_list_clear(&list);
    mm_record_free(record);
    return code;
}

int main(int argc, char **argv)
{
    static const config defaults = {.set = SET_BOTH, .min_tissue = 0.1, .size = {224, 224}};
    static const mm_filter filter = {
        .program = {"mmpatch", "[FILE...]", "Cut patches of lesions and of background out of images.", options,
                    sizeof options / sizeof *options, true},
        .config_bytes = sizeof defaults,
        .defaults = &defaults,
        .record = patches,
    };
    return mm_filter_main(&filter, argc, argv);
}
