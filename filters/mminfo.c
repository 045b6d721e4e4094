/* mminfo: prints what is in a tensor stream as text, and checks it.
 *
 * Each record is a line: key, tensors, attributes. The lines of HEAD come before, the counts of DONE after them. Nothing of a segment
 * is printed before its DONE has arrived. */
#include <stdlib.h>
#include <string.h>

#include "common/base/grow.h"
#include "common/base/output.h"
#include "common/cli/input.h"
#include "common/cli/program.h"
#include "common/cli/progress.h"
#include "common/stats/summary.h"
#include "common/stream/meta.h"

typedef struct options {
    bool check, joined, stats, keys, head;
    long records;
} options;

static const mm_option OPTIONS[] = {
    {.name = "check", .type = MM_OPT_FLAG, .offset = offsetof(options, check),
     .help = "read each file whole, name those that are not valid, print nothing else"},
    {.name = "joined", .type = MM_OPT_FLAG, .offset = offsetof(options, joined),
     .help = "--check: the files must also be valid as one stream, without a key twice"},
    {.name = "stats", .type = MM_OPT_FLAG, .offset = offsetof(options, stats),
     .help = "count, mean, sd, minimum and maximum of the tensors by name"},
    {.name = "keys", .type = MM_OPT_FLAG, .offset = offsetof(options, keys), .help = "keys only, a line each"},
    {.name = "head", .type = MM_OPT_FLAG, .offset = offsetof(options, head),
     .help = "the segments' heads only: format and provenance"},
    {.name = "records", .type = MM_OPT_INT, .offset = offsetof(options, records), .argument = "N", .min = 0, .max = 2e9,
     .help = "fail unless there are N records in all"},
};

static const mm_program PROGRAM = {.name = "mminfo", .operands = "[FILE...]", .summary = "Tell what is in a tensor stream, and check it.",
                                   .options = OPTIONS, .noptions = sizeof OPTIONS / sizeof *OPTIONS};

/* Statistics of all tensors of one name. */
typedef struct entry {
    char name[64];
    mm_summary summary;
} entry;

typedef struct totals {
    entry *entries;
    size_t n, room, records, bytes, segments, skipped;
} totals;

static int add_statistics(totals *t, const mm_record *r, mm_error *error)
{
    for (size_t i = 0; i < r->ntensors; i++) {
        const mm_tensor *x = &r->tensors[i];
        size_t k = 0;
        while (k < t->n && strncmp(t->entries[k].name, x->name, sizeof t->entries[k].name - 1) != 0)
            k++;
        if (k == t->n) {
            if (mm_grow(&t->entries, &t->room, t->n + 1, sizeof *t->entries, error))
                return error->code;
            t->entries[t->n++] = (entry){.summary = mm_summary_empty()};
            snprintf(t->entries[k].name, sizeof t->entries[k].name, "%s", x->name);
        }
        mm_summary_add(&t->entries[k].summary, x->dtype, x->data, x->count);
    }
    return MM_OK;
}

static void print_statistics(FILE *out, const totals *t)
{
    fprintf(out, "tensor\trecords\tcount\tmean\tsd\tminimum\tmaximum\n");
    for (size_t i = 0; i < t->n; i++) {
        const mm_summary *s = &t->entries[i].summary;
        fprintf(out, "%s\t%zu\t%zu\t%.6g\t%.6g\t%.6g\t%.6g\n", t->entries[i].name, s->parts, s->count, s->mean,
                mm_summary_sd(s), s->min, s->max);
    }
}

static void print_escaped(FILE *out, const char *text)
{
    mm_text t = {0};
    mm_text_escape(&t, text);
    fputs(t.failed ? text : t.data, out);
    free(t.data);
}

static void print_record(FILE *out, const mm_record *r)
{
    fprintf(out, "%s", r->key);
    for (size_t i = 0; i < r->ntensors; i++) {
        const mm_tensor *x = &r->tensors[i];
        fprintf(out, "\t%s:%s:", x->name, mm_dtype_name(x->dtype));
        for (int d = 0; d < x->ndim; d++)
            fprintf(out, "%s%zu", d ? "x" : "", x->dim[d]);
    }
    for (size_t i = 0; i < r->nattributes; i++) {
        fputs("\t", out);
        print_escaped(out, r->attributes[i].name);
        fputs("=", out);
        print_escaped(out, r->attributes[i].value);
    }
    fprintf(out, "\n");
}

static int read_all(const options *o, mm_input *input, FILE *out, totals *t, mm_progress *progress, mm_error *error)
{
    mm_item item = {0};
    size_t in_segment = 0;
    bool full = !o->stats && !o->keys && !o->check && !o->head;
    int code = MM_OK;
    while (!code && (code = mm_input_next(input, &item, error)) == 0 && item.kind != MM_ITEM_END) {
        if (item.kind == MM_ITEM_HEAD) {
            in_segment = 0;
            t->segments++;
            for (size_t i = 0; (full || o->head) && i < item.head.nlines; i++)
                fprintf(out, "%s\n", item.head.lines[i]);
        } else if (item.kind == MM_ITEM_RECORD) {
            in_segment++;
            t->records++;
            for (size_t i = 0; i < item.record->ntensors; i++)
                t->bytes += item.record->tensors[i].bytes;
            if (o->stats)
                code = add_statistics(t, item.record, error);
            else if (o->keys)
                fprintf(out, "%s\n", item.record->key);
            else if (full)
                print_record(out, item.record);
            mm_progress_count(progress, 1);
        } else if (item.kind == MM_ITEM_DONE && full) {
            fprintf(out, "# %zu record%s", in_segment, in_segment == 1 ? "" : "s");
            if (item.skipped)
                fprintf(out, ", %zu skipped before", item.skipped);
            fprintf(out, "\n");
        }
    }
    mm_item_clear(&item);
    return code;
}

/* Reads n operands as one stream. */
static int read_operands(const options *o, const mm_common *common, char **operands, size_t n, FILE *out, totals *t, mm_error *error)
{
    mm_input *input = NULL;
    mm_progress progress;
    int code = mm_input_open(&input, operands, n, error);
    mm_progress_begin(&progress, common);
    if (!code)
        code = read_all(o, input, out, t, &progress, error);
    mm_progress_end(&progress);
    if (!code)
        t->skipped += mm_input_skipped(input);
    mm_input_close(input);
    return code;
}

/* Each operand on its own, whatever is wrong with the others. */
static int check_each(const options *o, const mm_common *common, totals *t, mm_error *error)
{
    size_t bad = 0;
    int worst = MM_OK;
    for (size_t i = 0; i < common->noperands; i++) {
        int code = read_operands(o, common, &common->operands[i], 1, NULL, t, error);
        if (code)
            mm_say("%s", error->text);
        bad += code != MM_OK;
        worst = code > worst ? code : worst;
    }
    return worst ? mm_fail(error, worst, "%zu of %zu files are not valid", bad, common->noperands) : MM_OK;
}

/* The text is kept in memory until all is read. */
static int gather(const options *o, const mm_common *common, totals *t, char **text, size_t *bytes, mm_error *error)
{
    FILE *memory = open_memstream(text, bytes);
    if (!memory)
        return mm_no_memory(error);
    int code = read_operands(o, common, common->operands, common->noperands, memory, t, error);
    if (!code && o->stats)
        print_statistics(memory, t);
    if ((fflush(memory) || ferror(memory)) && !code)
        code = mm_no_memory(error);
    fclose(memory);
    return code;
}

static int run(void *values, const mm_common *common, mm_error *error)
{
    options *o = values;
    char *text = NULL;
    size_t bytes = 0;
    totals t = {0};
    bool each = o->check && !o->joined && common->noperands > 1;
    if (o->joined && !o->check)
        return mm_fail(error, MM_USAGE, "--joined is a kind of --check, which is missing");
    if (o->check)
        o->stats = o->keys = o->head = false;
    int code = each ? check_each(o, common, &t, error) : gather(o, common, &t, &text, &bytes, error);
    if (!code && o->records >= 0 && (size_t)o->records != t.records)
        code = mm_fail(error, MM_FAILURE, "%zu records instead of %ld", t.records, o->records);
    if (!code && t.skipped)
        mm_say("%zu records skipped before", t.skipped);
    if (!code && common->verbose)
        mm_say("%zu segments, %zu records, %zu bytes in tensors", t.segments, t.records, t.bytes);
    free(t.entries);
    if (!code && !o->check)
        code = mm_output_text(common->output, text, bytes, error);
    free(text);
    return code;
}

int main(int argc, char **argv)
{
    options o = {.records = -1};
    return mm_program_main(&PROGRAM, &o, run, argc, argv);
}
