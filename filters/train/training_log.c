/* The log of a training: see training_log.h. */
#include "filters/train/training_log.h"

#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

static int failed(const mm_training_log *log, mm_error *error)
{
    return mm_fail(error, MM_FAILURE, "cannot write '%s':", log->name);
}

static int flushed(mm_training_log *log, mm_error *error)
{
    return fflush(log->file) || ferror(log->file) ? failed(log, error) : MM_OK;
}

int mm_training_log_open(mm_training_log *log, const char *path, size_t keep, mm_error *error)
{
    *log = (mm_training_log){.name = path};
    if (!path)
        return MM_OK;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | (keep ? 0 : O_TRUNC), 0666);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) || !(log->file = fdopen(fd, "r+"))) {
        int code = mm_fail(error, MM_FAILURE, "cannot open '%s' for writing:", path);
        if (fd >= 0)
            close(fd);
        return code;
    }
    /* A log that was taken away starts anew. */
    size_t there = S_ISREG(st.st_mode) ? (size_t)st.st_size : 0;
    if (there > keep && ftruncate(fd, (off_t)keep))
        return failed(log, error);
    if (keep && there) {
        fseek(log->file, 0, SEEK_END);
        return MM_OK;
    }
    fprintf(log->file, "kind\tstage\tepoch\tstep\tloss\tlr\timages_per_s\taccuracy\tval_loss\tval_accuracy\tval_auc\tbest\n");
    return flushed(log, error);
}

int mm_training_log_close(mm_training_log *log, mm_error *error)
{
    FILE *file = log->file;
    log->file = NULL;
    return file && fclose(file) ? failed(log, error) : MM_OK;
}

static void put(const mm_training_log *log, const char *format, double value)
{
    fputc('\t', log->file);
    if (isnan(value))
        fputs("NA", log->file);
    else
        fprintf(log->file, format, value);
}

int mm_training_log_step(mm_training_log *log, mm_position at, const mm_step *step, double images_per_s, mm_error *error)
{
    if (!log->file)
        return MM_OK;
    fprintf(log->file, "step\t%zu\t%zu\t%zu", at.stage + 1, at.epoch, at.step);
    put(log, "%.9g", step->loss);
    put(log, "%.9g", step->lr);
    put(log, "%.4g", images_per_s);
    put(log, "%.6g", step->accuracy);
    fputs("\tNA\tNA\tNA\tNA\n", log->file);
    return flushed(log, error);
}

int mm_training_log_epoch(mm_training_log *log, size_t steps, const mm_epoch *epoch, double images_per_s, mm_error *error)
{
    bool validated = epoch->validation.n > 0;
    if (!log->file)
        return MM_OK;
    fprintf(log->file, "epoch\t%zu\t%zu\t%zu", epoch->stage + 1, epoch->epoch, steps);
    put(log, "%.9g", epoch->train.loss);
    put(log, "%.9g", epoch->lr);
    put(log, "%.4g", images_per_s);
    put(log, "%.6g", epoch->train.accuracy);
    put(log, "%.9g", validated ? epoch->validation.loss : NAN);
    put(log, "%.6g", validated ? epoch->validation.accuracy : NAN);
    put(log, "%.6g", validated ? epoch->validation.auc : NAN);
    fprintf(log->file, "\t%d\n", epoch->best);
    return flushed(log, error);
}

size_t mm_training_log_bytes(const mm_training_log *log)
{
    long at = log->file ? ftell(log->file) : 0;
    return at > 0 ? (size_t)at : 0;
}
