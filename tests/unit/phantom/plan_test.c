/* Plans of phantoms: balanced classes, and nothing but the class that depends on the class. */
#include "common/phantom/phantom.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PATIENTS = 600, MOST = 2 * PATIENTS * MM_PHANTOM_LESIONS };

/* What is known of every lesion of many plans without looking at the image. */
typedef struct facts {
    size_t n;
    int label[MOST];
    double x[MOST], y[MOST], radius[MOST], level[MOST], oval[MOST], depth[MOST], fat[MOST], fog[MOST];
    int view[MOST], left[MOST], lesions[MOST], film_label[MOST], border[MOST];
} facts;

static int gather(void **state)
{
    facts *f = calloc(1, sizeof *f);
    mm_phantom *p = malloc(sizeof *p);
    mm_error error = {0};
    if (!f || !p)
        return -1;
    for (size_t patient = 0; patient < PATIENTS; patient++)
        for (int view = 0; view < 2; view++) {
            if (mm_phantom_plan(p, 288, 224, 3, patient, view, &error))
                return -1;
            for (size_t k = 0; k < p->lesions; k++, f->n++) {
                const mm_lesion *l = &p->lesion[k];
                size_t n = f->n;
                f->label[n] = l->label;
                f->x[n] = l->x;
                f->y[n] = l->y;
                f->radius[n] = l->radius;
                f->level[n] = l->level;
                f->oval[n] = l->oval;
                f->depth[n] = hypot(l->x - p->outline.nipple_x, l->y - p->outline.nipple_y);
                f->fat[n] = p->tissue.breast.fat;
                f->fog[n] = p->film.fog;
                f->view[n] = view;
                f->left[n] = p->left;
                f->lesions[n] = (int)p->lesions - 1;
                f->film_label[n] = p->film.label;
                f->border[n] = p->film.corner > 0;
            }
        }
    free(p);
    *state = f;
    return 0;
}

static int drop(void **state)
{
    free(*state);
    return 0;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Kolmogorov and Smirnov's distance between two sets of values, which it sorts, times the root of the effective number;
 * above 1.95 by chance once in a thousand. Two views are no independent values: the number is taken as half. */
static double distance(double *a, size_t n, double *b, size_t m)
{
    size_t i = 0, j = 0;
    qsort(a, n, sizeof *a, ascending);
    qsort(b, m, sizeof *b, ascending);
    double most = 0;
    while (i < n && j < m) {
        double at = a[i] < b[j] ? a[i] : b[j];
        while (i < n && a[i] <= at)
            i++;
        while (j < m && b[j] <= at)
            j++;
        most = fmax(most, fabs((double)i / (double)n - (double)j / (double)m));
    }
    return most * sqrt((double)n * (double)m / (double)(n + m) / 2);
}

/* Between the lesions of one class and all others. */
static double distance_of_class(const facts *f, const double *value, int label)
{
    static double a[MOST], b[MOST];
    size_t n = 0, m = 0;
    for (size_t k = 0; k < f->n; k++)
        if (f->label[k] == label)
            a[n++] = value[k];
        else
            b[m++] = value[k];
    return distance(a, n, b, m);
}

static void no_measure_tells_the_class(void **state)
{
    facts *f = *state;
    const double *const values[] = {f->x, f->y, f->radius, f->level, f->oval, f->depth, f->fat, f->fog};
    for (size_t v = 0; v < sizeof values / sizeof *values; v++)
        for (int label = 1; label <= 4; label++)
            assert_true(distance_of_class(f, values[v], label) < 1.95);
    /* the check is no formality: a bias of a millimetre would be seen */
    for (size_t k = 0; k < f->n; k++)
        f->radius[k] += f->label[k] == MM_MASS_MAL ? 1 : 0;
    assert_true(distance_of_class(f, f->radius, MM_MASS_MAL) > 1.95);
    for (size_t k = 0; k < f->n; k++)
        f->radius[k] -= f->label[k] == MM_MASS_MAL ? 1 : 0;
}

/* Chi-square of a table of 4 classes and up to 3 values, halved for the two views; 0.001 at 6 degrees: 22.5. */
static double chi_square(const facts *f, const int *value)
{
    double table[4][3] = {{0}}, row[4] = {0}, column[3] = {0}, chi = 0;
    for (size_t k = 0; k < f->n; k++) {
        table[f->label[k] - 1][value[k]]++;
        row[f->label[k] - 1]++;
        column[value[k]]++;
    }
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 3; j++) {
            double expected = row[i] * column[j] / (double)f->n;
            if (expected > 0)
                chi += (table[i][j] - expected) * (table[i][j] - expected) / expected;
        }
    return chi / 2;
}

static void no_count_tells_the_class(void **state)
{
    const facts *f = *state;
    const int *const values[] = {f->view, f->left, f->lesions, f->film_label, f->border};
    for (size_t v = 0; v < sizeof values / sizeof *values; v++)
        assert_true(chi_square(f, values[v]) < 22.5);
    double count[5] = {0};
    for (size_t k = 0; k < f->n; k++)
        count[f->label[k]]++;
    for (int label = 1; label <= 4; label++)
        assert_true(fabs(count[label] / (double)f->n - 0.25) < 0.05);
}

static void four_patients_show_four_classes(void **state)
{
    (void)state;
    mm_phantom *p = malloc(sizeof *p);
    mm_error error = {0};
    assert_non_null(p);
    int orders = 0, last[4] = {0};
    for (size_t block = 0; block < 20; block++) {
        int seen = 0, labels[4], malignant = 0;
        for (size_t i = 0; i < 4; i++) {
            for (int view = 0; view < 2; view++) {
                assert_int_equal(mm_phantom_plan(p, 288, 224, 7, 4 * block + i, view, &error), 0);
                assert_true(p->lesions >= 1 && p->lesions <= MM_PHANTOM_LESIONS);
                bool any = false;
                for (size_t k = 0; k < p->lesions; k++) {
                    any = any || mm_phantom_malignant(p->lesion[k].label);
                    assert_string_equal(mm_class_name(p->lesion[k].label) + 5,
                                        mm_phantom_malignant(p->lesion[k].label) ? "mal" : "ben");
                    assert_int_equal(mm_class_name(p->lesion[k].label)[0],
                                     mm_phantom_calcified(p->lesion[k].label) ? 'c' : 'm');
                }
                assert_int_equal(p->label, any);
                if (view == 0)
                    labels[i] = p->lesion[0].label;
                else
                    assert_int_equal(labels[i], p->lesion[0].label);
            }
            seen |= 1 << labels[i];
            malignant += p->label;
        }
        assert_int_equal(seen, 30);
        assert_int_equal(malignant, 2);
        orders += memcmp(labels, last, sizeof last) != 0;
        memcpy(last, labels, sizeof last);
    }
    assert_true(orders > 12); /* the order changes from block to block */
    free(p);
}

static double tissue(const mm_phantom *p, double x, double y)
{
    int inside = 0;
    for (int i = 0; i < 100; i++) {
        double px = x + MM_PHANTOM_PATCH * ((i % 10 + 0.5) / 10 - 0.5);
        double py = y + MM_PHANTOM_PATCH * ((i / 10 + 0.5) / 10 - 0.5);
        inside += px >= 0 && fabs(py) < 125 && mm_outline_inside(&p->outline, px, py) > 0 &&
                  mm_film_covered(&p->film, px, py, 250, (double)p->width / p->scale) < -0.5;
    }
    return inside / 100.0;
}

/* Background as mmpatch draws it lies where lesions lie: at the same distances from skin, chest wall and upper edge, with
 * as much tissue around. */
static void place_does_not_tell_lesion_from_background(void **state)
{
    (void)state;
    enum { N = 2 * 400 };
    static double lesion[4][N], background[4][N];
    size_t n = 0;
    mm_phantom *p = malloc(sizeof *p);
    mm_error error = {0};
    mm_random r;
    mm_random_init(&r, 1, 2, 3);
    assert_non_null(p);
    for (size_t patient = 0; patient < N / 2; patient++)
        for (int view = 0; view < 2; view++) {
            assert_int_equal(mm_phantom_plan(p, 288, 224, 5, patient, view, &error), 0);
            if (p->lesions > 1)
                continue;
            const mm_lesion *l = &p->lesion[0];
            double x, y, part, reach = MM_PHANTOM_PATCH / 2 + 0.25 * l->radius;
            do {
                x = mm_random_range(&r, 0, 140);
                y = mm_random_range(&r, -125, 125);
                part = tissue(p, x, y);
            } while (part < MM_PHANTOM_TISSUE || (fabs(x - l->x) < reach && fabs(y - l->y) < reach));
            const double of_lesion[] = {l->x, l->y, mm_outline_inside(&p->outline, l->x, l->y), tissue(p, l->x, l->y)};
            const double of_background[] = {x, y, mm_outline_inside(&p->outline, x, y), part};
            for (int k = 0; k < 4; k++) {
                lesion[k][n] = of_lesion[k];
                background[k][n] = of_background[k];
            }
            assert_true(of_lesion[2] > l->radius);
            n++;
        }
    assert_true(n > N / 2);
    for (int k = 0; k < 4; k++)
        assert_true(distance(lesion[k], n, background[k], n) < 1.95);
    free(p);
}

/* A plan depends on (seed, patient, view) alone, and lesions keep their depth in both views. */
static void plans_are_reproducible_and_views_agree(void **state)
{
    (void)state;
    mm_phantom *p = calloc(1, sizeof *p), *q = calloc(1, sizeof *q);
    mm_error error = {0};
    assert_non_null(p);
    assert_non_null(q);
    assert_int_equal(mm_phantom_plan(p, 300, 201, 9, 41, 1, &error), 0);
    assert_int_equal(mm_phantom_plan(q, 288, 224, 9, 5, 0, &error), 0);
    assert_int_equal(mm_phantom_plan(q, 300, 201, 9, 41, 1, &error), 0);
    assert_string_equal(p->key, q->key);
    assert_memory_equal(p->outline.distance, q->outline.distance, sizeof p->outline.distance);
    assert_true(p->tissue.seed == q->tissue.seed && p->film.seed == q->film.seed && p->film.label_x == q->film.label_x);
    assert_int_equal(p->lesions, q->lesions);
    for (size_t k = 0; k < p->lesions; k++)
        assert_true(p->lesion[k].x == q->lesion[k].x && p->lesion[k].y == q->lesion[k].y &&
                    p->lesion[k].radius == q->lesion[k].radius && p->lesion[k].angle == q->lesion[k].angle);
    assert_int_equal(mm_phantom_plan(q, 300, 201, 10, 41, 1, &error), 0);
    assert_true(p->tissue.seed != q->tissue.seed);
    assert_string_equal(p->patient, "P_00042");

    double sum = 0, difference = 0;
    double depth[2][100], mean[2] = {0};
    for (size_t patient = 0; patient < 100; patient++)
        for (int view = 0; view < 2; view++) {
            assert_int_equal(mm_phantom_plan(p, 288, 224, 4, patient, view, &error), 0);
            depth[view][patient] = hypot(p->lesion[0].x - p->outline.nipple_x, p->lesion[0].y - p->outline.nipple_y);
            mean[view] += depth[view][patient] / 100;
        }
    for (size_t patient = 0; patient < 100; patient++) {
        double a = depth[0][patient] - mean[0], b = depth[1][patient] - mean[1];
        sum += a * a + b * b;
        difference += (a - b) * (a - b);
    }
    assert_true(difference < 0.6 * sum); /* independent views would give about 1 */
    free(p);
    free(q);
}

static void sizes_out_of_range_are_refused(void **state)
{
    (void)state;
    mm_phantom *p = malloc(sizeof *p);
    mm_error error = {0};
    assert_int_equal(mm_phantom_plan(p, 31, 224, 0, 0, 0, &error), MM_USAGE);
    assert_non_null(strstr(error.text, "31x224"));
    assert_int_equal(mm_phantom_plan(p, 288, 20000, 0, 0, 0, &error), MM_USAGE);
    free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_measure_tells_the_class),
        cmocka_unit_test(no_count_tells_the_class),
        cmocka_unit_test(four_patients_show_four_classes),
        cmocka_unit_test(place_does_not_tell_lesion_from_background),
        cmocka_unit_test(plans_are_reproducible_and_views_agree),
        cmocka_unit_test(sizes_out_of_range_are_refused),
    };
    return cmocka_run_group_tests(tests, gather, drop);
}
