/* Matching of a file's tensors with a network's: see match.h. */
#include "common/nn/match.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/grow.h"

enum { NAME = 320 };

static const char COUNTER[] = "num_batches_tracked";
static const char TRUNK[] = "trunk.";

static bool ends_with(const char *name, const char *end)
{
    const size_t n = strlen(name), m = strlen(end);
    return n >= m && !strcmp(name + n - m, end) && (n == m || name[n - m - 1] == '.');
}

bool mm_match_is_counter(const char *name) { return ends_with(name, COUNTER); }

/* ---- names ---- */

/* Length of the name of a tensor's layer, with the dot. */
static size_t layer_length(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot ? (size_t)(dot - name) + 1 : 0;
}

/* True if names are equal, where `shortcut` in the file's equals `downsample`. */
static bool same_name(const char *ours, const char *theirs)
{
    static const char word[] = "shortcut.", synonym[] = "downsample.";
    if (!strcmp(ours, theirs))
        return true;
    const char *at = *ours == *theirs ? strstr(theirs, word) : NULL;
    const size_t n = at ? (size_t)(at - theirs) : 0;
    return at && !strncmp(ours, theirs, n) && !strncmp(ours + n, synonym, sizeof synonym - 1) &&
           !strcmp(ours + n + sizeof synonym - 1, at + sizeof word - 1);
}

static long find(const mm_params *network, const char *name)
{
    for (size_t i = 0; i < network->count; i++) {
        const char *ours = network->item[i].name;
        if (same_name(ours, name) || (!strncmp(ours, TRUNK, sizeof TRUNK - 1) && same_name(ours + sizeof TRUNK - 1, name)))
            return (long)i;
    }
    return -1;
}

/* ---- shapes ---- */

static bool is_last(const mm_params *network, size_t i)
{
    const char *last = network->item[network->count - 1].name;
    const size_t n = layer_length(last);
    return layer_length(network->item[i].name) == n && !strncmp(network->item[i].name, last, n);
}

/* Dimensions without those of size 1 at the end, as a 1 x 1 convolution has beyond a fully connected layer. */
static int dimensions(const mm_param *p)
{
    int n = p->ndim;
    while (n > 1 && p->dim[n - 1] == 1)
        n--;
    return n;
}

static bool same_dims(const mm_param *a, const mm_param *b, int from, int n)
{
    for (int i = from; i < n; i++)
        if (a->dim[i] != b->dim[i])
            return false;
    return true;
}

static bool is_grey(const mm_params *network, size_t i, const mm_param *p)
{
    const mm_param *ours = &network->item[i];
    return i == 0 && ours->ndim == 4 && p->ndim == 4 && ours->dim[1] == 3 && p->dim[1] == 1 && ours->dim[0] == p->dim[0] &&
           same_dims(ours, p, 2, 4);
}

static bool is_one_logit(const mm_params *network, size_t i, const mm_param *p)
{
    const mm_param *ours = &network->item[i];
    return is_last(network, i) && ours->dim[0] == 2 && p->count * 2 == ours->count && p->ndim >= 1 && p->dim[0] == 1 &&
           (ours->ndim == 1 || (p->ndim >= 2 && p->dim[1] == ours->dim[1]));
}

static bool fits(const mm_params *network, size_t i, const mm_param *p)
{
    const mm_param *ours = &network->item[i];
    if (ours->ndim == p->ndim && same_dims(ours, p, 0, p->ndim))
        return true;
    if (is_last(network, i) && ours->count == p->count && ours->ndim >= dimensions(p) && p->ndim >= ours->ndim &&
        same_dims(ours, p, 0, ours->ndim))
        return true;
    return is_grey(network, i, p) || is_one_logit(network, i, p);
}

/* ---- prefixes ---- */

/* Where the longest suffix begins that is a name of the network, and that name's number. */
typedef struct place {
    size_t length;
    long target; /* -1: no suffix is one */
} place;

static place find_place(const mm_params *network, const char *name)
{
    for (const char *at = name; at; at = strchr(at, '.'), at += at != NULL) {
        const long i = find(network, at);
        if (i >= 0)
            return (place){(size_t)(at - name), i};
    }
    return (place){0, -1};
}

/* The place of a name under a prefix that is given. */
static place place_under(const mm_params *network, const char *name, const char *prefix)
{
    size_t n = strlen(prefix);
    if (strncmp(name, prefix, n))
        return (place){0, -1};
    n += n && prefix[n - 1] != '.' && name[n] == '.';
    return n && name[n - 1] != '.' ? (place){0, -1} : (place){n, find(network, name + n)};
}

/* A prefix and the tensors of the network that are found under it. */
typedef struct branch {
    const char *name;
    size_t length, votes;
    bool averages;
} branch;

typedef struct search {
    const mm_params *network, *file;
    place *places;
    branch *branches;
    size_t nbranches, room;
} search;

static branch *branch_of(search *s, const char *name, size_t length, mm_error *error)
{
    for (size_t i = 0; i < s->nbranches; i++)
        if (s->branches[i].length == length && !memcmp(s->branches[i].name, name, length))
            return &s->branches[i];
    if (mm_grow(&s->branches, &s->room, s->nbranches + 1, sizeof *s->branches, error))
        return NULL;
    char *text = strndup(name, length);
    branch *b = &s->branches[s->nbranches++];
    *b = (branch){.name = name, .length = length, .averages = text && mm_param_is_average(text)};
    free(text);
    return b;
}

static int vote(search *s, const mm_match_options *o, mm_error *error)
{
    for (size_t i = 0; i < s->file->count; i++) {
        const mm_param *p = &s->file->item[i];
        s->places[i] = o->prefix ? place_under(s->network, p->name, o->prefix) : find_place(s->network, p->name);
        if (s->places[i].target < 0 || !fits(s->network, (size_t)s->places[i].target, p) || mm_match_is_counter(p->name))
            continue;
        branch *b = branch_of(s, p->name, s->places[i].length, error);
        if (!b)
            return error->code;
        b->votes++;
    }
    return MM_OK;
}

static const branch *best_of(const search *s, bool averages)
{
    const branch *best = NULL;
    for (size_t i = 0; i < s->nbranches; i++)
        if (s->branches[i].averages == averages && (!best || s->branches[i].votes > best->votes))
            best = &s->branches[i];
    return best;
}

/* The tensor of a branch that is the network's tensor of that number, or NULL. */
static const mm_param *in_place(const search *s, const branch *b, long target)
{
    for (size_t i = 0; i < s->file->count; i++)
        if (s->places[i].target == target && s->places[i].length == b->length && !memcmp(s->file->item[i].name, b->name, b->length))
            return &s->file->item[i];
    return NULL;
}

/* True if two branches hold the same numbers, as a module that is registered twice does. */
static bool same_numbers(const search *s, const branch *a, const branch *b)
{
    for (size_t i = 0; i < s->network->count; i++) {
        const mm_param *p = in_place(s, a, (long)i), *q = in_place(s, b, (long)i);
        if (!p != !q || (p && (p->bytes != q->bytes || memcmp(p->data, q->data, p->bytes))))
            return false;
    }
    return true;
}

/* Another branch of the same kind with as many tensors, most of the network, and other numbers; NULL: there is none. */
static const branch *rival(const search *s, const branch *best)
{
    size_t most = 0;
    for (size_t i = 0; i < s->network->count; i++)
        most += !mm_match_is_counter(s->network->item[i].name);
    for (size_t i = 0; i < s->nbranches && 2 * best->votes > most; i++) {
        const branch *b = &s->branches[i];
        if (b != best && b->averages == best->averages && b->votes == best->votes && !same_numbers(s, best, b))
            return b;
    }
    return NULL;
}

static int choose(const search *s, const mm_match_options *o, mm_match *m, const branch **chosen, mm_error *error)
{
    const branch *plain = best_of(s, false), *averages = best_of(s, true);
    m->both = plain && averages && 2 * plain->votes > averages->votes && 2 * averages->votes > plain->votes;
    const bool take = o->averages == MM_AVERAGES_ONLY ||
                      (o->averages == MM_AVERAGES_ANY && averages && (!plain || averages->votes > plain->votes));
    *chosen = take ? averages : plain;
    m->averages = take && averages;
    if (!*chosen && (plain || averages))
        return mm_fail(error, MM_FAILURE, "it has no %s weights of the network", take ? "averaged (EMA)" : "plain");
    if (!*chosen && o->prefix)
        return mm_fail(error, MM_FAILURE, "it has no weights of the network under '%s'", o->prefix);
    const branch *other = *chosen ? rival(s, *chosen) : NULL;
    if (other)
        return mm_fail(error, MM_FAILURE, "it has the network under '%.*s' and under '%.*s': choose with --prefix",
                       (int)(*chosen)->length, (*chosen)->name, (int)other->length, other->name);
    return MM_OK;
}

/* ---- the last layer ---- */

/* True if a tensor's name has the prefix that was found. */
static bool in_branch(const mm_match *m, const char *name) { return !strncmp(name, m->prefix, strlen(m->prefix)); }

/* True if a tensor lies between the features and a last layer of that name, so that the last layer alone would give something
 * else: a layer of the same group, or a square one beside it. */
static bool lies_before(const mm_match *m, const mm_param *p, const char *last, size_t features)
{
    const size_t layer = layer_length(last);
    size_t group = layer ? layer - 1 : 0;
    while (group && last[group - 1] != '.')
        group--;
    if (strncmp(p->name, last, layer) && group > strlen(m->prefix) && !strncmp(p->name, last, group))
        return true;
    return in_branch(m, p->name) && p->ndim == 2 && p->dim[0] == features && p->dim[1] == features && !ends_with(p->name, "in_proj_weight");
}

/* The number of the one tensor that can be the last layer's weight, or -1. */
static long find_last(const search *s, const mm_match *m, size_t weight)
{
    const mm_param *ours = &s->network->item[weight];
    long found[2] = {-1, -1}; /* under the prefix; anywhere */
    size_t n[2] = {0, 0};
    for (size_t i = 0; i < s->file->count; i++) {
        const mm_param *p = &s->file->item[i];
        if (m->used[i] || !ends_with(p->name, "weight") || p->ndim < 2 || mm_param_is_average(p->name) != m->averages ||
            !fits(s->network, weight, p))
            continue;
        for (int k = !in_branch(m, p->name); k < 2; k++) {
            found[k] = (long)i;
            n[k]++;
        }
    }
    const long at = n[0] == 1 ? found[0] : n[0] == 0 && n[1] == 1 ? found[1] : -1;
    for (size_t i = 0; at >= 0 && i < s->file->count; i++)
        if (!m->used[i] && (long)i != at && lies_before(m, &s->file->item[i], s->file->item[at].name, ours->dim[ours->ndim - 1]))
            return -1;
    return at;
}

static void use(mm_match *m, long target, long source)
{
    m->source[target] = source;
    m->used[source] = true;
}

/* The last layer: a weight, and perhaps a bias behind it. */
static void match_last(const search *s, mm_match *m)
{
    const size_t count = s->network->count;
    const bool has_bias = count > 1 && is_last(s->network, count - 2);
    const size_t weight = count - 1 - has_bias;
    long at = m->source[weight];
    m->other_name = at < 0;
    if (s->network->item[weight].ndim != 2 || (at < 0 && (at = find_last(s, m, weight)) < 0)) {
        m->other_name = false;
        return;
    }
    use(m, (long)weight, at);
    const char *name = s->file->item[at].name;
    bool named = false;
    for (size_t i = 0; has_bias && m->source[count - 1] < 0 && i < s->file->count; i++) {
        const mm_param *p = &s->file->item[i];
        const size_t n = layer_length(name);
        if (strncmp(p->name, name, n) || strcmp(p->name + n, "bias"))
            continue;
        named = true;
        if (fits(s->network, count - 1, p))
            use(m, (long)count - 1, (long)i);
    }
    m->no_bias = has_bias && m->source[count - 1] < 0 && !named;
}

/* ---- all ---- */

static const char *without_trunk(const char *name) { return strncmp(name, TRUNK, sizeof TRUNK - 1) ? name : name + sizeof TRUNK - 1; }

/* True if the network has layers before the last one whose names begin with the same word. */
static bool is_stranger(const mm_params *network, const char *name, long target)
{
    name = without_trunk(name);
    const size_t n = strcspn(name, ".");
    if (target >= 0 && is_last(network, (size_t)target))
        return false;
    for (size_t i = 0; name[n] && i < network->count; i++) {
        if (!is_last(network, i) && !strncmp(without_trunk(network->item[i].name), name, n + 1))
            return true;
    }
    return false;
}

bool mm_match_is_missing(const mm_match *m, const mm_params *network, size_t i)
{
    const bool zero = m->no_bias && i + 1 == network->count;
    return m->source[i] < 0 && !zero && !mm_match_is_counter(network->item[i].name);
}

bool mm_match_is_left(const mm_match *m, const mm_params *file, size_t i)
{
    const char *name = file->item[i].name;
    return !m->used[i] && !mm_match_is_counter(name) && !(m->both && mm_param_is_average(name) != m->averages);
}

static void count(const search *s, mm_match *m)
{
    for (size_t i = 0; i < s->network->count; i++)
        if (!mm_match_is_counter(s->network->item[i].name)) {
            const bool missing = mm_match_is_missing(m, s->network, i);
            m->matched += !missing;
            m->missing += missing;
        }
    for (size_t i = 0; i < s->file->count; i++) {
        const char *name = s->file->item[i].name;
        if (!mm_match_is_left(m, s->file, i))
            continue;
        const size_t n = strlen(m->prefix);
        const bool inside = in_branch(m, name);
        const long target = inside && s->places[i].length == n ? s->places[i].target : -1;
        m->left_over++;
        m->other_shape += target >= 0 && !fits(s->network, (size_t)target, &s->file->item[i]);
        m->stranger[i] = inside && is_stranger(s->network, name + n, target);
        m->strangers += m->stranger[i];
    }
}

static int match(search *s, const mm_match_options *o, mm_match *m, mm_error *error)
{
    const branch *b = NULL;
    if (vote(s, o, error) || choose(s, o, m, &b, error))
        return error->code;
    if (!(m->prefix = b ? strndup(b->name, b->length) : strdup("")))
        return mm_no_memory(error);
    for (size_t i = 0; i < s->network->count; i++)
        m->source[i] = -1;
    for (size_t i = 0; b && i < s->file->count; i++) {
        const place at = s->places[i];
        if (at.target >= 0 && at.length == b->length && in_branch(m, s->file->item[i].name) && m->source[at.target] < 0 &&
            fits(s->network, (size_t)at.target, &s->file->item[i]))
            use(m, at.target, (long)i);
    }
    if (b)
        match_last(s, m);
    count(s, m);
    for (size_t i = 0; i < s->network->count; i++) {
        const mm_param *p = m->source[i] >= 0 ? &s->file->item[m->source[i]] : NULL;
        m->grey = m->grey || (p && is_grey(s->network, i, p));
        m->one_logit = m->one_logit || (p && is_one_logit(s->network, i, p));
    }
    return MM_OK;
}

int mm_match_find(const mm_params *network, const mm_params *file, const mm_match_options *options, mm_match *m, mm_error *error)
{
    search s = {.network = network, .file = file, .places = calloc(file->count + 1, sizeof *s.places)};
    *m = (mm_match){.source = malloc((network->count + 1) * sizeof *m->source), .used = calloc(file->count + 1, sizeof *m->used),
                    .stranger = calloc(file->count + 1, sizeof *m->stranger)};
    int code = s.places && m->source && m->used && m->stranger ? match(&s, options, m, error) : mm_no_memory(error);
    free(s.places);
    free(s.branches);
    if (code)
        mm_match_free(m);
    return code;
}

void mm_match_free(mm_match *m)
{
    free(m->source);
    free(m->used);
    free(m->stranger);
    free(m->prefix);
    *m = (mm_match){0};
}

/* ---- numbers ---- */

static int copy_counter(mm_param *to, const mm_param *from, mm_error *error)
{
    float v = 0; /* of another width: i64 in the network */
    if (to->dtype != MM_I64 || to->count != 1 || from->count != 1)
        return mm_fail(error, MM_FAILURE, "tensor '%s' cannot be taken from data type '%s'", to->name, mm_dtype_name(from->dtype));
    int code = mm_param_floats(from, &v, error);
    if (!code)
        *(int64_t *)to->data = v >= 0 && v < 9e18f ? (int64_t)v : 0;
    return code;
}

/* One channel of input becomes three of the same input with a third of the weight each, the last one so that the sum is exact. */
static void spread_grey(float *v, size_t out, size_t area)
{
    for (size_t o = out; o-- > 0;)
        for (size_t a = area; a-- > 0;) {
            const float all = v[o * area + a], third = all / 3;
            v[(o * 3 + 2) * area + a] = all - 2 * third;
            v[(o * 3 + 1) * area + a] = v[o * 3 * area + a] = third;
        }
}

/* The positive class's weights move behind those of the other class, which are 0. */
static void add_zero_logit(float *v, size_t n)
{
    memmove(v + n, v, n * sizeof *v);
    memset(v, 0, n * sizeof *v);
}

int mm_match_copy(const mm_match *m, mm_params *network, const mm_params *file, mm_error *error)
{
    for (size_t i = 0; i < network->count; i++) {
        const mm_param *from = m->source[i] >= 0 ? &file->item[m->source[i]] : NULL;
        mm_param *to = &network->item[i];
        if (!from && m->no_bias && i + 1 == network->count)
            memset(to->data, 0, to->bytes);
        if (!from)
            continue;
        const bool grey = is_grey(network, i, from), one_logit = is_one_logit(network, i, from);
        if (to->dtype == from->dtype && !grey && !one_logit)
            memcpy(to->data, from->data, to->bytes);
        else if (to->dtype != MM_F32 ? copy_counter(to, from, error) : mm_param_floats(from, to->data, error))
            return error->code;
        if (to->dtype == MM_F32 && mm_param_check(from->name, to->data, from->count, error))
            return error->code;
        if (grey)
            spread_grey(to->data, to->dim[0], to->dim[2] * to->dim[3]);
        if (one_logit)
            add_zero_logit(to->data, from->count);
    }
    return MM_OK;
}
