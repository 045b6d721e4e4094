/* Tables in text: one pass counts, a second takes the cells apart inside a copy of the text. */
#include "common/base/csv.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

const char *mm_csv_cell(const mm_csv *table, size_t r, size_t c)
{
    return table->first[r] + c < table->first[r + 1] ? table->cell[table->first[r] + c] : NULL;
}

char *mm_csv_clean(char *cell)
{
    while (isspace((unsigned char)*cell))
        cell++;
    size_t n = strlen(cell);
    while (n > 0 && isspace((unsigned char)cell[n - 1]))
        cell[--n] = '\0';
    for (char *p = cell; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = ' ';
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

static size_t mark_length(const char *text, size_t size)
{
    return size >= 3 && !memcmp(text, "\xef\xbb\xbf", 3) ? 3 : 0;
}

char mm_csv_separator(const char *text, size_t size)
{
    static const char known[3] = {'\t', ',', ';'};
    size_t count[3] = {0};
    bool quoted = false;
    for (size_t i = mark_length(text, size); i < size && (quoted || text[i] != '\n'); i++) {
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

/* One cell: takes its text and the separator or line end behind it. *last: a line end or the end of the text. */
static int take_cell(struct cursor *c, bool *last, mm_error *error)
{
    if (c->in < c->end && *c->in == '"') {
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
        if (c->in < c->end && *c->in == '\r' && (c->in + 1 == c->end || c->in[1] == '\n'))
            c->in++;
        if (c->in < c->end && *c->in != c->separator && *c->in != '\n')
            return mm_fail(error, MM_DAMAGED, "line %zu: text behind a closing quote", c->line);
    } else {
        char *begin = c->out;
        while (c->in < c->end && *c->in != c->separator && *c->in != '\n')
            *c->out++ = *c->in++;
        bool at_line_end = c->in == c->end || *c->in == '\n';
        if (at_line_end && c->out > begin && c->out[-1] == '\r')
            c->out--;
    }
    *last = c->in == c->end || *c->in == '\n';
    c->line += c->in < c->end && *c->in == '\n';
    c->in += c->in < c->end;
    return MM_OK;
}

int mm_csv_parse(const char *text, size_t size, char separator, mm_csv *table, mm_error *error)
{
    *table = (mm_csv){0};
    size_t start = mark_length(text, size), rows = 1, cells = 1;
    for (size_t i = start; i < size; i++) {
        if (text[i] == '\0')
            return mm_fail(error, MM_DAMAGED, "a zero byte: this is not text");
        rows += text[i] == '\n';
        cells += text[i] == '\n' || text[i] == separator;
    }
    /* Each cell gains a final 0, at most in the place of the separator behind it; the last one needs a byte more. The
     * cells are written into the copy from its first byte on, the text is read one byte ahead of them. */
    table->text = malloc(size - start + 2);
    table->first = calloc(rows + 1, sizeof *table->first);
    table->line = calloc(rows, sizeof *table->line);
    table->cell = calloc(cells, sizeof *table->cell);
    if (!table->text || !table->first || !table->line || !table->cell) {
        mm_csv_free(table);
        return mm_no_memory(error);
    }
    memcpy(table->text + 1, text + start, size - start);
    struct cursor c = {.in = table->text + 1, .end = table->text + 1 + (size - start), .out = table->text, .line = 1,
                       .separator = separator};
    size_t n = 0;
    while (c.in < c.end) {
        size_t from = n, line = c.line;
        for (bool last = false; !last;) {
            table->cell[n++] = c.out;
            int code = take_cell(&c, &last, error);
            if (code) {
                mm_csv_free(table);
                return code;
            }
            *c.out++ = '\0';
        }
        if (n == from + 1 && table->cell[from][0] == '\0') {
            n = from;
            continue;
        }
        table->first[table->nrows] = from;
        table->line[table->nrows++] = line;
        table->first[table->nrows] = n;
    }
    return MM_OK;
}
