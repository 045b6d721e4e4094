/* Tar by libarchive: see tar.h. */
#include "formats/archive/tar.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/stream/record.h"
#include "common/base/bytes.h"

enum { BLOCK = 1 << 18 };

struct mm_tar {
    struct archive *archive;
    char *name;
    int fd; /* -1: from memory */
    const unsigned char *memory;
    size_t memory_size;
    unsigned char *buffer;
    size_t first; /* bytes in the buffer that were read before */
    size_t zeros; /* so many zero bytes end what was read */
    bool read_failed;
    locale_t utf8;
};

/* Names in archives are UTF-8, but libarchive converts them from and to the locale, and our programs stay in C: headers are read and
 * written in this locale. On a system that lacks it, uselocale(0) changes nothing. */
static locale_t utf8_locale(void) { return newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0); }

static bool is_ascii(const char *text)
{
    while (*text && (unsigned char)*text < 0x80)
        text++;
    return !*text;
}

void mm_member_free(mm_member *member)
{
    free(member->name);
    free(member->owned);
    *member = (mm_member){0};
}

static size_t ending_zeros(const unsigned char *p, size_t n)
{
    size_t zeros = 0;
    while (zeros < n && zeros < 2048 && p[n - 1 - zeros] == 0)
        zeros++;
    return zeros;
}

static la_ssize_t on_read(struct archive *archive, void *context, const void **bytes)
{
    mm_tar *t = context;
    ssize_t n = (ssize_t)t->first;
    t->first = 0;
    while (n == 0) {
        n = read(t->fd, t->buffer, BLOCK);
        if (n == 0)
            return 0;
        if (n < 0 && errno == EINTR)
            n = 0;
        else if (n < 0) {
            t->read_failed = true;
            archive_set_error(archive, errno, "%s", strerror(errno));
            return -1;
        }
    }
    size_t zeros = ending_zeros(t->buffer, (size_t)n);
    t->zeros = zeros == (size_t)n ? t->zeros + zeros : zeros;
    *bytes = t->buffer;
    return (la_ssize_t)n;
}

static int fail(const mm_tar *t, mm_error *error)
{
    const char *text = archive_error_string(t->archive);
    if (t->read_failed)
        return mm_fail(error, MM_FAILURE, "cannot read '%s': %s", t->name, text ? text : "unknown error");
    if (archive_errno(t->archive) == ENOMEM)
        return mm_no_memory(error);
    const char *packed = archive_filter_code(t->archive, 0) != ARCHIVE_FILTER_NONE ? archive_filter_name(t->archive, 0) : NULL;
    if (packed && text && !strcmp(text, "Unrecognized archive format"))
        return mm_fail(error, MM_DAMAGED, "'%s' is %s data, but not a packed tar archive: unpack it with %s -d first", t->name, packed,
                       packed);
    return mm_fail(error, MM_DAMAGED, "'%s' is not a tar archive, or is damaged: %s", t->name, text ? text : "unknown error");
}

static int open_tar(mm_tar **out, mm_tar init, const char *name, mm_error *error)
{
    mm_tar *t = malloc(sizeof *t);
    *out = NULL;
    if (t)
        *t = init;
    if (!t || !(t->name = strdup(name)) || !(t->archive = archive_read_new()) || (t->fd >= 0 && !(t->buffer = malloc(BLOCK)))) {
        mm_tar_close(t);
        return mm_no_memory(error);
    }
    t->utf8 = utf8_locale();
    archive_read_support_format_tar(t->archive);
    archive_read_set_options(t->archive, "read_concatenated_archives");
    archive_read_support_filter_gzip(t->archive);
    archive_read_support_filter_zstd(t->archive);
    archive_read_support_filter_xz(t->archive);
    archive_read_support_filter_bzip2(t->archive);
    *out = t;
    return MM_OK;
}

int mm_tar_open_fd(mm_tar **out, int fd, const char *name, const void *first, size_t n, mm_error *error)
{
    int code = open_tar(out, (mm_tar){.fd = fd}, name, error);
    if (code)
        return code;
    mm_tar *t = *out;
    if (n > BLOCK)
        n = BLOCK;
    memcpy(t->buffer, first, n);
    t->first = n;
    if (archive_read_open(t->archive, t, NULL, on_read, NULL) != ARCHIVE_OK) {
        code = fail(t, error);
        mm_tar_close(t);
        *out = NULL;
    }
    return code;
}

int mm_tar_open_memory(mm_tar **out, const void *bytes, size_t size, const char *name, mm_error *error)
{
    mm_tar init = {.fd = -1, .memory = bytes, .memory_size = size, .zeros = ending_zeros(bytes, size)};
    int code = open_tar(out, init, name, error);
    if (!code && archive_read_open_memory((*out)->archive, bytes, size) != ARCHIVE_OK) {
        code = fail(*out, error);
        mm_tar_close(*out);
        *out = NULL;
    }
    return code;
}

void mm_tar_close(mm_tar *t)
{
    if (!t)
        return;
    if (t->archive)
        archive_read_free(t->archive);
    if (t->utf8)
        freelocale(t->utf8);
    free(t->buffer);
    free(t->name);
    free(t);
}

/* After the last member: reads what padding there is, and misses the zeros that end an archive (a packed one's end is
 * known to its packer). */
static int end_of(mm_tar *t, mm_error *error)
{
    const void *rest;
    la_ssize_t n = 1;
    while (t->fd >= 0 && n > 0)
        n = on_read(t->archive, t, &rest);
    if (n < 0)
        return fail(t, error);
    bool packed = archive_filter_code(t->archive, 0) != ARCHIVE_FILTER_NONE;
    if (!packed && t->zeros < 1024)
        return mm_fail(error, MM_DAMAGED, "'%s': tar archive is truncated", t->name);
    return MM_OK;
}

/* The data of the current entry: where it lies in memory, or a copy that grows as bytes arrive. */
static int data_of(mm_tar *t, size_t size, mm_member *member, mm_error *error)
{
    const void *block;
    size_t n = 0, room = 0, got = 0;
    la_int64_t offset;
    unsigned char *copy = NULL;
    bool holes = false;
    for (;;) {
        int r = archive_read_data_block(t->archive, &block, &n, &offset);
        if (r == ARCHIVE_EOF)
            break;
        if (r != ARCHIVE_OK) {
            free(copy);
            return fail(t, error);
        }
        const unsigned char *p = block;
        bool inside = t->memory && (uintptr_t)p >= (uintptr_t)t->memory && n <= t->memory_size &&
                      (uintptr_t)p - (uintptr_t)t->memory <= t->memory_size - n;
        if (inside && n == size && offset == 0) {
            member->data = p;
            member->size = size;
            return MM_OK;
        }
        if (offset < 0 || (size_t)offset != got || n > size - got) {
            holes = true;
            break;
        }
        while (room < got + n) {
            size_t larger = room ? (size - room > room ? 2 * room : size) : size < ((size_t)1 << 24) ? size : (size_t)1 << 24;
            unsigned char *grown = realloc(copy, larger);
            if (!grown) {
                free(copy);
                return mm_no_memory(error);
            }
            copy = grown;
            room = larger;
        }
        if (n)
            memcpy(copy + got, p, n);
        got += n;
    }
    if (holes || got < size) { /* a forged length must not cost memory, and what is not there is no data */
        free(copy);
        return mm_fail(error, MM_DAMAGED, "'%s': member '%.200s' is damaged, or stored with holes", t->name, member->name);
    }
    member->owned = copy;
    member->data = copy ? copy : (const unsigned char *)"";
    member->size = size;
    return MM_OK;
}

/* Hidden files are passed over, as in folders. Archives from macOS have one for each file. */
static bool is_hidden(const char *name)
{
    for (const char *part = name; part; part = (part = strchr(part, '/')) ? part + 1 : NULL)
        if (part[0] == '.' && strcmp(part, ".") != 0 && strncmp(part, "./", 2) != 0 && strncmp(part, "../", 3) != 0)
            return true;
    return false;
}

static bool is_wanted(struct archive_entry *entry, const char *name)
{
    unsigned type = archive_entry_filetype(entry);
    return (type == AE_IFREG || type == AE_IFLNK || archive_entry_hardlink(entry)) && !(name && is_hidden(name));
}

/* The next regular file or link. A name that is not UTF-8 is warned of: it is read as the bytes that it is. */
static int next_header(mm_tar *t, struct archive_entry **entry, const char **name)
{
    locale_t before = uselocale(t->utf8);
    int r;
    do {
        r = archive_read_next_header(t->archive, entry);
        *name = r == ARCHIVE_OK || r == ARCHIVE_WARN ? archive_entry_pathname(*entry) : NULL;
        if (r == ARCHIVE_WARN && *name && !is_ascii(*name))
            r = ARCHIVE_OK;
    } while (r == ARCHIVE_OK && !is_wanted(*entry, *name));
    uselocale(before);
    return r;
}

int mm_tar_next(mm_tar *t, mm_member *member, mm_error *error)
{
    *member = (mm_member){0};
    struct archive_entry *entry;
    const char *name;
    int r = next_header(t, &entry, &name);
    if (r == ARCHIVE_EOF)
        return end_of(t, error);
    if (r != ARCHIVE_OK)
        return fail(t, error);
    if (!name || archive_entry_size(entry) < 0 || (uint64_t)archive_entry_size(entry) > MM_MAX_DATA)
        return mm_fail(error, MM_DAMAGED, "'%s': a member without name or of impossible size", t->name);
    if (archive_entry_sparse_count(entry) > 0) /* holes would make a forged length cost memory */
        return mm_fail(error, MM_DAMAGED, "'%s': member '%.200s' is stored with holes (tar --sparse), which is not read", t->name, name);
    if (archive_entry_filetype(entry) == AE_IFLNK || archive_entry_hardlink(entry)) /* which would be lost, or empty */
        return mm_fail(error, MM_DAMAGED, "'%s': member '%.200s' is a link, which is not read: pack it with tar --dereference "
                       "--hard-dereference", t->name, name);
    while (!strncmp(name, "./", 2))
        name += 2;
    if (!(member->name = strdup(name)))
        return mm_no_memory(error);
    int code = data_of(t, (size_t)archive_entry_size(entry), member, error);
    if (code)
        mm_member_free(member);
    return code;
}

struct mm_tar_writer {
    struct archive *archive;
    struct archive_entry *entry;
    char *name;
    int fd;
    time_t mtime;
    bool abandoned; /* what is still to come is not written */
    mm_error error; /* of a write */
    locale_t utf8;
};

static la_ssize_t on_write(struct archive *archive, void *context, const void *bytes, size_t n)
{
    mm_tar_writer *w = context;
    if (w->abandoned)
        return (la_ssize_t)n;
    if (mm_bytes_write(w->fd, bytes, n, w->name, &w->error) == MM_OK)
        return (la_ssize_t)n;
    archive_set_error(archive, EIO, "%s", w->error.text);
    return -1;
}

static int write_failure(const mm_tar_writer *w, mm_error *error)
{
    const char *text = archive_error_string(w->archive);
    if (w->error.code)
        return mm_fail(error, w->error.code, "%s", w->error.text);
    return mm_fail(error, MM_FAILURE, "cannot write '%s': %s", w->name, text ? text : "unknown error");
}

int mm_tar_create(mm_tar_writer **out, int fd, const char *name, time_t mtime, mm_error *error)
{
    mm_tar_writer *w = calloc(1, sizeof *w);
    *out = NULL;
    if (!w || !(w->name = strdup(name)) || !(w->archive = archive_write_new()) || !(w->entry = archive_entry_new())) {
        mm_tar_writer_free(w);
        return mm_no_memory(error);
    }
    w->fd = fd;
    w->mtime = mtime;
    w->utf8 = utf8_locale();
    archive_write_set_format_pax_restricted(w->archive);
    archive_write_set_bytes_per_block(w->archive, BLOCK);
    archive_write_set_bytes_in_last_block(w->archive, 10240);
    if (archive_write_open(w->archive, w, NULL, on_write, NULL) != ARCHIVE_OK) {
        int code = write_failure(w, error);
        mm_tar_writer_free(w);
        return code;
    }
    *out = w;
    return MM_OK;
}

int mm_tar_add(mm_tar_writer *w, const char *name, const void *data, size_t size, mm_error *error)
{
    struct archive_entry *e = archive_entry_clear(w->entry);
    archive_entry_set_pathname(e, name);
    archive_entry_set_filetype(e, AE_IFREG);
    archive_entry_set_perm(e, 0644);
    archive_entry_set_size(e, (la_int64_t)size);
    archive_entry_set_mtime(e, w->mtime, 0);
    locale_t before = uselocale(w->utf8);
    int r = archive_write_header(w->archive, e); /* without C.UTF-8 it warns of a name that is not ASCII, and writes it as it is */
    uselocale(before);
    if (r != ARCHIVE_OK && (r != ARCHIVE_WARN || is_ascii(name)))
        return write_failure(w, error);
    const unsigned char *p = data;
    while (size > 0) {
        la_ssize_t n = archive_write_data(w->archive, p, size);
        if (n <= 0)
            return write_failure(w, error);
        p += n;
        size -= (size_t)n;
    }
    return MM_OK;
}

int mm_tar_finish(mm_tar_writer *w, mm_error *error)
{
    return archive_write_close(w->archive) == ARCHIVE_OK ? MM_OK : write_failure(w, error);
}

void mm_tar_writer_free(mm_tar_writer *w)
{
    if (!w)
        return;
    w->abandoned = true; /* what is not finished is not ended either */
    if (w->archive)
        archive_write_free(w->archive);
    if (w->entry)
        archive_entry_free(w->entry);
    if (w->utf8)
        freelocale(w->utf8);
    free(w->name);
    free(w);
}
