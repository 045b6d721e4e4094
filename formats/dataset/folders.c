/* Folders of classes: see folders.h. */
#include "formats/dataset/folders.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/walk.h"
#include "common/stream/meta.h"
#include "common/table/keys.h"
#include "common/table/labels.h"
#include "formats/image/formats.h"

enum { PATH_ROOM = 4096, COLUMNS = 5 };

typedef struct indexing {
    const char *root;
    bool has_sets; /* the folders below the root are sets */
    mm_manifest *m;
    mm_path_key *keys; /* of the manifest's rows */
    mm_folders_report *report;
} indexing;

/* The part of a path before its next '/', and what is behind; NULL if there is none. */
static const char *next_part(const char *path, char part[PATH_ROOM])
{
    const char *slash = strchr(path, '/');
    if (slash)
        snprintf(part, PATH_ROOM, "%.*s", (int)(slash - path), path);
    return slash ? slash + 1 : NULL;
}

static const char *set_of(const char *folder)
{
    const char *word = mm_vocabulary_word("split", folder);
    return word && *word ? word : NULL;
}

/* Visits the folders right below one. */
static int each_folder(indexing *x, const char *below, int (*visit)(indexing *, const char *, mm_error *), mm_error *error)
{
    char path[2 * PATH_ROOM], name[PATH_ROOM];
    struct dirent **entry = NULL;
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", x->root, below);
    int n = scandir(path, &entry, NULL, alphasort), code = n < 0 ? mm_fail(error, MM_FAILURE, "cannot read folder '%s':", path) : MM_OK;
    for (int i = 0; i < n; i++) {
        snprintf(name, sizeof name, "%.2000s%.255s", below, entry[i]->d_name);
        snprintf(path, sizeof path, "%s/%s", x->root, name);
        if (!code && entry[i]->d_name[0] != '.' && !stat(path, &st) && S_ISDIR(st.st_mode))
            code = visit(x, name, error);
        free(entry[i]);
    }
    free(entry);
    return code;
}

static int check_set(indexing *x, const char *folder, mm_error *error)
{
    if (x->has_sets == (set_of(folder) != NULL))
        return MM_OK;
    return mm_fail(error, MM_DAMAGED, "'%s/%s': beside the folders of sets, such as train and test, are others", x->root, folder);
}

/* A class, "benign" or "train/benign", has an image. */
static int check_class(indexing *x, const char *folder, mm_error *error)
{
    size_t length = strlen(folder);
    for (size_t r = 0; r < x->m->nrows; r++)
        if (!strncmp(x->keys[r].path, folder, length) && x->keys[r].path[length] == '/')
            return MM_OK;
    return mm_fail(error, MM_DAMAGED, "'%s/%s': the class has no image", x->root, folder);
}

static int check_set_classes(indexing *x, const char *folder, mm_error *error)
{
    char below[PATH_ROOM];
    snprintf(below, sizeof below, "%.2000s/", folder);
    return each_folder(x, below, check_class, error);
}

/* Is it an image, by its first bytes and then its header? */
static int probe(const char *path, bool *is_image, mm_error *error)
{
    unsigned char first[MM_SIGNATURE_BYTES];
    mm_probe header;
    size_t n;
    int code = mm_signature_read(path, first, &n, error);
    const char *dot = strrchr(path, '.');
    *is_image = code || mm_image_format_of(first, n) || (dot && mm_image_ending_is(dot + 1));
    return code || !*is_image ? code : mm_probe_file(path, &header, error);
}

static int add_file(indexing *x, const char *below, mm_error *error)
{
    char path[2 * PATH_ROOM], set[PATH_ROOM] = "", class[PATH_ROOM] = "";
    bool is_image;
    mm_error what;
    snprintf(path, sizeof path, "%s/%s", x->root, below);
    int code = probe(path, &is_image, &what);
    const char *rest = x->has_sets ? next_part(below, set) : below, *inside = rest ? next_part(rest, class) : NULL;
    if (!code && is_image && !inside)
        code = mm_fail(&what, MM_DAMAGED, "'%s' is in no folder of a class", path);
    else if (!code && is_image && (strpbrk(path, "\t\n\r") || !mm_utf8_valid(class, strlen(class))))
        code = mm_fail(&what, MM_DAMAGED, "'%s': a manifest cannot hold this name", path);
    if (code) {
        x->report->bad++;
        mm_notify(&x->report->listener, true, "%s", what.text);
        return MM_OK;
    }
    x->report->others += !is_image;
    if (!is_image)
        return MM_OK;
    const char *cell[COLUMNS] = {"", path, "", class, x->has_sets ? set_of(set) : ""};
    x->keys[x->m->nrows] = (mm_path_key){.path = below, .stem = mm_image_stem(below)};
    return mm_manifest_add(x->m, cell, x->m->nrows + 2, error);
}

/* Keys, and labels of the classes' names. */
static int settle(const indexing *x, const mm_class_names *classes, mm_error *error)
{
    mm_manifest *m = x->m;
    mm_row_groups images = {0};
    int code = mm_keys_of_paths(x->keys, m->nrows, true, error);
    for (size_t r = 0; r < m->nrows && !code; r++)
        code = mm_manifest_set(m, r, "key", x->keys[r].key, error);
    if (!code)
        code = mm_manifest_group(m, "key", &images, error);
    for (size_t g = 0; g < images.n && !code; g++) {
        size_t row = images.row[g];
        mm_label label;
        char number[32] = "";
        if ((code = mm_label_of(m, &images, g, classes, &label, error)))
            break;
        x->report->unlabelled += label.number < 0;
        if (label.number >= 0)
            snprintf(number, sizeof number, "%ld", label.number);
        code = mm_manifest_set(m, row, "label", number, error);
        if (!code && strcmp(mm_manifest_get(m, row, "class"), label.class) != 0)
            code = mm_manifest_set(m, row, "class", label.class, error);
    }
    mm_row_groups_free(&images);
    return code;
}

static int find_sets(indexing *x, const char *folder, mm_error *error)
{
    (void)error;
    x->has_sets = x->has_sets || set_of(folder);
    return MM_OK;
}

static int index_files(indexing *x, const mm_file_list *files, const mm_class_names *classes, mm_error *error)
{
    static const char *const columns[COLUMNS] = {"key", "image", "label", "class", "split"};
    int code = mm_manifest_begin(x->m, columns, COLUMNS, error);
    if (!code)
        code = each_folder(x, "", find_sets, error);
    if (!code)
        code = each_folder(x, "", check_set, error);
    for (size_t i = 0; i < files->n && !code; i++)
        code = add_file(x, files->path[i], error);
    if (!code && x->m->nrows == 0)
        code = mm_fail(error, MM_DAMAGED, "'%s' has no image in a folder of a class", x->root);
    if (!code)
        code = each_folder(x, "", x->has_sets ? check_set_classes : check_class, error);
    if (!code)
        code = settle(x, classes, error);
    x->report->images = x->m->nrows;
    return code;
}

int mm_folders_manifest(const char *dir, const mm_class_names *classes, mm_manifest *m, mm_folders_report *report, mm_error *error)
{
    mm_file_list files = {0};
    indexing x = {.root = dir, .m = m, .report = report};
    *m = (mm_manifest){0};
    int code = mm_file_list_read(&files, dir, error);
    if (!code && !(x.keys = calloc(files.n + 1, sizeof *x.keys)))
        code = mm_no_memory(error);
    if (!code)
        code = index_files(&x, &files, classes, error);
    if (x.keys)
        mm_keys_free(x.keys, files.n);
    free(x.keys);
    mm_file_list_free(&files);
    if (code)
        mm_manifest_free(m);
    return code;
}
