/* mmindex: a data set's own tables and folders to a manifest. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/message.h"
#include "cli/options.h"
#include "cli/output.h"
#include "formats/bytes.h"
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
    bool standard = !strcmp(path, "-");
    const char *name = standard ? "standard input" : path, *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, (size_t)(slash - path) + (slash == path)) : NULL;
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    size_t told = 0;
    mm_bytes text = {0};
    mm_table_report report = {.problem = print_problem, .context = &told};
    int code = fd < 0 ? mm_fail(error, MM_FAILURE, "cannot open '%s':", path)
                      : mm_bytes_read(&text, fd, name, (size_t)1 << 30, error);
    if (!code && (code = mm_table_manifest(text.data ? (const char *)text.data : "", text.size, folder, m, &report, error)))
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
    mm_bytes_free(&text);
    free(folder);
    if (fd > STDIN_FILENO)
        close(fd);
    return code;
}

static int run(const mm_common *common, mm_manifest *m, mm_error *error)
{
    char **word = common->operands;
    if (common->noperands != 2)
        return mm_fail(error, MM_USAGE, "two operands are wanted: mias DIR, or table FILE");
    int code;
    if (!strcmp(word[0], "mias"))
        code = index_mias(word[1], common, m, error);
    else if (!strcmp(word[0], "table"))
        code = index_table(word[1], common, m, error);
    else
        return mm_fail(error, MM_USAGE, "'%s' is no kind of data set: mias and table are", word[0]);
    mm_output output = {.fd = -1};
    size_t size = 0;
    char *text = code ? NULL : mm_manifest_text(m, &size);
    if (!code && !text)
        code = mm_fail(error, MM_FAILURE, "out of memory");
    if (!code)
        code = mm_output_open(&output, common->output, false, error);
    if (!code)
        code = mm_bytes_write(output.fd, text, size, output.name, error);
    if (!code)
        code = mm_output_commit(&output, error);
    mm_output_abort(&output);
    free(text);
    return code;
}

int main(int argc, char **argv)
{
    mm_common common = {0};
    mm_error error = {0};
    mm_manifest manifest = {0};
    char none = 0;
    mm_begin(PROGRAM.name);
    int code = mm_options_parse(&PROGRAM, argc, argv, &none, &common, &error);
    bool informed = code < 0; /* --help, --version */
    if (!code)
        code = run(&common, &manifest, &error);
    mm_manifest_free(&manifest);
    mm_options_free(&PROGRAM, &none, &common);
    return informed ? MM_OK : code ? mm_exit(&error) : MM_OK;
}
