/* Stages as text, the published schedules, overrides, and which stage an epoch belongs to. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/nn/schedule.h"

static void stages_are_read(void **state)
{
    (void)state;
    mm_error e;
    mm_stage s, again;
    char text[400];
    assert_int_equal(mm_stage_parse("train=layer4.2,fc  lr=1e-4 wd=3e-5 epochs=10 bn=frozen", &s, &e), MM_OK);
    assert_string_equal(s.train, "layer4.2,fc");
    assert_true(s.lr == 1e-4 && s.weight_decay == 3e-5 && s.epochs == 10 && s.bn == MM_BN_FROZEN);
    mm_stage_print(&s, text, sizeof text);
    assert_int_equal(mm_stage_parse(text, &again, &e), MM_OK);
    assert_true(strcmp(s.train, again.train) == 0 && s.lr == again.lr && s.weight_decay == again.weight_decay &&
                s.epochs == again.epochs && s.bn == again.bn);
    assert_int_equal(mm_stage_parse("epochs=2 lr=0 train=all", &s, &e), MM_OK);
    assert_true(s.lr == 0 && s.weight_decay == 0 && s.bn == MM_BN_BATCH);
}

static void parts_and_schedules_are_read(void **state)
{
    (void)state;
    mm_error e;
    mm_stage s;
    char text[400];
    assert_int_equal(mm_stage_parse("train=all lr=top:1e-2,layer4.2:3e-3,1e-3 epochs=2 schedule=cosine:30 warmup=6", &s, &e), MM_OK);
    assert_true(s.lr == 1e-3 && s.nparts == 2 && s.part[0].lr == 1e-2 && s.part[1].lr == 3e-3 && s.cosine == 30 && s.warm_up == 6);
    assert_string_equal(s.part[1].layers, "layer4.2");
    mm_stage_print(&s, text, sizeof text);
    assert_string_equal(text, "train=all lr=top:0.01,layer4.2:0.003,0.001 wd=0 epochs=2 bn=batch schedule=cosine:30 warmup=6");
    assert_int_equal(mm_stage_parse("train=all lr=1 epochs=1 schedule=constant warmup=0", &s, &e), MM_OK);
    mm_stage_print(&s, text, sizeof text);
    assert_string_equal(text, "train=all lr=1 wd=0 epochs=1 bn=batch");
    static const char *const bad[] = {"lr=top:1", "lr=:1,2", "lr=top:,2", "lr=top:x,2", "lr=top:1,", "lr=1,2", "lr=1,top:2",
                                      "lr=a:1,b:1,c:1,d:1,e:1,f:1,g:1,h:1,2",
                                      "lr=1 schedule=linear", "lr=1 schedule=cosine:0", "lr=1 schedule=cosine:x", "lr=1 warmup=-1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(text, sizeof text, "train=all epochs=1 %s", bad[i]);
        assert_int_equal(mm_stage_parse(text, &s, &e), MM_USAGE);
    }
}

static bool near(double a, double b) { return fabs(a - b) < 1e-12; }

/* Warm-up, half of a cosine, and nothing after its end; by epochs it stands still within one. */
static void learning_rates_move(void **state)
{
    (void)state;
    const mm_stage none = {.epochs = 4}, steps = {.epochs = 4, .lr_schedule = MM_LR_COSINE, .cosine = 12, .warm_up = 4};
    const mm_stage epochs = {.epochs = 4, .lr_schedule = MM_LR_COSINE, .warm_up = 2};
    assert_true(mm_stage_lr_factor(&none, 3, 1000) == 1);
    assert_true(near(mm_stage_lr_factor(&steps, 0, 0), 0.01) && near(mm_stage_lr_factor(&steps, 0, 2), 0.505));
    assert_true(mm_stage_lr_factor(&steps, 1, 4) == 1 && near(mm_stage_lr_factor(&steps, 1, 8), 0.5));
    assert_true(near(mm_stage_lr_factor(&steps, 2, 10), (1 - sqrt(0.5)) / 2));
    assert_true(mm_stage_lr_factor(&steps, 2, 12) == 0 && mm_stage_lr_factor(&steps, 3, 24) == 0);
    assert_true(near(mm_stage_lr_factor(&epochs, 0, 1), 0.505) && mm_stage_lr_factor(&epochs, 0, 9) == 1);
    assert_true(near(mm_stage_lr_factor(&epochs, 2, 20), 0.5) && near(mm_stage_lr_factor(&epochs, 2, 29), 0.5));
}

static void bad_stages_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"", "train="}, {"train=fc lr=1", "epochs="}, {"train=fc epochs=3", "lr="}, {"lr=1 epochs=3", "train="},
        {"train= lr=1 epochs=1", "train="}, {"train=fc lr=x epochs=1", "lr=x"}, {"train=fc lr=-1 epochs=1", "lr=-1"},
        {"train=fc lr=1e-3 epochs=0", "epochs=0"}, {"train=fc lr=1e-3 epochs=1.5", "epochs=1.5"},
        {"train=fc lr=1e-3 epochs=-1", "epochs=-1"}, {"train=fc lr=nan epochs=1", "lr=nan"},
        {"train=fc lr=1e-3 epochs=1 bn=none", "bn=none"}, {"train=fc lr=1e-3 epochs=1 foo=1", "foo=1"},
        {"train=fc lr=1e-3 epochs=1 fc", "'fc'"}, {"train=fc lr=1e-3 epochs=1 wd=1e-4x", "wd=1e-4x"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        mm_error e = {0};
        mm_stage s;
        assert_int_equal(mm_stage_parse(bad[i].text, &s, &e), MM_USAGE);
        if (!strstr(e.text, bad[i].says))
            fail_msg("'%s': the message is \"%s\"", bad[i].text, e.text);
    }
}

static void recipes_are_the_published_ones(void **state)
{
    (void)state;
    mm_error e;
    mm_schedule s;
    assert_int_equal(mm_schedule_recipe(&s, "patch", &e), MM_OK);
    assert_int_equal(s.n, 3);
    assert_int_equal(s.epochs, 50);
    assert_string_equal(s.stage[0].train, "last");
    assert_string_equal(s.stage[1].train, "block,last");
    assert_string_equal(s.stage[2].train, "all");
    assert_true(s.stage[0].lr == 1e-3 && s.stage[1].lr == 1e-4 && s.stage[2].lr == 1e-5);
    assert_int_equal(mm_schedule_recipe(&s, "whole", &e), MM_OK);
    assert_int_equal(s.n, 2);
    assert_int_equal(s.epochs, 50);
    assert_true(s.stage[0].weight_decay == 1e-3 && s.stage[1].lr == 1e-5);
    assert_int_equal(mm_schedule_recipe(&s, "both", &e), MM_USAGE);
    char text[300]; /* what mmtrain(1) says */
    assert_int_equal(mm_schedule_recipe(&s, "transfer", &e), MM_OK);
    assert_int_equal(s.n, 1);
    mm_stage_print(&s.stage[0], text, sizeof text);
    assert_string_equal(text, "train=all lr=last:0.003,0.001 wd=0.01 epochs=6 bn=batch schedule=cosine warmup=20");
}

static void epochs_have_their_stage(void **state)
{
    (void)state;
    mm_error e;
    mm_schedule s;
    size_t first;
    mm_schedule_recipe(&s, "patch", &e); /* 3, 10, 37 */
    static const size_t expected[][3] = {{1, 0, 1}, {3, 0, 1}, {4, 1, 4}, {13, 1, 4}, {14, 2, 14}, {50, 2, 14}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        assert_int_equal(mm_schedule_stage(&s, expected[i][0], &first), expected[i][1]);
        assert_int_equal(first, expected[i][2]);
    }
}

static void columns_are_overridden(void **state)
{
    (void)state;
    mm_error e;
    mm_schedule s;
    mm_schedule_recipe(&s, "patch", &e);
    assert_int_equal(mm_schedule_epochs(&s, "3,10,200", &e), MM_OK);
    assert_int_equal(s.epochs, 213);
    assert_int_equal(mm_schedule_epochs(&s, "2", &e), MM_OK);
    assert_int_equal(s.epochs, 6);
    assert_int_equal(mm_schedule_lr(&s, "1e-2,1e-3,1e-4", &e), MM_OK);
    assert_true(s.stage[2].lr == 1e-4);
    static const char *const bad[] = {"1,2", "1,2,3,4", "", "1,,2", "1,2,3,", "1,2,x"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(mm_schedule_epochs(&s, bad[i], &e), MM_USAGE);
        assert_int_equal(mm_schedule_weight_decay(&s, bad[i], &e), MM_USAGE);
    }
}

static void options_make_a_schedule(void **state)
{
    (void)state;
    mm_error e;
    mm_schedule s;
    const char *stages[] = {"train=fc lr=1e-3 epochs=1", "train=all lr=1e-4 epochs=2 bn=frozen"};
    assert_int_equal(mm_schedule_make(&s, &(mm_schedule_options){.stages = stages, .n = 2, .lr = "5e-3"}, &e), MM_OK);
    assert_true(s.n == 2 && s.epochs == 3 && s.stage[1].lr == 5e-3 && s.stage[1].bn == MM_BN_FROZEN);
    assert_int_equal(mm_schedule_make(&s, &(mm_schedule_options){.recipe = "patch", .bn = "frozen"}, &e), MM_OK);
    assert_true(s.stage[0].bn == MM_BN_FROZEN && s.stage[2].bn == MM_BN_FROZEN);
    assert_int_equal(mm_schedule_make(&s, &(mm_schedule_options){.recipe = "patch", .stages = stages, .n = 2}, &e), MM_USAGE);
    assert_int_equal(mm_schedule_make(&s, &(mm_schedule_options){0}, &e), MM_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stages_are_read), cmocka_unit_test(parts_and_schedules_are_read), cmocka_unit_test(learning_rates_move),
        cmocka_unit_test(bad_stages_are_named),
        cmocka_unit_test(recipes_are_the_published_ones), cmocka_unit_test(epochs_have_their_stage),
        cmocka_unit_test(columns_are_overridden), cmocka_unit_test(options_make_a_schedule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
