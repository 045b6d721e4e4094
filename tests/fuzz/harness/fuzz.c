/* What the fuzz targets share: see fuzz.h. */
#include "tests/fuzz/harness/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void mm_fuzz_broken(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: broken promise: %s\n", file, line, what);
    abort();
}

/* The files of this process: 0 for inputs, 1 for streams written and read back. */
static int file_of(int which, const void *data, size_t size)
{
    static int fd[2];
    if (!fd[which])
        fd[which] = memfd_create("fuzz", MFD_CLOEXEC);
    if (fd[which] < 0 || ftruncate(fd[which], 0) || pwrite(fd[which], data, size, 0) != (ssize_t)size || lseek(fd[which], 0, SEEK_SET))
        exit(2);
    return fd[which];
}

int mm_fuzz_file(const uint8_t *data, size_t size)
{
    return file_of(0, data, size);
}

uint8_t *mm_fuzz_copy(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy)
        exit(2);
    if (size)
        memcpy(copy, data, size);
    return copy;
}

char *mm_fuzz_text(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (!text)
        exit(2);
    memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

void mm_fuzz_touch(const void *data, size_t bytes)
{
    const unsigned char *p = data;
    unsigned char x = 0;
    for (size_t i = 0; i < bytes; i++)
        x ^= p[i];
    __asm__ volatile("" : : "r"(x)); /* so that it is not optimised away */
}

void mm_fuzz_manifest(mm_manifest *m)
{
    mm_error error = {0};
    mm_manifest again = {0};
    size_t n;
    char *text = mm_manifest_text(m, &n);
    MM_MUST(text && (!m->nrows || !mm_manifest_parse(&again, text, n, &error)));
    MM_MUST(again.nrows == m->nrows);
    mm_manifest_free(&again);
    mm_manifest_free(m);
    free(text);
}

void mm_fuzz_weights(int (*decode)(mm_weights *w, const void *bytes, size_t n, const char *name, mm_error *error),
                     const uint8_t *data, size_t size)
{
    mm_error error = {0};
    mm_weights w = {0};
    if (!decode(&w, data, size, "weights", &error))
        for (size_t i = 0; i < w.params.count; i++)
            mm_fuzz_touch(w.params.item[i].data, w.params.item[i].bytes);
    else
        MM_MUST((error.code == MM_FAILURE || error.code == MM_DAMAGED) && error.text[0]);
    mm_weights_free(&w);
}

static void compare(const mm_record *a, const mm_record *b)
{
    MM_MUST(!strcmp(a->key, b->key) && a->ntensors == b->ntensors && a->nattributes == b->nattributes && a->nlines == b->nlines);
    for (size_t i = 0; i < a->ntensors; i++) {
        const mm_tensor *s = &a->tensors[i], *t = &b->tensors[i];
        MM_MUST(!strcmp(s->name, t->name) && s->dtype == t->dtype && s->ndim == t->ndim && s->bytes == t->bytes);
        MM_MUST(!memcmp(s->dim, t->dim, (size_t)s->ndim * sizeof *s->dim) && !memcmp(s->data, t->data, s->bytes));
    }
    for (size_t i = 0; i < a->nattributes; i++)
        MM_MUST(!strcmp(a->attributes[i].name, b->attributes[i].name) && !strcmp(a->attributes[i].value, b->attributes[i].value));
    for (size_t i = 0; i < a->nlines; i++)
        MM_MUST(!strcmp(a->lines[i], b->lines[i]));
}

void mm_fuzz_record(const mm_record *record)
{
    mm_error error = {0};
    mm_head head = {0};
    mm_item item = {0};
    int fd = file_of(1, "", 0);
    mm_writer *writer = mm_writer_new(fd, "written");
    if (!writer || mm_head_add(&head, "@MM\tVN:1.0"))
        exit(2);
    int code = mm_writer_head(writer, &head, &error);
    if (!code)
        code = mm_writer_record(writer, record, &error);
    if (!code)
        code = mm_writer_done(writer, 0, &error);
    mm_writer_free(writer);
    mm_head_clear(&head);
    MM_MUST(!code || code == MM_FAILURE); /* more than a stream's limits allow: refused before it is written */
    if (code)
        return;
    lseek(fd, 0, SEEK_SET);
    mm_reader *reader = mm_reader_new(fd, "read back");
    if (!reader)
        exit(2);
    static const mm_item_kind kinds[] = {MM_ITEM_HEAD, MM_ITEM_RECORD, MM_ITEM_DONE, MM_ITEM_END};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        code = mm_reader_next(reader, &item, &error);
        if (code)
            fprintf(stderr, "%s\n", error.text);
        MM_MUST(!code && item.kind == kinds[i]);
        if (item.kind == MM_ITEM_RECORD)
            compare(record, item.record);
    }
    mm_item_clear(&item);
    mm_reader_free(reader);
}

size_t mm_fuzz_mutate(uint8_t *data, size_t size, size_t most, unsigned seed, void (*repair)(uint8_t *data, size_t size))
{
    size = LLVMFuzzerMutate(data, size, most);
    if (seed % 8)
        repair(data, size);
    return size;
}
