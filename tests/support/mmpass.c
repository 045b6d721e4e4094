/* mmpass: the smallest filter there is, which passes records on; with --touch it has their checksums computed anew,
 * with --fail KEY that record fails. Tests of the loop use it. */
#include <string.h>

#include "common/cli/filter.h"

typedef struct config {
    bool touch;
    const char *fail;
} config;

static int pass(const mm_job *job, mm_record *record, mm_error *error)
{
    const config *c = job->options;
    if (c->fail && strcmp(record->key, c->fail) == 0)
        return mm_fail(error, MM_FAILURE, "failed on demand");
    if (c->touch && record->ntensors)
        mm_record_edit(record, record->tensors[0].name);
    return MM_OK;
}

static const mm_option options[] = {
    {"touch", 0, MM_OPT_FLAG, offsetof(config, touch), NULL, "compute checksums anew"},
    {"fail", 0, MM_OPT_STRING, offsetof(config, fail), "KEY", "fail at this record"},
};

int main(int argc, char **argv)
{
    static const config defaults;
    static const mm_filter filter = {
        .program = {"mmpass", "[FILE...]", "Pass records on.", options, sizeof options / sizeof *options, false},
        .options_bytes = sizeof defaults, .defaults = &defaults, .change = pass};
    return mm_filter_main(&filter, argc, argv);
}
