/* mmresize: brings every spatial tensor of a record to one size, and says in `to_original` where its pixels came from. Films of many
 * megabytes are made smaller while they stream in. */
#include "common/cli/filter.h"
#include "common/image/resize_record.h"

typedef struct options {
    mm_size size;
    int fit, wide, filter; /* mm_fit, mm_wide, mm_interpolation: in the order of the choices below */
} options;

static const options DEFAULTS = {{1152, 896}, MM_FIT_PAD, MM_WIDE_SHRINK, MM_INTERPOLATE_AUTO};

static const mm_option OPTIONS[] = {
    {.name = "size", .type = MM_OPT_SIZE, .offset = offsetof(options, size), .argument = "HxW", .min = 1, .max = 65536,
     .help = "height and width to bring images to (1152x896)", .published = "1152x896"},
    {.name = "fit", .type = MM_OPT_CHOICE, .offset = offsetof(options, fit), .argument = "HOW", .choices = "pad|stretch",
     .help = "keep the aspect ratio and pad (pad), or stretch to the size (stretch)", .published = "pad"},
    {.name = "wide", .type = MM_OPT_CHOICE, .offset = offsetof(options, wide), .argument = "HOW", .choices = "shrink|crop",
     .help = "make an image that is too wide smaller (shrink), or cut both sides (crop)", .published = "crop"},
    {.name = "filter", .type = MM_OPT_CHOICE, .offset = offsetof(options, filter), .argument = "NAME",
     .choices = "auto|area|cubic|bilinear|lanczos3",
     .help = "interpolation; auto is area when shrinking, cubic when enlarging", .published = "bilinear"},
};

static int plan(mm_record_resize **out, const mm_job *job, const mm_record *record, mm_error *error)
{
    const options *o = job->options;
    const mm_resize_options resize = {o->size, (mm_fit)o->fit, (mm_wide)o->wide, (mm_interpolation)o->filter};
    return mm_record_resize_new(out, record, &resize, error);
}

static void warn_of_lost_lesions(const mm_job *job, const mm_record_resize *resize)
{
    size_t n;
    const mm_mask_fate *fate = mm_record_resize_lesions(resize, &n);
    for (size_t i = 0; i < n; i++)
        if (fate[i] == MM_MASK_RESCUED)
            mm_job_warn(job, "lesion %zu would vanish: its best pixel was kept", i);
        else if (fate[i] == MM_MASK_CUT_OFF)
            mm_job_warn(job, "lesion %zu is in the part that is cut off: its mask is empty", i);
}

static int resize_whole(const mm_job *job, mm_record *record, mm_error *error)
{
    mm_record_resize *resize;
    int code = plan(&resize, job, record, error);
    if (code)
        return code;
    mm_record_resize_planes(resize, record);
    warn_of_lost_lesions(job, resize);
    code = mm_record_resize_finish(resize, record, error);
    mm_record_resize_free(resize);
    return code;
}

/* ---- while it streams in ---- */

static void *begin(const mm_job *job, const mm_record *record)
{
    mm_record_resize *resize;
    mm_error unused;
    if (plan(&resize, job, record, &unused))
        return NULL;
    if (mm_record_resize_stream(resize, record, &unused)) {
        mm_record_resize_free(resize);
        return NULL;
    }
    return resize;
}

static void *buffer(void *resize, size_t tensor, size_t *bytes)
{
    return mm_record_resize_buffer(resize, tensor, bytes);
}

static void filled(void *resize, size_t tensor, size_t bytes)
{
    mm_record_resize_filled(resize, tensor, bytes);
}

static int end(const mm_job *job, void *resize, mm_record *record, mm_error *error)
{
    warn_of_lost_lesions(job, resize);
    return mm_record_resize_finish(resize, record, error);
}

static void release(void *resize)
{
    mm_record_resize_free(resize);
}

static const mm_streaming STREAMING = {begin, buffer, filled, end, release};

static const mm_filter FILTER = {
    .program = {.name = "mmresize", .operands = "[FILE...]", .summary = "bring mammograms and their masks to one size",
                .options = OPTIONS, .noptions = sizeof OPTIONS / sizeof *OPTIONS, .published = true},
    .options_bytes = sizeof(options),
    .defaults = &DEFAULTS,
    .change = resize_whole,
    .streaming = &STREAMING,
};

int main(int argc, char **argv)
{
    return mm_filter_main(&FILTER, argc, argv);
}
