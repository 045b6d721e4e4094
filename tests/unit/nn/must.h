/* What the tests of nn share: what must succeed, and the CUDA backend built for the host
 * (tests/support/cuda_host): the same code and indices as on a card. */
#ifndef MM_TESTS_UNIT_NN_MUST_H
#define MM_TESTS_UNIT_NN_MUST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/nn/backend.h"

const mm_backend *mm_backend_cuda(void);

/* The expression gives 0, or the test fails with the text of the mm_error `e`. */
#define must(expression)                                                                                               \
    do {                                                                                                               \
        if (expression)                                                                                                \
            fail_msg("%s: %s", #expression, e.text);                                                                   \
    } while (0)

#endif
