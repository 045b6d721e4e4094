/* mmsample: makes small streams of counted numbers, and the smallest source there is. Tests of the loop use it. */
#include "common/cli/program.h"
#include "common/cli/source.h"

typedef struct config {
    long records;
    mm_size size;
    const char *prefix;
} config;

static const mm_option OPTIONS[] = {
    {"records", 0, MM_OPT_INT, offsetof(config, records), "N", "how many", 0, 1e6},
    {"size", 0, MM_OPT_SIZE, offsetof(config, size), "HxW", "of the image"},
    {"prefix", 0, MM_OPT_STRING, offsetof(config, prefix), "TEXT", "of the keys"},
};

static const mm_program PROGRAM = {"mmsample", "", "Make a stream.", OPTIONS, sizeof OPTIONS / sizeof *OPTIONS, false};

static int make(const mm_job *job, mm_error *error)
{
    const config *c = job->options;
    char key[64];
    snprintf(key, sizeof key, "%.40s%06zu", c->prefix, job->number);
    mm_record *r = mm_record_new(key);
    mm_tensor *t = r ? mm_record_add(r, "image", MM_U16, 2, (size_t[]){c->size.height, c->size.width}, error) : NULL;
    if (!t || mm_record_set(r, "label", job->number % 2 ? "1" : "0")) {
        mm_record_free(r);
        return mm_no_memory(error);
    }
    for (size_t i = 0; i < t->count; i++)
        ((uint16_t *)t->data)[i] = (uint16_t)(i * 257 + job->number);
    return mm_emit(job, r, error);
}

static int run(void *options, const mm_common *common, mm_error *error)
{
    const config *c = options;
    return mm_source_output(&(mm_source){.name = PROGRAM.name, .command_line = PROGRAM.name, .count = (size_t)c->records,
                                         .make = make, .options = c},
                            common, error);
}

int main(int argc, char **argv)
{
    config c = {.records = 3, .size = {5, 7}, .prefix = "sample"};
    return mm_program_main(&PROGRAM, &c, run, argc, argv);
}
