/* Parsing by option tables: see options.h. */
#include "common/cli/options.h"

#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The options that every program has, in one table like any program's own. */
static const mm_option shared_options[] = {
    {"output", 'o', MM_OPT_STRING, offsetof(mm_common, output), "FILE", "write to FILE, which appears when it is whole", .neutral = true},
    {"threads", 'j', MM_OPT_INT, offsetof(mm_common, threads), "N", "work with N threads", 1, 1024, .neutral = true},
    {"quiet", 'q', MM_OPT_FLAG, offsetof(mm_common, quiet), NULL, "say nothing but errors", .neutral = true},
    {"verbose", 'v', MM_OPT_FLAG, offsetof(mm_common, verbose), NULL, "say more", .neutral = true},
    {"progress", 0, MM_OPT_CHOICE, offsetof(mm_common, progress), "WHEN", "show progress: auto, always or never", .choices = "auto|always|never", .neutral = true},
    {"on-error", 0, MM_OPT_CHOICE, offsetof(mm_common, skip), "WHAT", "a record that cannot be processed: stop or skip it", .choices = "stop|skip", .neutral = true},
    {"no-pg", 0, MM_OPT_FLAG, offsetof(mm_common, no_pg), NULL, "leave no @PG line in the output", .neutral = true},
};
enum { NSHARED = sizeof shared_options / sizeof *shared_options };

/* Position of `text` in "a|b|c", -1 when absent. */
static int choice_of(const char *choices, const char *text)
{
    size_t n = strlen(text);
    for (int i = 0; *choices; i++) {
        size_t k = strcspn(choices, "|");
        if (k == n && memcmp(choices, text, n) == 0)
            return i;
        choices += k + (choices[k] == '|');
    }
    return -1;
}

int mm_option_set(const mm_option *o, void *config, const char *text, mm_error *error)
{
    char *field = (char *)config + o->offset;
    bool bounded = o->min != 0 || o->max != 0;
    double min = bounded ? o->min : -HUGE_VAL, max = bounded ? o->max : HUGE_VAL;
    int code = MM_OK;
    switch (o->type) {
    case MM_OPT_FLAG:
        *(bool *)field = true;
        break;
    case MM_OPT_INT:
        code = mm_parse_long(text, bounded ? (long)min : -2000000000, bounded ? (long)max : 2000000000, (long *)field);
        break;
    case MM_OPT_COUNT: {
        long v = 0;
        code = mm_parse_long(text, bounded ? (long)min : 0, bounded ? (long)max : 2000000000, &v);
        if (!code)
            *(size_t *)field = (size_t)v;
        break;
    }
    case MM_OPT_U64: {
        size_t v = 0;
        code = mm_slice_number((mm_slice){text, strlen(text)}, &v) ? MM_OK : MM_USAGE;
        if (!code)
            *(uint64_t *)field = v;
        break;
    }
    case MM_OPT_DOUBLE:
        code = mm_parse_double(text, min, max, (double *)field);
        break;
    case MM_OPT_STRING:
        *(const char **)field = text;
        break;
    case MM_OPT_LIST: {
        mm_strings *list = (mm_strings *)field;
        const char **items = realloc(list->items, (list->n + 1) * sizeof *items);
        if (!items)
            return mm_no_memory(error);
        items[list->n++] = text;
        list->items = items;
        break;
    }
    case MM_OPT_CHOICE: {
        int i = choice_of(o->choices, text);
        if (i < 0)
            code = MM_USAGE;
        else
            *(int *)field = i;
        break;
    }
    case MM_OPT_SIZE:
        code = mm_parse_size(text, bounded ? (size_t)min : 1, bounded ? (size_t)max : 1000000, (mm_size *)field);
        break;
    case MM_OPT_RANGE: {
        char *comma = strchr(text, ','), *low = comma ? strndup(text, (size_t)(comma - text)) : NULL;
        mm_range r = {0, 0};
        code = low && mm_parse_double(low, min, max, &r.low) == 0 && mm_parse_double(comma + 1, min, max, &r.high) == 0 &&
                       r.low <= r.high
                   ? MM_OK
                   : MM_USAGE;
        if (!code)
            *(mm_range *)field = r;
        free(low);
        break;
    }
    }
    if (!code)
        return MM_OK;
    if (o->choices)
        return mm_fail(error, MM_USAGE, "--%s=%s: one of %s is wanted", o->name, text, o->choices);
    if (bounded)
        return mm_fail(error, MM_USAGE, "--%s=%s: %s from %g to %g is wanted", o->name, text, o->argument, o->min, o->max);
    return mm_fail(error, MM_USAGE, "--%s=%s: %s is wanted", o->name, text, o->argument);
}

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
        help_line(&(mm_option){.name = "as", .argument = "published", .help = "set every option as the published method has it"});
    if (p->noptions || p->published)
        printf("\n");
    for (size_t i = 0; i < NSHARED; i++)
        help_line(&shared_options[i]);
    help_line(&(mm_option){.name = "help", .letter = 'h', .help = "print this and exit"});
    help_line(&(mm_option){.name = "version", .letter = 'V', .help = "print the version and exit"});
    printf("\nThe manual page %s(1) tells the rest.\n", p->name);
}

/* One line an option, for tools that complete command lines. */
static void completions(const mm_program *p)
{
    for (size_t i = 0; i < p->noptions; i++)
        printf("--%s%s\n", p->options[i].name, p->options[i].type == MM_OPT_FLAG ? "" : "=");
    for (size_t i = 0; i < NSHARED; i++)
        printf("--%s%s\n", shared_options[i].name, shared_options[i].type == MM_OPT_FLAG ? "" : "=");
    printf("%s--help\n--version\n", p->published ? "--as=published\n" : "");
}

enum { CODE_HELP = 1000, CODE_VERSION, CODE_AS, CODE_COMPLETE, CODE_SHARED = 2000, CODE_OWN = 3000 };

/* Tables for getopt_long in one allocation; the caller frees *options. */
static int tables(const mm_program *p, struct option **options, char *letters, size_t room, mm_error *error)
{
    size_t n = 0, k = 0;
    struct option *o = calloc(p->noptions + NSHARED + 6, sizeof *o);
    if (!o)
        return mm_no_memory(error);
    o[n++] = (struct option){"help", no_argument, NULL, 'h'};
    o[n++] = (struct option){"version", no_argument, NULL, 'V'};
    o[n++] = (struct option){"complete", no_argument, NULL, CODE_COMPLETE};
    if (p->published)
        o[n++] = (struct option){"as", required_argument, NULL, CODE_AS};
    k += (size_t)snprintf(letters, room, ":hV");
    for (size_t i = 0; i < p->noptions + NSHARED; i++) {
        bool own = i < p->noptions;
        const mm_option *m = own ? &p->options[i] : &shared_options[i - p->noptions];
        int argument = m->type == MM_OPT_FLAG ? no_argument : m->bare ? optional_argument : required_argument;
        int code = own ? CODE_OWN + (int)i : CODE_SHARED + (int)(i - p->noptions);
        o[n++] = (struct option){m->name, argument, NULL, code};
        if (m->letter)
            k += (size_t)snprintf(letters + k, room - k, "%c%s", m->letter, argument == required_argument ? ":" : "");
    }
    *options = o;
    return MM_OK;
}

static int code_of_letter(const mm_program *p, int letter)
{
    for (size_t i = 0; i < p->noptions; i++)
        if (p->options[i].letter == letter)
            return CODE_OWN + (int)i;
    for (size_t i = 0; i < NSHARED; i++)
        if (shared_options[i].letter == letter)
            return CODE_SHARED + (int)i;
    return letter;
}

int mm_options_published(const mm_option *options, size_t n, void *config, mm_error *error)
{
    for (size_t i = 0; i < n; i++)
        if (options[i].published && mm_option_set(&options[i], config, options[i].published, error))
            return error->code;
    return MM_OK;
}

int mm_options_parse(const mm_program *p, int argc, char **argv, void *config, mm_common *common, mm_error *error)
{
    struct option *options = NULL;
    char letters[128];
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    *common = (mm_common){.threads = processors > 0 ? processors : 1};
    int code = tables(p, &options, letters, sizeof letters, error);
    if (code)
        return code;
    /* Two passes: --as=published first, so that every other option wins over it wherever it stands. */
    for (int pass = 0; pass < 2 && !code; pass++) {
        optind = 0;
        opterr = 0;
        for (int c; !code && (c = getopt_long(argc, argv, letters, options, NULL)) != -1;) {
            c = c < CODE_HELP && c != '?' && c != ':' ? code_of_letter(p, c) : c;
            if (c == '?' || c == ':') {
                const char *word = optind > 0 && optind <= argc && optopt == 0 ? argv[optind - 1] : NULL;
                if (c == '?' && word)
                    code = mm_fail(error, MM_USAGE, "unknown option '%s'", word);
                else if (c == '?')
                    code = mm_fail(error, MM_USAGE, optopt > 255 ? "option '%s' takes no value" : "unknown option '%s'",
                                   optopt > 255 ? argv[optind - 1] : (char[]){'-', (char)optopt, 0});
                else
                    code = mm_fail(error, MM_USAGE, "option '%s' wants a value", argv[optind - 1]);
            } else if (c == CODE_AS) {
                if (strcmp(optarg, "published") != 0)
                    code = mm_fail(error, MM_USAGE, "--as=%s: 'published' is wanted", optarg);
                common->published = true;
                if (!code && pass == 0)
                    code = mm_options_published(p->options, p->noptions, config, error);
            } else if (pass == 0 && (c == 'h' || c == 'V' || c == CODE_COMPLETE)) {
                if (c == 'h')
                    help(p);
                else if (c == 'V')
                    printf("%s (mmpipe) %s\n", p->name, MM_VERSION);
                else
                    completions(p);
                code = fflush(stdout) || ferror(stdout) ? mm_fail(error, MM_FAILURE, "cannot write standard output:") : -1;
            } else if (pass == 1 && c >= CODE_OWN) {
                code = mm_option_set(&p->options[c - CODE_OWN], config, optarg ? optarg : "", error);
            } else if (pass == 1 && c >= CODE_SHARED) {
                code = mm_option_set(&shared_options[c - CODE_SHARED], common, optarg, error);
            }
        }
    }
    free(options);
    common->operands = argv + optind;
    common->noperands = (size_t)(argc - optind);
    return code;
}

void mm_options_free(const mm_program *p, void *config, mm_common *common)
{
    (void)common;
    for (size_t i = 0; i < p->noptions; i++)
        if (p->options[i].type == MM_OPT_LIST) {
            mm_strings *list = (mm_strings *)((char *)config + p->options[i].offset);
            free(list->items);
            *list = (mm_strings){0};
        }
}

static void print_number(mm_text *t, double v)
{
    char text[64];
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, v);
        if (strtod(text, NULL) == v)
            break;
    }
    mm_text_puts(t, text);
}

/* A word as a shell would take it: quoted when it holds anything but plain characters. */
static void print_word(mm_text *t, const char *word)
{
    size_t plain = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.,:/=+@%");
    if (*word && !word[plain]) {
        mm_text_puts(t, word);
        return;
    }
    mm_text_puts(t, "'");
    for (; *word; word++)
        if (*word == '\'')
            mm_text_puts(t, "'\\''");
        else
            mm_text_add(t, word, 1);
    mm_text_puts(t, "'");
}

char *mm_options_canonical(const mm_program *p, const void *config, const mm_common *common)
{
    mm_text t = {0};
    mm_text_puts(&t, p->name);
    if (common->published)
        mm_text_puts(&t, " --as published");
    for (size_t i = 0; i < p->noptions; i++) {
        const mm_option *o = &p->options[i];
        const char *field = (const char *)config + o->offset;
        size_t repeat = o->type == MM_OPT_LIST ? ((const mm_strings *)field)->n : 1;
        if (o->neutral || (o->type == MM_OPT_FLAG && !*(const bool *)field) ||
            (o->type == MM_OPT_STRING && !*(const char *const *)field))
            continue;
        for (size_t k = 0; k < repeat; k++) {
            mm_text_puts(&t, " --");
            mm_text_puts(&t, o->name);
            bool empty = o->bare && !**(const char *const *)field;
            if (o->type != MM_OPT_FLAG && !empty)
                mm_text_puts(&t, o->bare ? "=" : " ");
            switch (o->type) {
            case MM_OPT_FLAG:
                break;
            case MM_OPT_INT:
                print_number(&t, (double)*(const long *)field);
                break;
            case MM_OPT_COUNT:
                mm_text_number(&t, *(const size_t *)field);
                break;
            case MM_OPT_U64:
                mm_text_number(&t, *(const uint64_t *)field);
                break;
            case MM_OPT_DOUBLE:
                print_number(&t, *(const double *)field);
                break;
            case MM_OPT_STRING:
                if (!empty)
                    print_word(&t, *(const char *const *)field);
                break;
            case MM_OPT_LIST:
                print_word(&t, ((const mm_strings *)field)->items[k]);
                break;
            case MM_OPT_CHOICE: {
                const char *c = o->choices;
                for (int n = *(const int *)field; n > 0; n--)
                    c += strcspn(c, "|") + 1;
                mm_text_add(&t, c, strcspn(c, "|"));
                break;
            }
            case MM_OPT_SIZE:
                mm_text_number(&t, ((const mm_size *)field)->height);
                mm_text_puts(&t, "x");
                mm_text_number(&t, ((const mm_size *)field)->width);
                break;
            case MM_OPT_RANGE:
                print_number(&t, ((const mm_range *)field)->low);
                mm_text_puts(&t, ",");
                print_number(&t, ((const mm_range *)field)->high);
                break;
            }
        }
    }
    if (!t.ok) {
        free(t.data);
        return NULL;
    }
    return t.data;
}
