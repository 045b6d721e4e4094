/* The main of programs that are not record loops: see program.h. */
#include "common/cli/program.h"

int mm_program_main(const mm_program *program, void *values, mm_program_run run, int argc, char **argv)
{
    mm_common common = {0};
    mm_error error = {0};
    mm_begin(program->name);
    int code = mm_options_parse(program, argc, argv, values, &common, &error);
    if (!code)
        code = run(values, &common, &error);
    mm_options_free(program, values);
    if (code < 0) /* --help, --version */
        return MM_OK;
    error.code = code;
    return mm_exit(&error);
}
