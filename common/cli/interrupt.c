/* Signals as a request: see interrupt.h. */
#include "common/cli/interrupt.h"

#include <stddef.h>

/* A handler is given nothing but the signal's number. */
static volatile sig_atomic_t noted;
static struct sigaction of_term, of_int;

static void note(int number)
{
    noted = number;
    sigaction(number, number == SIGTERM ? &of_term : &of_int, NULL);
}

const volatile sig_atomic_t *mm_interrupt_catch(void)
{
    const struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESTART};
    sigaction(SIGTERM, &action, &of_term);
    sigaction(SIGINT, &action, &of_int);
    return &noted;
}
