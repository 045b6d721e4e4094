/* Writing the table of predictions: see predictions_text.h. */
#include "common/table/predictions_text.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/table/predictions.h"

/* A word of the table: tabs and newlines would end it. */
static void put_word(mm_text *text, const char *word)
{
    for (; word && *word; word++)
        mm_text_add(text, (unsigned char)*word < ' ' ? " " : word, 1);
}

void mm_predictions_text_header(mm_text *text, char *const *class_name, size_t K, bool call)
{
    mm_text_puts(text, "key\tpatient\tlabel");
    for (size_t k = 0; k < K; k++) {
        mm_text_puts(text, "\t");
        mm_text_puts(text, class_name[k]);
    }
    mm_text_puts(text, call ? "\t" MM_CALL_COLUMN "\n" : "\n");
}

/* A number by its natural logarithm: readers with double precision take what is smaller than theirs for 0. */
static void put_small(mm_text *text, double logarithm)
{
    char number[64];
    const double ten = floor(logarithm / M_LN10);
    snprintf(number, sizeof number, "\t%.15ge%.0f", exp(logarithm - ten * M_LN10), ten);
    mm_text_puts(text, number);
}

static void put_value(mm_text *text, double value)
{
    char number[40];
    snprintf(number, sizeof number, "\t%.15g", value);
    mm_text_puts(text, number);
}

void mm_predictions_text_row(mm_text *text, const char *key, const char *patient, const char *label, const double *value,
                             const double *log_value, size_t K, int call)
{
    put_word(text, key);
    mm_text_puts(text, "\t");
    put_word(text, patient);
    mm_text_puts(text, "\t");
    put_word(text, label);
    for (size_t k = 0; k < K; k++)
        if (log_value && value[k] < DBL_MIN && isfinite(log_value[k]))
            put_small(text, log_value[k]);
        else
            put_value(text, value[k]);
    mm_text_puts(text, call < 0 ? "\n" : call ? "\t1\n" : "\t0\n");
}

void mm_predictions_text_remarks(mm_text *to, const mm_text *table, const mm_remarks *remarks)
{
    size_t line = 0;
    for (const char *at = table->data, *end = at + table->bytes; at < end; line++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        mm_text_add(to, at, (size_t)(newline - at));
        mm_text_puts(to, line ? "\t" : "\t" MM_REMARKS_COLUMN);
        if (line == 1)
            mm_remarks_text(to, remarks, "", ";");
        mm_text_puts(to, "\n");
        at = newline + 1;
    }
}
