/* Records that stream in, and pages that pipes are given: the bytes are those of the usual ways. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
/* cmocka wants the headers above first */
#include <cmocka.h>

#include "common/stream/write_vec.h"
#include "tests/unit/stream/written.h"

enum { BIG = 1200 * 1000, ODD = 777 };

/* Two records that are large, the first with a tensor whose end is not aligned and one that is empty; the third is small. */
static mm_record *sample(int i)
{
    mm_error e = {0};
    char key[8];
    snprintf(key, sizeof key, "r%d", i);
    mm_record *r = mm_record_new(key);
    const char *names[] = {"odd", "none", "image"};
    const size_t sizes[] = {ODD, 0, i == 2 ? 10 : BIG};
    for (int k = 0; k < 3; k++) {
        mm_tensor *t = mm_record_add(r, names[k], MM_U8, 1, &sizes[k], &e);
        for (size_t n = 0; n < t->bytes; n++)
            ((uint8_t *)t->data)[n] = (uint8_t)(n * 7 + n / 1000 + (size_t)i);
    }
    return r;
}

/* What came of a record, tensor by tensor, in rooms of a few sizes. */
typedef struct taken {
    char *bytes[3];
    size_t have[3];
    size_t room, begun;
    const char *refused; /* a key */
} taken;

static void *begin(void *context, const mm_record *record)
{
    taken *t = context;
    assert_int_equal(record->ntensors, 3);
    for (int k = 0; k < 3; k++) {
        assert_null(record->tensors[k].data);
        free(t->bytes[k]);
        t->bytes[k] = malloc(record->tensors[k].bytes + 1);
        t->have[k] = 0;
    }
    t->begun++;
    return t->refused && strcmp(record->key, t->refused) == 0 ? NULL : t;
}

static void *buffer(void *context, size_t tensor, size_t *bytes)
{
    const taken *t = context;
    *bytes = t->room;
    return t->bytes[tensor] + t->have[tensor];
}

static void filled(void *context, size_t tensor, size_t bytes)
{
    taken *t = context;
    t->have[tensor] += bytes;
}

static void forget(taken *t)
{
    for (int k = 0; k < 3; k++)
        free(t->bytes[k]);
}

static mm_reader *reader_of(int fd, const mm_reader_streaming *streaming)
{
    mm_item item = {0};
    mm_error e = {0};
    lseek(fd, 0, SEEK_SET);
    mm_reader *r = mm_reader_new(fd, "test");
    mm_reader_stream(r, streaming);
    assert_int_equal(mm_reader_next(r, &item, &e), 0);
    mm_item_clear(&item);
    return r;
}

static void assert_taken(const taken *t, int i)
{
    mm_record *want = sample(i);
    for (int k = 0; k < 3; k++) {
        assert_int_equal(t->have[k], want->tensors[k].bytes);
        assert_memory_equal(t->bytes[k], want->tensors[k].data, want->tensors[k].bytes);
    }
    mm_record_free(want);
}

static void large_records_stream(void **state)
{
    (void)state;
    int fd = written(sample, 3, 0, 0);
    const size_t rooms[] = {SIZE_MAX, 4096, 100001, 250000};
    for (int k = 0; k < 4; k++) {
        taken t = {.room = rooms[k], .refused = k == 3 ? "r1" : NULL};
        const mm_reader_streaming streaming = {&t, begin, buffer, filled};
        mm_item item = {0};
        mm_error e = {0};
        mm_reader *r = reader_of(fd, &streaming);
        for (int i = 0; i < 3; i++) {
            bool streams = i == 0 || (i == 1 && k < 3); /* the last is small, one was refused */
            assert_int_equal(mm_reader_next(r, &item, &e), 0);
            assert_int_equal(item.kind, MM_ITEM_RECORD);
            assert_ptr_equal(item.streamed, streams ? &t : NULL);
            mm_record *want = sample(i);
            assert_string_equal(item.record->key, want->key);
            if (streams) {
                assert_taken(&t, i);
                assert_null(item.record->tensors[2].data);
            } else {
                assert_memory_equal(item.record->tensors[2].data, want->tensors[2].data, want->tensors[2].bytes);
            }
            mm_record_free(want);
        }
        assert_int_equal(t.begun, 2);
        assert_int_equal(mm_reader_next(r, &item, &e), 0);
        assert_int_equal(item.kind, MM_ITEM_DONE);
        mm_item_clear(&item);
        mm_reader_free(r);
        forget(&t);
    }
    close(fd);
}

/* A bit of byte `at` of the first record's data is turned, or the stream cut off in the middle of it (-1). */
static void damaged(long at, const char *message)
{
    int fd = written(sample, 3, 0, 0);
    size_t size = (size_t)lseek(fd, 0, SEEK_END);
    char *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    mm_record *first = sample(0);
    char *data = memmem(bytes, size, first->tensors[0].data, ODD);
    assert_non_null(data);
    mm_record_free(first);
    if (at < 0)
        assert_int_equal(ftruncate(fd, data - bytes + BIG / 2), 0);
    else
        data[at] ^= 1;
    taken t = {.room = 50000};
    const mm_reader_streaming streaming = {&t, begin, buffer, filled};
    mm_item item = {0};
    mm_error e = {0};
    mm_reader *r = reader_of(fd, &streaming);
    assert_int_equal(mm_reader_next(r, &item, &e), MM_DAMAGED);
    assert_non_null(strstr(e.text, message));
    mm_item_clear(&item);
    mm_reader_free(r);
    forget(&t);
    munmap(bytes, size);
    close(fd);
}

static void damage_is_told_of(void **state)
{
    (void)state;
    damaged(5, "checksum of a record's data");
    damaged(64 * 13 + BIG - 1, "checksum of a record's data"); /* the last byte of the image */
    damaged(ODD + 3, "the gap after tensor 'odd' is not zero");
    damaged(-1, "ends inside a block");
}

/* ---- pieces ---- */

typedef struct drained {
    int fd;
    char *bytes;
    size_t have, room;
} drained;

static void *drain(void *context)
{
    drained *d = context;
    for (ssize_t n; (n = read(d->fd, d->bytes + d->have, d->room - d->have)) > 0;)
        d->have += (size_t)n;
    return NULL;
}

static void pages_are_what_was_written(void **state)
{
    (void)state;
    enum { N = 5000000, FROM_FILE = 300000 };
    char *all = calloc(1, N), *file = malloc(FROM_FILE), name[] = "/tmp/pieces.XXXXXX";
    for (size_t i = 0; i < FROM_FILE; i++)
        file[i] = (char)(i * 31 + i / 256);
    /* Zeros of many lengths between a few bytes that are none; the first and last stretch go to the ends. */
    for (size_t at = 70001, step = 3; at < N - 200000; at += step, step = step * 5 / 2 % 700001 + 1)
        all[at] = (char)(at % 251 + 1);
    int fd = mkstemp(name);
    assert_int_equal(write(fd, file, FROM_FILE), FROM_FILE);
    unlink(name);
    mm_mapped_file *mapped = mm_mapped_file_new(fd, FROM_FILE);
    assert_non_null(mapped);
    for (int pipe_too = 0; pipe_too < 2; pipe_too++) {
        int ends[2] = {memfd_create("out", 0), -1};
        drained d = {.bytes = malloc(N + 2 * FROM_FILE), .room = N + 2 * FROM_FILE};
        pthread_t thread;
        if (pipe_too) {
            close(ends[0]);
            assert_int_equal(pipe(ends), 0);
            d.fd = ends[0];
            assert_int_equal(pthread_create(&thread, NULL, drain, &d), 0);
        }
        mm_write_vec to;
        mm_write_vec_begin(&to, ends[pipe_too]);
        mm_piece pieces[] = {{all, 100000, NULL},       {(const char *)mapped->bytes + 100, 250000, mapped}, {all + 100000, 0, NULL},
                             {all + 100000, 7, NULL},   {all + 100007, N - 100007, NULL},                   {file, 5, NULL}};
        assert_int_equal(mm_write_vec_write(&to, pieces, sizeof pieces / sizeof *pieces), 0);
        mm_write_vec_end(&to);
        if (pipe_too) {
            close(ends[1]);
            pthread_join(thread, NULL);
        } else {
            d.have = (size_t)pread(ends[0], d.bytes, d.room, 0);
        }
        close(ends[0]);
        assert_int_equal(d.have, N + 250000 + 5);
        assert_memory_equal(d.bytes, all, 100000);
        assert_memory_equal(d.bytes + 100000, file + 100, 250000);
        assert_memory_equal(d.bytes + 350000, all + 100000, N - 100000);
        assert_memory_equal(d.bytes + N + 250000, file, 5);
        free(d.bytes);
    }
    mm_mapped_file_free(mapped);
    free(all);
    free(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(large_records_stream), cmocka_unit_test(damage_is_told_of),
                                       cmocka_unit_test(pages_are_what_was_written)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
