/* Streams for tests; to be included behind cmocka.h. */
#ifndef MM_TESTS_UNIT_STREAM_WRITTEN_H
#define MM_TESTS_UNIT_STREAM_WRITTEN_H

#include <sys/mman.h>
#include <unistd.h>

#include "common/stream/stream.h"

/* A segment of the records sample(0) .. sample(n - 1) in a memory file, positioned at its start. epoch 0: none is said. */
static inline int written(mm_record *(*sample)(int), int n, long epoch, size_t skipped)
{
    mm_error e = {0};
    int fd = memfd_create("stream", 0);
    mm_writer *w = mm_writer_new(fd, "test");
    mm_head h = {0};
    mm_head_add(&h, "@MM\tVN:1.0");
    if (epoch)
        mm_head_set_epoch(&h, epoch);
    assert_int_equal(mm_writer_head(w, &h, &e), 0);
    for (int i = 0; i < n; i++) {
        mm_record *r = sample(i);
        assert_int_equal(mm_writer_record(w, r, &e), 0);
        mm_record_free(r);
    }
    assert_int_equal(mm_writer_done(w, skipped, &e), 0);
    mm_writer_free(w);
    mm_head_clear(&h);
    lseek(fd, 0, SEEK_SET);
    return fd;
}

#endif
