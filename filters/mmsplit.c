/* mmsplit: gives every patient of a manifest to one set: train, val or test. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/message.h"
#include "cli/options.h"
#include "cli/output.h"
#include "data/split.h"
#include "formats/bytes.h"

typedef struct settings {
    const char *ratio;
    uint64_t seed;
    int leaking; /* in the order of the choices below */
    bool check;
} settings;

static const settings DEFAULTS = {.ratio = "80:20", .seed = 1};

static const mm_option OPTIONS[] = {
    {.name = "ratio", .type = MM_OPT_STRING, .offset = offsetof(settings, ratio), .argument = "A:B[:C]",
     .help = "parts of train and val, or of train, val and test (80:20)", .published = "80:20"},
    {.name = "seed", .letter = 's', .type = MM_OPT_U64, .offset = offsetof(settings, seed), .argument = "N",
     .help = "of what is drawn at random (1)"},
    {.name = "leaking", .type = MM_OPT_CHOICE, .offset = offsetof(settings, leaking), .argument = "HOW", .choices = "drop|keep",
     .help = "lines outside of a given test set whose patient is in it: drop them, or keep them in train",
     .published = "keep"},
    {.name = "check", .type = MM_OPT_FLAG, .offset = offsetof(settings, check),
     .help = "divide nothing: check that no patient is in two sets, and say what is in each"},
};

static const mm_program PROGRAM = {
    .name = "mmsplit", .operands = "[MANIFEST]", .options = OPTIONS, .noptions = sizeof OPTIONS / sizeof *OPTIONS,
    .summary = "divides a manifest by patients, as many with a malignant lesion in each set", .published = true,
};

static int read_manifest(const mm_common *common, mm_manifest *m, const char **name, mm_error *error)
{
    const char *path = common->noperands ? common->operands[0] : "-";
    bool standard = !strcmp(path, "-");
    *name = standard ? "standard input" : path;
    if (common->noperands > 1)
        return mm_fail(error, MM_USAGE, "one manifest is divided at a time, '%s' is one more", common->operands[1]);
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return mm_fail(error, MM_FAILURE, "cannot open '%s':", path);
    mm_bytes text = {0};
    int code = mm_bytes_read(&text, fd, *name, (size_t)1 << 30, error);
    if (!code && (code = mm_manifest_parse(m, text.data ? (const char *)text.data : "", text.size, error)))
        mm_fail_in(error, "'%s'", *name);
    mm_bytes_free(&text);
    if (!standard)
        close(fd);
    return code;
}

static void print_report(const mm_split_report *r, FILE *to)
{
    fprintf(to, "set\tpatients\tmalignant\timages\tlines\n");
    for (size_t s = 0; s < MM_SPLIT_SETS; s++)
        if (r->lines[s])
            fprintf(to, "%s\t%zu\t%zu\t%zu\t%zu\n", mm_split_names[s], r->patients[s], r->malignant[s], r->images[s], r->lines[s]);
}

static int write_manifest(const mm_manifest *m, const mm_common *common, mm_error *error)
{
    mm_output output = {.fd = -1};
    size_t size;
    char *text = mm_manifest_text(m, &size);
    int code = text ? mm_output_open(&output, common->output, false, error) : mm_fail(error, MM_FAILURE, "out of memory");
    if (!code)
        code = mm_bytes_write(output.fd, text, size, output.name, error);
    if (!code)
        code = mm_output_commit(&output, error);
    mm_output_abort(&output);
    free(text);
    return code;
}

static int check(const mm_manifest *m, const mm_common *common, mm_error *error)
{
    mm_split_report report;
    mm_output output = {.fd = -1};
    int code = mm_split_check(m, &report, error);
    if (!code)
        code = mm_output_open(&output, common->output, false, error);
    FILE *to = code ? NULL : mm_output_file(&output, error);
    if (!code && !to)
        code = error->code;
    if (!code) {
        print_report(&report, to);
        code = mm_output_commit(&output, error);
    }
    mm_output_abort(&output);
    return code;
}

static int run(const settings *config, const mm_common *common, mm_manifest *m, mm_error *error)
{
    mm_split_rules rules = {.seed = config->seed, .keep_leaking = config->leaking == 1};
    mm_split_report report;
    const char *name;
    int code = mm_split_ratio(config->ratio, &rules, error);
    if (!code)
        code = read_manifest(common, m, &name, error);
    if (code)
        return code;
    if (config->check) {
        code = check(m, common, error);
    } else {
        code = mm_split(m, &rules, &report, error);
        if (!code && report.leaking && !common->quiet)
            mm_say("%zu patients of the given test set have lines outside of it: %s", report.leaking,
                   rules.keep_leaking ? "kept in train, so they are in two sets" : "left out");
        if (!code && report.dropped && !common->quiet)
            mm_say("%zu lines left out", report.dropped);
        if (!code && !common->quiet)
            print_report(&report, stderr);
        if (!code)
            return write_manifest(m, common, error);
    }
    return code == MM_DAMAGED || code == MM_FAILURE ? mm_fail_in(error, "'%s'", name) : code;
}

int main(int argc, char **argv)
{
    settings config = DEFAULTS;
    mm_common common = {0};
    mm_error error = {0};
    mm_manifest manifest = {0};
    mm_begin(PROGRAM.name);
    int code = mm_options_parse(&PROGRAM, argc, argv, &config, &common, &error);
    bool informed = code < 0; /* --help, --version */
    if (!code)
        code = run(&config, &common, &manifest, &error);
    mm_manifest_free(&manifest);
    mm_options_free(&PROGRAM, &config, &common);
    return informed ? MM_OK : code ? mm_exit(&error) : MM_OK;
}
