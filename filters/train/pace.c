/* The pace of a training: see pace.h. */
#include "filters/train/pace.h"

#include <math.h>
#include <stdio.h>

#include "common/cli/message.h"

void mm_pace_begin_epoch(mm_pace *p)
{
    p->begun = p->last = mm_seconds();
    p->images = p->steps = 0;
    p->training = 0;
}

double mm_pace_step(mm_pace *p, size_t images)
{
    double now = mm_seconds(), seconds = now - p->last;
    p->training += seconds;
    p->last = now;
    p->images += images;
    p->steps++;
    return (double)images / (seconds + 1e-9);
}

static double rate(const mm_pace *p) { return (double)p->images / (p->training + 1e-9); }

double mm_pace_end_epoch(mm_pace *p, size_t steps)
{
    if (p->steps == steps) { /* all of it was made here */
        p->steps_an_epoch = steps;
        p->seconds_an_epoch = mm_seconds() - p->begun;
    }
    return p->steps ? rate(p) : NAN;
}

static void describe_time(double seconds, char *text, size_t size)
{
    if (!(seconds >= 0 && seconds < 1e9))
        snprintf(text, size, "?");
    else if (seconds < 3600)
        snprintf(text, size, "%d:%02d", (int)seconds / 60, (int)seconds % 60);
    else
        snprintf(text, size, "%d:%02d:%02d", (int)seconds / 3600, (int)seconds / 60 % 60, (int)seconds % 60);
}

/* Until the end of the schedule; NaN when no epoch was seen whole. */
static double seconds_left(const mm_pace *p, mm_position at, size_t epochs)
{
    if (!p->steps_an_epoch)
        return NAN;
    double this_epoch = 1 - (double)at.step / (double)p->steps_an_epoch;
    return ((double)(epochs - at.epoch) + (this_epoch > 0 ? this_epoch : 0)) * p->seconds_an_epoch;
}

void mm_pace_show_step(const mm_pace *p, const mm_trainer *trainer, const mm_step *step, mm_progress *progress)
{
    const mm_schedule *s = mm_trainer_schedule(trainer);
    const mm_position at = mm_trainer_position(trainer);
    char left[40], steps[60] = "";
    describe_time(seconds_left(p, at, s->epochs), left, sizeof left);
    if (p->steps_an_epoch)
        snprintf(steps, sizeof steps, "/%zu", p->steps_an_epoch);
    mm_progress_text(progress, false,
                     "stage %zu/%zu epoch %zu/%zu step %zu%s: loss %.4f, accuracy %.3f, %.1f images/s, %s left, %.1f GiB",
                     at.stage + 1, s->n, at.epoch, s->epochs, at.step, steps, step->loss, step->accuracy, rate(p), left,
                     mm_memory());
}

void mm_pace_say_epoch(const mm_trainer *trainer, const mm_epoch *e, double images_per_s)
{
    char validation[160] = "", area[40] = "";
    if (!isnan(e->validation.auc))
        snprintf(area, sizeof area, ", AUC %.4f", e->validation.auc);
    if (e->validation.n)
        snprintf(validation, sizeof validation, "; validation loss %.4f, accuracy %.4f%s%s", e->validation.loss,
                 e->validation.accuracy, area, e->best ? " (best so far)" : "");
    mm_say("epoch %zu/%zu, stage %zu: loss %.4f, accuracy %.4f%s; %.1f images/s, %.1f GiB", e->epoch,
           mm_trainer_schedule(trainer)->epochs, e->stage + 1, e->train.loss, e->train.accuracy, validation, images_per_s, mm_memory());
    if (e->stopped)
        mm_say("stage %zu ends early: no improvement", e->stage + 1);
    if (e->slowed)
        mm_say("no improvement: the learning rate is reduced");
}
