/* mmindex: makes a manifest of a data set's own tables and folders. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cli/manifest_input.h"
#include "common/cli/program.h"
#include "common/cli/text_input.h"
#include "formats/dataset/cbis.h"
#include "formats/dataset/dicom_index.h"
#include "formats/dataset/folders.h"
#include "formats/dataset/mias.h"
#include "formats/dataset/table.h"

enum { TOLD = 20 }; /* problems that are printed one by one */

typedef struct options {
    const char *tables, *classes, *key;
    mm_strings map;
    bool official, drop_leaks;
} options;

static const mm_option OPTIONS[] = {
    {.name = "tables", .type = MM_OPT_STRING, .offset = offsetof(options, tables), .argument = "DIR", .neutral = true,
     .help = "cbis: folder of its four tables (found below the data set's folder)"},
    {.name = "map", .type = MM_OPT_LIST, .offset = offsetof(options, map), .argument = "COLUMN=NAME", .neutral = true,
     .help = "table: take a column for another, as finding=abnormality; COLUMN= leaves it out"},
    {.name = "classes", .type = MM_OPT_STRING, .offset = offsetof(options, classes), .argument = "NAMES", .neutral = true,
     .help = "table, folders: names of the labels 0, 1, ..., with commas between them"},
    {.name = "hash-ids", .type = MM_OPT_STRING, .offset = offsetof(options, key), .argument = "KEYFILE", .neutral = true,
     .help = "dicom: leave out what identifies, and replace identifiers by hashes under a key"},
    {.name = "drop-leaks", .type = MM_OPT_FLAG, .offset = offsetof(options, drop_leaks),
     .help = "cbis: leave patients of the test set out of training (the default without --official)"},
    {.name = "official", .type = MM_OPT_FLAG, .offset = offsetof(options, official), .published = "",
     .help = "cbis: keep the official sets, with patients in both, and views in two tables as two images"},
};

static const mm_program PROGRAM = {
    .name = "mmindex", .operands = "cbis DIR | mias DIR | dicom DIR | folders DIR | table FILE", .options = OPTIONS,
    .noptions = sizeof OPTIONS / sizeof *OPTIONS, .published = true,
    .summary = "CBIS-DDSM or mini-MIAS as downloaded, folders of DICOM files or of classes, or a table of your own, to a manifest",
};

/* Problems as they are found: TOLD of them are printed, with -v all. */
struct problems {
    const mm_common *common;
    size_t n;
};

static void print(void *context, bool problem, const char *text)
{
    struct problems *problems = context;
    problems->n += problem;
    if ((problem && problems->n <= TOLD) || problems->common->verbose)
        mm_say("%s", text);
}

static void print_rest(const struct problems *problems)
{
    if (problems->n > TOLD && !problems->common->verbose)
        mm_say("and %zu problems more (-v prints all)", problems->n - TOLD);
}

static int index_cbis(const char *dir, const options *o, const mm_common *common, mm_manifest *m, mm_error *error)
{
    struct problems problems = {.common = common};
    mm_cbis_options rules = {.dir = dir, .tables = o->tables, .separate_tables = o->official,
                           .drop_leaks = o->drop_leaks || !o->official,
                           .listener = {print, &problems}};
    char *report = NULL;
    int code = mm_cbis_manifest(&rules, m, &report, error);
    print_rest(&problems);
    if (!code && !common->quiet)
        fputs(report, stderr);
    free(report);
    return code;
}

static int index_dicom(const char *dir, const options *o, const mm_common *common, mm_manifest *m, mm_error *error)
{
    mm_pseudonym_key *key = NULL;
    struct problems problems = {.common = common};
    mm_dicom_index_report report = {.listener = {print, &problems}};
    int code = o->key ? mm_pseudonym_key_read(&key, o->key, error) : MM_OK;
    if (!code)
        code = mm_dicom_index(dir, key, m, &report, error);
    mm_pseudonym_key_free(key);
    print_rest(&problems);
    if (code || common->quiet)
        return code;
    mm_say("%zu images of %zu patients", report.images, report.patients);
    if (report.no_patient)
        mm_say("%zu images name no patient", report.no_patient);
    if (report.others)
        mm_say("%zu files are not DICOM files", report.others);
    if (report.results)
        mm_say("%zu DICOM files are left out: they are not images of a breast", report.results);
    if (report.bad)
        mm_say("%zu DICOM files are not images that can be read", report.bad);
    return MM_OK;
}

static int index_folders(const char *dir, const mm_class_names *classes, const mm_common *common, mm_manifest *m, mm_error *error)
{
    struct problems problems = {.common = common};
    mm_folders_report report = {.listener = {print, &problems}};
    int code = mm_folders_manifest(dir, classes, m, &report, error);
    print_rest(&problems);
    if (code || common->quiet)
        return code;
    mm_say("%zu images", report.images);
    if (report.unlabelled)
        mm_warn("%zu images have no label: --classes numbers the names of their folders", report.unlabelled);
    if (report.others)
        mm_say("%zu files are not images", report.others);
    if (report.bad)
        mm_say("%zu images are left out", report.bad);
    mm_warn("no column 'patient': mmsplit will need one");
    return MM_OK;
}

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

static int index_table(const char *path, const options *o, const mm_class_names *classes, const mm_common *common, mm_manifest *m,
                       mm_error *error)
{
    const char *name = mm_text_name(path), *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, (size_t)(slash - path) + (slash == path)) : NULL, *text;
    size_t bytes;
    struct problems problems = {.common = common};
    mm_table_report report = {.listener = {print, &problems}};
    const mm_table_options rules = {.folder = folder, .map = o->map.items, .nmap = o->map.n, .classes = classes};
    int code = mm_text_read(path, &text, &bytes, error);
    if (!code && (code = mm_table_manifest(text, bytes, &rules, m, &report, error)))
        mm_fail_in(error, "'%s'", name);
    print_rest(&problems);
    if (!code && report.bad && (!common->skip || m->nrows == 0))
        code = mm_fail(error, MM_FAILURE, "'%s': %zu of %zu lines cannot be used", name, report.bad, report.lines);
    else if (!code && report.bad)
        mm_say("%zu line%s skipped", report.bad, report.bad == 1 ? "" : "s");
    if (!code && m->nrows == 0)
        code = mm_fail(error, MM_DAMAGED, "'%s' has no line below its header", name);
    if (!code && !report.has_patient && !common->quiet)
        mm_warn("no column 'patient': mmsplit will need one");
    free(text);
    free(folder);
    return code;
}

static int run(void *values, const mm_common *common, mm_error *error)
{
    const options *o = values;
    char **word = common->operands;
    mm_manifest m = {0};
    mm_class_names classes = {0};
    int code;
    if (common->noperands != 2)
        return mm_fail(error, MM_USAGE, "expected two operands: cbis DIR, mias DIR, dicom DIR, folders DIR, or table FILE");
    bool cbis = !strcmp(word[0], "cbis");
    if (!cbis && (o->tables || o->official || o->drop_leaks) && !common->published)
        return mm_fail(error, MM_USAGE, "--tables, --official and --drop-leaks are for cbis");
    if (o->key && strcmp(word[0], "dicom") != 0)
        return mm_fail(error, MM_USAGE, "--hash-ids is for dicom");
    if (o->map.n && strcmp(word[0], "table") != 0)
        return mm_fail(error, MM_USAGE, "--map is for table");
    if (o->classes && strcmp(word[0], "table") != 0 && strcmp(word[0], "folders") != 0)
        return mm_fail(error, MM_USAGE, "--classes is for table and folders");
    if (o->classes && mm_class_names_parse(&classes, o->classes, error))
        return mm_fail_in(error, "--classes");
    if (cbis)
        code = index_cbis(word[1], o, common, &m, error);
    else if (!strcmp(word[0], "mias"))
        code = index_mias(word[1], common, &m, error);
    else if (!strcmp(word[0], "dicom"))
        code = index_dicom(word[1], o, common, &m, error);
    else if (!strcmp(word[0], "folders"))
        code = index_folders(word[1], &classes, common, &m, error);
    else if (!strcmp(word[0], "table"))
        code = index_table(word[1], o, &classes, common, &m, error);
    else
        code = mm_fail(error, MM_USAGE, "'%s' is not a kind of data set: expected cbis, mias, dicom, folders or table", word[0]);
    if (!code)
        code = mm_manifest_write(&m, common->output, error);
    mm_manifest_free(&m);
    mm_class_names_free(&classes);
    return code;
}

int main(int argc, char **argv)
{
    options o = {0};
    return mm_program_main(&PROGRAM, &o, run, argc, argv);
}
