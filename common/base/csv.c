/* Tables in text: one pass counts, a second takes the cells apart inside a copy of the text. */
#include "common/base/csv.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/plain_text.h"

const char *mm_csv_cell(const mm_csv *table, size_t r, size_t c)
{
    return table->first[r] + c < table->first[r + 1] ? table->cell[table->first[r] + c] : NULL;
}

/* Makes blanks of control characters and of no-break spaces, U+00A0, which web pages and spreadsheets put beside words. */
static void make_blanks(char *cell)
{
    for (char *p = cell; *p; p++) {
        bool no_break = !strncmp(p, "\xc2\xa0", 2);
        if (no_break || (unsigned char)*p < 0x20 || *p == 0x7f)
            *p = ' ';
        if (no_break)
            *++p = ' ';
    }
}

char *mm_csv_clean(char *cell)
{
    make_blanks(cell);
    cell += strspn(cell, " ");
    size_t n = strlen(cell);
    while (n > 0 && cell[n - 1] == ' ')
        cell[--n] = '\0';
    return cell;
}

void mm_csv_free(mm_csv *table)
{
    free(table->first);
    free(table->line);
    free(table->cell);
    free(table->text);
    *table = (mm_csv){0};
}

/* The separator that a first line "sep=;" names, or 0. */
static char named_separator(const char *text, size_t size)
{
    bool named = size > 4 && !memcmp(text, "sep=", 4) && (size == 5 || text[5] == '\n' || text[5] == '\r');
    return named ? text[4] : '\0';
}

static char find_separator(const char *text, size_t size)
{
    static const char known[3] = {'\t', ',', ';'};
    size_t count[3] = {0};
    bool quoted = false;
    for (size_t i = 0; i < size && (quoted || text[i] != '\n'); i++) {
        quoted ^= text[i] == '"';
        for (size_t k = 0; k < 3 && !quoted; k++)
            count[k] += text[i] == known[k];
    }
    size_t best = count[0] && count[0] >= count[1] && count[0] >= count[2] ? 0 : count[2] > count[1] ? 2 : 1;
    return known[best];
}

/* Where the parser stands: it reads at `in` and writes the cells' text, which never grows, at `out`. */
struct cursor {
    char *in, *end, *out;
    size_t line;
    char separator;
};

static void pass_blanks(struct cursor *c)
{
    while (c->in < c->end && (*c->in == ' ' || (*c->in == '\t' && c->separator != '\t')))
        c->in++;
}

static bool at_cell_end(const struct cursor *c)
{
    return c->in == c->end || *c->in == c->separator || *c->in == '\n';
}

/* Takes a quoted cell's text, the quotes and the blanks behind them. */
static int take_quoted(struct cursor *c, mm_error *error)
{
    size_t opened = c->line;
    for (c->in++;; c->in++) {
        if (c->in == c->end)
            return mm_fail(error, MM_DAMAGED, "line %zu: a quote is opened and never closed", opened);
        if (*c->in == '"' && c->in + 1 < c->end && c->in[1] == '"')
            c->in++;
        else if (*c->in == '"')
            break;
        c->line += *c->in == '\n';
        *c->out++ = *c->in;
    }
    c->in++;
    pass_blanks(c);
    if (c->in < c->end && *c->in == '\r' && (c->in + 1 == c->end || c->in[1] == '\n'))
        c->in++;
    return at_cell_end(c) ? MM_OK : mm_fail(error, MM_DAMAGED, "line %zu: text behind a closing quote", c->line);
}

static void take_bare(struct cursor *c)
{
    char *begin = c->out;
    while (!at_cell_end(c))
        *c->out++ = *c->in++;
    if ((c->in == c->end || *c->in == '\n') && c->out > begin && c->out[-1] == '\r')
        c->out--;
}

/* One cell: takes its text and the separator or line end behind it. *last: a line end or the end of the text. */
static int take_cell(struct cursor *c, bool *last, mm_error *error)
{
    char *begin = c->in;
    pass_blanks(c);
    if (c->in < c->end && *c->in == '"') {
        int code = take_quoted(c, error);
        if (code)
            return code;
    } else {
        c->in = begin;
        take_bare(c);
    }
    *last = c->in == c->end || *c->in == '\n';
    c->line += c->in < c->end && *c->in == '\n';
    c->in += c->in < c->end;
    return MM_OK;
}

/* Takes the cells of the next line into the table; empty lines, and the one that names the separator, do not become rows. */
static int take_row(struct cursor *c, mm_csv *table, mm_error *error)
{
    size_t from = table->first[table->nrows], n = from, line = c->line;
    for (bool last = false; !last;) {
        table->cell[n++] = c->out;
        int code = take_cell(c, &last, error);
        if (code)
            return code;
        *c->out++ = '\0';
    }
    if ((n == from + 1 && !*table->cell[from]) || (line == 1 && n <= from + 2 && !strcmp(table->cell[from], "sep=")))
        return MM_OK;
    table->line[table->nrows++] = line;
    table->first[table->nrows] = n;
    return MM_OK;
}

/* Parses text[size] that is plain. */
static int parse(const char *text, size_t size, mm_csv *table, mm_error *error)
{
    size_t rows = 1, cells = 1;
    char named = named_separator(text, size);
    table->separator = named ? named : find_separator(text, size);
    for (size_t i = 0; i < size; i++) {
        rows += text[i] == '\n';
        cells += text[i] == '\n' || text[i] == table->separator;
    }
    /* Each cell gains a final 0, at most in the place of the separator behind it; the last one needs a byte more. The
     * cells are written into the copy from its first byte on, the text is read one byte ahead of them. */
    table->text = malloc(size + 2);
    table->first = calloc(rows + 1, sizeof *table->first);
    table->line = calloc(rows, sizeof *table->line);
    table->cell = calloc(cells, sizeof *table->cell);
    if (!table->text || !table->first || !table->line || !table->cell)
        return mm_no_memory(error);
    if (size)
        memcpy(table->text + 1, text, size);
    struct cursor c = {.in = table->text + 1, .end = table->text + 1 + size, .out = table->text, .line = 1, .separator = table->separator};
    int code = MM_OK;
    while (c.in < c.end && !code)
        code = take_row(&c, table, error);
    return code;
}

int mm_csv_parse(const char *text, size_t size, mm_csv *table, mm_error *error)
{
    mm_bytes plain = {0};
    *table = (mm_csv){0};
    int code = mm_plain_text(text, size, &plain, error);
    if (!code)
        code = parse((const char *)plain.data, plain.size, table, error);
    mm_bytes_free(&plain);
    if (code)
        mm_csv_free(table);
    return code;
}
