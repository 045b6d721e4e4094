/* Model files: what they say is what was written; what is missing or damaged is an error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "formats/weights/model_file.h"
#include "formats/weights/segmentation.h"

static void fill(mm_model_info *m)
{
    mm_error e;
    *m = (mm_model_info){.mean = 44.4 / 3, .std = 57.6, .height = 1152, .width = 896};
    assert_int_equal(mm_model_info_text(&m->net, "resnet18", &e), 0);
    assert_int_equal(mm_model_info_text(&m->recipe, "train=fc lr=1e-3\ntrain=all", &e), 0);
    assert_int_equal(mm_model_info_text(&m->training, "optimizer=adamw mixup=0.2", &e), 0);
    assert_int_equal(mm_model_info_text(&m->best, "stage 2 epoch 7", &e), 0);
    assert_int_equal(mm_model_info_classes(m, "5", &e), 0);
    assert_int_equal(mm_figures_set(&m->metrics, "accuracy", 0.1 + 0.2, &e), 0);
    assert_int_equal(mm_figures_set(&m->metrics, "loss", 1e-300, &e), 0);
    assert_int_equal(mm_figures_set(&m->thresholds, "youden", 0.5, &e), 0);
    assert_int_equal(mm_figures_set(&m->thresholds, "youden", 0.25, &e), 0);
}

static void a_file_returns(void **state)
{
    (void)state;
    mm_model_info m, back;
    mm_params p = {0};
    mm_weights w = {0};
    mm_error e = {0};
    fill(&m);
    assert_non_null(mm_params_add(&p, "fc.bias", MM_F32, 1, (const size_t[]){5}, &e));
    FILE *f = tmpfile();
    assert_non_null(f);
    if (mm_model_write(fileno(f), "x", &m, &p, &e))
        fail_msg("%s", e.text);
    lseek(fileno(f), 0, SEEK_SET);
    assert_int_equal(mm_weights_read(&w, fileno(f), "x", &e), 0);
    fclose(f);
    if (mm_model_info_read(&back, &w, "x", &e))
        fail_msg("%s", e.text);
    assert_int_equal(w.params.count, 1);
    assert_string_equal(mm_weights_note(&w, "format"), "pt");
    assert_string_equal(back.version, MM_VERSION);
    assert_string_equal(back.net, m.net);
    assert_string_equal(back.recipe, m.recipe);
    assert_string_equal(back.training, m.training);
    assert_string_equal(back.best, m.best);
    assert_null(back.provenance);
    assert_true(back.mean == m.mean && back.std == m.std && back.height == 1152 && back.width == 896);
    assert_int_equal(back.nclasses, 5);
    assert_int_equal(mm_model_info_class(&back, "mass_ben"), 4);
    assert_int_equal(mm_model_info_class(&back, "mass"), -1);
    assert_true(*mm_figures_get(&back.metrics, "accuracy") == 0.1 + 0.2);
    assert_true(*mm_figures_get(&back.metrics, "loss") == 1e-300);
    assert_true(*mm_figures_get(&back.thresholds, "youden") == 0.25);
    assert_null(mm_figures_get(&back.thresholds, "f1"));

    /* each of these makes it a model no longer */
    static const char *const damage[][2] = {
        {"mean", "x"}, {"mean", "nan"}, {"std", "0"}, {"std", "-1"}, {"classes", "one"}, {"classes", "a,,b"}, {"classes", "a,a"},
        {"image_size", "12"}, {"image_size", "12x13x"}, {"metrics", "a"}, {"metrics", "a=b"}, {"thresholds", "a=1,b=2"}};
    for (size_t i = 0; i < sizeof damage / sizeof *damage; i++) {
        mm_model_info bad;
        char *old = strdup(mm_weights_note(&w, damage[i][0]));
        assert_int_equal(mm_weights_set_note(&w, damage[i][0], damage[i][1], &e), 0);
        assert_int_equal(mm_model_info_read(&bad, &w, "x", &e), MM_DAMAGED);
        assert_int_equal(mm_weights_set_note(&w, damage[i][0], old, &e), 0);
        free(old);
    }
    mm_weights_free(&w);
    mm_model_info_free(&back);
    assert_int_equal(mm_model_info_read(&back, &w, "x", &e), MM_FAILURE);
    mm_model_info_free(&m);
    mm_params_free(&p);
}

static void classes(void **state)
{
    (void)state;
    mm_model_info m = {0};
    mm_error e;
    assert_int_equal(mm_model_info_classes(&m, "2", &e), 0);
    assert_string_equal(m.classes[1], "malignant");
    assert_int_equal(mm_model_info_classes(&m, "5", &e), 0);
    assert_string_equal(m.classes[0], "background");
    assert_int_equal(mm_model_info_classes(&m, "3", &e), 0);
    assert_string_equal(m.classes[2], "class2");
    assert_int_equal(mm_model_info_classes(&m, "lesion,background", &e), 0);
    assert_int_equal(mm_model_info_class(&m, "background"), 1);
    static const char *const bad[] = {"", "1", "0", "-2", "10001", "99999999999999999999", "one", "a,", ",a", "a,b,a", "a, b"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(mm_model_info_classes(&m, bad[i], &e), MM_USAGE);
    mm_model_info_free(&m);
}

static void training_streams(void **state)
{
    (void)state;
    mm_head head = {0}, other = {0};
    mm_model_info m = {0};
    mm_error e;
    char why[512];
    assert_int_equal(mm_head_add(&head, "@MM\tVN:1.0"), 0);
    assert_int_equal(mm_head_add_program(&head, "mmread", "mmread"), 0);
    assert_int_equal(mm_head_copy(&other, &head), 0);
    assert_int_equal(mm_head_add_program(&head, "mmsegment", "mmsegment --method film"), 0);
    assert_int_equal(mm_head_add_program(&head, "mmaugment", "mmaugment"), 0);
    assert_int_equal(mm_model_info_stream(&m, &head, 224, 224, &e), 0);
    assert_string_equal(m.segmentation, "mmsegment --method film");
    assert_non_null(strstr(m.provenance, "@PG\tID:mmaugment"));
    assert_null(strstr(m.provenance, "@MM"));
    assert_false(mm_model_info_differs(&m, &head, 224, 224, why, sizeof why));
    assert_true(mm_model_info_differs(&m, &head, 224, 200, why, sizeof why));
    assert_string_equal(why, "images are 224x200, the model was trained on 224x224");
    assert_true(mm_model_info_differs(&m, &other, 224, 224, why, sizeof why));
    assert_non_null(strstr(why, "'none'"));
    mm_head_clear(&other);
    assert_int_equal(mm_head_add(&other, "@MM\tVN:1.0"), 0);
    assert_false(mm_model_info_differs(&m, &other, 224, 224, why, sizeof why));
    assert_int_equal(mm_model_info_stream(&m, &other, 224, 224, &e), 0);
    assert_null(m.segmentation);
    assert_false(mm_model_info_differs(&m, &head, 224, 224, why, sizeof why));
    mm_model_info_free(&m);
    assert_false(mm_model_info_differs(&m, &other, 224, 224, why, sizeof why));
    mm_head_clear(&head);
    mm_head_clear(&other);
}

static void segmentations(void **state)
{
    static const char *const same[][2] = {
        {"mmsegment --method film --threshold auto --open auto", "mmsegment --method film --threshold auto --open auto --keep-mask"},
        {"mmsegment --method film --threshold auto --open auto", "mmsegment"},
        {"mmsegment --threshold 5 --open 3", "mmsegment --keep-mask --open 03 --threshold 5.0"},
        {"mmsegment --method threshold", "mmsegment --method threshold --threshold 5 --open 0"},
        {"mmsegment --crop", "mmsegment --keep-mask --crop"},
        {"none", "none"},
        {"mmsegment --grain off", "mmsegment --keep-mask --grain off"},
        {NULL, "mmsegment"},
        {"none", ""},
    };
    static const char *const other[][2] = {
        {"none", "mmsegment"},
        {"mmsegment --method film", "mmsegment --method threshold"},
        {"mmsegment --crop", "mmsegment"},
        {"mmsegment --threshold 5", "mmsegment --threshold 5.5"},
        {"mmsegment --threshold otsu", "mmsegment --threshold auto"},
        {"mmsegment --threshold 5 --open auto", "mmsegment --threshold 5 --open 0"},
        {"mmsegment --grain off", "mmsegment --grain on"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        assert_false(mm_segmentations_differ(same[i][0], same[i][1]) || mm_segmentations_differ(same[i][1], same[i][0]));
    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        assert_true(mm_segmentations_differ(other[i][0], other[i][1]) && mm_segmentations_differ(other[i][1], other[i][0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_file_returns), cmocka_unit_test(classes),
                                       cmocka_unit_test(training_streams), cmocka_unit_test(segmentations)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
