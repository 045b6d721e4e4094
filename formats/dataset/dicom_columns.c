/* Cells of DICOM files: see dicom_columns.h. */
#include "formats/dataset/dicom_columns.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum {
    KEY, IMAGE, PATIENT, SIDE, VIEW, SPACING, MODALITY, INTENT, IMAGE_TYPE, FRAMES, MODIFIERS, IMPLANT, ROWS, COLUMNS, PHOTOMETRIC,
    MANUFACTURER, MODEL, SERIES, STUDY, DATE
};
const char *const mm_dicom_columns[MM_DICOM_COLUMNS] = {
    "key", "image", "patient", "side", "view", "spacing", "modality", "intent", "image_type", "frames", "view_modifiers", "implant",
    "rows", "columns", "photometric", "manufacturer", "model", "series_description", "study_description", "study_date",
};

/* What may be said of a column under a key, with commas between them: terms of PS3.3, and manufacturers of mammography systems. */
static const char *const terms[MM_DICOM_COLUMNS] = {
    [MODALITY] = "MG,US,MR,CR,DX,OT,SC,PX,CT,NM,PT,DBT",
    [INTENT] = "FOR PRESENTATION,FOR PROCESSING",
    [IMAGE_TYPE] = "ORIGINAL,DERIVED,PRIMARY,SECONDARY,TOMO,TOMOSYNTHESIS,TOMO_PROJ,TOMO_2D,VOLUME,GENERATED_2D,STEREO_PLUS,STEREO_MINUS,"
                   "STEREO_SCOUT,LEFT,RIGHT,NONE,MIXED,TOMO_SCOUT,MAXIMUM,MINIMUM,MEAN,AXIAL,LOCALIZER,OTHER,POST_PROCESSED",
    [MODIFIERS] = "CV,AT,RL,RM,RI,RS,ID,M,S,TAN,NP,AC,IMF,AXT",
    [IMPLANT] = "YES,NO",
    [PHOTOMETRIC] = "MONOCHROME1,MONOCHROME2,PALETTE COLOR,RGB,YBR_FULL,YBR_FULL_422,YBR_RCT,YBR_ICT",
    [MANUFACTURER] = "HOLOGIC,HOLOGIC INC,LORAD,GE MEDICAL SYSTEMS,GE HEALTHCARE,SIEMENS,SIEMENS HEALTHINEERS,FUJIFILM,"
                     "FUJIFILM CORPORATION,PHILIPS,PHILIPS DIGITAL MAMMOGRAPHY SWEDEN AB,SECTRA IMTEC AB,IMS,IMS GIOTTO,GIOTTO,"
                     "IMS SRL,PLANMED,PLANMED OY,KONICA MINOLTA,KODAK,CARESTREAM HEALTH,CARESTREAM,AGFA,AGFA-GEVAERT,METALTRONICA,"
                     "SWISSRAY,FISCHER IMAGING,TREX",
};

/* The letters and digits of a[n] and b[m] are the same, in any case. */
static bool same_word(const char *a, size_t n, const char *b, size_t m)
{
    size_t i = 0, k = 0;
    for (;; i++, k++) {
        while (i < n && !isalnum((unsigned char)a[i]))
            i++;
        while (k < m && !isalnum((unsigned char)b[k]))
            k++;
        if (i == n || k == m)
            return i == n && k == m;
        if (toupper((unsigned char)a[i]) != toupper((unsigned char)b[k]))
            return false;
    }
}

/* Appends the list's spelling of a value, else its pseudonym. */
static size_t put_hidden(char *to, size_t room, const char *list, const char *value, size_t length, const mm_pseudonym_key *key)
{
    char text[MM_DICOM_TEXT], pseudonym[MM_PSEUDONYM];
    for (size_t n; list && *list; list += n + (list[n] == ',')) {
        n = strcspn(list, ",");
        if (same_word(list, n, value, length))
            return (size_t)snprintf(to, room, "%.*s", (int)n, list);
    }
    snprintf(text, sizeof text, "%.*s", (int)length, value);
    mm_pseudonym(key, text, pseudonym);
    return (size_t)snprintf(to, room, "%s", pseudonym);
}

/* Replaces what is no term of the column: the whole text, or each of the values that commas separate. */
static void hide(char cell[MM_DICOM_TEXT], const char *list, bool several, const mm_pseudonym_key *key)
{
    char hidden[MM_DICOM_TEXT] = "";
    size_t n = 0;
    for (const char *at = cell; *at && n + 1 < sizeof hidden;) {
        size_t length = several ? strcspn(at, ",") : strlen(at);
        if (n)
            hidden[n++] = ',';
        n += put_hidden(hidden + n, sizeof hidden - n, list, at, length, key);
        at += length + (at[length] == ',');
    }
    memcpy(cell, hidden, sizeof hidden);
}

static void hide_cells(mm_dicom_cells *c, const mm_pseudonym_key *key)
{
    static const int hidden[] = {MODALITY, INTENT, IMAGE_TYPE, MODIFIERS, IMPLANT, PHOTOMETRIC, MANUFACTURER, MODEL};
    char pseudonym[MM_PSEUDONYM];
    char *patient = c->cell[PATIENT], *date = c->cell[DATE];
    if (!*patient || !mm_pseudonym_date(key, patient, date))
        *date = '\0';
    if (*patient) {
        mm_pseudonym(key, patient, pseudonym);
        memcpy(patient, pseudonym, sizeof pseudonym);
    }
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        hide(c->cell[hidden[i]], terms[hidden[i]], hidden[i] == IMAGE_TYPE || hidden[i] == MODIFIERS, key);
    *c->cell[SERIES] = *c->cell[STUDY] = '\0';
}

void mm_dicom_cells_fill(mm_dicom_cells *c, const mm_dicom_info *info, const mm_dicom_details *d, const mm_pseudonym_key *key)
{
    const char *texts[MM_DICOM_COLUMNS] = {
        [PATIENT] = info->patient, [SIDE] = info->side, [VIEW] = info->view, [MODALITY] = info->modality, [INTENT] = d->intent,
        [IMAGE_TYPE] = d->image_type, [MODIFIERS] = d->modifiers, [IMPLANT] = d->implant, [PHOTOMETRIC] = info->photometric,
        [MANUFACTURER] = d->manufacturer, [MODEL] = d->model, [SERIES] = d->series_description, [STUDY] = d->study_description,
        [DATE] = d->study_date,
    };
    *c = (mm_dicom_cells){0};
    for (size_t i = 0; i < MM_DICOM_COLUMNS; i++)
        snprintf(c->cell[i], MM_DICOM_TEXT, "%s", texts[i] ? texts[i] : "");
    if (info->spacing[0] > 0)
        snprintf(c->cell[SPACING], MM_DICOM_TEXT, "%g %g", info->spacing[0], info->spacing[1]);
    snprintf(c->cell[FRAMES], MM_DICOM_TEXT, "%zu", info->frames);
    snprintf(c->cell[ROWS], MM_DICOM_TEXT, "%zu", info->rows);
    snprintf(c->cell[COLUMNS], MM_DICOM_TEXT, "%zu", info->columns);
    if (key)
        hide_cells(c, key);
}
