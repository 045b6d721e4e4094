/* Zip containers, as far as NPZ and PyTorch files need them. */
#include "formats/weights/zip.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/bytes.h"
#include "common/base/grow.h"

static const size_t unpacked_floor = (size_t)64 << 20, unpacked_factor = 8;

bool mm_zip_is(const void *bytes, size_t n)
{
    return n >= 4 && (!memcmp(bytes, "PK\3\4", 4) || !memcmp(bytes, "PK\5\6", 4));
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(const mm_zip_member *const *)a)->name, (*(const mm_zip_member *const *)b)->name);
}

/* Sorts the members for mm_zip_find. Two of one name would let one reader see what another does not. */
static int sort_members(mm_zip *zip, const char *name, mm_error *error)
{
    zip->sorted = malloc((zip->n + 1) * sizeof *zip->sorted);
    if (!zip->sorted)
        return mm_no_memory(error);
    for (size_t i = 0; i < zip->n; i++)
        zip->sorted[i] = &zip->members[i];
    qsort(zip->sorted, zip->n, sizeof *zip->sorted, by_name);
    for (size_t i = 1; i < zip->n; i++)
        if (!strcmp(zip->sorted[i - 1]->name, zip->sorted[i]->name))
            return mm_fail(error, MM_DAMAGED, "'%s' is a damaged zip file: member '%s' appears twice", name,
                           zip->sorted[i]->name);
    return 0;
}

/* ---- the directory: members of one archive must not share bytes ---- */

typedef struct {
    uint64_t begin, end;
} range;

static int by_begin(const void *a, const void *b)
{
    const range *x = a, *y = b;
    return x->begin < y->begin ? -1 : x->begin > y->begin;
}

/* The record at the archive's end, or NULL. */
static const unsigned char *find_end(const unsigned char *b, size_t n)
{
    for (size_t i = 22; i <= n && i <= 22 + 65535; i++)
        if (!memcmp(b + n - i, "PK\5\6", 4))
            return b + n - i;
    return NULL;
}

/* Where the directory lies and how many entries it has; in large archives (zip64) another record says so. */
static bool find_directory(const unsigned char *b, size_t n, uint64_t *at, uint64_t *count)
{
    const unsigned char *end = find_end(b, n);
    if (!end)
        return false;
    *count = mm_get16(end + 10);
    *at = mm_get32(end + 16);
    if (*count == 0xffff || *at == 0xffffffff) {
        uint64_t record = end - b >= 20 && !memcmp(end - 20, "PK\6\7", 4) ? mm_get64(end - 12) : n;
        if (record <= n && n - record >= 56 && !memcmp(b + record, "PK\6\6", 4)) {
            *count = mm_get64(b + record + 32);
            *at = mm_get64(b + record + 48);
        }
    }
    return *at <= n && *count <= (n - *at) / 46;
}

/* A number of 32 bits, or where those are all ones the next one of the zip64 field. */
static uint64_t wide(const unsigned char *p, const unsigned char **more, const unsigned char *end)
{
    uint64_t v = mm_get32(p);
    if (v == 0xffffffff && *more && end - *more >= 8) {
        v = mm_get64(*more);
        *more += 8;
    }
    return v;
}

/* Bytes of an entry of the directory and of the member it tells of; 0 when it is none. */
static size_t read_entry(const unsigned char *e, size_t left, range *r)
{
    if (left < 46 || memcmp(e, "PK\1\2", 4))
        return 0;
    size_t name = mm_get16(e + 28), extra = mm_get16(e + 30), size = 46 + name + extra + mm_get16(e + 32);
    if (size > left)
        return 0;
    const unsigned char *more = NULL, *end = e + 46 + name + extra;
    for (const unsigned char *f = e + 46 + name; end - f >= 4 && !more; f += 4 + mm_get16(f + 2))
        if (mm_get16(f) == 1)
            more = f + 4;
        else if (end - f < 4 + mm_get16(f + 2))
            break;
    wide(e + 24, &more, end); /* what it unpacks to comes first */
    uint64_t packed = wide(e + 20, &more, end);
    r->begin = wide(e + 42, &more, end);
    r->end = packed > UINT64_MAX / 4 || r->begin > UINT64_MAX / 4 ? UINT64_MAX : r->begin + 30 + name + packed;
    return size;
}

static int check_directory(const unsigned char *b, size_t n, const char *name, mm_error *error)
{
    uint64_t at, count, last;
    if (!find_directory(b, n, &at, &count))
        return mm_fail(error, MM_DAMAGED, "'%s' is a damaged zip file: it has no directory", name);
    range *r = malloc((size_t)(count + 1) * sizeof *r);
    if (!r)
        return mm_no_memory(error);
    int code = 0;
    last = at; /* the directory begins where the last member ends, or later */
    for (uint64_t i = 0; i < count && !code; i++) {
        size_t size = read_entry(b + at, n - (size_t)at, &r[i]);
        at += size;
        if (!size || r[i].end > last)
            code = mm_fail(error, MM_DAMAGED, "'%s' is a damaged zip file: its directory cannot be read", name);
    }
    if (!code)
        qsort(r, (size_t)count, sizeof *r, by_begin);
    for (uint64_t i = 1; i < count && !code; i++)
        if (r[i].begin < r[i - 1].end)
            code = mm_fail(error, MM_DAMAGED, "'%s' is a damaged zip file: its members overlap", name);
    free(r);
    return code;
}

/* ---- reading ---- */

static mm_zip_member *add_member(mm_zip *zip, const char *member, mm_error *error)
{
    char *copy = NULL;
    if (!mm_grow(&zip->members, &zip->room, zip->n + 1, sizeof *zip->members, error) && !(copy = strdup(member)))
        mm_no_memory(error);
    if (!copy)
        return NULL;
    mm_zip_member *m = &zip->members[zip->n++];
    *m = (mm_zip_member){.name = copy};
    return m;
}

/* Reads one member's data; *left is what the whole archive may still unpack to. */
static int read_member(struct archive *a, mm_zip_member *m, const char *name, size_t *left, mm_error *error)
{
    mm_bytes b = {0};
    int code = 0, r;
    do {
        const void *block;
        size_t size;
        la_int64_t offset;
        r = archive_read_data_block(a, &block, &size, &offset);
        if (r == ARCHIVE_EOF)
            break;
        if (r != ARCHIVE_OK || offset < 0 || (size_t)offset != b.size) {
            const char *why = r == ARCHIVE_OK ? NULL : archive_error_string(a);
            code = mm_fail(error, MM_DAMAGED, "'%s' is a damaged zip file: member '%s': %s", name, m->name,
                           why ? why : "its parts do not join");
        } else if (size > *left) {
            code = mm_fail(error, MM_DAMAGED, "'%s' unpacks to far more than a file of its size should", name);
        } else {
            *left -= size;
            code = mm_bytes_add(&b, block, size, error);
        }
    } while (!code);
    if (!code) /* room for at least a byte, so that data is never NULL */
        code = mm_bytes_reserve(&b, 1, error);
    if (code) {
        mm_bytes_free(&b);
        return code;
    }
    m->data = b.data;
    m->size = b.size;
    return 0;
}

static int read_members(struct archive *a, mm_zip *zip, size_t n, const char *name, mm_error *error)
{
    size_t left = n > SIZE_MAX / unpacked_factor ? SIZE_MAX : n * unpacked_factor;
    if (left < unpacked_floor)
        left = unpacked_floor;
    struct archive_entry *entry;
    int r, code = 0;
    while (!code && (r = archive_read_next_header(a, &entry)) != ARCHIVE_EOF) {
        const char *member = archive_entry_pathname(entry);
        if (r != ARCHIVE_OK || !member) {
            const char *why = archive_error_string(a);
            return mm_fail(error, MM_DAMAGED, "'%s' is a damaged zip file: %s", name, why ? why : "a member without name");
        }
        if (archive_entry_is_encrypted(entry))
            return mm_fail(error, MM_FAILURE, "'%s' is encrypted", name);
        if (archive_entry_filetype(entry) == AE_IFDIR)
            continue;
        if (archive_entry_filetype(entry) != AE_IFREG)
            return mm_fail(error, MM_DAMAGED, "'%s' is a damaged zip file: member '%s' is not a file", name, member);
        mm_zip_member *m = add_member(zip, member, error);
        code = m ? read_member(a, m, name, &left, error) : error->code;
    }
    return code;
}

int mm_zip_decode(mm_zip *zip, const void *bytes, size_t n, const char *name, mm_error *error)
{
    *zip = (mm_zip){0};
    int code = check_directory(bytes, n, name, error);
    if (code)
        return code;
    struct archive *a = archive_read_new();
    if (!a)
        return mm_no_memory(error);
    if (archive_read_support_format_zip_seekable(a) != ARCHIVE_OK || archive_read_open_memory(a, bytes, n) != ARCHIVE_OK)
        code = mm_fail(error, MM_DAMAGED, "'%s' is a damaged zip file: %s", name, archive_error_string(a));
    if (!code)
        code = read_members(a, zip, n, name, error);
    if (!code)
        code = sort_members(zip, name, error);
    archive_read_free(a);
    if (code)
        mm_zip_free(zip);
    return code;
}

const mm_zip_member *mm_zip_find(const mm_zip *zip, const char *member)
{
    size_t low = 0, high = zip->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(zip->sorted[middle]->name, member);
        if (order == 0)
            return zip->sorted[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

void mm_zip_free(mm_zip *zip)
{
    for (size_t i = 0; i < zip->n; i++) {
        free(zip->members[i].name);
        free(zip->members[i].data);
    }
    free(zip->members);
    free(zip->sorted);
    *zip = (mm_zip){0};
}

/* ---- writing ---- */

struct mm_zip_writer {
    struct archive *archive;
    struct archive_entry *entry;
    const char *name;
};

static int write_failed(mm_zip_writer *w, mm_error *error)
{
    const char *why = archive_error_string(w->archive);
    return mm_fail(error, MM_FAILURE, "cannot write '%s': %s", w->name, why ? why : "unknown reason");
}

int mm_zip_create(mm_zip_writer **out, int fd, const char *name, mm_error *error)
{
    mm_zip_writer *w = calloc(1, sizeof *w);
    *out = w;
    if (!w)
        return mm_no_memory(error);
    w->name = name;
    w->archive = archive_write_new();
    w->entry = archive_entry_new();
    if (!w->archive || !w->entry)
        return mm_no_memory(error);
    if (archive_write_set_format_zip(w->archive) != ARCHIVE_OK || archive_write_zip_set_compression_store(w->archive) != ARCHIVE_OK ||
        archive_write_set_bytes_in_last_block(w->archive, 1) != ARCHIVE_OK || archive_write_open_fd(w->archive, fd) != ARCHIVE_OK)
        return write_failed(w, error);
    return 0;
}

static int add_data(mm_zip_writer *w, const void *data, size_t size, mm_error *error)
{
    const unsigned char *p = data;
    while (size) {
        la_ssize_t n = archive_write_data(w->archive, p, size);
        if (n <= 0)
            return write_failed(w, error);
        p += n;
        size -= (size_t)n;
    }
    return 0;
}

int mm_zip_add(mm_zip_writer *w, const char *member, const void *head, size_t head_size, const void *data, size_t size,
               mm_error *error)
{
    archive_entry_clear(w->entry);
    archive_entry_set_pathname(w->entry, member);
    archive_entry_set_filetype(w->entry, AE_IFREG);
    archive_entry_set_perm(w->entry, 0644);
    archive_entry_set_size(w->entry, (la_int64_t)(head_size + size));
    if (archive_write_header(w->archive, w->entry) != ARCHIVE_OK)
        return write_failed(w, error);
    int code = add_data(w, head, head_size, error);
    if (!code)
        code = add_data(w, data, size, error);
    if (!code && archive_write_finish_entry(w->archive) != ARCHIVE_OK)
        code = write_failed(w, error);
    return code;
}

int mm_zip_finish(mm_zip_writer *w, mm_error *error)
{
    int code = 0;
    if (!w)
        return 0;
    if (w->archive) {
        if (!error)
            archive_write_fail(w->archive);
        else if (archive_write_close(w->archive) != ARCHIVE_OK)
            code = write_failed(w, error);
        archive_write_free(w->archive);
    }
    archive_entry_free(w->entry);
    free(w);
    return code;
}
