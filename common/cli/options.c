/* Parsing by option tables: see options.h. */
#include "common/cli/options.h"

#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/processors.h"
#include "common/cli/option_value.h"

enum { MOST_THREADS = 1024 };

/* The options that every program has, in one table like any program's own. */
static const mm_option SHARED[] = {
    {.name = "output", .letter = 'o', .type = MM_OPT_STRING, .offset = offsetof(mm_common, output), .argument = "FILE",
     .help = "write to FILE, which appears only when complete", .neutral = true},
    {.name = "threads", .letter = 'j', .type = MM_OPT_INT, .offset = offsetof(mm_common, threads), .argument = "N", .min = 1,
     .max = MOST_THREADS, .help = "work with N threads (the processors)", .neutral = true},
    {.name = "quiet", .letter = 'q', .type = MM_OPT_FLAG, .offset = offsetof(mm_common, quiet), .help = "print only errors",
     .neutral = true},
    {.name = "verbose", .letter = 'v', .type = MM_OPT_FLAG, .offset = offsetof(mm_common, verbose), .help = "print more",
     .neutral = true},
    {.name = "progress", .type = MM_OPT_CHOICE, .offset = offsetof(mm_common, progress), .argument = "WHEN",
     .choices = "auto|always|never", .help = "show progress: auto, always or never", .neutral = true},
    {.name = "on-error", .type = MM_OPT_CHOICE, .offset = offsetof(mm_common, skip), .argument = "WHAT", .choices = "stop|skip",
     .help = "stop at a record that cannot be processed, or skip it", .neutral = true},
    {.name = "no-pg", .type = MM_OPT_FLAG, .offset = offsetof(mm_common, no_pg), .help = "leave no @PG line in the output",
     .neutral = true},
};
enum { NSHARED = sizeof SHARED / sizeof *SHARED };

/* ---- what is printed ---- */

static void help_line(const mm_option *o)
{
    char left[80];
    int n = snprintf(left, sizeof left, "  %c%c%s --%s", o->letter ? '-' : ' ', o->letter ? o->letter : ' ', o->letter ? "," : " ",
                     o->name);
    if (o->argument && n > 0 && (size_t)n < sizeof left)
        snprintf(left + n, sizeof left - (size_t)n, o->bare ? "[=%s]" : "=%s", o->argument);
    printf("%-34s %s%s\n", left, strlen(left) > 34 ? "\n                                   " : "", o->help);
}

static void help(const mm_program *p)
{
    printf("usage: %s [OPTION...]%s%s\n%s\n\n", p->name, *p->operands ? " " : "", p->operands, p->summary);
    for (size_t i = 0; i < p->noptions; i++)
        help_line(&p->options[i]);
    if (p->published)
        help_line(&(mm_option){.name = "as", .argument = "published", .help = "set every option to the published method's value"});
    if (p->noptions || p->published)
        printf("\n");
    for (size_t i = 0; i < NSHARED; i++)
        help_line(&SHARED[i]);
    help_line(&(mm_option){.name = "help", .letter = 'h', .help = "print this and exit"});
    help_line(&(mm_option){.name = "version", .letter = 'V', .help = "print the version and exit"});
    printf("\nThe manual page %s(1) describes everything else.\n", p->name);
}

/* One line an option, for tools that complete command lines. */
static void completions(const mm_program *p)
{
    for (size_t i = 0; i < p->noptions; i++)
        printf("--%s%s\n", p->options[i].name, p->options[i].type == MM_OPT_FLAG ? "" : "=");
    for (size_t i = 0; i < NSHARED; i++)
        printf("--%s%s\n", SHARED[i].name, SHARED[i].type == MM_OPT_FLAG ? "" : "=");
    printf("%s--help\n--version\n", p->published ? "--as=published\n" : "");
}

static int print_and_exit(const mm_program *p, int code, mm_error *error)
{
    if (code == 'h')
        help(p);
    else if (code == 'V')
        printf("%s (mmpipe) %s\n", p->name, MM_VERSION);
    else
        completions(p);
    return fflush(stdout) || ferror(stdout) ? mm_fail(error, MM_FAILURE, "cannot write standard output:") : -1;
}

/* ---- parsing ---- */

/* What getopt_long returns: letters as they are, else one of these; program's options and shared ones by their number. */
enum { CODE_AS = 1000, CODE_COMPLETE, CODE_SHARED = 2000, CODE_OWN = 3000 };

/* A command line that is being parsed. */
typedef struct parser {
    const mm_program *program;
    struct option *options;
    char letters[128];
    void *values;
    mm_common *common;
} parser;

static void add_option(struct option *to, size_t *n, const char *name, int argument, int code)
{
    to[(*n)++] = (struct option){name, argument, NULL, code};
}

static int argument_of(const mm_option *o)
{
    return o->type == MM_OPT_FLAG ? no_argument : o->bare ? optional_argument : required_argument;
}

/* Fills the tables of getopt_long. */
static int make_tables(parser *x, mm_error *error)
{
    const mm_program *p = x->program;
    size_t n = 0, k = 0;
    if (!(x->options = calloc(p->noptions + NSHARED + 6, sizeof *x->options)))
        return mm_no_memory(error);
    add_option(x->options, &n, "help", no_argument, 'h');
    add_option(x->options, &n, "version", no_argument, 'V');
    add_option(x->options, &n, "complete", no_argument, CODE_COMPLETE);
    if (p->published)
        add_option(x->options, &n, "as", required_argument, CODE_AS);
    k += (size_t)snprintf(x->letters, sizeof x->letters, ":hV");
    for (size_t i = 0; i < p->noptions + NSHARED; i++) {
        bool own = i < p->noptions;
        const mm_option *o = own ? &p->options[i] : &SHARED[i - p->noptions];
        int argument = argument_of(o);
        add_option(x->options, &n, o->name, argument, own ? CODE_OWN + (int)i : CODE_SHARED + (int)(i - p->noptions));
        if (o->letter)
            k += (size_t)snprintf(x->letters + k, sizeof x->letters - k, "%c%s", o->letter, argument == required_argument ? ":" : "");
    }
    return MM_OK;
}

static int code_of_letter(const mm_program *p, int letter)
{
    for (size_t i = 0; i < p->noptions; i++)
        if (p->options[i].letter == letter)
            return CODE_OWN + (int)i;
    for (size_t i = 0; i < NSHARED; i++)
        if (SHARED[i].letter == letter)
            return CODE_SHARED + (int)i;
    return letter;
}

/* The error for what getopt_long does not take: `c` is '?' or, where a value is missing, ':'. */
static int not_taken(int c, int argc, char **argv, mm_error *error)
{
    const char letter[] = {'-', (char)optopt, 0};
    if (c == ':')
        return mm_fail(error, MM_USAGE, "option '%s' needs a value", argv[optind - 1]);
    if (optopt > 255)
        return mm_fail(error, MM_USAGE, "option '%s' takes no value", argv[optind - 1]);
    return mm_fail(error, MM_USAGE, "unknown option '%s'", optopt == 0 && optind > 0 && optind <= argc ? argv[optind - 1] : letter);
}

static int take_as(const parser *x, bool first_pass, mm_error *error)
{
    if (strcmp(optarg, "published") != 0)
        return mm_fail(error, MM_USAGE, "--as=%s: expected 'published'", optarg);
    x->common->published = true;
    return first_pass ? mm_options_published(x->program->options, x->program->noptions, x->values, error) : MM_OK;
}

static int take_option(const parser *x, int c, bool first_pass, mm_error *error)
{
    if (c == CODE_AS)
        return take_as(x, first_pass, error);
    if (c < CODE_SHARED)
        return first_pass ? print_and_exit(x->program, c, error) : MM_OK;
    if (first_pass)
        return MM_OK;
    if (c >= CODE_OWN)
        return mm_option_set(&x->program->options[c - CODE_OWN], x->values, optarg ? optarg : "", error);
    size_t i = (size_t)(c - CODE_SHARED);
    return i < NSHARED ? mm_option_set(&SHARED[i], x->common, optarg, error) : MM_OK;
}

static int parse_words(const parser *x, int argc, char **argv, bool first_pass, mm_error *error)
{
    int code = MM_OK;
    optind = 0;
    opterr = 0;
    for (int c; !code && (c = getopt_long(argc, argv, x->letters, x->options, NULL)) != -1;)
        if (c == '?' || c == ':')
            code = not_taken(c, argc, argv, error);
        else
            code = take_option(x, c < CODE_AS ? code_of_letter(x->program, c) : c, first_pass, error);
    return code;
}

int mm_options_published(const mm_option *options, size_t n, void *values, mm_error *error)
{
    for (size_t i = 0; i < n; i++)
        if (options[i].published && mm_option_set(&options[i], values, options[i].published, error))
            return error->code;
    return MM_OK;
}

/* MMPIPE_THREADS, else the processors, but not more than the first number of OMP_NUM_THREADS. */
static int default_threads(long *threads, mm_error *error)
{
    const char *own = getenv("MMPIPE_THREADS"), *omp = getenv("OMP_NUM_THREADS");
    char first[16];
    long most;
    if (own && *own)
        return mm_parse_long(own, 1, MOST_THREADS, threads)
                   ? mm_fail(error, MM_USAGE, "MMPIPE_THREADS='%.40s': expected a number from 1 to %d", own, MOST_THREADS)
                   : MM_OK;
    const long processors = (long)mm_processors();
    *threads = processors < MOST_THREADS ? processors : MOST_THREADS;
    snprintf(first, sizeof first, "%.*s", omp ? (int)strcspn(omp, ",") : 0, omp ? omp : "");
    if (!mm_parse_long(first, 1, LONG_MAX, &most) && most < *threads)
        *threads = most;
    return MM_OK;
}

int mm_options_parse(const mm_program *p, int argc, char **argv, void *values, mm_common *common, mm_error *error)
{
    parser x = {.program = p, .values = values, .common = common};
    *common = (mm_common){.threads = 1};
    if (default_threads(&common->threads, error) || make_tables(&x, error))
        return error->code;
    int code = MM_OK;
    /* Two passes: --as=published first, so that every other option wins over it, before or behind it. */
    for (int pass = 0; pass < 2 && !code; pass++)
        code = parse_words(&x, argc, argv, pass == 0, error);
    free(x.options);
    common->operands = argv + optind;
    common->noperands = (size_t)(argc - optind);
    return code;
}

void mm_options_free(const mm_program *p, void *values)
{
    for (size_t i = 0; i < p->noptions; i++)
        if (p->options[i].type == MM_OPT_LIST) {
            mm_strings *list = (mm_strings *)((char *)values + p->options[i].offset);
            free(list->items);
            *list = (mm_strings){0};
        }
}

char *mm_options_canonical(const mm_program *p, const void *values, const mm_common *common)
{
    mm_text t = {0};
    mm_text_puts(&t, p->name);
    if (common->published)
        mm_text_puts(&t, " --as published");
    for (size_t i = 0; i < p->noptions; i++)
        if (!p->options[i].neutral)
            mm_option_print(&t, &p->options[i], values);
    if (!t.failed)
        return t.data;
    free(t.data);
    return NULL;
}
