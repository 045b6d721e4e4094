/* Checkpoints in files: see checkpoint.h. */
#include "formats/weights/checkpoint.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/output.h"
#include "common/stream/meta.h"

static char *previous_name(const char *path)
{
    size_t n = strlen(path) + sizeof ".previous";
    char *name = malloc(n);
    if (name)
        snprintf(name, n, "%s.previous", path);
    return name;
}

/* Of names and numbers; a file may hold them in another order. */
static unsigned checksum(const mm_params *params)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < params->count; i++) {
        uint32_t crc = mm_crc32(0, params->item[i].name, strlen(params->item[i].name));
        sum += mm_crc32(crc, params->item[i].data, params->item[i].bytes);
    }
    return sum;
}

static int add_notes(mm_weights *w, const mm_checkpoint *cp, mm_error *error)
{
    enum { NOTES = 5 };
    char text[NOTES][32];
    const char *names[NOTES] = {"training.threads", "training.log_bytes", "training.checksum", "training.precision",
                                "training.next_epoch"};
    snprintf(text[0], sizeof text[0], "%zu", cp->threads);
    snprintf(text[1], sizeof text[1], "%zu", cp->log_bytes);
    snprintf(text[2], sizeof text[2], "%u", checksum(&w->params));
    snprintf(text[3], sizeof text[3], "%s", mm_dtype_name(cp->precision));
    snprintf(text[4], sizeof text[4], "%zu", cp->next_epoch);
    if (mm_model_info_write(&cp->info, w, error) || mm_weights_set_note(w, "training.command", cp->command_line, error))
        return error->code;
    for (size_t i = 0; i < NOTES; i++)
        if (mm_weights_set_note(w, names[i], text[i], error))
            return error->code;
    return MM_OK;
}

/* FILE.previous becomes another name of FILE, so that FILE exists all the time. */
static int keep_previous(const char *path, mm_error *error)
{
    char *name = previous_name(path);
    int code = MM_OK;
    if (!name)
        return mm_no_memory(error);
    if (access(path, F_OK) == 0) {
        unlink(name);
        if (link(path, name) && rename(path, name))
            code = mm_fail(error, MM_FAILURE, "cannot keep '%s' as '%s':", path, name);
    }
    free(name);
    return code;
}

int mm_checkpoint_save(const char *path, const mm_checkpoint *cp, mm_error *error)
{
    mm_weights w = {.params = cp->state};
    mm_output output;
    int code = add_notes(&w, cp, error);
    if (!code && !(code = mm_output_open(&output, path, true, error))) {
        code = mm_weights_write(&w, output.fd, path, MM_SAFETENSORS, error);
        if (!code && output.temporary)
            code = keep_previous(path, error);
        if (!code)
            code = mm_output_commit(&output, error);
        mm_output_abort(&output);
    }
    w.params = (mm_params){0};
    mm_weights_free(&w);
    return code;
}

void mm_checkpoint_free(mm_checkpoint *cp)
{
    mm_model_info_free(&cp->info);
    mm_params_free(&cp->state);
    free(cp->command_line);
    *cp = (mm_checkpoint){0};
}

static int number_note(const mm_weights *w, const char *name, size_t *value)
{
    const char *text = mm_weights_note(w, name);
    return text && mm_slice_number((mm_slice){text, strlen(text)}, value) ? MM_OK : MM_DAMAGED;
}

static int read_notes(mm_checkpoint *cp, mm_weights *w, const char *path, mm_error *error)
{
    const char *command = mm_weights_note(w, "training.command"), *precision = mm_weights_note(w, "training.precision");
    size_t crc;
    if (!command || !precision || mm_dtype_parse(precision, &cp->precision) || number_note(w, "training.threads", &cp->threads) ||
        number_note(w, "training.log_bytes", &cp->log_bytes) || number_note(w, "training.checksum", &crc))
        return mm_fail(error, MM_DAMAGED, "'%s' is not a checkpoint", path);
    if (crc != checksum(&w->params))
        return mm_fail(error, MM_DAMAGED, "'%s': its checksum is wrong", path);
    if (!(cp->command_line = strdup(command)))
        return mm_no_memory(error);
    return mm_model_info_read(&cp->info, w, path, error) ? (error->code = MM_DAMAGED) : MM_OK;
}

static int load(const char *path, mm_checkpoint *cp, mm_error *error)
{
    mm_weights w = {0};
    int code = mm_weights_load(&w, path, error);
    if (!code)
        code = read_notes(cp, &w, path, error);
    if (!code) {
        cp->state = w.params;
        w.params = (mm_params){0};
    } else {
        mm_checkpoint_free(cp);
    }
    mm_weights_free(&w);
    return code;
}

int mm_checkpoint_load(const char *path, mm_checkpoint *cp, bool *found, mm_error *error)
{
    char *name = previous_name(path);
    *cp = (mm_checkpoint){0};
    *found = false;
    if (!name)
        return mm_no_memory(error);
    bool here = access(path, F_OK) == 0, before = access(name, F_OK) == 0;
    int code = here ? load(path, cp, error) : MM_OK;
    *found = here && !code;
    if (before && (!here || code)) {
        char why[512];
        mm_error ignored; /* what is wrong with FILE is the better message */
        snprintf(why, sizeof why, "%.500s", here ? error->text : "it is missing");
        if (load(name, cp, here ? &ignored : error) == MM_OK) {
            *found = cp->previous = true;
            memcpy(cp->why, why, sizeof why);
            code = MM_OK;
        } else if (!here) {
            code = error->code;
        }
    }
    free(name);
    return code;
}

int mm_checkpoint_agrees(const mm_checkpoint *cp, const char *path, const char *command_line, size_t threads,
                         mm_dtype precision, mm_error *error)
{
    if (mm_params_find(&cp->state, "trainer.whole")) /* numbers without names */
        return mm_fail(error, MM_FAILURE, "'%s' was written by mmpipe 0.1.0 and cannot be resumed by this version", path);
    if (strcmp(cp->command_line, command_line))
        return mm_fail(error, MM_FAILURE, "'%s' was made by another command: %s", path, cp->command_line);
    if (cp->threads != threads)
        return mm_fail(error, MM_FAILURE, "'%s' was made with %zu threads, not %zu: go on with --threads=%zu", path, cp->threads,
                       threads, cp->threads);
    if (cp->precision != precision)
        return mm_fail(error, MM_FAILURE, "'%s' was made with --precision=%s", path, cp->precision == MM_BF16 ? "bf16" : "fp32");
    return MM_OK;
}
