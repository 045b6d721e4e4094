/* A small interpreter for Python's pickle streams. The opcodes are those of Python's pickletools. */
#include "formats/weights/pickle.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/base/grow.h"

enum { MAX_VALUES = 1 << 20, MAX_BYTES = 64 << 20, MAX_NAME = 120 };

struct mm_pickle {
    const unsigned char *at, *end;
    bool cut; /* `end` is where this interpreter stops, not the file */
    const char *name;
    const mm_pickle_world *world;
    mm_error *error;
    mm_value **all; /* every value ever made */
    size_t nall, all_room;
    mm_value **stack; /* a NULL is a mark */
    size_t depth, stack_room;
    mm_value **memo;
    size_t nmemo, nput;
    const mm_value *stranger; /* the first inert global */
};

static int damaged(mm_pickle *p, const char *what)
{
    return mm_fail(p->error, MM_DAMAGED, "'%s' is a damaged pickle: %s", p->name, what);
}

mm_value *mm_pickle_new(mm_pickle *p, mm_value_kind kind, void *object)
{
    mm_value *v = NULL;
    if (p->nall == MAX_VALUES)
        mm_fail(p->error, MM_FAILURE, "'%s': a pickle of too many values", p->name);
    else if (!mm_grow(&p->all, &p->all_room, p->nall + 1, sizeof(mm_value *), p->error) && !(v = calloc(1, sizeof *v)))
        mm_no_memory(p->error);
    if (!v) {
        free(object);
        return NULL;
    }
    v->kind = kind;
    v->object = object;
    p->all[p->nall++] = v;
    return v;
}

int mm_value_append(mm_value *c, mm_value *item, mm_error *error)
{
    if (mm_grow(&c->items, &c->room, c->n + 1, sizeof(mm_value *), error))
        return error->code;
    c->items[c->n++] = item;
    return 0;
}

mm_value *mm_value_lookup(const mm_value *dict, const char *key)
{
    for (size_t i = 0; i + 1 < dict->n; i += 2)
        if (dict->items[i]->kind == MM_VALUE_STR && !strcmp(dict->items[i]->text, key))
            return dict->items[i + 1];
    return NULL;
}

/* ---- inert values ---- */

mm_value *mm_value_part(const mm_value *v, mm_inert_part part) { return v->n ? v->items[part] : NULL; }

const char *mm_pickle_stranger(const mm_pickle *p) { return p && p->stranger ? p->stranger->text : NULL; }

static int set_part(mm_pickle *p, mm_value *v, mm_inert_part part, const mm_value *value)
{
    while (v->n < MM_INERT_PARTS)
        if (mm_value_append(v, NULL, p->error))
            return p->error->code;
    v->items[part] = (mm_value *)value;
    return 0;
}

mm_value *mm_pickle_inert(mm_pickle *p, const char *name, const mm_value *arguments)
{
    mm_value *v = mm_pickle_new(p, MM_VALUE_INERT, NULL);
    if (!v)
        return NULL;
    v->size = strlen(name);
    if (!(v->text = strdup(name))) {
        mm_no_memory(p->error);
        return NULL;
    }
    return arguments && set_part(p, v, MM_INERT_ARGUMENTS, arguments) ? NULL : v;
}

/* The container that items of a kind are added to: the value itself, or a part of an inert one. NULL with an error. */
static mm_value *container_in(mm_pickle *p, mm_value *v, mm_value_kind kind)
{
    const mm_inert_part part = kind == MM_VALUE_DICT ? MM_INERT_PAIRS : MM_INERT_LIST;
    if (v && v->kind == kind)
        return v;
    if (!v || v->kind != MM_VALUE_INERT) {
        damaged(p, "an operation lacks the container it fills");
        return NULL;
    }
    if (mm_value_part(v, part))
        return v->items[part];
    mm_value *items = mm_pickle_new(p, kind, NULL);
    return items && !set_part(p, v, part, items) ? items : NULL;
}

/* ---- the stack ---- */

/* v NULL: a mark. */
static int push_any(mm_pickle *p, mm_value *v)
{
    if (p->depth == MAX_VALUES)
        return damaged(p, "its stack is too deep");
    if (mm_grow(&p->stack, &p->stack_room, p->depth + 1, sizeof(mm_value *), p->error))
        return p->error->code;
    p->stack[p->depth++] = v;
    return 0;
}

static int push(mm_pickle *p, mm_value *v)
{
    return v ? push_any(p, v) : p->error->code;
}

static int push_new(mm_pickle *p, mm_value_kind kind, int64_t integer)
{
    mm_value *v = mm_pickle_new(p, kind, NULL);
    if (v)
        v->integer = integer;
    return push(p, v);
}

/* The value on top, taken off; NULL with an error when there is none or it is a mark. */
static mm_value *pop(mm_pickle *p)
{
    if (!p->depth || !p->stack[p->depth - 1]) {
        damaged(p, "an operation lacks its operand");
        return NULL;
    }
    return p->stack[--p->depth];
}

/* Finds the topmost mark; *first is the index of what lies above it. */
static int find_mark(mm_pickle *p, size_t *first)
{
    for (size_t i = p->depth; i-- > 0;)
        if (!p->stack[i]) {
            *first = i + 1;
            return 0;
        }
    return damaged(p, "an operation lacks its mark");
}

/* n bytes of argument, or NULL with an error. */
static const unsigned char *take(mm_pickle *p, uint64_t n)
{
    if (n > (uint64_t)(p->end - p->at)) {
        if (p->cut)
            mm_fail(p->error, MM_FAILURE, "'%s' has a pickle of more than %d MiB", p->name, MAX_BYTES >> 20);
        else
            damaged(p, "it ends too early");
        return NULL;
    }
    const unsigned char *b = p->at;
    p->at += n;
    return b;
}

/* A length or index of 1, 2, 4 or 8 bytes. */
static int take_number(mm_pickle *p, int bytes, uint64_t *v)
{
    const unsigned char *b = take(p, (uint64_t)bytes);
    if (!b)
        return p->error->code;
    *v = bytes == 1 ? b[0] : bytes == 2 ? mm_get16(b) : bytes == 4 ? mm_get32(b) : mm_get64(b);
    return 0;
}

static int push_text(mm_pickle *p, mm_value_kind kind, int bytes)
{
    uint64_t n = 0;
    if (take_number(p, bytes, &n))
        return p->error->code;
    const unsigned char *b = take(p, n);
    if (!b)
        return p->error->code;
    const bool binary = kind == MM_VALUE_STR && memchr(b, 0, n); /* arrays of NumPy are such texts, in protocol 2 */
    mm_value *v = mm_pickle_new(p, binary ? MM_VALUE_BYTES : kind, NULL);
    if (!v)
        return p->error->code;
    v->text = malloc(n + 1);
    if (!v->text)
        return mm_no_memory(p->error);
    memcpy(v->text, b, n);
    v->text[n] = 0;
    v->size = n;
    return push(p, v);
}

/* LONG1, LONG4: two's complement of n bytes. */
static int push_long(mm_pickle *p, int bytes)
{
    const unsigned char *start = p->at;
    uint64_t n = 0;
    if (take_number(p, bytes, &n))
        return p->error->code;
    if (n > 8) {
        p->at = start;
        return push_text(p, MM_VALUE_LONG, bytes);
    }
    const unsigned char *b = take(p, n);
    if (!b)
        return p->error->code;
    uint64_t v = n && b[n - 1] & 0x80 ? ~(uint64_t)0 : 0;
    for (uint64_t i = n; i-- > 0;)
        v = v << 8 | b[i];
    return push_new(p, MM_VALUE_INT, (int64_t)v);
}

static int push_real(mm_pickle *p)
{
    const unsigned char *b = take(p, 8);
    mm_value *v = b ? mm_pickle_new(p, MM_VALUE_FLOAT, NULL) : NULL;
    if (!v)
        return p->error->code;
    uint64_t bits = 0; /* the only big-endian number of the format */
    for (int i = 0; i < 8; i++)
        bits = bits << 8 | b[i];
    memcpy(&v->real, &bits, 8);
    return push(p, v);
}

/* Moves everything above stack[first] into the container. */
static int fill(mm_pickle *p, mm_value *container, size_t first)
{
    for (size_t i = first; i < p->depth; i++) {
        if (!p->stack[i])
            return damaged(p, "a mark among the items of a container");
        if (mm_value_append(container, p->stack[i], p->error))
            return p->error->code;
    }
    if (container->kind == MM_VALUE_DICT && container->n % 2)
        return damaged(p, "a key without value");
    p->depth = first;
    return 0;
}

/* A new container of the topmost n values (n below 0: those above the mark). */
static int collect(mm_pickle *p, mm_value_kind kind, int n)
{
    size_t first = p->depth - (size_t)n;
    if (n >= 0 && p->depth < (size_t)n)
        return damaged(p, "an operation lacks its operand");
    if (n < 0 && find_mark(p, &first))
        return p->error->code;
    mm_value *v = mm_pickle_new(p, kind, NULL);
    if (!v || fill(p, v, first))
        return p->error->code;
    if (n < 0)
        p->depth--;
    return push(p, v);
}

/* APPENDS, SETITEMS, ADDITEMS (marked) and APPEND, SETITEM (n values). */
static int extend(mm_pickle *p, mm_value_kind kind, int n)
{
    size_t first = p->depth - (size_t)n;
    if (n >= 0 && p->depth < (size_t)n + 1)
        return damaged(p, "an operation lacks its operand");
    if (n < 0 && find_mark(p, &first))
        return p->error->code;
    size_t under = first - (n < 0 ? 2 : 1);
    mm_value *container = container_in(p, n < 0 && first < 2 ? NULL : p->stack[under], kind);
    if (!container || fill(p, container, first))
        return p->error->code;
    if (n < 0)
        p->depth--;
    return 0;
}

static int put(mm_pickle *p, uint64_t index)
{
    if (!p->depth || !p->stack[p->depth - 1])
        return damaged(p, "nothing to remember");
    if (index >= MAX_VALUES)
        return damaged(p, "a memo index that is too large");
    if (index >= p->nmemo) {
        size_t before = p->nmemo;
        if (mm_grow(&p->memo, &p->nmemo, (size_t)index + 1, sizeof(mm_value *), p->error))
            return p->error->code;
        memset(p->memo + before, 0, (p->nmemo - before) * sizeof(mm_value *));
    }
    p->memo[index] = p->stack[p->depth - 1];
    p->nput++;
    return 0;
}

static int get(mm_pickle *p, uint64_t index)
{
    if (index >= p->nmemo || !p->memo[index])
        return damaged(p, "it recalls what it never remembered");
    return push(p, p->memo[index]);
}

static int push_global(mm_pickle *p, const char *module, size_t nmodule, const char *name, size_t nname)
{
    for (size_t i = 0; p->world->globals[i]; i++) {
        const char *g = p->world->globals[i];
        if (strlen(g) == nmodule + 1 + nname && !memcmp(g, module, nmodule) && g[nmodule] == ' ' &&
            !memcmp(g + nmodule + 1, name, nname))
            return push_new(p, MM_VALUE_GLOBAL, (int64_t)i);
    }
    char shown[MAX_NAME + 1]; /* as it stands, but for bytes that a terminal must not see */
    size_t n = 0;
    for (size_t i = 0; i < nmodule + 1 + nname && n < MAX_NAME; i++) {
        char c = i < nmodule ? module[i] : i == nmodule ? '.' : name[i - nmodule - 1];
        shown[n++] = (char)(c >= 32 && c < 127 ? c : '?');
    }
    shown[n] = 0;
    mm_value *v = mm_pickle_inert(p, shown, NULL);
    p->stranger = p->stranger ? p->stranger : v;
    return push(p, v);
}

static int global(mm_pickle *p)
{
    const unsigned char *line[2];
    size_t n[2];
    for (int i = 0; i < 2; i++) {
        const unsigned char *newline = memchr(p->at, '\n', (size_t)(p->end - p->at));
        if (!newline)
            return damaged(p, "it ends too early");
        line[i] = p->at;
        n[i] = (size_t)(newline - p->at);
        p->at = newline + 1;
    }
    return push_global(p, (const char *)line[0], n[0], (const char *)line[1], n[1]);
}

static int stack_global(mm_pickle *p)
{
    mm_value *name = pop(p), *module = name ? pop(p) : NULL;
    if (!module)
        return p->error->code;
    if (name->kind != MM_VALUE_STR || module->kind != MM_VALUE_STR)
        return damaged(p, "a global without name");
    return push_global(p, module->text, module->size, name->text, name->size);
}

static int call(mm_pickle *p, const mm_value *callee, const mm_value *arguments)
{
    if (callee->kind == MM_VALUE_INERT)
        return push(p, mm_pickle_inert(p, callee->text, arguments));
    if (callee->kind != MM_VALUE_GLOBAL || arguments->kind != MM_VALUE_TUPLE)
        return damaged(p, "a call of what cannot be called");
    return push(p, p->world->reduce(p->world->context, p, callee, arguments, p->error));
}

/* REDUCE calls a function, NEWOBJ a class. */
static int reduce(mm_pickle *p)
{
    mm_value *arguments = pop(p), *callee = arguments ? pop(p) : NULL;
    return callee ? call(p, callee, arguments) : p->error->code;
}

/* A class of Python 2 and its arguments, above a mark. */
static int old_object(mm_pickle *p)
{
    if (collect(p, MM_VALUE_TUPLE, -1))
        return p->error->code;
    mm_value *all = pop(p);
    return all->n && all->items[0]->kind == MM_VALUE_INERT ? call(p, all->items[0], all) : damaged(p, "an object without class");
}

static int persistent(mm_pickle *p)
{
    mm_value *id = pop(p);
    return id ? push(p, p->world->persistent(p->world->context, p, id, p->error)) : p->error->code;
}

/* BUILD sets attributes. Those of dictionaries (`_metadata`) and of tensors say nothing about weights. */
static int build(mm_pickle *p)
{
    mm_value *state = pop(p), *v = state ? pop(p) : NULL;
    if (!v || (v->kind == MM_VALUE_INERT && set_part(p, v, MM_INERT_STATE, state)))
        return p->error->code;
    return push(p, v);
}

static int pop_mark(mm_pickle *p)
{
    size_t first = 0;
    if (find_mark(p, &first))
        return p->error->code;
    p->depth = first - 1;
    return 0;
}

static int indexed(mm_pickle *p, int bytes, int (*what)(mm_pickle *, uint64_t))
{
    uint64_t index = 0;
    return take_number(p, bytes, &index) ? p->error->code : what(p, index);
}

static int integer(mm_pickle *p, int bytes)
{
    uint64_t v = 0;
    if (take_number(p, bytes, &v))
        return p->error->code;
    return push_new(p, MM_VALUE_INT, bytes == 4 ? (int32_t)v : (int64_t)v);
}

static int protocol(mm_pickle *p)
{
    uint64_t v = 0;
    if (take_number(p, 1, &v))
        return p->error->code;
    return v >= 2 && v <= 5 ? 0 : damaged(p, "an unknown protocol");
}

/* Of the opcodes that are not run: those of other files, and of protocols 0 and 1, which PyTorch never wrote. */
static const char *opcode_name(unsigned char op)
{
    static const struct {
        unsigned char op;
        const char *name;
    } names[] = {{0x82, "EXT1"}, {0x83, "EXT2"},   {0x84, "EXT4"},    {0x97, "NEXT_BUFFER"}, {0x98, "READONLY_BUFFER"}, {'F', "FLOAT"},
                 {'I', "INT"},   {'L', "LONG"},    {'P', "PERSID"},   {'S', "STRING"},       {'V', "UNICODE"},          {'g', "GET"},
                 {'i', "INST"},  {'p', "PUT"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].op == op)
            return names[i].name;
    return "of no name";
}

static int step(mm_pickle *p, unsigned char op)
{
    switch (op) {
    case 0x80: return protocol(p);
    case 0x95: return take(p, 8) ? 0 : p->error->code; /* FRAME: how much follows, which we know */
    case '(': return push_any(p, NULL);
    case '0': return pop(p) ? 0 : p->error->code;
    case '1': return pop_mark(p);
    case '2': return p->depth && p->stack[p->depth - 1] ? push(p, p->stack[p->depth - 1]) : damaged(p, "nothing to copy");
    case 'N': return push_new(p, MM_VALUE_NONE, 0);
    case 0x88: return push_new(p, MM_VALUE_BOOL, 1);
    case 0x89: return push_new(p, MM_VALUE_BOOL, 0);
    case 'J': return integer(p, 4);
    case 'K': return integer(p, 1);
    case 'M': return integer(p, 2);
    case 0x8a: return push_long(p, 1);
    case 0x8b: return push_long(p, 4);
    case 'G': return push_real(p);
    case 'U': return push_text(p, MM_VALUE_STR, 1); /* Python 2's byte strings, which are its names */
    case 'T': return push_text(p, MM_VALUE_STR, 4);
    case 0x8c: return push_text(p, MM_VALUE_STR, 1);
    case 'X': return push_text(p, MM_VALUE_STR, 4);
    case 0x8d: return push_text(p, MM_VALUE_STR, 8);
    case 'C': return push_text(p, MM_VALUE_BYTES, 1);
    case 'B': return push_text(p, MM_VALUE_BYTES, 4);
    case 0x8e: /* bytes, and a bytearray */
    case 0x96: return push_text(p, MM_VALUE_BYTES, 8);
    case ')': return collect(p, MM_VALUE_TUPLE, 0);
    case 0x85: return collect(p, MM_VALUE_TUPLE, 1);
    case 0x86: return collect(p, MM_VALUE_TUPLE, 2);
    case 0x87: return collect(p, MM_VALUE_TUPLE, 3);
    case 't': return collect(p, MM_VALUE_TUPLE, -1);
    case ']': return collect(p, MM_VALUE_LIST, 0);
    case 'l': return collect(p, MM_VALUE_LIST, -1);
    case '}': return collect(p, MM_VALUE_DICT, 0);
    case 'd': return collect(p, MM_VALUE_DICT, -1);
    case 0x8f: return collect(p, MM_VALUE_SET, 0);
    case 0x91: return collect(p, MM_VALUE_SET, -1);
    case 'a': return extend(p, MM_VALUE_LIST, 1);
    case 'e': return extend(p, MM_VALUE_LIST, -1);
    case 's': return extend(p, MM_VALUE_DICT, 2);
    case 'u': return extend(p, MM_VALUE_DICT, -1);
    case 0x90: return extend(p, MM_VALUE_SET, -1);
    case 'q': return indexed(p, 1, put);
    case 'r': return indexed(p, 4, put);
    case 0x94: return put(p, p->nput);
    case 'h': return indexed(p, 1, get);
    case 'j': return indexed(p, 4, get);
    case 'c': return global(p);
    case 0x93: return stack_global(p);
    case 'R':
    case 0x81: return reduce(p);
    case 0x92: return collect(p, MM_VALUE_TUPLE, 2) ? p->error->code : reduce(p); /* NEWOBJ_EX: with named arguments */
    case 'o': return old_object(p);
    case 'Q': return persistent(p);
    case 'b': return build(p);
    default: break;
    }
    return mm_fail(p->error, MM_FAILURE, "'%s' uses the pickle opcode %s (0x%02x), which is not allowed in weights", p->name,
                   opcode_name(op), op);
}

int mm_pickle_run(mm_pickle **out, const unsigned char *bytes, size_t n, const char *name, const mm_pickle_world *world,
                  mm_value **result, size_t *used, mm_error *error)
{
    mm_pickle *p = calloc(1, sizeof *p);
    *out = p;
    *result = NULL;
    if (!p)
        return mm_no_memory(error);
    p->at = bytes;
    p->cut = n > MAX_BYTES;
    p->end = bytes + (p->cut ? MAX_BYTES : n);
    p->name = name;
    p->world = world;
    p->error = error;
    for (;;) {
        const unsigned char *op = take(p, 1);
        if (!op)
            return error->code;
        if (*op == '.')
            break;
        int code = step(p, *op);
        if (code)
            return code;
    }
    *result = pop(p);
    if (!*result)
        return error->code;
    if (p->depth)
        return damaged(p, "something is left on its stack");
    *used = (size_t)(p->at - bytes);
    return 0;
}

void mm_pickle_free(mm_pickle *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->nall; i++) {
        free(p->all[i]->text);
        free(p->all[i]->items);
        free(p->all[i]->object);
        free(p->all[i]);
    }
    free(p->all);
    free(p->stack);
    free(p->memo);
    free(p);
}
