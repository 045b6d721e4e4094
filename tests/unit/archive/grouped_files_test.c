/* Records as files of an archive: there and back, and what becomes of archives that are damaged in any byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/random.h"
#include "formats/archive/grouped_files.h"

static mm_record *example(const char *key)
{
    mm_error error = {0};
    mm_record *r = mm_record_new(key);
    assert_non_null(r);
    mm_tensor *image = mm_record_add(r, "image", MM_U16, 2, (size_t[]){6, 5}, &error);
    assert_non_null(image);
    for (size_t i = 0; i < 30; i++)
        ((uint16_t *)image->data)[i] = (uint16_t)(i * 2111);
    mm_tensor *mask = mm_record_add(r, "mask", MM_U8, 3, (size_t[]){2, 6, 5}, &error);
    assert_non_null(mask);
    for (size_t i = 0; i < 60; i++)
        ((uint8_t *)mask->data)[i] = i % 7 == 0;
    mm_tensor *prob = mm_record_add(r, "prob", MM_F32, 1, (size_t[]){3}, &error);
    assert_non_null(prob);
    ((float *)prob->data)[1] = 0.25f;
    assert_int_equal(mm_record_set(r, "label", "1"), 0);
    assert_int_equal(mm_record_set(r, "note", "line\nof \"text\""), 0);
    return r;
}

static void assert_same(const mm_record *a, const mm_record *b)
{
    assert_string_equal(a->key, b->key);
    assert_int_equal(a->ntensors, b->ntensors);
    assert_int_equal(a->nattributes, b->nattributes);
    for (size_t i = 0; i < a->ntensors; i++) {
        const mm_tensor *t = &a->tensors[i], *u = &b->tensors[i];
        assert_string_equal(t->name, u->name);
        assert_int_equal(t->dtype, u->dtype);
        assert_int_equal(t->ndim, u->ndim);
        assert_int_equal(t->bytes, u->bytes);
        assert_memory_equal(t->data, u->data, t->bytes);
    }
    for (size_t i = 0; i < a->nattributes; i++) {
        assert_string_equal(a->attributes[i].name, b->attributes[i].name);
        assert_string_equal(a->attributes[i].value, b->attributes[i].value);
    }
}

static int add_member(void *writer, const char *name, void *data, size_t size, mm_error *error)
{
    int code = mm_tar_add(writer, name, data, size, error);
    free(data);
    return code;
}

static FILE *archive_of(mm_record **records, size_t n, bool npy)
{
    FILE *file = tmpfile();
    mm_tar_writer *writer;
    mm_error error = {0};
    assert_non_null(file);
    assert_int_equal(mm_tar_create(&writer, fileno(file), "archive", 0, &error), 0);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(mm_record_to_members(records[i], npy, add_member, writer, &error), 0);
    assert_int_equal(mm_tar_finish(writer, &error), 0);
    mm_tar_writer_free(writer);
    return file;
}

static void there_and_back(void **state)
{
    (void)state;
    mm_record *records[] = {example("one"), example("../a.b/%41"), example("x/../y")};
    /* Not keys that a stream could hold, but names of files must be safe whatever they are. */
    for (int npy = 0; npy < 2; npy++) {
        FILE *file = archive_of(records, 1, npy);
        mm_grouped_files *folder;
        const char *first = "";
        mm_error error = {0};
        mm_record *back;
        assert_int_equal(mm_grouped_files_of_tar(&folder, fileno(file), "archive", &error), 0);
        assert_int_equal(mm_grouped_files_count(folder), 1);
        assert_int_equal(mm_grouped_files_ignored(folder, &first), 0);
        assert_string_equal(mm_grouped_files_key(folder, 0), "one");
        assert_int_equal(mm_grouped_files_record(folder, 0, MM_MEMBERS_ALL, &(mm_read_options){0}, &back, &error), 0);
        assert_same(records[0], back);
        mm_record_free(back);
        assert_int_equal(mm_grouped_files_record(folder, 0, MM_MEMBERS_ATTRIBUTES, &(mm_read_options){0}, &back, &error), 0);
        assert_int_equal(back->ntensors, 0);
        assert_string_equal(mm_record_get(back, "label"), "1");
        mm_record_free(back);
        mm_grouped_files_free(folder);
        fclose(file);
    }
    FILE *file = archive_of(records + 1, 2, false);
    rewind(file);
    char name[101] = "";
    assert_int_equal(fread(name, 1, 100, file), 100);
    assert_string_equal(name, "%2E%2E%2Fa%2Eb%2F%2541.image.png");
    fclose(file);
    for (size_t i = 0; i < 3; i++)
        mm_record_free(records[i]);
}

/* Every byte of a small archive is changed in turn: it is refused, or what it tells is a record. Nothing crashes. */
static void damage(void **state)
{
    (void)state;
    mm_record *record = example("key");
    FILE *file = archive_of(&record, 1, false), *damaged = tmpfile();
    assert_non_null(damaged);
    static unsigned char bytes[1 << 16];
    rewind(file);
    size_t size = fread(bytes, 1, sizeof bytes, file), refused = 0, read = 0;
    mm_random random;
    mm_random_init(&random, 1, 2, 3);
    for (size_t at = 0; at < size; at += 1 + at / 6000 * 16) {
        mm_error error = {0};
        mm_grouped_files *folder;
        unsigned char before = bytes[at];
        bytes[at] = (unsigned char)mm_random_u32(&random);
        rewind(damaged);
        assert_int_equal(fwrite(bytes, 1, size, damaged), size);
        assert_int_equal(fflush(damaged), 0);
        int code = mm_grouped_files_of_tar(&folder, fileno(damaged), "damaged", &error);
        for (size_t i = 0; !code && i < mm_grouped_files_count(folder); i++) {
            mm_record *back = NULL;
            code = mm_grouped_files_record(folder, i, MM_MEMBERS_ALL, &(mm_read_options){0}, &back, &error);
            read += !code;
            mm_record_free(back);
        }
        if (code) {
            assert_in_range(code, MM_FAILURE, MM_DAMAGED);
            assert_true(error.text[0] != '\0');
            refused++;
        }
        mm_grouped_files_free(folder);
        bytes[at] = before;
    }
    assert_true(refused > 500);
    assert_true(read > 500);
    mm_record_free(record);
    fclose(file);
    fclose(damaged);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(there_and_back), cmocka_unit_test(damage)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
