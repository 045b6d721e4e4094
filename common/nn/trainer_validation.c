/* Validation of a training after an epoch: see trainer.h. */
#include "common/nn/trainer_state.h"

#include <math.h>
#include <stdlib.h>

#include "common/base/grow.h"
#include "common/stats/rank.h"
#include "common/stats/operating.h"

static int make_room(mm_validation *v, size_t n, mm_error *error)
{
    if (mm_grow(&v->score, &v->score_room, v->n + n, sizeof *v->score, error) ||
        mm_grow(&v->positive, &v->positive_room, v->n + n, sizeof *v->positive, error))
        return error->code;
    return MM_OK;
}

/* A batch that another rank predicts: its scores are 0 here, so that the sum over the ranks is theirs. */
static void leave_out(mm_validation *v, const mm_batch *batch)
{
    for (size_t i = 0; i < batch->images.n; i++) {
        v->score[v->n] = 0;
        v->positive[v->n++] = batch->label[i] != 0;
    }
}

/* Room for the probabilities of one record. */
typedef struct room {
    double *log_prob, *prob; /* [classes] */
    uint8_t *positive;       /* [classes] all but the first */
} room;

static void add_record(mm_validation *v, const room *r, const float *z, size_t K, size_t label)
{
    mm_softmax_of(z, K, 1, r->log_prob, r->prob);
    v->loss -= r->log_prob[label];
    v->correct += mm_trainer_argmax(z, K) == label;
    v->score[v->n] = mm_class_rank(r->prob, r->log_prob, K, r->positive);
    v->positive[v->n++] = label != 0;
}

static int add_records(mm_validation *v, const mm_batch *batch, const float *logits, size_t K, mm_error *error)
{
    const room r = {malloc(K * sizeof *r.log_prob), malloc(K * sizeof *r.prob), malloc(K)};
    int code = r.log_prob && r.prob && r.positive ? MM_OK : mm_no_memory(error);
    for (size_t k = 0; k < K && !code; k++)
        r.positive[k] = k > 0;
    for (size_t i = 0; i < batch->images.n && !code; i++)
        add_record(v, &r, logits + i * K, K, (size_t)batch->label[i]);
    free(r.log_prob);
    free(r.prob);
    free(r.positive);
    return code;
}

int mm_trainer_validate(mm_trainer *t, const mm_batch *batch, mm_error *error)
{
    const mm_group *group = t->options.group;
    const size_t n = batch->images.n, K = t->net->classes;
    const mm_predict_options options = {t->options.micro_batch, 0, t->options.mean, t->options.std};
    mm_validation *v = &t->validation;
    if (make_room(v, n, error))
        return error->code;
    if (group && v->batches++ % group->size != group->rank) {
        leave_out(v, batch);
        return MM_OK;
    }
    if (mm_model_use_average(t->model, true, error))
        return error->code;
    float *logits = malloc((n ? n : 1) * K * sizeof *logits);
    int code = logits ? MM_OK : mm_no_memory(error);
    if (!code)
        code = mm_predict(&t->executors, &options, &batch->images, K, &(mm_network_output){.logits = logits}, error);
    if (!code)
        code = add_records(v, batch, logits, K, error);
    free(logits);
    return code;
}

/* Puts together what the ranks have predicted. */
static int share(mm_validation *v, mm_group *group, mm_error *error)
{
    double sums[3] = {(double)v->n, (double)v->correct, v->loss};
    v->batches = 0;
    if (!group)
        return MM_OK;
    if (group->sum(group, sums, 3, MM_F64, error))
        return error->code;
    if (sums[0] != (double)v->n * (double)group->size)
        return mm_fail(error, MM_FAILURE, "the ranks do not read the same validation stream: %zu records here, %.0f in all of %zu",
                       v->n, sums[0], group->size);
    v->correct = (size_t)sums[1];
    v->loss = sums[2];
    return group->sum(group, v->score, v->n, MM_F64, error);
}

/* Area and threshold, where there are records of both kinds. */
static int rank_scores(const mm_validation *v, size_t n, mm_scores *scores, mm_error *error)
{
    size_t positives = 0;
    mm_roc roc;
    mm_threshold youden;
    for (size_t i = 0; i < n; i++)
        positives += v->positive[i];
    if (positives == 0 || positives == n)
        return MM_OK;
    if (mm_roc_make(&roc, v->score, v->positive, n, error))
        return error->code;
    scores->auc = mm_roc_area(&roc);
    if (mm_threshold_youden(&roc, &youden))
        scores->threshold = youden.rank;
    mm_roc_free(&roc);
    return MM_OK;
}

int mm_trainer_validation_scores(mm_trainer *t, mm_scores *scores, mm_error *error)
{
    mm_validation *v = &t->validation;
    const size_t n = v->n;
    *scores = (mm_scores){.n = n, .auc = NAN, .threshold = NAN};
    if (share(v, t->options.group, error))
        return error->code;
    if (n == 0)
        return MM_OK;
    scores->loss = v->loss / (double)n;
    scores->accuracy = (double)v->correct / (double)n;
    v->n = v->correct = 0;
    v->loss = 0;
    t->diverged = !isfinite(scores->loss);
    if (t->diverged) {
        mm_group_fails(t->options.group);
        return mm_fail(error, MM_FAILURE, "the validation loss is %f after epoch %zu", scores->loss, t->at.epoch);
    }
    return rank_scores(v, n, scores, error);
}
