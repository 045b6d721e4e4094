/* Objects that are no images: see dicom_result.h. */
#include "formats/dicom/dicom_result.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* True for the class and those below it. */
static bool is_class(const char *sop_class, const char *begin)
{
    size_t n = strlen(begin);
    return !strncmp(sop_class, begin, n) && (sop_class[n] == '\0' || sop_class[n] == '.');
}

/* Classes of PS3.4 B.5, and retired ones: the UID, or what it begins with before a '.'. The first that fits is taken. */
static const char *of_class(const char *sop_class)
{
    static const char *const known[][2] = {
        {"1.2.840.10008.1.3.10", "a directory of DICOM files"},
        {"1.2.840.10008.5.1.4.1.1.8", "an overlay"},
        {"1.2.840.10008.5.1.4.1.1.9", "a waveform or curve"},
        {"1.2.840.10008.5.1.4.1.1.10", "a lookup table"},
        {"1.2.840.10008.5.1.4.1.1.11", "a presentation state"},
        {"1.2.840.10008.5.1.4.1.1.30", "a parametric map"},
        {"1.2.840.10008.5.1.4.1.1.66.4", "a segmentation"},
        {"1.2.840.10008.5.1.4.1.1.66.5", "a segmentation"},
        {"1.2.840.10008.5.1.4.1.1.66.7", "a segmentation"},
        {"1.2.840.10008.5.1.4.1.1.66.8", "a segmentation"},
        {"1.2.840.10008.5.1.4.1.1.66", "raw data or a registration"},
        {"1.2.840.10008.5.1.4.1.1.67", "a mapping of values"},
        {"1.2.840.10008.5.1.4.1.1.88.59", "a key object selection"},
        {"1.2.840.10008.5.1.4.1.1.88", "a structured report"},
        {"1.2.840.10008.5.1.4.1.1.90", "an assessment"},
        {"1.2.840.10008.5.1.4.1.1.91", "an annotation"},
        {"1.2.840.10008.5.1.4.1.1.104", "an encapsulated document"},
        {"1.2.840.10008.5.1.4.1.1.131", "a structured display"},
        {"1.2.840.10008.5.1.4.1.1.481.3", "a set of structures"},
        {"1.2.840.10008.5.1.4.1.1.481.5", "a plan of treatment"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (is_class(sop_class, known[i][0]))
            return known[i][1];
    return NULL;
}

static const char *of_modality(const char *modality)
{
    static const char *const known[][2] = {
        {"SEG", "a segmentation"}, {"SR", "a structured report"}, {"PR", "a presentation state"}, {"KO", "a key object selection"},
        {"DOC", "an encapsulated document"}, {"REG", "a registration"}, {"RWV", "a mapping of values"}, {"PLAN", "a plan"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcasecmp(modality, known[i][0]))
            return known[i][1];
    return NULL;
}

static bool names_any(const char *text, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcasestr(text, words[i]))
            return true;
    return false;
}

/* True if the text has the word: "Lesion mask", not "masked". */
static bool has_word(const char *text, const char *word)
{
    size_t n = strlen(word);
    for (const char *at = text; (at = strcasestr(at, word)); at++)
        if ((at == text || !isalnum((unsigned char)at[-1])) && !isalnum((unsigned char)at[n]))
            return true;
    return false;
}

/* A secondary capture of a result, by what its image type and series say. */
static const char *of_capture(const mm_dicom_info *info)
{
    static const char *const masks[] = {"SEGMENT", "CONTOUR"};
    static const char *const overlays[] = {"OVERLAY", "HEATMAP", "HEAT MAP", "SALIENCY", "ATTENTION MAP", "PROBABILITY MAP", "ANNOTAT",
                                           "SCREENSHOT", "SCREEN SAVE", "SCREEN CAPTURE", "CAD MARK", "CAD RESULT"};
    static const char *const types[] = {"\\CAD", "\\RESULT", "\\REPORT", "DOSE"};
    const char *const texts[] = {info->image_type, info->series_description};
    for (size_t i = 0; i < 2; i++) {
        if (names_any(texts[i], masks, sizeof masks / sizeof *masks) || has_word(texts[i], "MASK") || has_word(texts[i], "MASKS"))
            return "a capture of a segmentation";
        if (names_any(texts[i], overlays, sizeof overlays / sizeof *overlays))
            return "a capture of an overlay";
    }
    if (names_any(info->image_type, types, sizeof types / sizeof *types))
        return "a capture of a result";
    bool colour = info->samples == 3 || !strcmp(info->photometric, "PALETTE COLOR");
    return colour && !strcmp(info->modality, "MG") ? "a capture of an overlay" : NULL;
}

const char *mm_dicom_result(const mm_dicom_info *info)
{
    const char *what = of_class(info->sop_class);
    bool capture = is_class(info->sop_class, "1.2.840.10008.5.1.4.1.1.7");
    if (!what && (capture || !info->sop_class[0]))
        what = of_modality(info->modality);
    if (!what && capture)
        what = of_capture(info);
    return what;
}
