/* The main of programs that are no record loop (for those: mm_filter_main). It parses the options, runs the program's one function,
 * prints what went wrong and gives the exit code. */
#ifndef MM_CLI_PROGRAM_H
#define MM_CLI_PROGRAM_H

#include "common/cli/message.h"
#include "common/cli/options.h"

/* What the program does, with its struct of option values. 0, or the code of an error, which is then printed. */
typedef int (*mm_program_run)(void *values, const mm_common *common, mm_error *error);

/* Runs the whole program and returns its exit code. `values` holds the defaults; NULL when the program has no options of its own. */
int mm_program_main(const mm_program *program, void *values, mm_program_run run, int argc, char **argv);

#endif
