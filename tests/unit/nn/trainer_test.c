/* The trainer on a tiny network: what stages leave alone, the best epoch, state that goes on to the same bits, weights of
 * classes, losses that are no number. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/random.h"
#include "common/nn/trainer.h"
#include "common/stats/rank.h"

enum { SIDE = 16, BATCH = 6, CLASSES = 3 };

typedef struct fixture {
    mm_device *device;
    mm_net *net;
    mm_params first;
    uint16_t pixels[2 * BATCH][SIDE * SIDE];
    const void *image[2 * BATCH];
    int32_t label[2 * BATCH];
    mm_trainer_options config;
} fixture;

static fixture *f;

static int set_up(void **state)
{
    (void)state;
    mm_error e;
    f = calloc(1, sizeof *f);
    if (!f || mm_device_open("cpu", 0, 1, &f->device, &e) || mm_net_build("resnet8-cifar", CLASSES, &f->net, &e) ||
        mm_net_init(f->net, 1, &f->first, &e))
        return -1;
    mm_random r;
    mm_random_init(&r, 1, 1, 1);
    for (size_t i = 0; i < 2 * BATCH; i++) {
        f->label[i] = (int32_t)(i % CLASSES);
        for (size_t k = 0; k < SIDE * SIDE; k++)
            f->pixels[i][k] = (uint16_t)(mm_random_below(&r, 20000) + (k % SIDE / 6 == i % CLASSES ? 30000 : 0));
        f->image[i] = f->pixels[i];
    }
    f->config = (mm_trainer_options){.batch = BATCH, .height = SIDE, .width = SIDE, .mean = 60, .std = 50, .best = MM_BEST_ACCURACY};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mm_params_free(&f->first);
    mm_net_free(f->net);
    f->device->backend->close(f->device);
    free(f);
    return 0;
}

static mm_batch batch(size_t begin, size_t n)
{
    return (mm_batch){{f->image + begin, n, SIDE, SIDE, MM_U16, 65535}, f->label + begin};
}

static mm_trainer *trainer_of(const char *a, const char *b, const mm_params *weights)
{
    mm_error e = {0};
    mm_trainer *t;
    const char *stages[2] = {a, b};
    assert_int_equal(mm_schedule_make(&f->config.schedule, &(mm_schedule_options){.stages = stages, .n = b ? 2 : 1}, &e), MM_OK);
    if (mm_trainer_new(f->net, f->device, MM_F32, &f->config, weights, &t, &e))
        fail_msg("%s", e.text);
    return t;
}

static mm_step step(mm_trainer *t, size_t begin, size_t n)
{
    mm_error e;
    mm_step s;
    mm_batch b = batch(begin, n);
    if (mm_trainer_step(t, &b, &s, &e))
        fail_msg("%s", e.text);
    return s;
}

static mm_epoch end(mm_trainer *t, bool validate)
{
    mm_error e;
    mm_epoch result = {0};
    mm_batch b = batch(0, 2 * BATCH);
    if ((validate && mm_trainer_validate(t, &b, &e)) || mm_trainer_end_epoch(t, &result, &e))
        fail_msg("%s", e.text);
    return result;
}

static mm_epoch epoch(mm_trainer *t, bool validate)
{
    mm_error e;
    assert_int_equal(mm_trainer_begin_epoch(t, &e), MM_OK);
    step(t, 0, BATCH);
    step(t, BATCH, BATCH - 1); /* a smaller last batch counts */
    mm_epoch result = end(t, validate);
    assert_int_equal(result.train.n, 2 * BATCH - 1);
    return result;
}

static bool same(const mm_params *a, const mm_params *b, const char *name)
{
    const mm_param *p = mm_params_find(a, name), *q = mm_params_find(b, name);
    assert_non_null(p);
    assert_non_null(q);
    return p->bytes == q->bytes && memcmp(p->data, q->data, p->bytes) == 0;
}

static void stages_train_their_layers(void **state)
{
    (void)state;
    f->config.best = MM_BEST_LAST;
    mm_trainer *t = trainer_of("train=fc lr=1e-2 epochs=1 bn=frozen", "train=layer3,fc lr=1e-2 epochs=1", &f->first);
    mm_epoch e = epoch(t, false);
    assert_true(e.stage == 0 && e.epoch == 1 && e.best);
    const mm_params *now = mm_trainer_best(t, NULL);
    assert_false(same(now, &f->first, "fc.weight"));
    assert_true(same(now, &f->first, "layer3.0.conv1.weight"));
    assert_true(same(now, &f->first, "bn1.running_mean")); /* frozen */
    e = epoch(t, false);
    assert_true(e.stage == 1 && e.epoch == 2);
    now = mm_trainer_best(t, NULL);
    assert_false(same(now, &f->first, "layer3.0.conv1.weight"));
    assert_true(same(now, &f->first, "conv1.weight"));
    assert_false(same(now, &f->first, "bn1.running_mean")); /* batch statistics: the averages go on */
    assert_true(mm_trainer_finished(t));
    mm_trainer_free(t);
    f->config.best = MM_BEST_ACCURACY;
}

/* Of equal epochs the one of least loss is the best. */
static void best_is_kept(void **state)
{
    (void)state;
    mm_trainer *t = trainer_of("train=all lr=3e-3 epochs=12", NULL, &f->first);
    double best = -1, loss = 0;
    size_t best_epoch = 0, parted = 0;
    for (size_t i = 1; i <= 12; i++) {
        mm_epoch e = epoch(t, true);
        assert_int_equal(e.validation.n, 2 * BATCH);
        bool tie = e.validation.accuracy == best, less = tie && e.validation.loss < loss;
        assert_true(e.best == (e.validation.accuracy > best || less));
        parted += less;
        if (e.best) {
            best = e.validation.accuracy;
            loss = e.validation.loss;
            best_epoch = i;
        }
        mm_epoch kept;
        assert_non_null(mm_trainer_best(t, &kept));
        assert_true(kept.epoch == best_epoch && kept.validation.accuracy == best);
    }
    assert_true(best > 0.9);        /* it learns */
    assert_true(parted > 0);        /* several epochs are equal, or the test shows nothing */
    mm_trainer_free(t);
}

/* Saved after every step, also in the middle of an epoch, and taken over by a new trainer: the same bits at the end. */
static void saved_state_goes_on_the_same(void **state)
{
    (void)state;
    const char *a = "train=layer3,fc lr=1e-2 wd=1e-3 epochs=2", *b = "train=all lr=1e-3 epochs=2";
    mm_error e;
    f->config.balance = MM_BALANCE_LOSS;
    mm_trainer *t = trainer_of(a, b, &f->first);
    mm_params wanted = {0};
    for (int i = 0; i < 4; i++)
        epoch(t, true);
    assert_int_equal(mm_trainer_save(t, &wanted, &e), MM_OK);
    mm_trainer_free(t);

    mm_params saved = {0};
    bool begun = false;
    size_t restarts = 0;
    t = trainer_of(a, b, &f->first);
    while (!mm_trainer_finished(t)) {
        mm_position at = mm_trainer_position(t);
        assert_int_equal(mm_trainer_begin_epoch(t, &e), MM_OK);
        if (at.step == 0)
            step(t, 0, BATCH);
        else if (at.step == 1)
            step(t, BATCH, BATCH - 1);
        else
            end(t, true);
        mm_params_free(&saved);
        assert_int_equal(mm_trainer_save(t, &saved, &e), MM_OK);
        mm_trainer_free(t);
        t = trainer_of(a, b, NULL);
        if (mm_trainer_restore(t, &saved, &e))
            fail_msg("%s", e.text);
        restarts++;
        begun = true;
    }
    assert_true(begun && restarts == 12);
    assert_int_equal(saved.count, wanted.count);
    for (size_t i = 0; i < wanted.count; i++)
        if (!same(&saved, &wanted, wanted.item[i].name))
            fail_msg("'%s' differs", wanted.item[i].name);

    /* Numbers have names, whole ones and real ones. */
    const mm_param *at = mm_params_find(&saved, "trainer.epoch"), *auc = mm_params_find(&saved, "trainer.best.validation.auc");
    assert_true(at && at->dtype == MM_I64 && at->ndim == 0 && *(const int64_t *)at->data == 5);
    assert_true(auc && auc->dtype == MM_F64 && auc->ndim == 0 && *(const double *)auc->data > 0.5);
    mm_position position;
    assert_int_equal(mm_trainer_saved_position(&saved, &position, &e), MM_OK);
    assert_true(position.stage == 1 && position.epoch == 5 && position.step == 0 && position.steps == 8);

    /* And a state that was tampered with is not taken. */
    mm_trainer_free(t);
    t = trainer_of(a, NULL, NULL);
    assert_int_equal(mm_trainer_restore(t, &saved, &e), MM_DAMAGED); /* another schedule */
    mm_trainer_free(t);
    t = trainer_of(a, b, NULL);
    mm_params_find(&saved, "adam.step")->name[0] = 'x';
    assert_int_equal(mm_trainer_restore(t, &saved, &e), MM_DAMAGED);
    mm_trainer_free(t);
    t = trainer_of(a, b, NULL);
    mm_params_find(&saved, "trainer.lr_factor")->name[0] = 'x';
    assert_int_equal(mm_trainer_restore(t, &saved, &e), MM_DAMAGED);
    assert_non_null(strstr(e.text, "'trainer.lr_factor' is missing"));
    mm_trainer_free(t);
    mm_params_free(&saved);
    mm_params_free(&wanted);
    f->config.balance = MM_BALANCE_NONE;
}

/* With frozen statistics and lr 0 a step computes what prediction does, so the loss, with weights of classes and smoothed
 * labels, can be computed beside it. */
static void the_loss_is_weighed_and_smoothed(void **state)
{
    (void)state;
    static const size_t counts[CLASSES] = {10, 1, 4};
    mm_error e;
    f->config.balance = MM_BALANCE_LOSS;
    f->config.class_counts = counts;
    f->config.smoothing = 0.15;
    mm_trainer *t = trainer_of("train=fc lr=0 epochs=1 bn=frozen", NULL, &f->first);
    assert_int_equal(mm_trainer_begin_epoch(t, &e), MM_OK);
    mm_step s = step(t, 0, BATCH);
    mm_trainer_free(t);
    f->config.class_counts = NULL;
    f->config.balance = MM_BALANCE_NONE;
    f->config.smoothing = 0;

    mm_model *model;
    assert_int_equal(mm_model_new(f->net, f->device, MM_F32, BATCH, SIDE, SIDE, &model, &e), MM_OK);
    assert_int_equal(mm_model_set(model, &f->first, &e), MM_OK);
    mm_executors cache = {.model = model};
    float z[BATCH * CLASSES];
    double log_p[CLASSES], p[CLASSES];
    mm_batch b = batch(0, BATCH);
    assert_int_equal(mm_predict(&cache, &(mm_predict_options){4, 0, f->config.mean, f->config.std}, &b.images, CLASSES,
                                &(mm_network_output){.logits = z}, &e),
                     MM_OK);
    double loss = 0;
    for (size_t i = 0; i < BATCH; i++) {
        mm_softmax_of(z + i * CLASSES, CLASSES, 1, log_p, p);
        for (size_t k = 0; k < CLASSES; k++)
            loss -= log_p[k] * ((k == (size_t)f->label[i] ? 0.85 : 0) + 0.05) * 15.0 /
                    (CLASSES * (double)counts[f->label[i]]) / BATCH;
    }
    assert_true(fabs(loss - s.loss) < 1e-5 * (1 + fabs(loss)));
    mm_executors_free(&cache);
    mm_model_free(model);
}

/* The first step of Adam moves every weight by lr * g / (|g| + epsilon). */
static void numbers_of_the_optimiser(void **state)
{
    (void)state;
    mm_error e;
    double moved[2] = {0, 0};
    f->config.best = MM_BEST_LAST;
    for (size_t k = 0; k < 2; k++) {
        f->config.optimiser = (mm_optimiser){MM_ADAM, 0.8, 0.99, k ? 10 : 1e-8};
        mm_trainer *t = trainer_of("train=fc lr=1e-2 epochs=1 bn=frozen", NULL, &f->first);
        assert_int_equal(mm_trainer_begin_epoch(t, &e), MM_OK);
        step(t, 0, BATCH);
        end(t, false);
        const float *now = mm_params_find(mm_trainer_best(t, NULL), "fc.bias")->data,
                    *then = mm_params_find(&f->first, "fc.bias")->data;
        for (size_t i = 0; i < CLASSES; i++)
            moved[k] = fmax(moved[k], fabs((double)now[i] - (double)then[i]));
        mm_trainer_free(t);
    }
    f->config.optimiser = (mm_optimiser){0};
    f->config.best = MM_BEST_ACCURACY;
    assert_true(fabs(moved[0] - 1e-2) < 1e-5);
    assert_true(moved[1] > 0 && moved[1] < 2e-3);
}

/* Nothing gets better here. With a new trainer for each epoch, or with one for all. */
static void stages_end_early(bool restarts)
{
    static const struct { size_t stage; double lr; bool slowed, stopped; } wanted[] = {
        {0, 1e-12, false, false}, {0, 1e-12, false, false}, {0, 1e-12, true, false}, {0, 2.5e-13, false, true},
        {1, 1e-13, false, false}, {1, 1e-13, false, false}, {1, 1e-13, true, false}, {1, 2.5e-14, false, true}};
    const char *a = "train=fc lr=1e-12 epochs=7 bn=frozen", *b = "train=fc lr=1e-13 epochs=9 bn=frozen";
    mm_error e;
    mm_params saved = {0};
    mm_trainer *t = trainer_of(a, b, &f->first);
    for (size_t i = 0; i < 8; i++) {
        assert_false(mm_trainer_finished(t));
        mm_epoch got = epoch(t, true);
        assert_true(got.epoch == i + 1 && got.stage == wanted[i].stage && got.slowed == wanted[i].slowed &&
                    got.stopped == wanted[i].stopped);
        assert_true(fabs(got.lr / wanted[i].lr - 1) < 1e-9);
        if (!restarts)
            continue;
        mm_params_free(&saved);
        assert_int_equal(mm_trainer_save(t, &saved, &e), MM_OK);
        mm_trainer_free(t);
        t = trainer_of(a, b, NULL);
        if (mm_trainer_restore(t, &saved, &e))
            fail_msg("%s", e.text);
    }
    assert_true(mm_trainer_finished(t));
    assert_int_equal(mm_trainer_schedule(t)->epochs, 8);
    mm_params_free(&saved);
    mm_trainer_free(t);
}

static void what_gets_no_better_ends_early(void **state)
{
    (void)state;
    f->config.stop_after = 3;
    f->config.plateau = 2;
    f->config.plateau_factor = 0.25;
    stages_end_early(false);
    stages_end_early(true);
    f->config.stop_after = f->config.plateau = 0;
    f->config.plateau_factor = 0;
}

static void a_loss_that_is_no_number_ends_it(void **state)
{
    (void)state;
    mm_error e = {0};
    mm_step s;
    mm_trainer *t = trainer_of("train=all lr=1e-3 epochs=1", "train=all lr=1e-3 epochs=9", &f->first);
    epoch(t, true);
    mm_params good = {0};
    const mm_params *best = mm_trainer_best(t, NULL);
    mm_param *p = mm_params_find(best, "fc.weight"), *copy = mm_params_add(&good, "fc.weight", MM_F32, p->ndim, p->dim, &e);
    memcpy(copy->data, p->data, p->bytes);
    assert_int_equal(mm_trainer_begin_epoch(t, &e), MM_OK);
    static float broken[SIDE * SIDE] = {NAN};
    const void *image[1] = {broken};
    mm_batch b = {{image, 1, SIDE, SIDE, MM_F32, 1}, f->label};
    assert_int_equal(mm_trainer_step(t, &b, &s, &e), MM_FAILURE);
    assert_non_null(strstr(e.text, "the loss is"));
    assert_true(mm_trainer_diverged(t));
    mm_epoch kept;
    assert_true(same(mm_trainer_best(t, &kept), &good, "fc.weight"));
    assert_int_equal(kept.epoch, 1);
    mm_params_free(&good);
    mm_trainer_free(t);
}

/* Batches of a micro-batch see batch norm apart, all else adds up: with frozen statistics there is no difference. */
static void micro_batches_add_up(void **state)
{
    (void)state;
    mm_error e;
    const mm_params *now;
    double loss[2];
    float w[2][CLASSES];
    for (size_t k = 0; k < 2; k++) {
        f->config.micro_batch = k ? 4 : BATCH;
        f->config.best = MM_BEST_LAST;
        mm_trainer *t = trainer_of("train=fc lr=1e-2 wd=0 epochs=1 bn=frozen", NULL, &f->first);
        assert_int_equal(mm_trainer_begin_epoch(t, &e), MM_OK);
        loss[k] = step(t, 0, BATCH).loss;
        end(t, false);
        now = mm_trainer_best(t, NULL);
        memcpy(w[k], mm_params_find(now, "fc.bias")->data, sizeof w[k]);
        mm_trainer_free(t);
    }
    f->config.micro_batch = 0;
    f->config.best = MM_BEST_ACCURACY;
    assert_true(fabs(loss[0] - loss[1]) < 1e-5);
    for (size_t i = 0; i < CLASSES; i++)
        assert_true(fabsf(w[0][i] - w[1][i]) < 1e-5f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stages_train_their_layers), cmocka_unit_test(best_is_kept),
        cmocka_unit_test(saved_state_goes_on_the_same), cmocka_unit_test(the_loss_is_weighed_and_smoothed),
        cmocka_unit_test(numbers_of_the_optimiser), cmocka_unit_test(what_gets_no_better_ends_early),
        cmocka_unit_test(a_loss_that_is_no_number_ends_it), cmocka_unit_test(micro_batches_add_up),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
