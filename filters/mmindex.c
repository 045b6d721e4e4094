/* mmindex: a data set's own tables and folders to a manifest. */
#include <stdlib.h>
#include <string.h>

#include "cli/manifest_input.h"
#include "cli/program.h"
#include "cli/text_input.h"
#include "formats/mias.h"
#include "formats/table.h"

enum { TOLD = 20 }; /* problems that are printed one by one */

static const mm_program PROGRAM = {
    .name = "mmindex", .operands = "mias DIR | table FILE",
    .summary = "mini-MIAS's folder, or a table of your own (CSV, TSV), to a manifest",
};

static int index_mias(const char *dir, const mm_common *common, mm_manifest *m, mm_error *error)
{
    mm_mias_report report;
    int code = mm_mias_manifest(dir, m, &report, error);
    if (code || common->quiet)
        return code;
    mm_say("%zu films with %zu lesions", report.films, report.lesions);
    if (report.without_place)
        mm_say("%zu lesions have no position and are skipped: their films keep label and pathology, without a mask",
               report.without_place);
    if (report.missing)
        mm_say("%zu films that Info.txt lists are not in '%s'", report.missing, dir);
    return MM_OK;
}

static void print_problem(void *context, const char *text)
{
    size_t *n = context;
    if (++*n <= TOLD)
        mm_say("%s", text);
}

static int index_table(const char *path, const mm_common *common, mm_manifest *m, mm_error *error)
{
    const char *name = mm_text_name(path), *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, (size_t)(slash - path) + (slash == path)) : NULL, *text;
    size_t told = 0, bytes;
    mm_table_report report = {.problem = print_problem, .context = &told};
    int code = mm_text_read(path, &text, &bytes, error);
    if (!code && (code = mm_table_manifest(text, bytes, folder, m, &report, error)))
        mm_fail_in(error, "'%s'", name);
    if (!code && told > TOLD)
        mm_say("and %zu problems more", told - TOLD);
    if (!code && report.bad && (!common->skip || m->nrows == 0))
        code = mm_fail(error, MM_FAILURE, "'%s': %zu of %zu lines cannot be used", name, report.bad, report.lines);
    else if (!code && report.bad)
        mm_say("%zu line%s skipped", report.bad, report.bad == 1 ? "" : "s");
    if (!code && m->nrows == 0)
        code = mm_fail(error, MM_DAMAGED, "'%s' has no line below its header", name);
    if (!code && !report.has_patient && !common->quiet)
        mm_warn("no column 'patient': mmsplit will want one");
    free(text);
    free(folder);
    return code;
}

static int run(void *options, const mm_common *common, mm_error *error)
{
    (void)options;
    char **word = common->operands;
    mm_manifest m = {0};
    int code;
    if (common->noperands != 2)
        return mm_fail(error, MM_USAGE, "two operands are wanted: mias DIR, or table FILE");
    if (!strcmp(word[0], "mias"))
        code = index_mias(word[1], common, &m, error);
    else if (!strcmp(word[0], "table"))
        code = index_table(word[1], common, &m, error);
    else
        return mm_fail(error, MM_USAGE, "'%s' is no kind of data set: mias and table are", word[0]);
    if (!code)
        code = mm_manifest_write(&m, common->output, error);
    mm_manifest_free(&m);
    return code;
}

int main(int argc, char **argv)
{
    return mm_program_main(&PROGRAM, NULL, run, argc, argv);
}
