/* Where predictions go: see predictions_output.h. */
#include "filters/predict/predictions_output.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cli/skipped.h"
#include "common/stats/rank.h"
#include "common/table/classes.h"
#include "common/table/predictions_text.h"
#include "formats/weights/remarks_file.h"

static int prepare_calls(mm_predictions_output *out, mm_error *error)
{
    const mm_model_info *info = &out->ensemble->network[0].info;
    size_t i = 0;
    while (i < info->thresholds.n && strcmp(info->thresholds.item[i].name, out->threshold))
        i++;
    if (i == info->thresholds.n)
        return mm_fail(error, MM_FAILURE, "the model has no threshold '%s' (mmmodel show lists those that it has)", out->threshold);
    out->call = mm_model_info_threshold(info, i);
    out->positive = malloc(info->nclasses);
    if (!out->positive)
        return mm_no_memory(error);
    mm_default_positive(info->classes, info->nclasses, out->positive);
    return MM_OK;
}

int mm_predictions_output_open(mm_predictions_output *out, bool stream, mm_error *error)
{
    if (mm_output_open(&out->output, out->common->output, stream, error))
        return error->code;
    if (stream && !(out->writer = mm_writer_new(out->output.fd, out->output.name)))
        return mm_no_memory(error);
    mm_predictions_text_header(&out->text, out->ensemble->network[0].info.classes, out->ensemble->classes, out->threshold);
    return out->threshold ? prepare_calls(out, error) : MM_OK;
}

void mm_predictions_output_close(mm_predictions_output *out)
{
    mm_output_abort(&out->output);
    mm_writer_free(out->writer);
    free(out->text.data);
    free(out->positive);
}

int mm_predictions_output_head(mm_predictions_output *out, mm_head *head, mm_error *error)
{
    out->written_here = 0;
    if (!out->writer)
        return MM_OK;
    if (!out->common->no_pg && mm_head_add_program(head, out->program, out->command_line))
        return mm_no_memory(error);
    return mm_writer_head(out->writer, head, error);
}

static int add_features(mm_record *record, const mm_features *f, mm_error *error)
{
    mm_tensor *t = mm_record_add(record, "features", MM_F32, f->ndim, f->dim, error);
    if (!t)
        return error->code;
    memcpy(t->data, f->data, f->dim[0] * (f->ndim == 3 ? f->dim[1] * f->dim[2] : 1) * sizeof *f->data);
    return MM_OK;
}

static int write_record(mm_predictions_output *out, mm_record *record, const double *prob, const mm_features *features, mm_error *error)
{
    mm_tensor *t = mm_record_add(record, "prob", MM_F32, 1, &out->ensemble->classes, error);
    if (!t)
        return error->code;
    for (size_t k = 0; k < out->ensemble->classes; k++)
        ((float *)t->data)[k] = (float)prob[k];
    if (features->data && add_features(record, features, error))
        return error->code;
    return mm_writer_record(out->writer, record, error);
}

/* Classes that were only counted are called class0, class1, ...: nothing to disagree with. */
static bool is_counted(const char *class, long number)
{
    char counted[32];
    snprintf(counted, sizeof counted, "class%ld", number);
    return !strcmp(class, counted);
}

/* What a record says of its class: its number in the network's scheme, else the name of the class, else whatever its label is. */
static const char *label_of(const mm_predictions_output *out, const mm_record *record)
{
    const char *label = mm_record_get(record, "label"), *class = mm_record_get(record, "class");
    char *const *names = out->ensemble->network[0].info.classes;
    long number;
    bool known = label && !mm_parse_long(label, 0, (long)out->ensemble->classes - 1, &number);
    return !class || !*class || (known && (!strcmp(names[number], class) || is_counted(names[number], number))) ? label : class;
}

static bool is_called(const mm_predictions_output *out, const double *prob, const double *log_prob)
{
    return mm_class_rank(prob, log_prob, out->ensemble->classes, out->positive) >= out->call.rank;
}

int mm_predictions_output_record(mm_predictions_output *out, mm_record *record, const double *prob, const double *log_prob,
                                 const mm_features *features, mm_error *error)
{
    for (size_t k = 0; k < out->ensemble->classes; k++)
        if (!isfinite(prob[k]))
            return mm_fail(error, MM_FAILURE, "record '%s': the network's answer is not a finite number", record->key);
    out->written++;
    out->written_here++;
    if (out->writer)
        return write_record(out, record, prob, features, error);
    mm_predictions_text_row(&out->text, record->key, mm_record_get(record, "patient"), label_of(out, record), prob, log_prob,
                            out->ensemble->classes, out->threshold ? is_called(out, prob, log_prob) : -1);
    return MM_OK;
}

int mm_predictions_output_block(mm_predictions_output *out, const mm_block *block, mm_error *error)
{
    return out->writer ? mm_writer_block(out->writer, block, error) : MM_OK;
}

int mm_predictions_output_done(mm_predictions_output *out, size_t skipped, size_t skipped_before, mm_error *error)
{
    return out->writer ? mm_write_done(out->writer, out->written_here, skipped, skipped_before, error) : MM_OK;
}

/* Thresholds that were chosen in validation hold for what this very model says of the images as they are. */
static mm_remarks remarks_of(const mm_predictions_output *out, size_t skipped)
{
    const mm_model_info *info = &out->ensemble->network[0].info;
    mm_remarks r = {.averaged = out->averaged && !out->logits, .skipped = skipped};
    if (out->logits || out->averaged)
        return r;
    for (size_t i = 0; i < info->thresholds.n && i < MM_THRESHOLDS; i++)
        r.threshold[r.thresholds++] = mm_model_info_threshold(info, i);
    r.temperature = info->temperature;
    return r;
}

/* Writes what is known of the table beside it, and removes what was known of the table that it replaces. */
static int write_beside(const mm_predictions_output *out, const mm_remarks *remarks, mm_error *error)
{
    char *path = mm_remarks_beside(out->common->output);
    if (!path)
        return mm_no_memory(error);
    int code = MM_OK;
    if (!mm_remarks_empty(remarks))
        code = mm_remarks_write(path, remarks, error);
    else if (unlink(path) && errno != ENOENT)
        code = mm_fail(error, MM_FAILURE, "cannot remove '%s':", path);
    free(path);
    return code;
}

static int print_table(mm_predictions_output *out, const mm_text *text, mm_error *error)
{
    FILE *file = text->failed ? NULL : mm_output_file(&out->output, error);
    if (text->failed)
        return mm_no_memory(error);
    if (!file)
        return error->code;
    fwrite(text->data, 1, text->bytes, file);
    return mm_output_close(&out->output, error);
}

static int write_table(mm_predictions_output *out, size_t skipped, size_t skipped_before, mm_error *error)
{
    const mm_remarks remarks = remarks_of(out, skipped + skipped_before);
    bool file = out->output.temporary || out->output.nameless; /* not a pipe or a device */
    bool beside = file && !out->thresholds, column = !out->thresholds && !beside && !mm_remarks_empty(&remarks);
    mm_text with = {0};
    if (out->written == 0 && skipped)
        return mm_fail(error, MM_FAILURE, "all %zu records were skipped", skipped);
    if (column && !out->text.failed)
        mm_predictions_text_remarks(&with, &out->text, &remarks);
    int code = print_table(out, column ? &with : &out->text, error);
    if (!code && out->thresholds)
        code = mm_remarks_write(out->thresholds, &remarks, error);
    if (!code && beside)
        code = write_beside(out, &remarks, error);
    free(with.data);
    return code;
}

int mm_predictions_output_commit(mm_predictions_output *out, size_t skipped, size_t skipped_before, mm_error *error)
{
    if (!out->writer && write_table(out, skipped, skipped_before, error))
        return error->code;
    return mm_output_commit(&out->output, error);
}
