/* What a segmentation does to pixels: see segmentation.h. */
#include "formats/weights/segmentation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORD = 64, OTHERS = 512 };

/* The options that act on pixels, with mmsegment's defaults; `other` has those that are not known here, in their order. */
typedef struct settings {
    bool none, crop;
    char method[WORD], threshold[WORD], open[WORD], other[OTHERS];
} settings;

void mm_segmentation_of(const mm_head *head, char *out, size_t size)
{
    bool any = false;
    snprintf(out, size, "none");
    for (size_t i = 0; i < head->nlines; i++) {
        const char *line = head->lines[i], *command = strstr(line, "\tCL:");
        bool program = !strncmp(line, "@PG\t", 4);
        any = any || program;
        if (program && strstr(line, "\tPN:mmsegment\t") && command)
            snprintf(out, size, "%.*s", (int)strcspn(command + 4, "\t"), command + 4);
    }
    if (!any)
        snprintf(out, size, "%s", "");
}

/* Takes the next word off the text, without a "--name=" split: options and values are words of their own. */
static bool next_word(const char **text, char word[WORD])
{
    *text += strspn(*text, " ");
    size_t n = strcspn(*text, " ");
    snprintf(word, WORD, "%.*s", (int)n, *text);
    *text += n;
    return n > 0;
}

/* A number in one spelling; other words stay. */
static void set_value(char field[WORD], const char *word)
{
    char *end;
    double v = strtod(word, &end);
    if (end != word && !*end)
        snprintf(field, WORD, "%.9g", v);
    else
        snprintf(field, WORD, "%s", word);
}

static void set_flag(settings *s, const char *word)
{
    size_t n = strlen(s->other);
    if (!strcmp(word, "--crop"))
        s->crop = true;
    else if (strcmp(word, "--keep-mask"))
        snprintf(s->other + n, OTHERS - n, " %s", word);
}

/* What METHOD's threshold stands for. */
static void resolve_auto(settings *s)
{
    if (strcmp(s->method, "threshold"))
        return;
    if (!strcmp(s->threshold, "auto"))
        strcpy(s->threshold, "5");
    if (!strcmp(s->open, "auto"))
        strcpy(s->open, "0");
}

static settings parse(const char *command)
{
    settings s = {.method = "film", .threshold = "auto", .open = "auto"};
    char word[WORD], value[WORD];
    s.none = !strcmp(command, "none");
    next_word(&command, word); /* the program */
    while (next_word(&command, word)) {
        char *field = !strcmp(word, "--method")      ? s.method
                      : !strcmp(word, "--threshold") ? s.threshold
                      : !strcmp(word, "--open")      ? s.open
                                                     : NULL;
        if (!field)
            set_flag(&s, word);
        else if (next_word(&command, value))
            set_value(field, value);
    }
    resolve_auto(&s);
    return s;
}

bool mm_segmentations_differ(const char *a, const char *b)
{
    if (!a || !b || !*a || !*b)
        return false;
    const settings x = parse(a), y = parse(b);
    return x.none != y.none || x.crop != y.crop || strcmp(x.method, y.method) || strcmp(x.threshold, y.threshold) ||
           strcmp(x.open, y.open) || strcmp(x.other, y.other);
}
