/* What tells images apart: see dicom_details.h. */
#include "formats/dicom/dicom_details.h"

#include <string.h>

enum { MOST = 16 }; /* values that are read of an element */

/* Appends a value behind a comma; a comma of its own becomes a blank. What does not fit is left out whole. */
static void append(char to[MM_DICOM_TEXT], const char *value)
{
    size_t n = strlen(to), length = strlen(value);
    if (!length || n + length + 2 > MM_DICOM_TEXT)
        return;
    if (n)
        to[n++] = ',';
    for (; *value; value++)
        to[n++] = *value == ',' ? ' ' : *value;
    to[n] = '\0';
}

static void read_values(const mm_data_set *set, mm_tag tag, char to[MM_DICOM_TEXT])
{
    mm_element e;
    char value[MM_DICOM_TEXT];
    *to = '\0';
    if (mm_element_find(set, tag, &e))
        for (size_t i = 0; i < MOST; i++)
            if (mm_element_text(&e, i, value, sizeof value)) /* one in between may be empty */
                append(to, value);
}

static void read_text(const mm_data_set *set, mm_tag tag, char to[MM_DICOM_TEXT])
{
    mm_element e;
    *to = '\0';
    if (mm_element_find(set, tag, &e) && !mm_element_text(&e, 0, to, MM_DICOM_TEXT))
        *to = '\0';
}

/* A modifier of a view: its ACR abbreviation, else what its code means. */
static void append_modifier(const mm_data_set *code, char to[MM_DICOM_TEXT])
{
    static const char *const known[][3] = {
        {"CV", "R-102D2", "399161006"}, {"AT", "R-102D1", "399011000"}, {"RL", "R-102D3", "399197002"}, {"RM", "R-102D4", "399226006"},
        {"RI", "R-102CA", "414493004"}, {"RS", "R-102C9", "415670009"}, {"ID", "R-102D5", "399209000"}, {"M", "R-102D6", "399163009"},
        {"S", "R-102D7", "399055006"}, {"TAN", "R-102C2", "399110001"}, {"NP", "R-40AB3", "442581004"}, {"AC", "P2-00161", "441752004"},
        {"IMF", "R-40ABE", "442593008"}, {"AXT", "R-40AB2", "442580003"},
    };
    char value[MM_DICOM_TEXT], meaning[MM_DICOM_TEXT];
    read_text(code, 0x00080100, value);
    read_text(code, 0x00080104, meaning);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(value, known[i][1]) || !strcmp(value, known[i][2])) {
            append(to, known[i][0]);
            return;
        }
    append(to, *meaning ? meaning : value);
}

static void read_modifiers(const mm_data_set *set, char to[MM_DICOM_TEXT])
{
    mm_element views, modifiers;
    mm_data_set view, code;
    *to = '\0';
    if (!mm_element_find(set, 0x00540220, &views) || !mm_element_item(&views, 0, &view) ||
        !mm_element_find(&view, 0x00540222, &modifiers))
        return;
    for (size_t i = 0; mm_element_item(&modifiers, i, &code); i++)
        append_modifier(&code, to);
}

void mm_dicom_details_of(const mm_dicom_file *file, mm_dicom_details *d)
{
    const mm_data_set *set = &file->set;
    read_text(set, 0x00080068, d->intent);
    read_values(set, 0x00080008, d->image_type);
    read_text(set, 0x00281300, d->implant);
    read_text(set, 0x00080070, d->manufacturer);
    read_text(set, 0x00081090, d->model);
    read_text(set, 0x00081030, d->study_description);
    read_text(set, 0x0008103e, d->series_description);
    read_text(set, 0x00080020, d->study_date);
    read_modifiers(set, d->modifiers);
}
