/* mmview: draws the records of a stream as a contact sheet. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/cli/message.h"
#include "common/cli/skipped.h"
#include "common/base/output.h"
#include "common/cli/program.h"
#include "common/cli/sink.h"
#include "filters/picture/sheet.h"

typedef struct options {
    bool breast, breast_only, no_mask, bare;
    int overlay, window; /* 0 none, 1 heatmap; 0 auto, 1 full */
    mm_size cell;
    mm_range range;
    double gain, opacity;
    long columns, max;
} options;

static const options DEFAULTS = {.range = {NAN, NAN}, .gain = 1, .opacity = 0.6, .max = 60};

static const mm_option OPTIONS[] = {
    {.name = "overlay", .type = MM_OPT_CHOICE, .offset = offsetof(options, overlay), .argument = "WHAT", .choices = "none|heatmap",
     .help = "draw the tensor heatmap over the images"},
    {.name = "range", .type = MM_OPT_RANGE, .offset = offsetof(options, range), .argument = "LOW,HIGH", .min = -1e9, .max = 1e9,
     .help = "values of the first and the last colour (the model's threshold, else 0, to 1)"},
    {.name = "opacity", .type = MM_OPT_DOUBLE, .offset = offsetof(options, opacity), .argument = "P", .min = 0, .max = 1,
     .help = "opacity of the heatmap (0.6)"},
    {.name = "breast", .type = MM_OPT_FLAG, .offset = offsetof(options, breast), .help = "draw the outline of the tensor breast"},
    {.name = "breast-only", .type = MM_OPT_FLAG, .offset = offsetof(options, breast_only),
     .help = "leave out heat outside of the breast"},
    {.name = "bare", .type = MM_OPT_FLAG, .offset = offsetof(options, bare),
     .help = "pictures alone: no margins, keys, legend and scale"},
    {.name = "no-mask", .type = MM_OPT_FLAG, .offset = offsetof(options, no_mask), .help = "draw no outlines of lesions"},
    {.name = "window", .type = MM_OPT_CHOICE, .offset = offsetof(options, window), .argument = "HOW", .choices = "auto|full",
     .help = "grey from each image's own range, or the type's full scale"},
    {.name = "gain", .type = MM_OPT_DOUBLE, .offset = offsetof(options, gain), .argument = "X", .min = 0.01, .max = 1000,
     .help = "multiply the grey values (1)"},
    {.name = "cell", .type = MM_OPT_SIZE, .offset = offsetof(options, cell), .argument = "HxW", .min = 8, .max = 8192,
     .help = "size of the cell of an image (of a single one its own size, else chosen from the first)"},
    {.name = "columns", .type = MM_OPT_INT, .offset = offsetof(options, columns), .argument = "N", .min = 1, .max = 1000,
     .help = "images in a row (chosen for a sheet of 4 by 3)"},
    {.name = "max", .letter = 'n', .type = MM_OPT_INT, .offset = offsetof(options, max), .argument = "N", .min = 1, .max = 10000,
     .help = "show at most N records (60)"},
};

static const mm_program PROGRAM = {.name = "mmview", .operands = "[FILE...]", .summary = "draw a contact sheet of a stream",
                                   .options = OPTIONS, .noptions = sizeof OPTIONS / sizeof *OPTIONS};

typedef struct sheet {
    const options *options;
    mm_draw_options draw;
    mm_picture *pictures;
    mm_picture whole; /* the first record at its own size, for a sheet of one */
    size_t n;
    size_t beyond; /* records that were not shown */
    double threshold; /* of the first record, 0 without one */
    bool quiet, warned;
} sheet;

/* Without --range the colours begin at the threshold on heat that the first record has. */
static int choose_scale(sheet *s, const mm_record *record, mm_error *error)
{
    double threshold;
    if (!s->draw.heat || !isnan(s->options->range.low))
        return MM_OK;
    if (mm_heatmap_threshold(record, &threshold, error))
        return error->code;
    threshold = isnan(threshold) ? 0 : threshold;
    if (s->n == 0)
        s->draw.heat_low = s->threshold = threshold;
    if (threshold != s->threshold && !s->warned && !s->quiet)
        mm_warn("record '%s' has the threshold %g on heat, the scale begins at the first record's, %g (see --range)", record->key,
                threshold, s->threshold);
    s->warned |= threshold != s->threshold;
    return MM_OK;
}

/* Room by the first image: large ones become about 360 pixels high, small ones grow to about 168. */
static void choose_cell(sheet *s, const mm_record *record)
{
    const mm_tensor *image = mm_record_tensor(record, "image");
    if (s->options->cell.height || !image || image->ndim < 2)
        return;
    size_t h = image->dim[image->ndim - 2], w = image->dim[image->ndim - 1];
    size_t side = h > 224 || w > 224 ? 360 : h > 160 || w > 160 ? 224 : 168;
    s->draw.cell_h = s->draw.cell_w = side;
}

static bool is_small(const mm_record *record, const mm_draw_options *draw)
{
    const mm_tensor *image = mm_record_tensor(record, "image");
    return image && image->ndim >= 2 && image->dim[image->ndim - 2] <= draw->cell_h && image->dim[image->ndim - 1] <= draw->cell_w;
}

/* Draws the first record at its own size, for a sheet of one; a small image is enlarged to the cell instead, but for --bare. */
static int add_whole(sheet *s, const mm_record *record, mm_error *error)
{
    mm_draw_options draw = s->draw;
    if (s->options->cell.height || (is_small(record, &draw) && !s->options->bare))
        return MM_OK;
    draw.enlarge = 1;
    draw.cell_h = draw.cell_w = SIZE_MAX;
    return mm_draw_record(&s->whole, record, &draw, error);
}

static int add(void *context, const mm_record *record, mm_error *error)
{
    sheet *s = context;
    if (s->n == (size_t)s->options->max) { /* read on all the same: a stream that is not whole must not look it */
        s->beyond++;
        return 0;
    }
    if (s->n == 0)
        choose_cell(s, record);
    int code = choose_scale(s, record, error);
    if (!code && !s->n)
        code = add_whole(s, record, error);
    if (!code)
        code = mm_draw_record(&s->pictures[s->n], record, &s->draw, error);
    s->n += !code;
    if (s->n != 1)
        mm_picture_free(&s->whole);
    return code;
}

static int write_sheet(const sheet *s, const mm_common *common, mm_output *output, mm_error *error)
{
    char note[96];
    const mm_sheet view = {.bare = s->options->bare, .pictures = s->whole.rgb ? &s->whole : s->pictures,
                           .n = s->n, .columns = (size_t)s->options->columns, .heat = s->draw.heat,
                           .heat_low = s->draw.heat_low, .heat_high = s->draw.heat_high, .colours = s->draw.colours,
                           .note = s->beyond ? note : NULL};
    snprintf(note, sizeof note, "the first %zu of %zu records", s->n, s->n + s->beyond);
    FILE *out = mm_output_file(output, error);
    int code = out ? mm_sheet_write(&view, out, error) : error->code;
    if (code)
        mm_fail_in(error, "'%s'", output->name);
    if (!code)
        code = mm_output_commit(output, error);
    if (!code && s->beyond && !common->quiet)
        mm_say("the first %zu of %zu records are shown (see --max)", s->n, s->n + s->beyond);
    return code;
}

static int open_output(mm_output *output, const mm_common *common, mm_error *error)
{
    if (!common->output && isatty(STDOUT_FILENO))
        return mm_fail(error, MM_USAGE, "will not write a picture to a terminal: use -o FILE or a pipe");
    return mm_output_open(output, common->output, false, error);
}

static int run(void *values, const mm_common *common, mm_error *error)
{
    const options *o = values;
    uint8_t colours[MM_COLOURS][3];
    mm_sink_counts counts = {0};
    sheet s = {.options = o, .quiet = common->quiet};
    const bool given = !isnan(o->range.low);
    if (given && !(o->range.low < o->range.high))
        return mm_fail(error, MM_USAGE, "--range: the first number must be below the second");
    mm_colour_map(colours);
    s.draw = (mm_draw_options){.cell_h = o->cell.height ? o->cell.height : 360, .cell_w = o->cell.height ? o->cell.width : 360,
                               .enlarge = 16, .window_full = o->window == 1, .gain = o->gain, .outlines = !o->no_mask,
                               .breast = o->breast, .breast_only = o->breast_only, .heat = o->overlay == 1,
                               .heat_low = given ? o->range.low : 0, .heat_high = given ? o->range.high : 1,
                               .opacity = o->opacity, .colours = colours};
    mm_output output = {.fd = -1};
    s.pictures = calloc((size_t)o->max, sizeof *s.pictures);
    int code = s.pictures ? open_output(&output, common, error) : mm_no_memory(error);
    if (!code)
        code = mm_sink_run(common->operands, common->noperands, common, add, &s, &counts, error);
    if (!code && s.n == 0)
        code = mm_fail(error, MM_FAILURE, "no record to show");
    if (!code)
        code = write_sheet(&s, common, &output, error);
    mm_output_abort(&output);
    if (!code)
        mm_report_skipped(counts.skipped, counts.before);
    mm_picture_free(&s.whole);
    for (size_t i = 0; i < s.n; i++)
        mm_picture_free(&s.pictures[i]);
    free(s.pictures);
    return code;
}

int main(int argc, char **argv)
{
    options o = DEFAULTS;
    return mm_program_main(&PROGRAM, &o, run, argc, argv);
}
