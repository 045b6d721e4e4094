/* What says a place in a table: see place_names.h. */
#include "common/table/place_names.h"

#include <ctype.h>
#include <string.h>

#include "common/base/text.h"
#include "common/table/shape.h"

/* Names of one number, of several, and of what has two numbers without being a place; with blanks around each. */
static const char numbers[] =
    " x y x0 y0 x1 y1 x2 y2 x3 y3 x4 y4 xmin ymin xmax ymax minx miny maxx maxy minrow mincol maxrow maxcol rowmin colmin rowmax colmax "
    "minr minc maxr maxc cx cy xc yc xcenter ycenter xcentre ycentre centerx centery centrex centrey left top right bottom radius ";
static const char lists[] =
    " bbox box boxes bboxes boundingbox polygon polygons points contour contours roi rois roicoords coords coord coordinates segmentation "
    "vertices center centre centroid circle ellipse xyxy xywh geometry allpointsx allpointsy encodedpixels rle mask masks ";
static const char *const extents[] = {"spacing", "size", "resolution", "dim", "dpi", "scale", "shape"};
static const char *const before[] = {"boundingbox", "bndbox", "bbox", "box", "lesion", "roi", "finding", "region"};
static const char *const behind[] = {"pixels", "pixel", "px"};

static bool is_listed(const char *names, const char *name)
{
    size_t n = strlen(name);
    for (const char *at = n ? strstr(names, name) : NULL; at; at = strstr(at + 1, name))
        if (at[-1] == ' ' && at[n] == ' ')
            return true;
    return false;
}

/* The letters and digits of text[n] in lower case; "" if they are too many. */
static void squeeze(const char *text, size_t n, char name[MM_PLACE_NAME])
{
    size_t length = 0;
    for (size_t i = 0; i < n && length < MM_PLACE_NAME; i++)
        if (isalnum((unsigned char)text[i]))
            name[length++] = (char)tolower((unsigned char)text[i]);
    name[length < MM_PLACE_NAME ? length : 0] = '\0';
}

/* Takes one of the words off the front of a name, or off its end, if something is left. */
static bool take_off(char *name, const char *const *words, size_t n, bool front)
{
    for (size_t i = 0; i < n; i++) {
        size_t length = strlen(name), word = strlen(words[i]);
        if (length <= word || memcmp(front ? name : name + length - word, words[i], word) != 0)
            continue;
        if (front)
            memmove(name, name + word, length - word + 1);
        else
            name[length - word] = '\0';
        return true;
    }
    return false;
}

void mm_place_name(const char *column, char name[MM_PLACE_NAME])
{
    squeeze(column, strlen(column), name);
    while (take_off(name, before, sizeof before / sizeof *before, true))
        continue;
    take_off(name, behind, sizeof behind / sizeof *behind, false);
}

/* True if another column has the name with y for an x of it, or the other way round. */
static bool has_partner(char *const *column, size_t n, const char *name)
{
    char other[MM_PLACE_NAME], found[MM_PLACE_NAME];
    for (size_t i = 0; i < sizeof extents / sizeof *extents; i++)
        if (strstr(name, extents[i]))
            return false;
    for (size_t at = strcspn(name, "xy"); name[at]; at += 1 + strcspn(name + at + 1, "xy")) {
        strcpy(other, name);
        other[at] = name[at] == 'x' ? 'y' : 'x';
        for (size_t c = 0; c < n; c++) {
            squeeze(column[c], strlen(column[c]), found);
            if (!strcmp(found, other))
                return true;
        }
    }
    return false;
}

/* True for bbox-0, bbox[0], centroid-1: a numbered part of a place. */
static bool is_part(const char *name)
{
    char stem[MM_PLACE_NAME];
    size_t n = strlen(name);
    memcpy(stem, name, n + 1);
    while (n > 0 && isdigit((unsigned char)stem[n - 1]))
        stem[--n] = '\0';
    return name[n] && is_listed(" bbox box boundingbox centroid coord coords coordinates point vertex ", stem);
}

mm_place_kind mm_place_kind_of(char *const *column, size_t n, size_t c)
{
    char whole[MM_PLACE_NAME], name[MM_PLACE_NAME];
    squeeze(column[c], strlen(column[c]), whole);
    mm_place_name(column[c], name);
    if (is_listed(numbers, whole) || is_listed(numbers, name) || is_part(whole) || has_partner(column, n, whole))
        return MM_PLACE_NUMBER;
    return is_listed(lists, whole) || is_listed(lists, name) ? MM_PLACE_LIST : MM_PLACE_NONE;
}

/* True if a JSON object or list, or Python's, has a key that says a place, and a number. */
static bool has_keys_of_place(const char *cell)
{
    char name[MM_PLACE_NAME];
    if (!strchr("{[", *cell) || !strpbrk(cell, "0123456789"))
        return false;
    for (const char *from = strpbrk(cell, "\"'"); from;) {
        const char *to = strchr(from + 1, *from);
        if (!to)
            return false;
        squeeze(from + 1, (size_t)(to - from - 1), name);
        if (to[1 + strspn(to + 1, " ")] == ':' && (is_listed(numbers, name) || is_listed(lists, name)))
            return true;
        from = strpbrk(to + 1, "\"'");
    }
    return false;
}

bool mm_place_is_in(mm_place_kind kind, const char *cell)
{
    double value;
    if (kind == MM_PLACE_NUMBER && !mm_parse_double(cell, -1e12, 1e12, &value))
        return true;
    if (kind != MM_PLACE_NONE && mm_lesion_shape_numbers(cell) > 1)
        return true;
    return mm_lesion_shape_like(cell) || has_keys_of_place(cell);
}
