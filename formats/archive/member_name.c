/* Names of files: see member_name.h. */
#include "formats/archive/member_name.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "formats/image/formats.h"

enum { PLANE_DIGITS = 6 }; /* longer numbers are dates and identifiers */

const char *mm_member_known_tensor(const char *name, size_t length)
{
    static const char *const known[] = {"image", "mask", "breast", "heatmap", "prob", "features"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strlen(known[i]) == length && !strncasecmp(known[i], name, length))
            return known[i];
    return NULL;
}

/* The place of the last dot in name[0 .. n - 1], or n. The dot that begins the last component does not count. */
static size_t last_dot(const char *name, size_t n)
{
    for (size_t i = n; i > 1 && name[i - 1] != '/' && name[i - 2] != '/'; i--)
        if (name[i - 1] == '.')
            return i - 1;
    return n;
}

static bool is_number(const char *text, size_t length)
{
    return length > 0 && strspn(text, "0123456789") >= length;
}

/* The part of name[0 .. n - 1] before the number of a plane, or n. */
static size_t before_plane(const char *name, size_t n)
{
    size_t dot = last_dot(name, n);
    return dot < n && n - dot - 1 <= PLANE_DIGITS && is_number(name + dot + 1, n - dot - 1) ? dot : n;
}

/* The role that the ending after `dot` gives. */
static mm_member_role role_of(const char *name, size_t dot)
{
    const char *ending = name[dot] ? name + dot + 1 : "";
    if (!strcasecmp(ending, "json"))
        return MM_MEMBER_JSON;
    if (!strcasecmp(ending, "cls"))
        return MM_MEMBER_CLASS;
    return mm_image_ending_is(ending) ? MM_MEMBER_IMAGE : MM_MEMBER_FILE;
}

/* The key of KEY.mask.NAME, which is name[0 .. n - 1], or 0. */
static size_t before_tensor(const char *name, size_t n)
{
    size_t second = last_dot(name, n), first = last_dot(name, second);
    return first < second && second < n && mm_member_known_tensor(name + first + 1, second - first - 1) ? first : 0;
}

mm_member_keys mm_member_keys_of(const char *name)
{
    size_t n = strlen(name), dot = last_dot(name, n);
    mm_member_role role = role_of(name, dot);
    if (role != MM_MEMBER_IMAGE)
        return role == MM_MEMBER_FILE ? (mm_member_keys){.known = n, .tensor = before_tensor(name, n), .alone = true}
                                      : (mm_member_keys){.known = dot};
    size_t end = before_plane(name, dot), key = last_dot(name, end), length = end - key;
    if (key == end || length == 1)
        return (mm_member_keys){.known = dot, .alone = true};
    if (mm_member_known_tensor(name + key + 1, length - 1))
        return (mm_member_keys){.known = key};
    return (mm_member_keys){.known = dot, .other = is_number(name + key + 1, length - 1) ? 0 : key, .tensor = before_tensor(name, dot),
                            .alone = true};
}

/* Undoes %XX in place. */
static void decode(char *text)
{
    char *to = text;
    for (const char *p = text; *p; p++) {
        unsigned byte;
        if (*p == '%' && isxdigit((unsigned char)p[1]) && isxdigit((unsigned char)p[2]) && sscanf(p + 1, "%2x", &byte) == 1 && byte) {
            *to++ = (char)byte;
            p += 2;
        } else {
            *to++ = *p;
        }
    }
    *to = '\0';
}

int mm_member_part_of(const char *name, size_t key, mm_member_part *part, mm_error *error)
{
    size_t n = strlen(name), dot = last_dot(name, n);
    mm_member_role role = dot >= key ? role_of(name, dot) : MM_MEMBER_FILE;
    size_t begin = key < n ? key + 1 : n, end = role == MM_MEMBER_FILE ? n : dot, before = before_plane(name, end);
    *part = (mm_member_part){.role = role, .plane = -1};
    if (before > key && before < end) {
        part->plane = strtol(name + before + 1, NULL, 10);
        end = before;
    }
    if (!(part->tensor = strndup(name + begin, end > begin ? end - begin : 0)))
        return mm_no_memory(error);
    decode(part->tensor);
    return MM_OK;
}
