/* Reading the table of predictions: see predictions.h. The text is cut up where it lies. */
#include "common/table/predictions.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/grow.h"
#include "common/base/signature.h"
#include "common/stats/rank.h"
#include "common/table/classes.h"

#define FIXED 3 /* columns before the classes: key patient label */

typedef struct parser {
    mm_predictions *table;
    const mm_predictions_options *options;
    const char *name;
    char *header;  /* a copy of the header line, to know it again */
    char **field;  /* [FIXED + K] of the line at hand */
    size_t line, room;
    size_t more;   /* columns after the classes */
    bool remarks;  /* the last of them is that of remarks */
    size_t headers, temperatures; /* seen so far */
    bool mixed;
} parser;

void mm_predictions_free(mm_predictions *table)
{
    free(table->class_name);
    free(table->key);
    free(table->patient);
    free(table->label);
    free(table->prob);
    free(table->log_prob);
    free(table->text);
    memset(table, 0, sizeof *table);
}

size_t mm_predictions_class(const mm_predictions *table, const char *name)
{
    size_t k = 0;
    while (k < table->K && strcmp(table->class_name[k], name) != 0)
        k++;
    return k;
}

/* Cuts a line at its tabs into at most `most` fields; returns how many there are. */
static size_t cut(char *line, char **field, size_t most)
{
    size_t n = 0;
    for (;;) {
        if (n < most)
            field[n] = line;
        n++;
        char *tab = strchr(line, '\t');
        if (!tab)
            return n;
        *tab = '\0';
        line = tab + 1;
    }
}

static size_t count_fields(const char *line)
{
    size_t n = 1;
    while ((line = strchr(line, '\t'))) {
        n++;
        line++;
    }
    return n;
}

static int parse_header(parser *p, char *line, mm_error *error)
{
    static const char *const wanted[FIXED] = {"key", "patient", "label"};
    mm_predictions *t = p->table;
    size_t columns = count_fields(line);
    p->header = strdup(line);
    p->field = calloc(columns, sizeof *p->field);
    if (!p->header || !p->field)
        return mm_no_memory(error);
    cut(line, p->field, columns);
    for (size_t i = 0; i < FIXED; i++)
        if (columns <= i || strcmp(p->field[i], wanted[i]) != 0)
            return mm_fail(error, MM_DAMAGED, "'%s' is not a table of predictions: it does not begin with the columns key, patient, "
                           "label and one per class", p->name);
    t->class_name = calloc(columns, sizeof *t->class_name);
    if (!t->class_name)
        return mm_no_memory(error);
    p->remarks = columns > FIXED && strcmp(p->field[columns - 1], MM_REMARKS_COLUMN) == 0;
    p->more = p->remarks;
    p->more += columns > FIXED + p->more && strcmp(p->field[columns - 1 - p->more], MM_CALL_COLUMN) == 0;
    if (columns < FIXED + p->more + 2)
        return mm_fail(error, MM_DAMAGED, "'%s': a table of predictions needs at least two classes", p->name);
    for (size_t k = 0; k < columns - FIXED - p->more; k++) {
        const char *name = p->field[FIXED + k];
        if (!*name || mm_predictions_class(t, name) < t->K)
            return mm_fail(error, MM_DAMAGED, "'%s': class column %zu has %s", p->name, k + 1, *name ? "the name of another" : "no name");
        t->class_name[t->K++] = p->field[FIXED + k];
    }
    return 0;
}

/* A number at the end of a remark. */
static bool last_number(const char *text, double *value)
{
    char *end;
    *value = strtod(text, &end);
    return end != text && *end == '\0';
}

static void parse_threshold(parser *p, const char *text)
{
    mm_predictions *t = p->table;
    char name[sizeof t->threshold->name] = "given";
    size_t length = strcspn(text, " "), i = 0;
    double value, odds = NAN;
    char *end;
    if (length < sizeof name && text[length]) { /* NAME X */
        memcpy(name, text, length);
        name[length] = '\0';
        text += length + 1;
    }
    value = strtod(text, &end);
    if (end == text || isnan(value) || (*end && (*end != ' ' || !last_number(end + 1, &odds))))
        return;
    const mm_threshold new = mm_threshold_stored(name, value, odds);
    while (i < t->thresholds && strcmp(t->threshold[i].name, new.name) != 0)
        i++;
    if (i < t->thresholds)
        p->mixed |= t->threshold[i].value != new.value;
    else if (i < MM_THRESHOLDS)
        t->threshold[t->thresholds++] = new;
}

static void parse_remark(parser *p, const char *line)
{
    mm_predictions *t = p->table;
    double x;
    if (strncmp(line, "skipped ", 8) == 0) {
        if (last_number(line + 8, &x) && x >= 0 && x < 1e15)
            t->skipped += (size_t)x;
    } else if (strncmp(line, "threshold ", 10) == 0) {
        parse_threshold(p, line + 10);
    } else if (strncmp(line, "temperature ", 12) == 0) {
        if (last_number(line + 12, &x) && x > 0) {
            p->mixed |= p->temperatures > 0 && t->temperature != x;
            t->temperature = x;
            p->temperatures++;
        }
    } else if (strcmp(line, "averaged") == 0) {
        t->averaged = true;
    }
}

/* Remarks with a semicolon behind each. */
static void parse_remarks(parser *p, char *text)
{
    for (char *end; (end = strchr(text, ';')); text = end + 1) {
        *end = '\0';
        parse_remark(p, text);
    }
}

static int make_room(parser *p, mm_error *error)
{
    mm_predictions *t = p->table;
    size_t room[] = {p->room, p->room, p->room, p->room, p->room}, n = t->n + 1;
    if (mm_grow(&t->key, &room[0], n, sizeof *t->key, error) || mm_grow(&t->patient, &room[1], n, sizeof *t->patient, error) ||
        mm_grow(&t->label, &room[2], n, sizeof *t->label, error) ||
        mm_grow(&t->prob, &room[3], n, t->K * sizeof *t->prob, error) ||
        mm_grow(&t->log_prob, &room[4], n, t->K * sizeof *t->log_prob, error))
        return error->code;
    p->room = room[0];
    return MM_OK;
}

/* The natural logarithm of a probability, from its text where it is too small for double precision. */
static double log_of(double value, const char *text)
{
    const size_t digits = strcspn(text, "eE");
    char mantissa[64];
    if (value >= DBL_MIN || !text[digits] || digits >= sizeof mantissa)
        return log(value);
    memcpy(mantissa, text, digits);
    mantissa[digits] = '\0';
    return log(strtod(mantissa, NULL)) + strtod(text + digits + 1, NULL) * M_LN10;
}

/* The values of a record: MM_DAMAGED when one is not a number, MM_FAILURE when they are no probabilities. */
static int parse_values(parser *p, mm_error *error)
{
    mm_predictions *t = p->table;
    double *value = t->prob + t->n * t->K, *logarithm = t->log_prob + t->n * t->K;
    double sum = 0;
    int code = 0;
    for (size_t k = 0; k < t->K; k++) {
        const char *text = p->field[FIXED + k];
        char *end;
        value[k] = strtod(text, &end);
        if (end == text || *end)
            return mm_fail(error, MM_DAMAGED, "'%s', line %zu: '%s' is not a number", p->name, p->line, text);
        if (!isfinite(value[k]))
            code = mm_fail(error, MM_FAILURE, "'%s', record '%s': the value of class '%s' is %s", p->name, p->field[0],
                           t->class_name[k], text);
        sum += value[k];
    }
    if (code)
        return code;
    if (p->options->logits) {
        memcpy(logarithm, value, t->K * sizeof *value);
        mm_softmax(logarithm, t->K, 1, value);
        return 0;
    }
    for (size_t k = 0; k < t->K; k++)
        if (value[k] < 0 || value[k] > 1.000001)
            return mm_fail(error, MM_FAILURE, "'%s', record '%s': %s is not a probability; are these logits (option --logits)?",
                           p->name, p->field[0], p->field[FIXED + k]);
    if (fabs(sum - 1) > 0.01)
        return mm_fail(error, MM_FAILURE, "'%s', record '%s': its probabilities add up to %g, not to 1", p->name, p->field[0], sum);
    for (size_t k = 0; k < t->K; k++)
        logarithm[k] = log_of(value[k], p->field[FIXED + k]);
    return 0;
}

/* A label that is the name of a class. */
static int find_label(const parser *p, const char *text, size_t *label, mm_error *error)
{
    const mm_predictions *t = p->table;
    *label = mm_class_among((const char *const *)t->class_name, t->K, text);
    if (*label < t->K)
        return MM_OK;
    return mm_fail(error, MM_FAILURE, "'%s', record '%s': label '%.60s' is not a class of this table, whose classes are %s to %s", p->name,
                   p->field[0], text, t->class_name[0], t->class_name[t->K - 1]);
}

static int parse_label(parser *p, size_t *label, mm_error *error)
{
    const char *text = p->field[2];
    char *end;
    if (!*text)
        return mm_fail(error, MM_FAILURE, "'%s', record '%s': no label", p->name, p->field[0]);
    errno = 0;
    long value = strtol(text, &end, 10);
    if (end == text || *end || errno)
        return find_label(p, text, label, error);
    if (value < 0 || (size_t)value >= p->table->K)
        return mm_fail(error, MM_FAILURE, "'%s', record '%s': label %ld is out of range, the classes are 0 to %zu", p->name,
                       p->field[0], value, p->table->K - 1);
    *label = (size_t)value;
    return 0;
}

static int parse_record(parser *p, char *line, mm_error *error)
{
    mm_predictions *t = p->table;
    const size_t wanted = FIXED + t->K + p->more, columns = cut(line, p->field, wanted);
    if (columns != wanted)
        return mm_fail(error, MM_DAMAGED, "'%s', line %zu: %zu columns where the header has %zu", p->name, p->line, columns, wanted);
    if (p->remarks)
        parse_remarks(p, p->field[wanted - 1]);
    if (!*p->field[0])
        return mm_fail(error, MM_DAMAGED, "'%s', line %zu: a record without a key", p->name, p->line);
    int code = make_room(p, error);
    if (code)
        return code;
    code = parse_label(p, &t->label[t->n], error);
    if (!code)
        code = parse_values(p, error);
    if (code == MM_FAILURE && p->options->skip) {
        t->left_out++;
        if (p->options->left_out)
            p->options->left_out(p->options->context, error->text);
        return 0;
    }
    if (code)
        return code;
    t->key[t->n] = p->field[0];
    t->patient[t->n] = *p->field[1] ? p->field[1] : p->field[0];
    t->no_patient += *p->field[1] == '\0';
    t->n++;
    return 0;
}

static int parse_line(parser *p, char *line, mm_error *error)
{
    if (*line == '#' && !strchr(line, '\t')) {
        parse_remark(p, line + strspn(line, "# "));
        return 0;
    }
    if (!p->header || strcmp(line, p->header) == 0) {
        p->headers++;
        return p->header ? 0 : parse_header(p, line, error);
    }
    return parse_record(p, line, error);
}

static int compare_strings(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int check_keys(const mm_predictions *t, const char *name, mm_error *error)
{
    char **key = malloc(t->n * sizeof *key);
    if (!key)
        return mm_no_memory(error);
    memcpy(key, t->key, t->n * sizeof *key);
    qsort(key, t->n, sizeof *key, compare_strings);
    size_t i = 1;
    while (i < t->n && strcmp(key[i], key[i - 1]) != 0)
        i++;
    int code = i < t->n ? mm_fail(error, MM_FAILURE, "'%s': key '%s' appears twice", name, key[i]) : 0;
    free(key);
    return code;
}

/* Thresholds of several models say nothing of their joined records; nor do those of a model that stand behind one of
 * several tables alone. */
static void settle(parser *p)
{
    mm_predictions *t = p->table;
    t->mixed = p->mixed || (p->temperatures > 0 && p->temperatures < p->headers);
    if (t->mixed)
        t->thresholds = 0;
}

static int parse_lines(parser *p, char *text, size_t bytes, mm_error *error)
{
    for (char *line = text, *end = text + bytes; line < end;) {
        char *newline = memchr(line, '\n', (size_t)(end - line));
        if (!newline)
            return mm_fail(error, MM_DAMAGED, "'%s' is cut: its last line does not end", p->name);
        *newline = '\0';
        if (strlen(line) != (size_t)(newline - line))
            return mm_fail(error, MM_DAMAGED, "'%s', line %zu: a zero byte in the text", p->name, p->line + 1);
        if (newline > line && newline[-1] == '\r')
            newline[-1] = '\0';
        p->line++;
        int code = parse_line(p, line, error);
        if (code)
            return code;
        line = newline + 1;
    }
    if (!p->header)
        return mm_fail(error, MM_DAMAGED, "'%s' is not a table of predictions: it has no header line", p->name);
    settle(p);
    if (p->table->n)
        return check_keys(p->table, p->name, error);
    return mm_fail(error, MM_FAILURE, p->table->left_out ? "'%s': no record is left" : "'%s' holds no record", p->name);
}

int mm_predictions_parse(mm_predictions *table, char *text, size_t bytes, const char *name,
                         const mm_predictions_options *options, mm_error *error)
{
    *table = (mm_predictions){.text = text, .temperature = 1};
    parser p = {.table = table, .options = options, .name = name};
    int code;
    const mm_signature *found = mm_signature_of(text, bytes);
    if (bytes == 0)
        code = mm_fail(error, MM_DAMAGED, "'%s' is empty: the program before failed, or there is no table of predictions", name);
    else if (bytes >= 4 && memcmp(text, "\x89MMS", 4) == 0)
        code = mm_fail(error, MM_DAMAGED, "'%s' is a tensor stream, not a table of predictions: use mmpredict", name);
    else if (found->kind != MM_KIND_UNKNOWN && memchr(text, '\0', bytes))
        code = mm_fail(error, MM_DAMAGED, "'%s' is not a table of predictions but %s%s", name, found->name, found->advice);
    else
        code = parse_lines(&p, text, bytes, error);
    free(p.header);
    free(p.field);
    if (code)
        mm_predictions_free(table);
    return code;
}
