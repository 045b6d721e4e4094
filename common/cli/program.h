/* The main of programs that are not record loops (those use mm_filter_main). It parses the options, runs the program's one
 * function, prints its error and returns the exit code. */
#ifndef MM_CLI_PROGRAM_H
#define MM_CLI_PROGRAM_H

#include "common/cli/message.h"
#include "common/cli/options.h"

/* Does the program's work with its struct of option values. Returns 0, or the code of an error to print. */
typedef int (*mm_program_run)(void *values, const mm_common *common, mm_error *error);

/* Runs the whole program and returns its exit code. `values` holds the defaults; NULL if the program has no options of its
 * own. */
int mm_program_main(const mm_program *program, void *values, mm_program_run run, int argc, char **argv);

#endif
