/* Programs that run networks: see computing.h. */
#include "cli/computing.h"

#include <stdlib.h>
#include <unistd.h>

#include "cli/message.h"

#define SPINS "10000" /* a fraction of a millisecond */

void mm_begin_computing(const char *program, char **argv)
{
    if (!getenv("GOMP_SPINCOUNT") && !getenv("OMP_WAIT_POLICY") && setenv("GOMP_SPINCOUNT", SPINS, 1) == 0)
        execv("/proc/self/exe", argv); /* where that does not work, it is only slower */
    mm_begin(program);
}
