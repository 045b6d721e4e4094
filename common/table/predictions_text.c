/* Writing the table of predictions: see predictions_text.h. */
#include "common/table/predictions_text.h"

#include <stdio.h>

/* A word of the table: tabs and newlines would end it. */
static void put_word(mm_text *text, const char *word)
{
    for (; word && *word; word++)
        mm_text_add(text, (unsigned char)*word < ' ' ? " " : word, 1);
}

void mm_predictions_text_header(mm_text *text, char *const *class_name, size_t K)
{
    mm_text_puts(text, "key\tpatient\tlabel");
    for (size_t k = 0; k < K; k++) {
        mm_text_puts(text, "\t");
        mm_text_puts(text, class_name[k]);
    }
    mm_text_puts(text, "\n");
}

void mm_predictions_text_row(mm_text *text, const char *key, const char *patient, const char *label, const double *value, size_t K)
{
    char number[40];
    put_word(text, key);
    mm_text_puts(text, "\t");
    put_word(text, patient);
    mm_text_puts(text, "\t");
    put_word(text, label);
    for (size_t k = 0; k < K; k++) {
        snprintf(number, sizeof number, "\t%.15g", value[k]);
        mm_text_puts(text, number);
    }
    mm_text_puts(text, "\n");
}

void mm_predictions_text_threshold(mm_text *text, const char *name, double threshold)
{
    char line[120];
    snprintf(line, sizeof line, "# threshold %.40s %.9g\n", name, threshold);
    mm_text_puts(text, line);
}

void mm_predictions_text_temperature(mm_text *text, double temperature)
{
    char line[60];
    snprintf(line, sizeof line, "# temperature %.9g\n", temperature);
    mm_text_puts(text, line);
}

void mm_predictions_text_averaged(mm_text *text)
{
    mm_text_puts(text, "# averaged\n");
}

void mm_predictions_text_skipped(mm_text *text, size_t records)
{
    char line[60];
    snprintf(line, sizeof line, "# skipped %zu\n", records);
    if (records)
        mm_text_puts(text, line);
}
