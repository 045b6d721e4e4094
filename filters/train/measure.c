/* One pass over a training set: see measure.h. */
#include "filters/train/measure.h"

#include <stdint.h>
#include <stdlib.h>

#include "filters/predict/batches.h"
#include "common/cli/input.h"
#include "common/cli/message.h"
#include "common/image/grey.h"

static int add(const mm_record *record, size_t classes, mm_measure *m, double *sum, mm_error *error)
{
    mm_batch_image image;
    long label;
    const char *text = mm_record_get(record, "label");
    if (mm_batch_image_of(record, &image, error))
        return mm_fail_in(error, "record '%s'", record->key);
    *sum += mm_sum(image.dtype, image.data, image.height * image.width) * 255 / image.full_scale;
    m->records++;
    m->pixels += image.height * image.width;
    if (text && classes && !mm_parse_long(text, 0, (long)classes - 1, &label))
        m->count[label]++;
    return MM_OK;
}

/* A record that cannot be used is an error, or with `skip` a message. */
static int take(const mm_record *record, size_t classes, bool skip, mm_measure *m, double *sum, mm_error *error)
{
    int code = add(record, classes, m, sum, error);
    if (code != MM_FAILURE || !skip)
        return code;
    mm_say("%s: skipped", error->text);
    *error = (mm_error){0};
    return MM_OK;
}

int mm_measure_file(const char *path, size_t classes, bool skip, mm_measure *m, mm_error *error)
{
    char *operand = (char *)path;
    mm_input *input = NULL;
    mm_item item = {0};
    double sum = 0;
    *m = (mm_measure){.count = calloc(classes ? classes : 1, sizeof *m->count)};
    int code = m->count ? mm_input_open(&input, &operand, 1, error) : mm_no_memory(error);
    while (!code && !(code = mm_input_next(input, &item, error)) && item.kind != MM_ITEM_END)
        if (item.kind == MM_ITEM_RECORD && take(item.record, classes, skip, m, &sum, error))
            code = mm_fail_in(error, "'%s'", path);
    mm_item_clear(&item);
    mm_input_close(input);
    if (!code && m->records == 0)
        code = mm_fail(error, MM_FAILURE, "'%s' holds no record to measure the mean of", path);
    if (!code)
        m->mean = sum / (double)m->pixels;
    if (code) {
        free(m->count);
        m->count = NULL;
    }
    return code;
}
