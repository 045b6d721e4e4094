/* Printing of options' values. For options.c only; programs use options.h. */
#ifndef MM_CLI_OPTION_VALUE_H
#define MM_CLI_OPTION_VALUE_H

#include "common/cli/options.h"

/* Appends " --name VALUE", quoted for a shell, for each value of the option. */
void mm_option_print(mm_text *text, const mm_option *option, const void *values);

#endif
