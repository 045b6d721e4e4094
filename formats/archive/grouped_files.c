/* Files grouped into records: see grouped_files.h. */
#include "formats/archive/grouped_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/grow.h"
#include "common/base/bytes.h"
#include "common/base/signature.h"
#include "common/base/walk.h"
#include "formats/archive/member_groups.h"

struct mm_grouped_files {
    char *path;          /* of a directory; NULL: an archive */
    void *map;
    size_t map_size;
    mm_member *files;    /* of an archive: data in the map; of a directory: names below path alone */
    size_t nfiles, room;
    mm_member_groups groups;
    size_t *kept;        /* n groups that are records */
    char **keys;         /* n */
    size_t n, ignored, first_ignored; /* records; files of none, and the first of them */
    mm_head head;
};

void mm_grouped_files_free(mm_grouped_files *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->nfiles; i++)
        mm_member_free(&f->files[i]);
    for (size_t i = 0; i < f->n; i++)
        free(f->keys[i]);
    if (f->map)
        munmap(f->map, f->map_size);
    mm_head_clear(&f->head);
    mm_member_groups_free(&f->groups);
    free(f->files);
    free(f->kept);
    free(f->keys);
    free(f->path);
    free(f);
}

size_t mm_grouped_files_count(const mm_grouped_files *f) { return f->n; }
const mm_head *mm_grouped_files_head(const mm_grouped_files *f) { return f->head.nlines ? &f->head : NULL; }
const char *mm_grouped_files_key(const mm_grouped_files *f, size_t i) { return f->keys[i]; }

size_t mm_grouped_files_ignored(const mm_grouped_files *f, const char **first)
{
    *first = f->ignored ? f->files[f->first_ignored].name : *first;
    return f->ignored;
}

size_t mm_grouped_files_apart(const mm_grouped_files *f, const char **first)
{
    *first = f->groups.apart ? f->files[f->groups.first_apart].name : *first;
    return f->groups.apart;
}

/* Takes the member over. */
static int add_file(mm_grouped_files *f, mm_member member, mm_error *error)
{
    if (mm_grow(&f->files, &f->room, f->nfiles + 1, sizeof *f->files, error)) {
        mm_member_free(&member);
        return error->code;
    }
    f->files[f->nfiles++] = member;
    return MM_OK;
}

/* Reads a directory's file, or no more than its beginning when that tells what it is. */
static int load(const mm_grouped_files *f, const char *name, bool whole, mm_bytes *to, mm_error *error)
{
    char path[4096];
    int n = snprintf(path, sizeof path, "%s/%s", f->path, name);
    int fd = n > 0 && (size_t)n < sizeof path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return mm_fail(error, MM_FAILURE, "cannot open '%.1000s/%s':", f->path, name);
    struct stat st;
    int code = fstat(fd, &st) ? mm_fail(error, MM_FAILURE, "cannot read '%s':", path) : MM_OK;
    size_t size = !code && st.st_size > 0 ? (size_t)st.st_size : 0;
    if (!code && !whole && size > MM_SIGNATURE_BYTES)
        code = mm_bytes_read_more(to, fd, path, MM_SIGNATURE_BYTES, error);
    else if (!code && !(code = mm_bytes_reserve(to, size + 1, error)))
        code = mm_bytes_read(to, fd, path, MM_MAX_DATA, error);
    close(fd);
    return code;
}

static bool needs_all(const char *name, mm_members_depth depth)
{
    const char *dot = strrchr(name, '.');
    return depth == MM_MEMBERS_ALL || (dot && (!strcasecmp(dot, ".json") || !strcasecmp(dot, ".cls")));
}

/* The record of a group. */
static int record_of(const mm_grouped_files *f, size_t g, mm_members_depth depth, const mm_read_options *rules, mm_record **record,
                     mm_error *error)
{
    size_t from = f->groups.first[g], n = f->groups.first[g + 1] - from;
    mm_member *members = calloc(n, sizeof *members);
    mm_bytes *bytes = calloc(n, sizeof *bytes);
    int code = members && bytes ? MM_OK : mm_no_memory(error);
    for (size_t i = 0; i < n && !code; i++) {
        members[i] = f->files[f->groups.order[from + i]];
        if (!f->path)
            continue;
        code = load(f, members[i].name, needs_all(members[i].name, depth), &bytes[i], error);
        members[i].data = bytes[i].data;
        members[i].size = bytes[i].size;
    }
    if (!code)
        code = mm_members_to_record(members, n, f->groups.key[g], depth, rules, record, error);
    for (size_t i = 0; bytes && i < n; i++)
        mm_bytes_free(&bytes[i]);
    free(bytes);
    free(members);
    return code;
}

int mm_grouped_files_record(const mm_grouped_files *f, size_t i, mm_members_depth depth, const mm_read_options *rules, mm_record **record,
                     mm_error *error)
{
    int code = record_of(f, f->kept[i], depth, rules, record, error);
    if (!code && !*record)
        code = mm_fail(error, MM_FAILURE, "'%s' changed while it was read", f->keys[i]);
    return code;
}

/* Keeps group i if it makes a record; otherwise its files are counted as ignored. */
static int keep_group(mm_grouped_files *f, size_t i, mm_error *error)
{
    mm_member_groups *g = &f->groups;
    mm_record *record = NULL;
    int code = record_of(f, i, MM_MEMBERS_ATTRIBUTES, &(mm_read_options){0}, &record, error);
    if (!code && record) {
        if (!(f->keys[f->n] = strdup(record->key)))
            code = mm_no_memory(error);
        else
            f->kept[f->n++] = i;
    } else if (!code) {
        f->first_ignored = f->ignored ? f->first_ignored : g->order[g->first[i]];
        f->ignored += g->first[i + 1] - g->first[i];
    }
    mm_record_free(record);
    return code;
}

/* Groups the files by their names, and names the records that they make. */
static int group(mm_grouped_files *f, mm_error *error)
{
    int code = mm_member_groups_make(&f->groups, f->files, f->nfiles, error);
    f->kept = calloc(f->groups.n + 1, sizeof *f->kept);
    f->keys = calloc(f->groups.n + 1, sizeof *f->keys);
    if (!code && (!f->kept || !f->keys))
        code = mm_no_memory(error);
    for (size_t i = 0; i < f->groups.n && !code; i++)
        code = keep_group(f, i, error);
    return code;
}

static int take_head(mm_grouped_files *f, const mm_member *file, mm_error *error)
{
    mm_bytes bytes = {0};
    mm_head head = {0};
    int code = f->path ? load(f, file->name, true, &bytes, error) : MM_OK;
    const void *data = f->path ? bytes.data : file->data;
    if (!code)
        code = mm_head_parse(&head, data ? data : "", f->path ? bytes.size : file->size, file->name, error);
    if (!code && f->head.nlines == 0) {
        f->head = head;
        head = (mm_head){0};
    } else if (!code && mm_head_merge(&f->head, &head)) {
        code = mm_no_memory(error);
    }
    mm_head_clear(&head);
    mm_bytes_free(&bytes);
    return code;
}

/* Files that hold a HEAD are no part of a record. */
static int take_heads(mm_grouped_files *f, mm_error *error)
{
    size_t kept = 0;
    int code = MM_OK;
    for (size_t i = 0; i < f->nfiles; i++) {
        mm_member *file = &f->files[i];
        if (code || !mm_member_is_head(file->name)) {
            f->files[kept++] = *file;
            continue;
        }
        code = take_head(f, file, error);
        mm_member_free(file);
    }
    f->nfiles = kept;
    return code;
}

static int finish(mm_grouped_files *f, int code, mm_grouped_files **out, mm_error *error)
{
    if (!code)
        code = take_heads(f, error);
    if (!code)
        code = group(f, error);
    if (code)
        mm_grouped_files_free(f);
    else
        *out = f;
    return code;
}

int mm_grouped_files_of_tar(mm_grouped_files **out, int fd, const char *name, mm_error *error)
{
    struct stat st;
    *out = NULL;
    mm_grouped_files *f = calloc(1, sizeof *f);
    if (!f)
        return mm_no_memory(error);
    int code = fstat(fd, &st) ? mm_fail(error, MM_FAILURE, "cannot read '%s':", name) : MM_OK;
    f->map_size = code ? 0 : (size_t)st.st_size;
    void *map = code ? MAP_FAILED : mmap(NULL, f->map_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (!code && map == MAP_FAILED)
        code = mm_fail(error, MM_FAILURE, "cannot map '%s':", name);
    mm_tar *tar = NULL;
    if (!code) {
        f->map = map;
        code = mm_tar_open_memory(&tar, map, f->map_size, name, error);
    }
    for (mm_member member = {0}; !code;) {
        code = mm_tar_next(tar, &member, error);
        if (code || !member.name)
            break;
        if (member.owned && member.size > 0) {
            mm_member_free(&member);
            code = mm_fail(error, MM_FAILURE, "'%s' is packed or sparse: unpack it, or feed it through a pipe", name);
        } else {
            code = add_file(f, member, error);
        }
    }
    mm_tar_close(tar);
    return finish(f, code, out, error);
}

static int add_name(void *folder, const char *path, mm_error *error)
{
    mm_member member = {.name = strdup(path)};
    return member.name ? add_file(folder, member, error) : mm_no_memory(error);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const mm_member *)a)->name, ((const mm_member *)b)->name);
}

int mm_grouped_files_of_directory(mm_grouped_files **out, const char *path, mm_error *error)
{
    *out = NULL;
    mm_grouped_files *f = calloc(1, sizeof *f);
    int code = f && (f->path = strdup(path)) ? MM_OK : mm_no_memory(error);
    if (!code)
        code = mm_walk(path, add_name, f, error);
    if (!code && f->nfiles)
        qsort(f->files, f->nfiles, sizeof *f->files, by_name);
    return finish(f, code, out, error);
}
