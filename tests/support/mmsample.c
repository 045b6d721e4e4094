/* mmsample: makes small streams of counted numbers, and the smallest source there is. Tests of the loop use it. */
#include "cli/output.h"
#include "cli/source.h"

typedef struct config {
    long records;
    mm_size size;
    const char *prefix;
} config;

static const mm_option options[] = {
    {"records", 0, MM_OPT_INT, offsetof(config, records), "N", "how many", 0, 1e6},
    {"size", 0, MM_OPT_SIZE, offsetof(config, size), "HxW", "of the image"},
    {"prefix", 0, MM_OPT_STRING, offsetof(config, prefix), "TEXT", "of the keys"},
};

static const mm_program program = {"mmsample", "", "Make a stream.", options, sizeof options / sizeof *options, false};

static int make(const mm_job *job, mm_error *error)
{
    const config *c = job->config;
    char key[64];
    snprintf(key, sizeof key, "%.40s%06zu", c->prefix, job->number);
    mm_record *r = mm_record_new(key);
    mm_tensor *t = r ? mm_record_add(r, "image", MM_U16, 2, (size_t[]){c->size.height, c->size.width}, error) : NULL;
    if (!t || mm_record_set(r, "label", job->number % 2 ? "1" : "0")) {
        mm_record_free(r);
        return mm_fail(error, MM_FAILURE, "out of memory");
    }
    for (size_t i = 0; i < t->count; i++)
        ((uint16_t *)t->data)[i] = (uint16_t)(i * 257 + job->number);
    return mm_emit(job, r);
}

int main(int argc, char **argv)
{
    config c = {.records = 3, .size = {5, 7}, .prefix = "sample"};
    mm_common common;
    mm_error error = {0};
    mm_output output = {.fd = -1};
    mm_writer *writer = NULL;
    size_t skipped = 0;
    mm_begin(program.name);
    int code = mm_options_parse(&program, argc, argv, &c, &common, &error);
    if (code < 0)
        return 0;
    if (!code && !(code = mm_output_open(&output, common.output, true, &error)) &&
        !(writer = mm_writer_new(output.fd, output.name)))
        code = mm_fail(&error, MM_FAILURE, "out of memory");
    if (!code)
        code = mm_source_run(&(mm_source){.name = program.name, .command_line = program.name, .count = (size_t)c.records,
                                          .make = make, .config = &c},
                             &common, writer, &skipped, &error);
    if (!code)
        code = mm_output_commit(&output, &error);
    mm_output_abort(&output);
    mm_writer_free(writer);
    return code ? mm_exit(&error) : MM_OK;
}
