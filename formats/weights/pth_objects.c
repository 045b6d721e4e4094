/* The objects of PyTorch's pickles: storages, tensors, and the dictionaries that name them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/grow.h"
#include "common/stream/record.h"
#include "formats/weights/pth.h"

/* What makes tensors and containers; other globals are inert. Storages stand first, in the order of storage_dtypes. */
static const char *const globals[] = {
    "torch FloatStorage", "torch DoubleStorage", "torch HalfStorage", "torch BFloat16Storage", "torch LongStorage",
    "torch IntStorage", "torch ShortStorage", "torch CharStorage", "torch ByteStorage", "torch BoolStorage",
    "collections OrderedDict", "torch._utils _rebuild_tensor_v2", "torch._utils _rebuild_tensor",
    "torch._utils _rebuild_parameter", "torch Size", "builtins set", "__builtin__ set",
    "torch._utils _rebuild_parameter_with_state", "torch._tensor _rebuild_from_type_v2", NULL};

/* Storages of numbers that are not read, and the bytes of one number. A legacy file holds them among the others. */
static const struct {
    const char *name;
    size_t size;
} unread_storages[] = {{"torch.ComplexFloatStorage", 8}, {"torch.ComplexDoubleStorage", 16}, {"torch.QInt8Storage", 1},
                       {"torch.QUInt8Storage", 1},       {"torch.QInt32Storage", 4},         {"torch.QUInt4x2Storage", 1},
                       {"torch.QUInt2x4Storage", 1}};

static const mm_dtype storage_dtypes[] = {MM_F32, MM_F64, MM_F16, MM_BF16, MM_I64, MM_I32, MM_I16, MM_I8, MM_U8, MM_U8};

enum {
    NUM_STORAGES = 10, ORDERED_DICT = 10, REBUILD_TENSOR_V2, REBUILD_TENSOR, REBUILD_PARAMETER, SIZE, SET, SET_2,
    REBUILD_PARAMETER_WITH_STATE, REBUILD_FROM_TYPE,
    MM_MAX_STORAGES = 4 * MM_MAX_WEIGHTS,
    NAME = 256,          /* of a tensor */
    MAX_DEPTH = 64,      /* dictionaries within dictionaries */
    MAX_COPIED = 1 << 21,
    MAX_STEPS = 1 << 21  /* values looked at on a walk: containers that hold each other end here */
};

static mm_value *refuse(const mm_pth_objects *o, const char *what, mm_error *error)
{
    mm_fail(error, MM_DAMAGED, "'%s' is a damaged PyTorch file: %s", o->name, what);
    return NULL;
}

static int get_size(const mm_value *v, size_t *out)
{
    if (v->kind != MM_VALUE_INT || v->integer < 0)
        return MM_DAMAGED;
    *out = (size_t)v->integer;
    return 0;
}

static bool is_text(const mm_value *v, const char *text) { return v->kind == MM_VALUE_STR && !strcmp(v->text, text); }

/* In the place of a tensor or storage that cannot be read. */
static mm_value *unread(mm_pickle *pickle, const mm_value *of)
{
    mm_value *v = mm_pickle_inert(pickle, of->text, NULL);
    if (v)
        v->integer = MM_PTH_TENSOR;
    return v;
}

/* Sets what numbers a storage holds; false if the class is not known. */
static bool find_kind(const mm_value *class, mm_pth_storage *s)
{
    if (class->kind == MM_VALUE_GLOBAL && class->integer < NUM_STORAGES) {
        s->dtype = storage_dtypes[class->integer];
        s->size = mm_dtype_size(s->dtype);
        return true;
    }
    for (size_t i = 0; class->kind == MM_VALUE_INERT && i < sizeof unread_storages / sizeof *unread_storages; i++)
        if (!strcmp(class->text, unread_storages[i].name)) {
            s->dtype = MM_U8;
            s->size = unread_storages[i].size;
            return true;
        }
    return false;
}

/* Adds a storage to the list. NULL after an error. */
static mm_pth_storage *keep_storage(mm_pth_objects *o, const mm_pth_storage *s, mm_error *error)
{
    mm_pth_storage *own = NULL;
    if (o->n == MM_MAX_STORAGES)
        refuse(o, "too many storages", error);
    else if (!mm_grow(&o->storages, &o->room, o->n + 1, sizeof *o->storages, error) && !(own = malloc(sizeof *own)))
        mm_no_memory(error);
    if (own)
        *own = *s;
    return own;
}

/* ('storage', class, key, location, count) and, in legacy files, None or (view's key, offset, count), or ('module', class, ...). */
static mm_value *make_storage(void *context, mm_pickle *pickle, const mm_value *id, mm_error *error)
{
    mm_pth_objects *o = context;
    mm_pth_storage s = {0};
    const bool named = id->kind == MM_VALUE_TUPLE && id->n >= 2 && id->items[1]->kind == MM_VALUE_INERT;
    if (named && is_text(id->items[0], "module"))
        return id->items[1];
    const bool known = id->kind == MM_VALUE_TUPLE && id->n >= 2 && find_kind(id->items[1], &s);
    if (named && !known && is_text(id->items[0], "storage"))
        return unread(pickle, id->items[1]);
    if (!known || id->n < 5 || id->n > 6 || !is_text(id->items[0], "storage") || id->items[2]->kind != MM_VALUE_STR)
        return refuse(o, "a storage is not described as one", error);
    s.key = id->items[2]->text;
    size_t bytes;
    if (get_size(id->items[4], &s.count))
        return refuse(o, "a storage's size is not a number", error);
    const mm_value *view = id->n == 6 ? id->items[5] : NULL;
    if (view && view->kind != MM_VALUE_NONE &&
        (view->kind != MM_VALUE_TUPLE || view->n != 3 || get_size(view->items[1], &s.offset) || get_size(view->items[2], &s.count)))
        return refuse(o, "a view of a storage is not described as one", error);
    if (mm_shape_size(s.dtype, 1, &s.count, &s.count, &bytes) || s.offset > SIZE_MAX / 16)
        return refuse(o, "a storage is too large", error);

    mm_pth_storage *own = keep_storage(o, &s, error);
    mm_value *v = own ? mm_pickle_new(pickle, MM_VALUE_OBJECT, own) : NULL;
    if (!v)
        return NULL;
    v->integer = MM_PTH_STORAGE;
    o->storages[o->n++] = own;
    return named ? unread(pickle, id->items[1]) : v;
}

/* The last element that a tensor touches must lie in its storage. An expanded one has more elements than that (strides of 0). */
static int check_extent(const mm_pth_tensor *t)
{
    size_t count, bytes, last = t->offset;
    if (mm_shape_size(t->storage->dtype, t->ndim, t->dim, &count, &bytes))
        return MM_DAMAGED;
    if (count == 0)
        return t->offset <= t->storage->count ? 0 : MM_DAMAGED;
    for (int d = 0; d < t->ndim; d++) {
        size_t steps = t->dim[d] - 1, reach;
        if (__builtin_mul_overflow(steps, t->stride[d], &reach) || __builtin_add_overflow(last, reach, &last))
            return MM_DAMAGED;
    }
    return last < t->storage->count ? 0 : MM_DAMAGED;
}

/* (storage, offset, size, stride, ...) */
static mm_value *make_tensor(mm_pth_objects *o, mm_pickle *pickle, const mm_value *a, mm_error *error)
{
    if (a->n && a->items[0]->kind == MM_VALUE_INERT)
        return unread(pickle, a->items[0]);
    if (a->n < 4 || a->items[0]->kind != MM_VALUE_OBJECT || a->items[0]->integer != MM_PTH_STORAGE ||
        a->items[2]->kind != MM_VALUE_TUPLE || a->items[3]->kind != MM_VALUE_TUPLE)
        return refuse(o, "a tensor is not described as one", error);
    const mm_value *dim = a->items[2], *stride = a->items[3];
    mm_pth_tensor t = {.storage = a->items[0]->object};
    if (dim->n > MM_PARAM_DIMS || dim->n != stride->n)
        return refuse(o, "a tensor has too many dimensions", error);
    t.ndim = (int)dim->n;
    int wrong = get_size(a->items[1], &t.offset);
    for (size_t d = 0; d < dim->n && !wrong; d++)
        wrong = get_size(dim->items[d], &t.dim[d]) || get_size(stride->items[d], &t.stride[d]);
    if (wrong || check_extent(&t))
        return refuse(o, "a tensor reaches beyond its storage", error);
    mm_pth_tensor *own = malloc(sizeof *own);
    if (!own) {
        mm_no_memory(error);
        return NULL;
    }
    *own = t;
    mm_value *v = mm_pickle_new(pickle, MM_VALUE_OBJECT, own);
    if (v)
        v->integer = MM_PTH_TENSOR;
    return v;
}

/* Calls can make a container out of a large one again and again, of a few bytes each; the sum is bounded. */
static bool copy_item(mm_pth_objects *o, mm_value *to, mm_value *item, mm_error *error)
{
    if (o->copied++ < MAX_COPIED)
        return !mm_value_append(to, item, error);
    refuse(o, "its containers are copied without end", error);
    return false;
}

/* OrderedDict() or OrderedDict([[key, value], ...]) */
static mm_value *make_dict(mm_pth_objects *o, mm_pickle *pickle, const mm_value *a, mm_error *error)
{
    mm_value *dict = mm_pickle_new(pickle, MM_VALUE_DICT, NULL);
    if (!dict || a->n == 0)
        return dict;
    const mm_value *pairs = a->items[0];
    if (a->n != 1 || pairs->kind != MM_VALUE_LIST)
        return refuse(o, "an OrderedDict is not made of pairs", error);
    for (size_t i = 0; i < pairs->n; i++) {
        const mm_value *pair = pairs->items[i];
        if ((pair->kind != MM_VALUE_LIST && pair->kind != MM_VALUE_TUPLE) || pair->n != 2)
            return refuse(o, "an OrderedDict is not made of pairs", error);
        if (!copy_item(o, dict, pair->items[0], error) || !copy_item(o, dict, pair->items[1], error))
            return NULL;
    }
    return dict;
}

/* set([...]) and torch.Size((...)): a container of a container's items. */
static mm_value *make_container(mm_pth_objects *o, mm_pickle *pickle, mm_value_kind kind, const mm_value *a, mm_error *error)
{
    if (a->n && (a->n > 1 || (a->items[0]->kind != MM_VALUE_LIST && a->items[0]->kind != MM_VALUE_TUPLE)))
        return refuse(o, "a container is not made of items", error);
    mm_value *v = mm_pickle_new(pickle, kind, NULL);
    for (size_t i = 0; v && a->n && i < a->items[0]->n; i++)
        if (!copy_item(o, v, a->items[0]->items[i], error))
            return NULL;
    return v;
}

/* (tensor, requires_grad, hooks): the tensor. */
static mm_value *make_parameter(mm_pth_objects *o, const mm_value *a, mm_error *error)
{
    mm_value *v = a->n ? a->items[0] : NULL;
    return v && ((v->kind == MM_VALUE_OBJECT && v->integer == MM_PTH_TENSOR) || v->kind == MM_VALUE_INERT)
               ? v : refuse(o, "a parameter without tensor", error);
}

static mm_value *call(void *context, mm_pickle *pickle, const mm_value *global, const mm_value *a, mm_error *error)
{
    mm_pth_objects *o = context;
    switch (global->integer) {
    case ORDERED_DICT: return make_dict(o, pickle, a, error);
    case REBUILD_TENSOR:
    case REBUILD_TENSOR_V2: return make_tensor(o, pickle, a, error);
    case REBUILD_PARAMETER:
    case REBUILD_PARAMETER_WITH_STATE: return make_parameter(o, a, error);
    case REBUILD_FROM_TYPE: /* (function, class, its arguments, attributes): a subclass of Tensor */
        if (a->n < 3 || a->items[0]->kind != MM_VALUE_GLOBAL || a->items[0]->integer == REBUILD_FROM_TYPE ||
            a->items[2]->kind != MM_VALUE_TUPLE)
            return refuse(o, "a tensor is not described as one", error);
        return call(o, pickle, a->items[0], a->items[2], error);
    case SIZE: return make_container(o, pickle, MM_VALUE_TUPLE, a, error);
    case SET:
    case SET_2: return make_container(o, pickle, MM_VALUE_SET, a, error);
    default: return refuse(o, "it calls something that is not callable", error);
    }
}

int mm_pth_run(mm_pth_objects *o, const unsigned char *bytes, size_t n, const char *name, size_t *used, mm_error *error)
{
    *o = (mm_pth_objects){.name = name};
    const mm_pickle_world world = {globals, call, make_storage, o};
    return mm_pickle_run(&o->pickle, bytes, n, name, &world, &o->root, used, error);
}

void mm_pth_objects_free(mm_pth_objects *o)
{
    mm_pickle_free(o->pickle);
    free(o->storages);
    *o = (mm_pth_objects){0};
}

/* ---- from objects to a table ---- */

typedef struct {
    const mm_pth_objects *o;
    mm_weights *w;
    size_t steps, left; /* values looked at; bytes that tensors may still take */
    mm_error *error;
} walk;

/* C order without gaps, as nearly all are: one copy. */
static bool contiguous(const mm_pth_tensor *t)
{
    size_t step = 1;
    for (int d = t->ndim - 1; d >= 0; d--) {
        if (t->dim[d] > 1 && t->stride[d] != step)
            return false;
        step *= t->dim[d];
    }
    return true;
}

static void copy_strided(unsigned char *to, const unsigned char *from, const mm_pth_tensor *t, size_t count, size_t size)
{
    size_t index[MM_PARAM_DIMS] = {0}, at = 0;
    for (size_t i = 0; i < count; i++, to += size) {
        memcpy(to, from + at * size, size);
        for (int d = t->ndim - 1; d >= 0; d--) {
            at += t->stride[d];
            if (++index[d] < t->dim[d])
                break;
            at -= t->stride[d] * t->dim[d];
            index[d] = 0;
        }
    }
}

static int add_tensor(walk *k, const char *path, const mm_pth_tensor *t)
{
    const mm_pth_storage *s = t->storage;
    if (!s->data || s->offset > s->data_count || s->count > s->data_count - s->offset)
        return mm_fail(k->error, MM_DAMAGED, "'%s' is a damaged PyTorch file: the data of tensor '%s' is missing", k->o->name, path);
    size_t count, bytes, size = mm_dtype_size(s->dtype);
    if (mm_shape_size(s->dtype, t->ndim, t->dim, &count, &bytes) || bytes > k->left)
        return mm_fail(k->error, MM_DAMAGED, "'%s' holds far more tensors than a file of its size should", k->o->name);
    k->left -= bytes;
    mm_param *p = mm_weights_add(k->w, path, s->dtype, t->ndim, t->dim, k->o->name, k->error);
    if (!p)
        return k->error->code;
    const unsigned char *from = s->data + (s->offset + t->offset) * size;
    if (contiguous(t) && bytes)
        memcpy(p->data, from, bytes);
    else
        copy_strided(p->data, from, t, count, size);
    return 0;
}

static int add_named(walk *k, const char *path, size_t length, const mm_pth_tensor *t)
{
    if (length == NAME)
        return mm_fail(k->error, MM_DAMAGED, "'%s': a tensor's name is too long", k->o->name);
    return add_tensor(k, length ? path : "tensor", t);
}

/* path[length] is the name so far; its length is NAME when it is longer. */
static int visit(walk *k, const mm_value *v, char *path, size_t length, int depth);

static int visit_item(walk *k, const mm_value *v, char *path, size_t length, int depth, const char *key)
{
    int n = snprintf(path + length, NAME - length, length ? ".%s" : "%s", key);
    length = n < 0 || (size_t)n >= NAME - length ? NAME : length + (size_t)n;
    return visit(k, v, path, length, depth + 1);
}

static int visit_pairs(walk *k, const mm_value *v, char *path, size_t length, int depth)
{
    char number[24];
    int code = 0;
    for (size_t i = 0; i + 1 < v->n && !code; i += 2) {
        const mm_value *key = v->items[i];
        snprintf(number, sizeof number, "%lld", (long long)key->integer);
        const char *text = key->kind == MM_VALUE_STR ? key->text : key->kind == MM_VALUE_INT ? number : "?";
        code = visit_item(k, v->items[i + 1], path, length, depth, text);
    }
    return code;
}

static int visit_list(walk *k, const mm_value *v, char *path, size_t length, int depth)
{
    char number[24];
    int code = 0;
    for (size_t i = 0; i < v->n && !code; i++) {
        snprintf(number, sizeof number, "%zu", i);
        code = visit_item(k, v->items[i], path, length, depth, number);
    }
    return code;
}

/* Attributes of an object. The parameters, buffers and children of a module go by their own names, as in its state_dict. */
static int visit_state(walk *k, const mm_value *state, char *path, size_t length, int depth)
{
    int code = 0;
    if (state->kind != MM_VALUE_DICT)
        return visit(k, state, path, length, depth + 1);
    for (size_t i = 0; i + 1 < state->n && !code; i += 2) {
        const mm_value *key = state->items[i], *v = state->items[i + 1];
        if (is_text(key, "_parameters") || is_text(key, "_buffers") || is_text(key, "_modules"))
            code = visit(k, v, path, length, depth + 1);
        else if (key->kind == MM_VALUE_STR)
            code = visit_item(k, v, path, length, depth, key->text);
    }
    return code;
}

/* True if a call gets tensors or storages. */
static bool holds_tensor(walk *k, const mm_value *v, int depth)
{
    if (++k->steps > MAX_STEPS || depth > 4)
        return false;
    if (v->kind == MM_VALUE_OBJECT || (v->kind == MM_VALUE_INERT && v->integer))
        return true;
    for (size_t i = 0; i < v->n; i++)
        if (v->items[i] && holds_tensor(k, v->items[i], depth + 1))
            return true;
    return false;
}

static int visit_inert(walk *k, const mm_value *v, char *path, size_t length, int depth)
{
    const mm_value *arguments = mm_value_part(v, MM_INERT_ARGUMENTS), *state = mm_value_part(v, MM_INERT_STATE),
                   *pairs = mm_value_part(v, MM_INERT_PAIRS), *list = mm_value_part(v, MM_INERT_LIST);
    if (v->integer)
        return mm_fail(k->error, MM_FAILURE, "'%s': tensor '%s' is of %s, which is not read", k->o->name, path, v->text);
    if (arguments && holds_tensor(k, arguments, 0))
        return mm_fail(k->error, MM_FAILURE, "'%s': tensor '%s' is made by the global '%s', which is not run", k->o->name, path, v->text);
    int code = state ? visit_state(k, state, path, length, depth) : 0;
    if (!code && pairs)
        code = visit_pairs(k, pairs, path, length, depth);
    return code || !list ? code : visit_list(k, list, path, length, depth);
}

static int visit(walk *k, const mm_value *v, char *path, size_t length, int depth)
{
    path[length] = 0;
    if (++k->steps > MAX_STEPS || depth > MAX_DEPTH)
        return mm_fail(k->error, MM_DAMAGED, "'%s' is a damaged PyTorch file: its containers hold each other or themselves",
                       k->o->name);
    switch (v->kind) {
    case MM_VALUE_OBJECT: return v->integer == MM_PTH_TENSOR ? add_named(k, path, length, v->object) : 0;
    case MM_VALUE_DICT: return visit_pairs(k, v, path, length, depth);
    case MM_VALUE_LIST:
    case MM_VALUE_TUPLE: return visit_list(k, v, path, length, depth);
    case MM_VALUE_INERT: return visit_inert(k, v, path, length, depth);
    default: return 0;
    }
}

/* The dictionary that checkpoints keep the weights in, without its name, and those of averaged weights (EMA) beside it, with theirs. */
static int visit_checkpoint(walk *k, char *path)
{
    static const char *const inner[] = {"state_dict", "model_state_dict", "model"};
    const mm_value *root = k->o->root;
    int code = 0;
    for (size_t i = 0; i < sizeof inner / sizeof *inner && root->kind == MM_VALUE_DICT && !code; i++) {
        const mm_value *v = mm_value_lookup(root, inner[i]);
        code = v ? visit(k, v, path, 0, 0) : 0;
        if (code || !k->w->params.count)
            continue;
        for (size_t j = 0; j + 1 < root->n && !code; j += 2)
            if (root->items[j]->kind == MM_VALUE_STR && mm_param_is_average(root->items[j]->text))
                code = visit_item(k, root->items[j + 1], path, 0, 0, root->items[j]->text);
        return code;
    }
    return code ? code : visit(k, root, path, 0, 0);
}

int mm_pth_flatten(const mm_pth_objects *o, size_t file_size, mm_weights *w, mm_error *error)
{
    walk k = {.o = o, .w = w, .left = ((size_t)64 << 20) + 4 * file_size, .error = error};
    char path[NAME + 1] = "";
    return visit_checkpoint(&k, path);
}

int mm_pth_check(const mm_pth_objects *o, mm_error *error)
{
    const char *stranger = mm_pickle_stranger(o->pickle);
    if (o->n || !stranger)
        return 0;
    return mm_fail(error, MM_FAILURE, "'%s' holds no tensors; it asks for the global '%s', which is not run", o->name, stranger);
}
