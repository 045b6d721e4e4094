/* Zip containers, as far as NPZ and PyTorch files need them. */
#include "formats/zip.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "formats/bytes.h"

static const size_t unpacked_floor = (size_t)64 << 20, unpacked_factor = 200;

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
        return mm_fail(error, MM_FAILURE, "'%s': out of memory", name);
    for (size_t i = 0; i < zip->n; i++)
        zip->sorted[i] = &zip->members[i];
    qsort(zip->sorted, zip->n, sizeof *zip->sorted, by_name);
    for (size_t i = 1; i < zip->n; i++)
        if (!strcmp(zip->sorted[i - 1]->name, zip->sorted[i]->name))
            return mm_fail(error, MM_DAMAGED, "'%s' is a damaged zip file: member '%s' is there twice", name,
                           zip->sorted[i]->name);
    return 0;
}

static mm_zip_member *add_member(mm_zip *zip, const char *member)
{
    if (zip->n == zip->room) {
        size_t room = zip->room ? 2 * zip->room : 64;
        mm_zip_member *m = realloc(zip->members, room * sizeof *m);
        if (!m)
            return NULL;
        zip->members = m;
        zip->room = room;
    }
    char *copy = strdup(member);
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
            return mm_fail(error, MM_DAMAGED, "'%s' is a damaged zip file: member '%s' is no file", name, member);
        mm_zip_member *m = add_member(zip, member);
        code = m ? read_member(a, m, name, &left, error) : mm_fail(error, MM_FAILURE, "'%s': out of memory", name);
    }
    return code;
}

int mm_zip_decode(mm_zip *zip, const void *bytes, size_t n, const char *name, mm_error *error)
{
    *zip = (mm_zip){0};
    struct archive *a = archive_read_new();
    if (!a)
        return mm_fail(error, MM_FAILURE, "'%s': out of memory", name);
    int code = 0;
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
        return mm_fail(error, MM_FAILURE, "'%s': out of memory", name);
    w->name = name;
    w->archive = archive_write_new();
    w->entry = archive_entry_new();
    if (!w->archive || !w->entry)
        return mm_fail(error, MM_FAILURE, "'%s': out of memory", name);
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
