/* Values of options, from text and back. For options.c; programs use options.h. */
#ifndef MM_CLI_OPTION_VALUE_H
#define MM_CLI_OPTION_VALUE_H

#include "common/cli/options.h"

/* Adds " --name VALUE", as a shell takes it, for every time that the option was given or has a value. */
void mm_option_print(mm_text *text, const mm_option *option, const void *values);

#endif
