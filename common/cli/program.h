/* The main of programs that are no record loop (for those: mm_filter_main): options, the program's one function, what
 * went wrong, exit code. */
#ifndef MM_CLI_PROGRAM_H
#define MM_CLI_PROGRAM_H

#include "common/cli/message.h"
#include "common/cli/options.h"

/* What the program does, with its options in `config`. 0, or the code of an error, which is printed then. */
typedef int (*mm_program_run)(void *config, const mm_common *common, mm_error *error);

/* `config` holds the defaults; NULL when there are no options of the program's own. Returns the exit code. */
int mm_program_main(const mm_program *program, void *config, mm_program_run run, int argc, char **argv);

#endif
