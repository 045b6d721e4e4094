/* PyTorch's files.
 *
 * Since version 1.6 they are zip archives: NAME/data.pkl names tensors, NAME/data/KEY holds the storages, NAME/byteorder says
 * "little" (absent in old ones). Before, they are five pickles in a row: a magic number, the protocol's version (1001), the machine's
 * properties, the object, the list of storage keys. A u64 count and the elements follow for each key. */
#include "formats/weights/pth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "formats/weights/not_weights.h"
#include "formats/weights/zip.h"

static int bad(const char *name, const char *what, mm_error *error)
{
    return mm_fail(error, MM_DAMAGED, "'%s' is a damaged PyTorch file: %s", name, what);
}

/* ---- zip ---- */

/* The member FOLDER/file, where FOLDER/ is the first `prefix` characters of data.pkl's name; NULL when absent. */
static const mm_zip_member *find(const mm_zip *zip, const mm_zip_member *pickle, size_t prefix, const char *file)
{
    char member[512];
    int n = snprintf(member, sizeof member, "%.*s%s", (int)prefix, pickle->name, file);
    return n < 0 || (size_t)n >= sizeof member ? NULL : mm_zip_find(zip, member);
}

static int fill_from_zip(mm_pth_objects *o, const mm_zip *zip, const mm_zip_member *pickle, size_t prefix, mm_error *error)
{
    char file[300];
    for (size_t i = 0; i < o->n; i++) {
        mm_pth_storage *s = o->storages[i];
        if (snprintf(file, sizeof file, "data/%s", s->key) >= (int)sizeof file)
            return bad(o->name, "a storage's key is too long", error);
        const mm_zip_member *m = find(zip, pickle, prefix, file);
        size_t size = s->size;
        if (!m || m->size % size || m->size / size < s->count || m->size / size - s->count < s->offset)
            return mm_fail(error, MM_DAMAGED, "'%s' is a damaged PyTorch file: storage '%s' is %s", o->name, s->key,
                           m ? "of another size" : "missing");
        s->data = m->data;
        s->data_count = m->size / size;
    }
    return 0;
}

static int decode_zip(mm_weights *w, const void *bytes, size_t n, const char *name, mm_error *error)
{
    mm_zip zip;
    int code = mm_zip_decode(&zip, bytes, n, name, error);
    if (code)
        return code;
    const mm_zip_member *pickle = NULL;
    size_t prefix = 0;
    for (size_t i = 0; i < zip.n && !pickle; i++) {
        const char *slash = strrchr(zip.members[i].name, '/');
        if (slash && !strcmp(slash + 1, "data.pkl") && slash - zip.members[i].name < 256) {
            pickle = &zip.members[i];
            prefix = (size_t)(slash + 1 - pickle->name);
        }
    }
    mm_pth_objects o = {0};
    if (!pickle) {
        code = mm_not_weights_zip(&zip, name, error);
    } else {
        const mm_zip_member *order = find(&zip, pickle, prefix, "byteorder");
        if (order && (order->size < 6 || memcmp(order->data, "little", 6)))
            code = mm_fail(error, MM_FAILURE, "'%s' was written on a big-endian machine, which is not supported", name);
        size_t used;
        if (!code)
            code = mm_pth_run(&o, pickle->data, pickle->size, name, &used, error);
        if (!code)
            code = mm_pth_check(&o, error);
        if (!code)
            code = fill_from_zip(&o, &zip, pickle, prefix, error);
        if (!code)
            code = mm_pth_flatten(&o, n, w, error);
    }
    mm_pth_objects_free(&o);
    mm_zip_free(&zip);
    return code;
}

/* ---- legacy ---- */

typedef struct {
    const unsigned char *at;
    size_t left;
    const char *name;
    mm_error *error;
} cursor;

static int next(cursor *c, mm_pth_objects *o)
{
    size_t used = 0;
    int code = mm_pth_run(o, c->at, c->left, c->name, &used, c->error);
    if (!code) {
        c->at += used;
        c->left -= used;
    }
    return code;
}

static int not_torch(const cursor *c, const char *stranger)
{
    return mm_fail(c->error, MM_FAILURE, "'%s' is a pickle, but not of torch.save%s%s%s", c->name,
                   stranger ? "; it asks for the global '" : "", stranger ? stranger : "", stranger ? "', which is not run" : "");
}

/* Magic number, protocol, machine. */
static int read_preamble(cursor *c)
{
    static const unsigned char magic[10] = {0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19};
    for (int i = 0; i < 3; i++) {
        mm_pth_objects o;
        int code = next(c, &o);
        const mm_value *v = o.root;
        if (!code && i == 0 && (v->kind != MM_VALUE_LONG || v->size != sizeof magic || memcmp(v->text, magic, sizeof magic)))
            code = not_torch(c, mm_pickle_stranger(o.pickle));
        if (!code && i == 1 && (v->kind != MM_VALUE_INT || v->integer != 1001))
            code = mm_fail(c->error, MM_FAILURE, "'%s' has an unknown version of PyTorch's legacy format", c->name);
        if (!code && i == 2) {
            const mm_value *little = v->kind == MM_VALUE_DICT ? mm_value_lookup(v, "little_endian") : NULL;
            if (!little || little->kind != MM_VALUE_BOOL)
                code = bad(c->name, "it does not say on what machine it was written", c->error);
            else if (!little->integer)
                code = mm_fail(c->error, MM_FAILURE, "'%s' was written on a big-endian machine, which is not supported", c->name);
        }
        mm_pth_objects_free(&o);
        if (code)
            return code;
    }
    return 0;
}

static int by_key(const void *a, const void *b)
{
    return strcmp((*(mm_pth_storage *const *)a)->key, (*(mm_pth_storage *const *)b)->key);
}

/* Gives the block at the cursor to all storages (sorted by key) that have its key. */
static int read_block(cursor *c, const char *key, mm_pth_storage **sorted, size_t n)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(sorted[middle]->key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == n || strcmp(sorted[low]->key, key))
        return bad(c->name, "it holds a storage that no tensor uses", c->error);
    size_t size = sorted[low]->size;
    uint64_t count = c->left >= 8 ? mm_get64(c->at) : 0;
    if (c->left < 8 || count > (c->left - 8) / size)
        return bad(c->name, "it ends too early", c->error);
    for (size_t i = low; i < n && !strcmp(sorted[i]->key, key); i++) {
        if (sorted[i]->data || sorted[i]->dtype != sorted[low]->dtype || sorted[i]->size != size || sorted[i]->offset > count ||
            sorted[i]->count > count - sorted[i]->offset)
            return bad(c->name, "a storage appears twice or has another size", c->error);
        sorted[i]->data = c->at + 8;
        sorted[i]->data_count = (size_t)count;
    }
    c->at += 8 + count * size;
    c->left -= 8 + (size_t)count * size;
    return 0;
}

static int read_blocks(cursor *c, mm_pth_objects *o, const mm_value *keys)
{
    int code = 0;
    if (keys->kind != MM_VALUE_LIST)
        return bad(c->name, "it has no list of storages", c->error);
    if (o->n)
        qsort(o->storages, o->n, sizeof *o->storages, by_key);
    for (size_t i = 0; i < keys->n && !code; i++)
        code = keys->items[i]->kind == MM_VALUE_STR ? read_block(c, keys->items[i]->text, o->storages, o->n)
                                                    : bad(c->name, "a storage's key is not text", c->error);
    if (!code && c->left)
        code = bad(c->name, "something follows its last storage", c->error);
    return code;
}

static int decode_legacy(mm_weights *w, const void *bytes, size_t n, const char *name, mm_error *error)
{
    cursor c = {bytes, n, name, error};
    mm_pth_objects o = {0}, keys = {0};
    int code = read_preamble(&c);
    if (!code)
        code = next(&c, &o);
    if (!code)
        code = mm_pth_check(&o, error);
    if (!code)
        code = next(&c, &keys);
    if (!code)
        code = read_blocks(&c, &o, keys.root);
    if (!code)
        code = mm_pth_flatten(&o, n, w, error);
    mm_pth_objects_free(&keys);
    mm_pth_objects_free(&o);
    return code;
}

int mm_pth_decode(mm_weights *w, const void *bytes, size_t n, const char *name, mm_error *error)
{
    return mm_zip_is(bytes, n) ? decode_zip(w, bytes, n, name, error) : decode_legacy(w, bytes, n, name, error);
}
