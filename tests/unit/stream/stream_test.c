/* The stream's reader, writer and map: round trips, text, provenance, and what must be refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>
/* cmocka wants the headers above first */
#include <cmocka.h>

#include "common/stream/index.h"
#include "common/stream/meta.h"
#include "tests/unit/stream/written.h"

static mm_record *sample(int i)
{
    mm_error e = {0};
    char key[32];
    snprintf(key, sizeof key, "rec%d", i);
    mm_record *r = mm_record_new(key);
    mm_tensor *t = mm_record_add(r, "image", MM_U16, 2, (size_t[]){5, 7}, &e);
    for (size_t k = 0; k < t->count; k++)
        ((uint16_t *)t->data)[k] = (uint16_t)(1000 * i + (int)k);
    assert_non_null(mm_record_add(r, "scalar", MM_F32, 0, NULL, &e));
    assert_non_null(mm_record_add(r, "empty", MM_F64, 2, (size_t[]){0, 4}, &e));
    assert_int_equal(mm_record_set(r, "note", "tab\there, line\nthere, back\\slash, \xc3\xa9"), 0);
    assert_int_equal(mm_record_setf(r, "label", "%d", i), 0);
    assert_int_equal(mm_record_add_line(r, "Z\tfuture\tthing", 14), 0);
    return r;
}

static int stream_of(int n, long epoch) { return written(sample, n, epoch, 2); }

static void assert_sample(const mm_record *r, int i)
{
    mm_record *want = sample(i);
    assert_string_equal(r->key, want->key);
    assert_int_equal(r->ntensors, want->ntensors);
    for (size_t k = 0; k < r->ntensors; k++) {
        assert_string_equal(r->tensors[k].name, want->tensors[k].name);
        assert_int_equal(r->tensors[k].dtype, want->tensors[k].dtype);
        assert_int_equal(r->tensors[k].bytes, want->tensors[k].bytes);
        assert_memory_equal(r->tensors[k].data, want->tensors[k].data, want->tensors[k].bytes);
        assert_int_equal((uintptr_t)r->tensors[k].data % 64, 0);
    }
    assert_string_equal(mm_record_get(r, "note"), mm_record_get(want, "note"));
    assert_string_equal(mm_record_get(r, "label"), mm_record_get(want, "label"));
    assert_int_equal(r->nlines, 1);
    assert_string_equal(r->lines[0], "Z\tfuture\tthing");
    mm_record_free(want);
}

static void test_round_trip(void **state)
{
    (void)state;
    mm_error e = {0};
    mm_item item = {0};
    int fd = stream_of(5, 3);
    mm_reader *r = mm_reader_new(fd, "test");
    assert_int_equal(mm_reader_next(r, &item, &e), 0);
    assert_int_equal(item.kind, MM_ITEM_HEAD);
    assert_int_equal(mm_head_epoch(&item.head), 3);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(mm_reader_next(r, &item, &e), 0);
        assert_int_equal(item.kind, MM_ITEM_RECORD);
        assert_true(item.record->payload_intact);
        assert_sample(item.record, i);
    }
    assert_int_equal(mm_reader_next(r, &item, &e), 0);
    assert_int_equal(item.kind, MM_ITEM_DONE);
    assert_int_equal(item.skipped, 2);
    assert_int_equal(mm_reader_next(r, &item, &e), 0);
    assert_int_equal(item.kind, MM_ITEM_END);
    mm_item_clear(&item);
    mm_reader_free(r);
    close(fd);
}

/* Passing on an untouched record, an edited one, and one with another tensor: what is read back is what was meant. */
static void test_edits(void **state)
{
    (void)state;
    mm_error e = {0};
    mm_item item = {0};
    int in = stream_of(3, 0), out = memfd_create("out", 0);
    mm_reader *r = mm_reader_new(in, "test");
    mm_writer *w = mm_writer_new(out, "out");
    for (int n = 0; mm_reader_next(r, &item, &e) == 0 && item.kind != MM_ITEM_END;) {
        if (item.kind == MM_ITEM_HEAD)
            assert_int_equal(mm_writer_head(w, &item.head, &e), 0);
        if (item.kind == MM_ITEM_DONE)
            assert_int_equal(mm_writer_done(w, 0, &e), 0);
        if (item.kind != MM_ITEM_RECORD)
            continue;
        if (n == 1)
            ((uint16_t *)mm_record_edit(item.record, "image")->data)[0] = 77;
        if (n == 2) {
            mm_record_remove(item.record, "scalar");
            assert_non_null(mm_record_add(item.record, "image", MM_U8, 1, (size_t[]){65}, &e));
        }
        assert_int_equal(mm_writer_record(w, item.record, &e), 0);
        n++;
    }
    mm_reader_free(r);
    lseek(out, 0, SEEK_SET);
    r = mm_reader_new(out, "out");
    mm_reader_next(r, &item, &e);
    assert_int_equal(mm_reader_next(r, &item, &e), 0);
    assert_sample(item.record, 0);
    assert_int_equal(mm_reader_next(r, &item, &e), 0);
    assert_int_equal(((const uint16_t *)mm_record_tensor(item.record, "image")->data)[0], 77);
    assert_int_equal(mm_reader_next(r, &item, &e), 0);
    assert_null(mm_record_tensor(item.record, "scalar"));
    assert_int_equal(mm_record_tensor(item.record, "image")->bytes, 65);
    assert_int_equal(mm_reader_next(r, &item, &e), 0);
    assert_int_equal(item.kind, MM_ITEM_DONE);
    mm_item_clear(&item);
    mm_reader_free(r);
    mm_writer_free(w);
    close(in);
    close(out);
}

static void test_copy(void **state)
{
    (void)state;
    mm_record *r = sample(4), *copy = mm_record_copy(r);
    mm_record_free(r);
    assert_sample(copy, 4);
    mm_record_free(copy);
}

static void test_map(void **state)
{
    (void)state;
    mm_error e = {0};
    mm_index *m;
    mm_item item = {0};
    int fd = stream_of(5, 0), out = memfd_create("out", 0);
    assert_int_equal(mm_index_open(&m, fd, "test", &e), 0);
    assert_int_equal(mm_index_count(m), 5);
    assert_int_equal(mm_index_skipped(m), 2);
    mm_writer *w = mm_writer_new(out, "out");
    assert_int_equal(mm_writer_head(w, mm_index_head(m), &e), 0);
    for (size_t i = 5; i-- > 0;) {
        char *value;
        mm_record *r;
        assert_int_equal(mm_index_attribute(m, i, "label", &value, &e), 0);
        assert_int_equal(value[0], '0' + (int)i);
        free(value);
        assert_int_equal(mm_index_attribute(m, i, "absent", &value, &e), 0);
        assert_null(value);
        assert_int_equal(mm_index_record(m, i, &r, &e), 0);
        assert_sample(r, (int)i);
        mm_record_free(r);
        assert_int_equal(mm_index_write(m, i, w, &e), 0);
    }
    assert_int_equal(mm_writer_done(w, 0, &e), 0);
    mm_index_close(m);
    lseek(out, 0, SEEK_SET);
    mm_reader *r = mm_reader_new(out, "out");
    mm_reader_next(r, &item, &e);
    for (int i = 4; i >= 0; i--) {
        assert_int_equal(mm_reader_next(r, &item, &e), 0);
        assert_sample(item.record, i);
    }
    assert_int_equal(mm_reader_next(r, &item, &e), 0);
    assert_int_equal(item.kind, MM_ITEM_DONE);
    mm_item_clear(&item);
    mm_reader_free(r);
    mm_writer_free(w);
    close(fd);
    close(out);
}

/* Every cut and every flipped bit: the reader and the map both refuse (the map's data when it is touched). */
static void test_damage(void **state)
{
    (void)state;
    mm_error e = {0};
    int fd = stream_of(1, 0);
    size_t n = (size_t)lseek(fd, 0, SEEK_END);
    unsigned char *bytes = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    for (size_t bit = 0; bit < 8 * n; bit++) {
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        lseek(fd, 0, SEEK_SET);
        mm_reader *r = mm_reader_new(fd, "test");
        mm_item item = {0};
        int code;
        while ((code = mm_reader_next(r, &item, &e)) == 0 && item.kind != MM_ITEM_END)
            continue;
        assert_int_equal(code, MM_DAMAGED);
        mm_item_clear(&item);
        mm_reader_free(r);
        mm_index *m;
        code = mm_index_open(&m, fd, "test", &e);
        if (!code) {
            mm_record *record = NULL;
            code = mm_index_record(m, 0, &record, &e);
            mm_record_free(record);
            mm_index_close(m);
        }
        assert_int_equal(code, MM_DAMAGED);
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    munmap(bytes, n);
    for (size_t cut = n; cut-- > 0;) {
        mm_index *m;
        assert_int_equal(ftruncate(fd, (off_t)cut), 0);
        assert_int_equal(mm_index_open(&m, fd, "test", &e), MM_DAMAGED);
    }
    close(fd);
}

static void test_text(void **state)
{
    (void)state;
    mm_error e = {0};
    size_t v;
    static const struct { const char *text; bool good; } utf8[] = {
        {"a\xc3\xa9\n", true}, {"\xe2\x82\xac\n", true}, {"\xf0\x9f\x98\x80\n", true}, {"\xc0\x80\n", false},
        {"\xed\xa0\x80\n", false}, {"\xf4\x90\x80\x80\n", false}, {"\xe2\x82\n", false}, {"\xff\n", false}, {"x", false}};
    for (size_t i = 0; i < sizeof utf8 / sizeof *utf8; i++)
        assert_int_equal(mm_meta_check(utf8[i].text, strlen(utf8[i].text), "t", &e) == 0, utf8[i].good);
    assert_true(mm_slice_number((mm_slice){"18446744073709551615", 20}, &v));
    assert_false(mm_slice_number((mm_slice){"18446744073709551616", 20}, &v));
    assert_false(mm_slice_number((mm_slice){"-1", 2}, &v));
    assert_false(mm_slice_number((mm_slice){"", 0}, &v));
    assert_null(mm_unescape((mm_slice){"a\\x", 3}, &e));
    assert_int_equal(e.code, MM_DAMAGED);
    assert_null(mm_unescape((mm_slice){"a\\", 2}, &e));
    assert_true(mm_key_valid("P_00005_LEFT_CC"));
    assert_false(mm_key_valid(""));
    assert_false(mm_key_valid("a/b"));
    assert_false(mm_key_valid("a\tb"));
    assert_false(mm_key_valid("a\x7f"));
    assert_false(mm_key_valid("a\xc2\x85"));
}

static void test_provenance(void **state)
{
    (void)state;
    mm_head a = {0}, b = {0};
    mm_head_add(&a, "@MM\tVN:1.0");
    mm_head_add_program(&a, "mmread", "mmread");
    mm_head_copy(&b, &a);
    mm_head_add_program(&a, "mmresize", "mmresize --size 2x2");
    mm_head_add_program(&a, "mmresize", "mmresize --size\t1x1");
    assert_string_equal(a.lines[3], "@PG\tID:mmresize.1\tPN:mmresize\tVN:" MM_VERSION "\tPP:mmresize\tCL:mmresize --size\\t1x1");
    mm_head_add_program(&b, "mmresize", "mmresize --size 9x9");
    assert_int_equal(mm_head_merge(&a, &b), 0);
    assert_int_equal(a.nlines, 5); /* mmread is known, the other mmresize is new */
    assert_non_null(strstr(a.lines[4], "\tID:mmresize.2\t"));
    assert_non_null(strstr(a.lines[4], "9x9"));
    mm_head_set_epoch(&a, 7);
    mm_head_set_epoch(&a, 8);
    assert_int_equal(mm_head_epoch(&a), 8);
    assert_string_equal(a.lines[1], "@EP\tN:8");
    mm_head_clear(&a);
    mm_head_clear(&b);
}

static void test_sizes(void **state)
{
    (void)state;
    size_t n, bytes;
    assert_int_equal(mm_shape_size(MM_F32, 3, (size_t[]){2, 3, 4}, &n, &bytes), 0);
    assert_int_equal(bytes, 96);
    assert_int_equal(mm_shape_size(MM_U16, 3, (size_t[]){4294967296, 4294967296, 4}, &n, &bytes), MM_DAMAGED);
    assert_int_equal(mm_shape_size(MM_U8, 3, (size_t[]){SIZE_MAX, SIZE_MAX, 0}, &n, &bytes), MM_DAMAGED);
    assert_int_equal(mm_shape_size(MM_U8, 9, (size_t[]){1, 1, 1, 1, 1, 1, 1, 1, 1}, &n, &bytes), MM_DAMAGED);
    mm_error e = {0};
    mm_record *r = mm_record_new("k");
    assert_null(mm_record_add(r, "x", MM_F64, 2, (size_t[]){SIZE_MAX / 2, 3}, &e));
    mm_record_free(r);
}

static void test_done(void **state)
{
    (void)state;
    mm_error e = {0};
    mm_done d;
    static const char *bad[] = {"records\t1\n", "bytes\t1\n", "records\t1\nrecords\t1\nbytes\t0\n", "records\tx\nbytes\t0\n",
                                "records\t1\t2\nbytes\t0\n", "records\t-1\nbytes\t0\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(mm_done_parse(bad[i], strlen(bad[i]), &d, "t", &e), MM_DAMAGED);
    const char *good = "records\t3\nfuture\nbytes\t64\nskipped\t2\n";
    assert_int_equal(mm_done_parse(good, strlen(good), &d, "t", &e), 0);
    assert_true(d.records == 3 && d.bytes == 64 && d.skipped == 2);
}

static void test_keyset(void **state)
{
    (void)state;
    mm_keyset set = {0};
    char key[32];
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < 5000; i++) {
            snprintf(key, sizeof key, "key%d", i);
            assert_int_equal(mm_keyset_add(&set, key), pass);
        }
    mm_keyset_clear(&set);
}

static mm_record *next_record(mm_reader *reader)
{
    mm_item item = {0};
    mm_error e = {0};
    do {
        mm_item_clear(&item);
        assert_int_equal(mm_reader_next(reader, &item, &e), 0);
    } while (item.kind != MM_ITEM_RECORD);
    return item.record;
}

static const size_t large_sizes[] = {1500000, 2000000, 1200000, 1300000, 2100000};

static mm_record *large_sample(int i)
{
    mm_error e = {0};
    mm_record *r = mm_record_new((char[]){(char)('a' + i), '\0'});
    mm_tensor *t = mm_record_add(r, "image", MM_U8, 1, &large_sizes[i], &e);
    memset(t->data, i + 1, large_sizes[i]);
    return r;
}

/* The memory of large records goes from one to the next that it suffices for, and outlives the reader with them. */
static void test_spare(void **state)
{
    (void)state;
    int fd = written(large_sample, 5, 0, 0);
    mm_reader *reader = mm_reader_new(fd, "large");
    mm_record_free(next_record(reader));
    mm_record *second = next_record(reader);
    const void *memory = second->payload;
    mm_record_free(second);
    mm_record *third = next_record(reader), *fourth = next_record(reader), *fifth;
    assert_ptr_equal(third->payload, memory);
    assert_ptr_not_equal(fourth->payload, memory);
    mm_record_free(third);
    fifth = next_record(reader);
    mm_reader_free(reader);
    for (size_t k = 0; k < large_sizes[3]; k++)
        assert_int_equal(((const uint8_t *)mm_record_tensor(fourth, "image")->data)[k], 4);
    for (size_t k = 0; k < large_sizes[4]; k++)
        assert_int_equal(((const uint8_t *)mm_record_tensor(fifth, "image")->data)[k], 5);
    mm_record_free(fourth);
    mm_record_free(fifth);
    close(fd);
}

/* Checksums of every length, from every place, in one piece and in two, are zlib's. */
static void test_checksum(void **state)
{
    (void)state;
    enum { N = 5000 };
    static unsigned char bytes[N];
    for (size_t i = 0; i < N; i++)
        bytes[i] = (unsigned char)(i * 2654435761u >> 13);
    for (size_t n = 0; n < N; n = n < 700 ? n + 1 : n + 97) {
        size_t from = n % 67 < N - n ? n % 67 : 0, part = n * 7 % 1031 % (n + 1);
        uint32_t wanted = (uint32_t)crc32(0, bytes + from, (uInt)n);
        assert_int_equal(mm_crc32(0, bytes + from, n), wanted);
        assert_int_equal(mm_crc32(mm_crc32(0, bytes + from, part), bytes + from + part, n - part), wanted);
    }
    assert_int_equal(mm_crc32(0, "123456789", 9), 0xcbf43926);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_edits), cmocka_unit_test(test_copy),
        cmocka_unit_test(test_map), cmocka_unit_test(test_damage), cmocka_unit_test(test_text),
        cmocka_unit_test(test_provenance), cmocka_unit_test(test_sizes), cmocka_unit_test(test_checksum), cmocka_unit_test(test_spare),
        cmocka_unit_test(test_done),
        cmocka_unit_test(test_keyset)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
