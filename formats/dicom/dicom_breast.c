/* Side and view: see dicom_breast.h. */
#include "formats/dicom/dicom_breast.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/table/vocabulary.h"
#include "formats/dicom/dicom_lookup.h"

enum { WORD = 64 };

/* The views of mammography (PS3.16 CID 4014) by their codes of SNOMED. How they are spelled is in the vocabulary. */
static const struct view {
    const char *name, *srt, *sct;
} views[] = {
    {"CC", "R-10242", "399162004"}, {"MLO", "R-10226", "399368009"}, {"ML", "R-10224", "399260004"},
    {"LM", "R-10228", "399352003"}, {"LMO", "R-10230", "399099002"}, {"FB", "R-10244", "399196006"},
    {"SIO", "R-102D0", "399188001"}, {"ISO", "R-40AAA", "441555000"}, {"XCC", "R-1024A", "399101009"},
    {"XCCL", "Y-X1770", "399265009"}, {"XCCM", "Y-X1771", "399192008"},
};
enum { VIEWS = sizeof views / sizeof *views };

/* Takes the next run of letters and digits, in capitals; dots between them are left out, as in M.L.O. */
static bool next_word(const char **text, char word[WORD])
{
    size_t n = 0;
    while (**text && !isalnum((unsigned char)**text))
        ++*text;
    for (; isalnum((unsigned char)**text) || **text == '.'; ++*text)
        if (n + 1 < WORD && **text != '.')
            word[n++] = (char)toupper((unsigned char)**text);
    word[n] = '\0';
    return n > 0;
}

/* Words beside the one that counts. */
static bool says_nothing(const char *word)
{
    return !strcmp(word, "VIEW") || !strcmp(word, "BREAST") || !strcmp(word, "PROJECTION");
}

bool mm_dicom_side(const char *text, char side[8])
{
    char word[WORD], only[WORD] = "";
    bool one = true;
    while (next_word(&text, word))
        if (!says_nothing(word)) {
            one = one && !*only;
            memcpy(only, word, sizeof only);
        }
    const char *known = one && *only ? mm_vocabulary_word("side", only) : NULL;
    snprintf(side, 8, "%s", known ? known : "");
    return *side;
}

/* The view of these letters, or NULL. */
static const char *view_called(const char *letters)
{
    const char *word = mm_vocabulary_word("view", letters);
    return word && *word ? word : NULL;
}

/* A view behind the first letter or word of a side: RCC, LMLO, LEFTCC. */
static const char *view_behind_side(const char *letters, char side[8])
{
    static const char *const sides[] = {"LEFT", "RIGHT", "L", "R"};
    for (size_t i = 0; i < 4; i++) {
        size_t n = strlen(sides[i]);
        const char *view = !strncmp(letters, sides[i], n) ? view_called(letters + n) : NULL;
        if (view && mm_dicom_side(sides[i], side))
            return view;
    }
    return NULL;
}

bool mm_dicom_view(const char *text, char view[8], char side[8])
{
    char word[WORD], other[8], letters[WORD] = "";
    *view = *side = '\0';
    while (next_word(&text, word)) {
        if (mm_dicom_side(word, other))
            snprintf(side, 8, "%s", other);
        else if (!says_nothing(word))
            strncat(letters, word, sizeof letters - strlen(letters) - 1);
    }
    const char *called = view_called(letters);
    if (!called)
        called = view_behind_side(letters, side);
    if (called)
        snprintf(view, 8, "%s", called);
    else
        *side = '\0';
    return called;
}

static bool text_of(const mm_data_set *set, mm_tag tag, char text[WORD])
{
    mm_element e;
    return mm_element_find(set, tag, &e) && mm_element_text(&e, 0, text, WORD);
}

static bool view_of_code(const mm_data_set *set, char view[8], char side[8])
{
    mm_element e;
    mm_data_set item;
    char text[WORD];
    if (!mm_element_find(set, 0x00540220, &e) || !mm_element_item(&e, 0, &item))
        return false;
    for (const struct view *v = views; text_of(&item, 0x00080100, text) && v < views + VIEWS; v++)
        if (!strcmp(text, v->srt) || !strcmp(text, v->sct)) {
            snprintf(view, 8, "%s", v->name);
            return true;
        }
    return text_of(&item, 0x00080104, text) && mm_dicom_view(text, view, side);
}

void mm_dicom_breast(const mm_data_set *set, char side[8], char view[8])
{
    mm_element e;
    char text[WORD], of_view[8] = "";
    *side = *view = '\0';
    if (!(text_of(set, 0x00185101, text) && mm_dicom_view(text, view, of_view)) && !view_of_code(set, view, of_view) &&
        text_of(set, 0x00200020, text))
        mm_dicom_view(text, view, of_view);
    bool said = text_of(set, 0x00200062, text) || text_of(set, 0x00200060, text) ||
                (mm_dicom_find(set, 0x00209071, 0x00209072, 0, &e) && mm_element_text(&e, 0, text, sizeof text));
    if (said)
        mm_dicom_side(text, side);
    else
        snprintf(side, 8, "%s", of_view);
}
