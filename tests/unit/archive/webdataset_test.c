/* Random records through an archive and back are the same, bit by bit: all types and ranks, empty tensors, names and
 * texts of every kind, as PNG and NPY alike. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/random.h"
#include "common/stream/meta.h"
#include "common/stream/stream.h"
#include "formats/archive/grouped_files.h"

enum { ROUNDS = 40, RECORDS = 6 };

static mm_random source;

static size_t below(size_t n) { return (size_t)mm_random_below(&source, n); }

/* Text of letters that mean something somewhere: to the stream, to JSON, to a file system, in UTF-8 of two to four bytes. */
static char *text(size_t most, bool key)
{
    static const char *const letters[] = {"a", "B", "0", "7", ".", "%", "%4", "%41", "\\", " ", "~2", "\"", "'", "-", ".json", ".png", ".0",
                                          "é", "中", "\U0001F9E0", "\xef\xbf\xbd", "\u2028", "*", "?", ":", "|", "..", "__", "image",
                                          "mask", "\t", "\n", "/", "\x01", "\x7f"};
    size_t kinds = sizeof letters / sizeof *letters - (key ? 5 : 0), n = below(most) + (key ? 1 : 0);
    char *to = calloc(n + 1, 8), *end = to;
    assert_non_null(to);
    for (; n > 0; n--) {
        const char *letter = letters[below(kinds)];
        size_t length = strlen(letter);
        memcpy(end, letter, length);
        end += length;
    }
    return to;
}

static void add_tensor(mm_record *r)
{
    static const mm_dtype types[] = {MM_U8, MM_I8, MM_U16, MM_I16, MM_U32, MM_I32, MM_I64, MM_F16, MM_BF16, MM_F32, MM_F64};
    mm_error error = {0};
    size_t dim[MM_MAX_DIMS];
    int ndim = (int)(below(3) ? below(4) : below(MM_MAX_DIMS + 1));
    for (int d = 0; d < ndim; d++)
        dim[d] = ndim > 4 ? below(3) : below(6);
    char *name = text(below(20) ? 4 : 120, true);
    mm_dtype dtype = below(2) ? types[below(11)] : below(2) ? MM_U16 : MM_U8;
    mm_tensor *t = mm_record_tensor(r, name) ? NULL : mm_record_add(r, name, dtype, ndim, dim, &error);
    if (t)
        for (size_t i = 0; i < t->bytes; i++)
            ((uint8_t *)t->data)[i] = (uint8_t)mm_random_u32(&source);
    free(name);
}

static mm_record *random_record(mm_keyset *keys)
{
    char *key;
    while (key = text(12, true), mm_keyset_add(keys, key) != 0)
        free(key);
    mm_record *r = mm_record_new(key);
    assert_non_null(r);
    free(key);
    for (size_t n = below(6); n > 0; n--)
        add_tensor(r);
    for (size_t n = below(8); n > 0; n--) {
        char *name = text(5, false), *value = text(20, false);
        assert_int_equal(mm_record_set(r, name, value), 0);
        free(name);
        free(value);
    }
    for (size_t n = below(3); n > 0; n--)
        assert_int_equal(mm_record_add_line(r, "Z\tof another\\ttime", 18), 0);
    return r;
}

/* All that a block holds: its meta text and its tensors. */
static void assert_same(const mm_record *a, const mm_record *b)
{
    size_t n, m;
    char *x = mm_record_meta(a, &n), *y = mm_record_meta(b, &m);
    assert_non_null(x);
    assert_non_null(y);
    assert_string_equal(x, y);
    free(x);
    free(y);
    for (size_t i = 0; i < a->ntensors; i++)
        if (a->tensors[i].bytes)
            assert_memory_equal(a->tensors[i].data, b->tensors[i].data, a->tensors[i].bytes);
}

static int add_member(void *writer, const char *name, void *data, size_t size, mm_error *error)
{
    int code = mm_tar_add(writer, name, data, size, error);
    free(data);
    return code;
}

static void round_trip(bool npy)
{
    mm_record *records[RECORDS], *back;
    mm_keyset keys = {0};
    mm_tar_writer *writer;
    mm_grouped_files *folder;
    const char *first = "";
    mm_error error = {0};
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(mm_tar_create(&writer, fileno(file), "archive", 0, &error), 0);
    for (size_t i = 0; i < RECORDS; i++) {
        records[i] = random_record(&keys);
        if (mm_record_to_members(records[i], npy, add_member, writer, &error))
            fail_msg("'%s': %s", records[i]->key, error.text);
    }
    assert_int_equal(mm_tar_finish(writer, &error), 0);
    mm_tar_writer_free(writer);
    if (mm_grouped_files_of_tar(&folder, fileno(file), "archive", &error))
        fail_msg("%s", error.text);
    assert_int_equal(mm_grouped_files_count(folder), RECORDS);
    assert_int_equal(mm_grouped_files_ignored(folder, &first), 0);
    for (size_t i = 0; i < RECORDS; i++) {
        assert_string_equal(mm_grouped_files_key(folder, i), records[i]->key);
        if (mm_grouped_files_record(folder, i, MM_MEMBERS_ALL, &(mm_read_options){0}, &back, &error))
            fail_msg("'%s': %s", records[i]->key, error.text);
        assert_same(records[i], back);
        mm_record_free(back);
        mm_record_free(records[i]);
    }
    mm_grouped_files_free(folder);
    mm_keyset_clear(&keys);
    fclose(file);
}

static void records(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        mm_random_init(&source, 7, i, 1);
        round_trip(i % 2);
    }
}

/* Wider than what libpng takes unless it is told to. */
static void wide(void **state)
{
    (void)state;
    mm_error error = {0};
    mm_record *r = mm_record_new("wide"), *back;
    assert_non_null(mm_record_add(r, "image", MM_U8, 2, (size_t[]){1, 1500000}, &error));
    FILE *file = tmpfile();
    mm_tar_writer *writer;
    mm_grouped_files *folder;
    assert_int_equal(mm_tar_create(&writer, fileno(file), "archive", 0, &error), 0);
    if (mm_record_to_members(r, false, add_member, writer, &error))
        fail_msg("%s", error.text);
    assert_int_equal(mm_tar_finish(writer, &error), 0);
    mm_tar_writer_free(writer);
    assert_int_equal(mm_grouped_files_of_tar(&folder, fileno(file), "archive", &error), 0);
    if (mm_grouped_files_record(folder, 0, MM_MEMBERS_ALL, &(mm_read_options){0}, &back, &error))
        fail_msg("%s", error.text);
    assert_same(r, back);
    mm_record_free(back);
    mm_record_free(r);
    mm_grouped_files_free(folder);
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(records), cmocka_unit_test(wide)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
