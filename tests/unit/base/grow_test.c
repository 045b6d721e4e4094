/* Arrays that grow: contents stay, room grows by half, sizes that overflow fail and change nothing. */
#include "common/base/grow.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>

static void keeps_what_it_holds(void **state)
{
    (void)state;
    mm_error error;
    int *list = NULL;
    size_t room = 0, moves = 0;
    for (size_t n = 0; n < 10000; n++) {
        size_t before = room;
        assert_int_equal(mm_grow(&list, &room, n + 1, sizeof *list, &error), MM_OK);
        moves += room != before;
        list[n] = (int)n;
    }
    for (size_t n = 0; n < 10000; n++)
        assert_int_equal(list[n], (int)n);
    assert_in_range(moves, 2, 24);
    free(list);
}

static void refuses_what_overflows(void **state)
{
    (void)state;
    mm_error error;
    double *list = NULL;
    size_t room = 0;
    assert_int_equal(mm_grow(&list, &room, 3, sizeof *list, &error), MM_OK);
    double *kept = list;
    size_t held = room;
    assert_int_equal(mm_grow(&list, &room, SIZE_MAX / 2, sizeof *list, &error), MM_FAILURE);
    assert_ptr_equal(list, kept);
    assert_int_equal(room, held);
    free(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(keeps_what_it_holds), cmocka_unit_test(refuses_what_overflows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
