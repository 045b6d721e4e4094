/* Items of many kinds: see collection.h. Files of archives and folders are indexed in archive/grouped_files.c. */
#include "filters/read/collection.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/bytes.h"
#include "common/base/grow.h"
#include "common/base/signature.h"
#include "common/stream/meta.h"
#include "common/table/labels.h"
#include "formats/archive/grouped_files.h"
#include "formats/image/formats.h"
#include "formats/archive/webdataset.h"

typedef enum source_kind { KIND_FILE, KIND_BYTES, KIND_STREAM, KIND_CASE, KIND_FOLDER } source_kind;

/* An item: number `index` of source `source`. */
typedef struct item {
    size_t source, index;
    char *key; /* owned but for streams */
} item;

typedef struct source {
    source_kind kind;
    char *name; /* path; of bytes the key */
    mm_index *index;
    mm_grouped_files *folder;
    mm_manifest manifest;
    mm_row_groups images;
    void *bytes;
    size_t size;
} source;

struct mm_collection {
    item *items;
    size_t n, room;
    source *sources;
    size_t nsources, source_room;
    mm_head head;
    bool has_head;
    size_t skipped;
};

mm_collection *mm_collection_new(void)
{
    return calloc(1, sizeof(mm_collection));
}

void mm_collection_free(mm_collection *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->n; i++)
        if (c->sources[c->items[i].source].kind != KIND_STREAM)
            free(c->items[i].key);
    for (size_t s = 0; s < c->nsources; s++) {
        source *o = &c->sources[s];
        mm_index_close(o->index);
        mm_grouped_files_free(o->folder);
        mm_row_groups_free(&o->images);
        mm_manifest_free(&o->manifest);
        free(o->bytes);
        free(o->name);
    }
    mm_head_clear(&c->head);
    free(c->items);
    free(c->sources);
    free(c);
}

static int add_source(mm_collection *c, source_kind kind, const char *name, source **out, mm_error *error)
{
    if (mm_grow(&c->sources, &c->source_room, c->nsources + 1, sizeof *c->sources, error))
        return error->code;
    char *copy = strdup(name);
    if (!copy)
        return mm_no_memory(error);
    *out = &c->sources[c->nsources++];
    **out = (source){.kind = kind, .name = copy};
    return MM_OK;
}

/* An item of the last source; takes the key over, which is NULL when memory is out. */
static int add_item(mm_collection *c, size_t index, char *key, mm_error *error)
{
    if (key && !mm_grow(&c->items, &c->room, c->n + 1, sizeof *c->items, error)) {
        c->items[c->n++] = (item){c->nsources - 1, index, key};
        return MM_OK;
    }
    if (c->sources[c->nsources - 1].kind != KIND_STREAM)
        free(key);
    return mm_no_memory(error);
}

static int join_head(mm_collection *c, const mm_head *head)
{
    int bad = c->has_head ? mm_head_merge(&c->head, head) : mm_head_copy(&c->head, head);
    c->has_head = true;
    return bad;
}

static int add_stream(mm_collection *c, int fd, const char *name, mm_error *error)
{
    source *s = NULL;
    int code = add_source(c, KIND_STREAM, name, &s, error);
    if (!code)
        code = mm_index_open(&s->index, fd, name, error);
    if (code)
        return code;
    if (join_head(c, mm_index_head(s->index)))
        return mm_no_memory(error);
    c->skipped += mm_index_skipped(s->index);
    for (size_t i = 0; i < mm_index_count(s->index) && !code; i++)
        code = add_item(c, i, (char *)(uintptr_t)mm_index_key(s->index, i), error);
    return code;
}

/* Takes the folder over. */
static int add_folder(mm_collection *c, mm_grouped_files *folder, const char *name, mm_error *error)
{
    source *s = NULL;
    int code = add_source(c, KIND_FOLDER, name, &s, error);
    if (code) {
        mm_grouped_files_free(folder);
        return code;
    }
    s->folder = folder;
    if (mm_grouped_files_head(folder) && join_head(c, mm_grouped_files_head(folder)))
        return mm_no_memory(error);
    for (size_t i = 0; i < mm_grouped_files_count(folder) && !code; i++)
        code = add_item(c, i, strdup(mm_grouped_files_key(folder, i)), error);
    return code;
}

static int add_image(mm_collection *c, const char *path, mm_error *error)
{
    const char *base = basename(path);
    source *s = NULL;
    int code = add_source(c, KIND_FILE, path, &s, error);
    return code ? code : add_item(c, 0, mm_key_of_path(base, mm_image_stem(base)), error);
}

int mm_collection_add_fd(mm_collection *c, int fd, const char *name, mm_error *error)
{
    unsigned char first[MM_SIGNATURE_BYTES];
    ssize_t n = pread(fd, first, sizeof first, 0);
    if (n < 0)
        return mm_fail(error, MM_FAILURE, "cannot read '%s':", name);
    mm_kind kind = mm_signature_of(first, (size_t)n)->kind;
    if (kind == MM_KIND_STREAM)
        return add_stream(c, fd, name, error);
    if (kind == MM_KIND_ARCHIVE) {
        mm_grouped_files *folder;
        int code = mm_grouped_files_of_tar(&folder, fd, name, error);
        return code ? code : add_folder(c, folder, name, error);
    }
    if (strcmp(name, "standard input") != 0)
        return add_image(c, name, error);
    mm_bytes all = {0};
    int code = mm_image_bytes(&all, fd, name, error);
    if (!code)
        code = mm_collection_add_bytes(c, name, all.data, all.size, error);
    else
        mm_bytes_free(&all);
    return code;
}

int mm_collection_add_path(mm_collection *c, const char *path, mm_error *error)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st)) {
        if (fd >= 0)
            close(fd);
        return add_image(c, path, error);
    }
    int code;
    if (S_ISDIR(st.st_mode)) {
        mm_grouped_files *folder;
        code = mm_grouped_files_of_directory(&folder, path, error);
        if (!code)
            code = add_folder(c, folder, path, error);
    } else {
        code = mm_collection_add_fd(c, fd, path, error);
    }
    close(fd);
    return code;
}

int mm_collection_add_bytes(mm_collection *c, const char *name, void *bytes, size_t size, mm_error *error)
{
    source *s = NULL;
    int code = add_source(c, KIND_BYTES, name, &s, error);
    if (code) {
        free(bytes);
        return code;
    }
    s->bytes = bytes;
    s->size = size;
    bool standard = strcmp(name, "standard input") == 0;
    return add_item(c, 0, standard ? strdup("image") : mm_key_of_path(name, strlen(name)), error);
}

int mm_collection_add_manifest(mm_collection *c, const char *text, size_t size, const char *name, const mm_class_names *classes,
                               mm_error *error)
{
    source *s = NULL;
    int code = add_source(c, KIND_CASE, name, &s, error);
    if (!code && (code = mm_manifest_parse(&s->manifest, text, size, error)))
        mm_fail_in(error, "'%s'", name);
    if (!code && ((code = mm_manifest_images(&s->manifest, &s->images, error)) ||
                  (code = mm_labels_check(&s->manifest, &s->images, classes, error))))
        mm_fail_in(error, "'%s'", name);
    for (size_t g = 0; g < s->images.n && !code; g++)
        code = add_item(c, g, strdup(mm_manifest_get(&s->manifest, s->images.row[s->images.first[g]], "key")), error);
    return code;
}

static int by_turn(const void *a, const void *b)
{
    const item *x = a, *y = b;
    if (x->index != y->index)
        return x->index < y->index ? -1 : 1;
    return (x->source > y->source) - (x->source < y->source);
}

void mm_collection_interleave(mm_collection *c)
{
    if (c->n)
        qsort(c->items, c->n, sizeof *c->items, by_turn);
}

size_t mm_collection_count(const mm_collection *c) { return c->n; }
const char *mm_collection_key(const mm_collection *c, size_t i) { return c->items[i].key; }
/* The sum over all folders and archives of what `count` counts; *first is the name of one of these files. */
static size_t count_files(const mm_collection *c, size_t (*count)(const mm_grouped_files *, const char **), const char **first)
{
    size_t n = 0;
    *first = "";
    for (size_t s = 0; s < c->nsources; s++)
        if (c->sources[s].kind == KIND_FOLDER)
            n += count(c->sources[s].folder, first);
    return n;
}

size_t mm_collection_ignored(const mm_collection *c, const char **first) { return count_files(c, mm_grouped_files_ignored, first); }
size_t mm_collection_apart(const mm_collection *c, const char **first) { return count_files(c, mm_grouped_files_apart, first); }

size_t mm_collection_skipped(const mm_collection *c) { return c->skipped; }
const mm_head *mm_collection_head(const mm_collection *c) { return c->has_head ? &c->head : NULL; }

bool mm_collection_has_stream(const mm_collection *c)
{
    bool any = false;
    for (size_t s = 0; s < c->nsources; s++)
        any = any || c->sources[s].kind == KIND_STREAM;
    return any;
}

mm_index *mm_collection_index(mm_collection *c, size_t i, size_t *number)
{
    *number = c->items[i].index;
    return c->sources[c->items[i].source].index;
}

/* Attributes that may come from the image file itself. */
static bool is_fact(const char *name)
{
    return !strcmp(name, "patient") || !strcmp(name, "side") || !strcmp(name, "view") || !strcmp(name, "spacing");
}

int mm_collection_attribute(mm_collection *c, size_t i, const mm_read_options *rules, const char *name, char **value, mm_error *error)
{
    const item *it = &c->items[i];
    const source *s = &c->sources[it->source];
    mm_record *record = NULL;
    int code = MM_OK;
    *value = NULL;
    if (s->kind == KIND_STREAM)
        return mm_index_attribute(s->index, it->index, name, value, error);
    if (s->kind == KIND_CASE)
        code = mm_manifest_attributes(&s->manifest, &s->images, it->index, rules->classes, &record, error);
    else if (s->kind == KIND_FOLDER)
        code = mm_grouped_files_record(s->folder, it->index, MM_MEMBERS_ATTRIBUTES, &(mm_read_options){0}, &record, error);
    if (!code && record)
        code = mm_read_finish(record, rules, error);
    if (!code && is_fact(name) && !(record && mm_record_get(record, name))) {
        mm_read_options silent = *rules;
        silent.warn = NULL;
        mm_record_free(record);
        code = mm_collection_record(c, i, &silent, &record, error);
    }
    const char *found = record ? mm_record_get(record, name) : NULL;
    if (found && !(*value = strdup(found)))
        code = mm_no_memory(error);
    mm_record_free(record);
    return code;
}

/* One image alone: its record has the image and the map to itself. */
static int image_record(const char *key, mm_image *image, const mm_read_options *rules, mm_record **record, mm_error *error)
{
    *record = mm_record_new(key);
    int code = *record ? mm_manifest_image(*record, "image", image, rules, error) : mm_no_memory(error);
    if (!code && mm_record_set(*record, "to_original", "1 0 0 0 1 0"))
        code = mm_no_memory(error);
    if (code) {
        mm_image_free(image);
        mm_record_free(*record);
        *record = NULL;
    }
    return code;
}

static int make_record(source *s, const item *it, const mm_read_options *rules, mm_record **record, mm_error *error)
{
    mm_image image = {0};
    int code = MM_OK;
    switch (s->kind) {
    case KIND_STREAM:
        return mm_index_record(s->index, it->index, record, error);
    case KIND_CASE:
        return mm_manifest_record(&s->manifest, &s->images, it->index, rules, record, error);
    case KIND_FOLDER:
        return mm_grouped_files_record(s->folder, it->index, MM_MEMBERS_ALL, rules, record, error);
    case KIND_FILE:
        code = mm_image_read(s->name, &rules->image, &image, error);
        break;
    case KIND_BYTES:
        if ((code = mm_image_decode(s->bytes, s->size, &rules->image, &image, error)))
            mm_fail_in(error, "'%s'", s->name);
        break;
    }
    return code ? code : image_record(it->key, &image, rules, record, error);
}

int mm_collection_record(mm_collection *c, size_t i, const mm_read_options *rules, mm_record **record, mm_error *error)
{
    source *s = &c->sources[c->items[i].source];
    *record = NULL;
    int code = make_record(s, &c->items[i], rules, record, error);
    if (!code && s->kind != KIND_STREAM && (code = mm_read_finish(*record, rules, error))) {
        mm_record_free(*record);
        *record = NULL;
    }
    return code;
}
