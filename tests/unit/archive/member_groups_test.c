/* What the names of files say, and which files are one record. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "formats/archive/member_groups.h"

enum { MOST = 12 };

/* Groups names that one space parts; the result is "KEY:NAMES;KEY:NAMES". */
static const char *grouped(const char *names, char *to, size_t room)
{
    mm_member files[MOST] = {{0}};
    mm_member_groups groups;
    mm_error error = {0};
    char *copy = strdup(names), *rest = copy;
    size_t n = 0, at = 0;
    for (char *name; (name = strtok_r(rest, " ", &rest));)
        files[n++].name = name;
    assert_int_equal(mm_member_groups_make(&groups, files, n, &error), 0);
    *to = '\0';
    for (size_t g = 0; g < groups.n; g++) {
        at += (size_t)snprintf(to + at, room - at, "%s%.*s:", g ? ";" : "", (int)groups.key[g], files[groups.order[groups.first[g]]].name);
        for (size_t i = groups.first[g]; i < groups.first[g + 1]; i++)
            at += (size_t)snprintf(to + at, room - at, "%s%zu", i > groups.first[g] ? "," : "", groups.order[i]);
    }
    mm_member_groups_free(&groups);
    free(copy);
    return to;
}

static void records(void **state)
{
    static const struct {
        const char *names, *want;
    } cases[] = {
        /* identifiers: as many records as files */
        {"1.2.826.0.1.1.dcm 1.2.826.0.1.2.dcm 1.2.826.0.1.dcm", "1.2.826.0.1.1:0;1.2.826.0.1.2:1;1.2.826.0.1:2"},
        {"MG.1.2.840.17 MG.1.2.840.18", "MG.1.2.840.17:0;MG.1.2.840.18:1"},
        {"a.left.png a.right.png", "a.left:0;a.right:1"},
        {"d/1.5.png d/1.5.1.png d.x/1.png", "d/1.5:0;d/1.5.1:1;d.x/1:2"},
        {"film.image.20240131.png film.20240131.png", "film.image.20240131:0;film.20240131:1"},
        /* known endings, before them any key */
        {"1.2.3.image.png 1.2.3.mask.0.png 1.2.3.json 1.2.4.image.png", "1.2.3:0,1,2;1.2.4:3"},
        {"a.b.png a.b.cls a.b.MASK.1.PNG a.c.JPG", "a.b:0,1,2;a.c:3"},
        {"a.v2.prob.npy a.v2.dcm", "a.v2:0,1"},
        {"x/k.png y/k.json", "x/k:0;y/k:1"},
        /* other tensors where a file shows that the key has several */
        {"k.foo.npy k.bar.0.png k.json", "k:0,1,2"},
        {"k.foo.npy k.bar.png", "k.foo:0;k.bar:1"},
        {"1.2.foo.npy 1.2.image.png 1.2.9.png", "1.2:0,1;1.2.9:2"},
        {"0.jpg 0.seg.png", "0:0;0.seg:1"},
        {"0.jpg 0.seg.png 0.cls", "0:0,1,2"},
        /* known tensors before what is not a plane */
        {"a.mask.left.png a.png a.mask.0.png a.mask.-1.png", "a.mask.left:0;a:1,2;a.mask.-1:3"},
        /* neither a key nor an ending */
        {"mask.png .png readme.txt", "mask:0;.png:1;readme.txt:2"},
        {"d/image.png d/mask.0.png", "d/image:0;d/mask.0:1"},
    };
    char text[400];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(grouped(cases[i].names, text, sizeof text), cases[i].want);
}

static void parts(void **state)
{
    static const struct {
        const char *name;
        size_t key;
        mm_member_role role;
        const char *tensor;
        long plane;
    } cases[] = {
        {"a.b.mask.12.png", 3, MM_MEMBER_IMAGE, "mask", 12}, {"a.b.png", 3, MM_MEMBER_IMAGE, "", -1},
        {"a.prob.npy", 1, MM_MEMBER_IMAGE, "prob", -1},      {"a.x%2Ey.npy", 1, MM_MEMBER_IMAGE, "x.y", -1},
        {"a.5.png", 3, MM_MEMBER_IMAGE, "", -1},             {"a.%35.0.png", 1, MM_MEMBER_IMAGE, "5", 0},
        {"a.b.Json", 3, MM_MEMBER_JSON, "", -1},             {"a.cls", 1, MM_MEMBER_CLASS, "", -1},
        {"MG.1.2", 6, MM_MEMBER_FILE, "", -1},               {"a.image.1234567.dcm", 15, MM_MEMBER_IMAGE, "", -1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mm_member_part part;
        mm_error error = {0};
        assert_int_equal(mm_member_part_of(cases[i].name, cases[i].key, &part, &error), 0);
        assert_int_equal(part.role, cases[i].role);
        assert_string_equal(part.tensor, cases[i].tensor);
        assert_int_equal(part.plane, cases[i].plane);
        free(part.tensor);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(records), cmocka_unit_test(parts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
