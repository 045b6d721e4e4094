/* Patches: the rule of overlap recomputed pixel by pixel, counts, independence of draws, and records cut out. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/image/geometry.h"
#include "common/image/patch.h"

enum { H = 260, W = 200, SIDE = 40, PLANE = H * W };

static const mm_patch_options usual = {.height = SIDE, .width = SIDE, .sets = MM_PATCH_S | MM_PATCH_S10, .seed = 5};

static void disc(uint8_t *plane, int cx, int cy, int radius)
{
    for (int i = 0; i < PLANE; i++)
        if ((i % W - cx) * (i % W - cx) + (i / W - cy) * (i / W - cy) <= radius * radius)
            plane[i] = 1;
}

/* Four planes: a small disc, one at the image's corner, one much larger than a patch, two specks far apart. */
static uint8_t *make_masks(void)
{
    uint8_t *masks = calloc(4, PLANE);
    assert_non_null(masks);
    disc(masks, 60, 70, 9);
    disc(masks + PLANE, 199, 259, 14);
    disc(masks + 2 * PLANE, 120, 160, 45);
    disc(masks + 3 * PLANE, 30, 120, 4);
    disc(masks + 3 * PLANE, 110, 60, 4);
    return masks;
}

/* Pixels of the plane in the patch, one by one. */
static long count(const uint8_t *plane, const mm_patch *p, const mm_patch_options *r)
{
    long n = 0;
    for (long y = p->y - (long)(r->height / 2); y < p->y - (long)(r->height / 2) + (long)r->height; y++)
        for (long x = p->x - (long)(r->width / 2); x < p->x - (long)(r->width / 2) + (long)r->width; x++)
            n += x >= 0 && y >= 0 && x < W && y < H && plane[y * W + x];
    return n;
}

static double rule(const uint8_t *plane, const mm_patch *p, const mm_patch_options *r)
{
    long pixels = 0;
    for (int i = 0; i < PLANE; i++)
        pixels += plane[i] != 0;
    long in = count(plane, p, r);
    return fmax((double)in / (double)pixels, (double)in / (double)(r->height * r->width));
}

static mm_patch_list plan(const uint8_t *masks, size_t lesions, const mm_patch_options *rules, const char *key)
{
    mm_patch_planes planes = {H, W, lesions, masks, NULL, NULL};
    mm_patch_list list = {0};
    mm_error error = {0};
    assert_int_equal(mm_patch_plan(&planes, rules, key, &list, &error), 0);
    return list;
}

static size_t count_of(const mm_patch_list *list, bool background, unsigned set, long lesion)
{
    size_t n = 0;
    for (size_t i = 0; i < list->n; i++) {
        const mm_patch *p = &list->patches[i];
        n += p->background == background && p->sets & set && (lesion < -1 || p->lesion == lesion);
    }
    return n;
}

static void every_patch_keeps_the_rule(void **state)
{
    (void)state;
    uint8_t *masks = make_masks();
    static const size_t sizes[][2] = {{SIDE, SIDE}, {40, 33}, {17, 60}};
    int lowered = 0, touching = 0;
    for (int s = 0; s < 3; s++)
        for (int k = 0; k < 20; k++) {
            char key[16];
            mm_patch_options rules = usual;
            rules.height = sizes[s][0];
            rules.width = sizes[s][1];
            snprintf(key, sizeof key, "image%d", k);
            mm_patch_list list = plan(masks, 4, &rules, key);
            assert_int_equal(list.n, 4 + 40 + 40);
            for (size_t i = 0; i < list.n; i++) {
                const mm_patch *p = &list.patches[i];
                assert_true(p->x >= 0 && p->y >= 0 && p->x < W && p->y < H);
                double most = 0;
                for (int l = 0; l < 4; l++)
                    most = fmax(most, rule(masks + l * PLANE, p, &rules));
                double overlap = p->background ? most : rule(masks + p->lesion * PLANE, p, &rules);
                assert_true(fabs(overlap - p->overlap) < 1e-12);
                if (p->background) {
                    assert_true(most <= 0.35 && p->c == 35);
                    touching += most > 0;
                } else if (p->number >= 0) {
                    assert_true(overlap > p->c / 100.0 && p->c % 5 == 0 && p->c <= 90);
                    lowered += p->c < 90;
                }
            }
            mm_patch_list_clear(&list);
        }
    assert_true(lowered >= 20 * 10);  /* the two specks never lie in one patch */
    assert_true(touching > 0);        /* background may touch a lesion */
    free(masks);
}

static void a_lesion_that_never_fits_lowers_c(void **state)
{
    (void)state;
    uint8_t *masks = make_masks();
    mm_patch_list list = plan(masks + 3 * PLANE, 1, &usual, "k");
    for (size_t i = 0; i < list.n; i++)
        if (!list.patches[i].background && list.patches[i].number >= 0) {
            assert_true(list.patches[i].c == 45); /* one of two equal specks: 1/2 */
            assert_true(fabs(list.patches[i].overlap - 0.5) < 0.05);
        }
    assert_int_equal(list.missing_lesion, 0);
    mm_patch_list_clear(&list);
    free(masks);
}

static void counts_are_per_lesion_or_per_image(void **state)
{
    (void)state;
    uint8_t *masks = make_masks();
    for (size_t n = 0; n <= 4; n++) {
        mm_patch_options rules = usual;
        mm_patch_list list = plan(masks, n, &rules, "k");
        size_t units = n ? n : 1;
        assert_int_equal(count_of(&list, false, MM_PATCH_S, -2), n);
        assert_int_equal(count_of(&list, false, MM_PATCH_S10, -2), 10 * n);
        assert_int_equal(count_of(&list, true, MM_PATCH_S, -2), units);
        assert_int_equal(count_of(&list, true, MM_PATCH_S10, -2), 10 * units);
        for (long l = 0; l < (long)n; l++)
            assert_int_equal(count_of(&list, false, MM_PATCH_S10, l), 10);
        mm_patch_list_clear(&list);

        rules.per_image = true;
        list = plan(masks, n, &rules, "k");
        assert_int_equal(count_of(&list, false, MM_PATCH_S, -2), n);
        assert_int_equal(count_of(&list, false, MM_PATCH_S10, -2), n ? 10 : 0);
        assert_int_equal(count_of(&list, true, MM_PATCH_S, -2), 1);
        assert_int_equal(count_of(&list, true, MM_PATCH_S10, -2), 10);
        for (long l = 0; l < (long)n; l++)
            assert_in_range(count_of(&list, false, MM_PATCH_S10, l), 10 / n, 10 / n + 1);
        mm_patch_list_clear(&list);
    }
    free(masks);
}

static const mm_patch *find(const mm_patch_list *list, bool background, long lesion, long number)
{
    for (size_t i = 0; i < list->n; i++) {
        const mm_patch *p = &list->patches[i];
        if (p->background == background && p->lesion == lesion && p->number == number)
            return p;
    }
    return NULL;
}

static void draws_depend_on_seed_key_lesion_draw_alone(void **state)
{
    (void)state;
    uint8_t *masks = make_masks();
    mm_patch_options other = usual, only_s = usual, per_image = usual;
    other.seed = 6;
    only_s.sets = MM_PATCH_S;
    per_image.per_image = true;
    mm_patch_list one = plan(masks, 1, &usual, "k"), all = plan(masks, 3, &usual, "k");
    mm_patch_list seed = plan(masks, 1, &other, "k"), key = plan(masks, 1, &usual, "kk");
    mm_patch_list s = plan(masks, 1, &only_s, "k"), image = plan(masks, 3, &per_image, "k");
    int same_seed = 0, same_key = 0;
    for (long i = 0; i < 10; i++) {
        const mm_patch *p = find(&one, false, 0, i), *q = find(&all, false, 0, i);
        assert_true(p->x == q->x && p->y == q->y);
        p = find(&all, false, 2, i);
        q = find(&image, false, 2, i);
        assert_true(i < 3 ? p->x == q->x && p->y == q->y : q == NULL);
        p = find(&one, true, 0, i);
        q = find(&seed, true, 0, i);
        same_seed += p->x == q->x && p->y == q->y;
        q = find(&key, true, 0, i);
        same_key += p->x == q->x && p->y == q->y;
    }
    assert_true(same_seed < 2 && same_key < 2);
    assert_int_equal(s.n, 2);
    const mm_patch *p = find(&s, true, 0, 0), *q = find(&one, true, 0, 0);
    assert_true(p->x == q->x && p->y == q->y && p->sets == MM_PATCH_S && q->sets == (MM_PATCH_S | MM_PATCH_S10));
    mm_patch_list *lists[] = {&one, &all, &seed, &key, &s, &image};
    for (int i = 0; i < 6; i++)
        mm_patch_list_clear(lists[i]);
    free(masks);
}

static void centres_are_where_they_should_be(void **state)
{
    (void)state;
    uint8_t *masks = make_masks();
    mm_patch_list list = plan(masks, 4, &usual, "k");
    const mm_patch *p = find(&list, false, 0, -1);
    assert_true(p->x == 60 && p->y == 70 && p->sets == MM_PATCH_S && p->c == -1);
    p = find(&list, false, 3, -1);
    assert_true(p->x == 70 && p->y == 90); /* between the specks */
    mm_patch_list_clear(&list);
    /* a lesion much larger than a patch: nearly every centre in its bounding box passes, and they fill it evenly */
    mm_patch_options rules = usual;
    rules.height = rules.width = 4;
    rules.sets = MM_PATCH_S10;
    double sum_x = 0, sum_y = 0, square = 0;
    int n = 0;
    uint8_t *box = calloc(1, PLANE);
    for (int y = 50; y < 150; y++)
        memset(box + y * W + 20, 1, 100);
    for (int k = 0; k < 200; k++) {
        char key[16];
        snprintf(key, sizeof key, "%d", k);
        list = plan(box, 1, &rules, key);
        for (size_t i = 0; i < list.n; i++)
            if (!list.patches[i].background) {
                sum_x += (double)list.patches[i].x;
                sum_y += (double)list.patches[i].y;
                square += ((double)list.patches[i].x - 69.5) * ((double)list.patches[i].x - 69.5);
                n++;
            }
        mm_patch_list_clear(&list);
    }
    assert_int_equal(n, 2000);
    assert_true(fabs(sum_x / n - 69.5) < 3 && fabs(sum_y / n - 99.5) < 3); /* 0.65 is one standard deviation */
    assert_true(fabs(sqrt(square / n) - 28.2) < 1.5);
    free(box);
    free(masks);
}

static void background_without_a_place_is_counted(void **state)
{
    (void)state;
    uint8_t *full = malloc(PLANE);
    memset(full, 1, PLANE);
    mm_patch_list list = plan(full, 1, &usual, "k");
    assert_int_equal(list.missing_background + count_of(&list, true, MM_PATCH_S10, -2), 10);
    assert_true(list.missing_background > 0); /* corners show a quarter of a patch and pass; 1000 tries may find one */
    mm_patch_list_clear(&list);

    uint8_t *tissue = calloc(1, PLANE);
    mm_patch_planes planes = {H, W, 0, NULL, tissue, NULL};
    mm_patch_options rules = usual;
    mm_error error = {0};
    rules.min_tissue = 0.1;
    assert_int_equal(mm_patch_plan(&planes, &rules, "k", &list, &error), 0);
    assert_true(list.n == 0 && list.missing_background == 10);
    mm_patch_list_clear(&list);
    disc(tissue, 0, 100, 60);
    for (double part = 0.1; part < 0.95; part += 0.2) {
        rules.min_tissue = part;
        assert_int_equal(mm_patch_plan(&planes, &rules, "k", &list, &error), 0);
        assert_int_equal(list.n, 10);
        for (size_t i = 0; i < list.n; i++)
            assert_true((double)count(tissue, &list.patches[i], &rules) >= part * SIDE * SIDE);
        mm_patch_list_clear(&list);
    }
    free(tissue);
    free(full);
}

static double mean_grey(const float *grey, const mm_patch *p)
{
    double sum = 0;
    for (long y = p->y - SIDE / 2; y < p->y + SIDE / 2; y++)
        for (long x = p->x - SIDE / 2; x < p->x + SIDE / 2; x++)
            sum += x >= 0 && y >= 0 && x < W && y < H ? grey[y * W + x] : 0;
    return sum / (SIDE * SIDE);
}

static void matched_background_is_as_bright(void **state)
{
    (void)state;
    uint8_t *masks = make_masks();
    float *grey = calloc(PLANE, sizeof *grey);
    for (int i = 0; i < PLANE; i++)
        grey[i] = (float)(i % W + 30 * sin(i / W / 20.0) + 40);
    mm_patch_planes planes = {H, W, 1, masks, NULL, grey};
    mm_patch_options rules = usual;
    mm_patch_list list = {0};
    mm_error error = {0};
    double distance[2] = {0, 0};
    for (int matched = 0; matched < 2; matched++) {
        rules.matched = matched;
        assert_int_equal(mm_patch_plan(&planes, &rules, "k", &list, &error), 0);
        assert_int_equal(list.n, 21);
        for (long i = 0; i < 10; i++) {
            const mm_patch *p = find(&list, true, 0, i);
            assert_true(p->overlap <= 0.35);
            distance[matched] += fabs(mean_grey(grey, p) - mean_grey(grey, find(&list, false, 0, i)));
        }
        mm_patch_list_clear(&list);
    }
    assert_true(distance[1] < 0.1 * distance[0]);
    free(grey);
    free(masks);
}

static void own_only_overlooks_other_lesions(void **state)
{
    (void)state;
    uint8_t *masks = make_masks();
    int broken[2] = {0, 0};
    for (int own = 0; own < 2; own++)
        for (int k = 0; k < 20; k++) {
            char key[16];
            mm_patch_options rules = usual;
            snprintf(key, sizeof key, "%d", k);
            rules.own_only = own;
            mm_patch_list list = plan(masks, 3, &rules, key);
            for (size_t i = 0; i < list.n; i++)
                if (list.patches[i].background) {
                    broken[own] += list.patches[i].overlap > 0.35;
                    assert_true(rule(masks + list.patches[i].lesion * PLANE, &list.patches[i], &rules) <= 0.35);
                }
            mm_patch_list_clear(&list);
        }
    assert_int_equal(broken[0], 0);
    assert_true(broken[1] > 20);
    free(masks);
}

static void an_empty_lesion_is_an_error(void **state)
{
    (void)state;
    uint8_t *masks = make_masks();
    memset(masks + PLANE, 0, PLANE);
    mm_patch_planes planes = {H, W, 2, masks, NULL, NULL};
    mm_patch_list list = {0};
    mm_error error = {0};
    assert_int_equal(mm_patch_plan(&planes, &usual, "k", &list, &error), MM_FAILURE);
    assert_non_null(strstr(error.text, "lesion 1"));
    mm_patch_list_clear(&list);
    free(masks);
}

/* ---- records ------------------------------------------------------------------------------------------------- */

static mm_record *make_record(size_t lesions)
{
    mm_record *r = mm_record_new("film");
    mm_error error;
    uint16_t *image = mm_record_add(r, "image", MM_U16, 2, (size_t[]){H, W}, &error)->data;
    uint8_t *breast = mm_record_add(r, "breast", MM_U8, 2, (size_t[]){H, W}, &error)->data;
    for (int i = 0; i < PLANE; i++) {
        image[i] = (uint16_t)(i + 1);
        breast[i] = i % W < 150;
    }
    if (lesions) {
        uint8_t *masks = make_masks();
        memcpy(mm_record_add(r, "mask", MM_U8, 3, (size_t[]){lesions, H, W}, &error)->data, masks, lesions * PLANE);
        free(masks);
    }
    mm_record_set(r, "lesion.0.class", "calc_mal");
    mm_record_set(r, "lesion.1.class", "mass_ben");
    for (size_t i = lesions; i < 2; i++) {
        char name[32];
        snprintf(name, sizeof name, "lesion.%zu.class", i);
        mm_record_unset(r, name);
    }
    mm_record_set(r, "label", "1");
    if (lesions == 0)
        mm_record_set(r, "label", "0");
    mm_record_set(r, "class", lesions ? "malignant" : "benign");
    mm_record_set(r, "patient", "P7");
    mm_record_set(r, "split", "val");
    mm_record_set(r, "to_original", "2 0 1 0 3 -1");
    return r;
}

static void records_are_cut_with_all_that_belongs_to_them(void **state)
{
    (void)state;
    mm_record *r = make_record(2);
    mm_patch_options rules = usual;
    mm_patch_list list = {0};
    mm_error error = {0};
    bool unplaced = true;
    rules.min_tissue = 0.3;
    assert_int_equal(mm_patch_plan_record(r, &rules, &list, &unplaced, &error), 0);
    assert_false(unplaced);
    assert_int_equal(list.n, 42);
    char keys[42][32];
    size_t beyond = 0;
    for (size_t i = 0; i < list.n; i++) {
        const mm_patch *p = &list.patches[i];
        mm_record *q;
        assert_int_equal(mm_patch_cut(r, p, &rules, &q, &error), 0);
        snprintf(keys[i], sizeof keys[i], "%s", q->key);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(keys[k], keys[i]);
        assert_string_equal(mm_record_get(q, "label"), p->background ? "0" : p->lesion ? "4" : "1");
        assert_string_equal(mm_record_get(q, "class"), p->background ? "background" : p->lesion ? "mass_ben" : "calc_mal");
        assert_string_equal(mm_record_get(q, "patient"), "P7");
        assert_string_equal(mm_record_get(q, "split"), "val");
        assert_string_equal(mm_record_get(q, "source"), "film");
        const mm_tensor *image = mm_record_tensor(q, "image"), *mask = mm_record_tensor(q, "mask");
        const mm_tensor *breast = mm_record_tensor(q, "breast");
        assert_true(image->dtype == MM_U16 && image->ndim == 2 && image->dim[0] == SIDE && image->dim[1] == SIDE);
        assert_true(mask->ndim == 3 && mask->dim[0] == 2 && mask->dim[2] == SIDE);
        mm_affine map;
        assert_int_equal(mm_geometry_get(q, &map, &error), 0);
        const uint8_t *whole_mask = mm_record_tensor(r, "mask")->data;
        for (long k = 0; k < SIDE * SIDE; k++) {
            double u, v;
            mm_affine_apply(map, (double)(k % SIDE), (double)(k / SIDE), &u, &v);
            long x = (long)((u - 1) / 2), y = (long)((v + 1) / 3); /* of the image before it was cut */
            bool inside = u >= 1 && v >= -1 && x < W && y < H;
            assert_true(x == p->x - SIDE / 2 + k % SIDE || !inside);
            assert_int_equal(((const uint16_t *)image->data)[k], inside ? (uint16_t)(y * W + x + 1) : 0);
            assert_int_equal(((const uint8_t *)breast->data)[k], inside && x < 150);
            for (long l = 0; l < 2; l++)
                assert_int_equal(((const uint8_t *)mask->data)[l * SIDE * SIDE + k],
                                 inside ? whole_mask[l * PLANE + y * W + x] : 0);
            beyond += !inside;
        }
        mm_record_free(q);
    }
    assert_true(beyond > 1000); /* lesion 1 lies in the corner */
    assert_string_equal(keys[0], "film_l0_c");
    assert_string_equal(keys[4], "film_l0_03");
    assert_string_equal(keys[22 + 7], "film_b07");
    mm_patch_list_clear(&list);
    mm_record_free(r);
}

static void expect_refusal(mm_record *r, const char *text)
{
    mm_patch_list list = {0};
    mm_error error = {0};
    bool unplaced;
    assert_int_equal(mm_patch_plan_record(r, &usual, &list, &unplaced, &error), MM_FAILURE);
    if (!strstr(error.text, text))
        fail_msg("'%s' does not say '%s'", error.text, text);
    mm_patch_list_clear(&list);
    mm_record_free(r);
}

static void what_is_missing_is_named(void **state)
{
    (void)state;
    mm_error error;
    mm_record *r = make_record(2);
    mm_record_unset(r, "lesion.1.class");
    expect_refusal(r, "lesion.1.class");
    r = make_record(2);
    mm_record_set(r, "lesion.0.class", "calc_mall");
    expect_refusal(r, "calc_mall");
    r = make_record(2);
    mm_record_set(r, "lesion.0.class", "background");
    expect_refusal(r, "lesion 0");
    r = make_record(2);
    mm_record_remove(r, "image");
    expect_refusal(r, "image");
    r = make_record(2);
    mm_record_add(r, "mask", MM_U8, 3, (size_t[]){2, H, W + 1}, &error);
    expect_refusal(r, "260 x 201");
    r = make_record(2);
    mm_record_add(r, "mask", MM_F32, 3, (size_t[]){2, H, W}, &error);
    expect_refusal(r, "f32");
    r = make_record(2);
    mm_record_add(r, "breast", MM_U8, 2, (size_t[]){H - 1, W}, &error);
    expect_refusal(r, "breast");
}

static void a_lesion_without_a_place_leaves_no_background(void **state)
{
    (void)state;
    mm_patch_list list = {0};
    mm_error error = {0};
    bool unplaced = false;
    mm_record *r = make_record(1);
    mm_record_set(r, "lesion.1.class", "mass_ben");
    assert_int_equal(mm_patch_plan_record(r, &usual, &list, &unplaced, &error), 0);
    assert_true(unplaced && list.n == 11 && count_of(&list, true, MM_PATCH_S10, -2) == 0);
    mm_patch_list_clear(&list);
    mm_record_free(r);
    r = make_record(0);
    assert_int_equal(mm_patch_plan_record(r, &usual, &list, &unplaced, &error), 0);
    assert_true(!unplaced && list.n == 10);
    mm_patch_list_clear(&list);
    mm_record_set(r, "label", "1");
    mm_record_set(r, "class", "malignant");
    assert_int_equal(mm_patch_plan_record(r, &usual, &list, &unplaced, &error), 0);
    assert_true(unplaced && list.n == 0);
    mm_patch_list_clear(&list);
    mm_record_unset(r, "class"); /* a number alone may say the same */
    assert_int_equal(mm_patch_plan_record(r, &usual, &list, &unplaced, &error), 0);
    assert_true(unplaced && list.n == 0);
    mm_patch_list_clear(&list);
    mm_record_set(r, "class", "dense"); /* label 1 of another scale */
    assert_int_equal(mm_patch_plan_record(r, &usual, &list, &unplaced, &error), 0);
    assert_true(!unplaced && list.n == 10);
    mm_patch_list_clear(&list);
    mm_record_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_patch_keeps_the_rule),
        cmocka_unit_test(a_lesion_that_never_fits_lowers_c),
        cmocka_unit_test(counts_are_per_lesion_or_per_image),
        cmocka_unit_test(draws_depend_on_seed_key_lesion_draw_alone),
        cmocka_unit_test(centres_are_where_they_should_be),
        cmocka_unit_test(background_without_a_place_is_counted),
        cmocka_unit_test(matched_background_is_as_bright),
        cmocka_unit_test(own_only_overlooks_other_lesions),
        cmocka_unit_test(an_empty_lesion_is_an_error),
        cmocka_unit_test(records_are_cut_with_all_that_belongs_to_them),
        cmocka_unit_test(what_is_missing_is_named),
        cmocka_unit_test(a_lesion_without_a_place_leaves_no_background),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
