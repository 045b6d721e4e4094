/* Records from and to the meta text of a block: see stream.h. */
#include <stdlib.h>
#include <string.h>

#include "common/stream/meta.h"
#include "common/stream/stream.h"

/* "T name dtype shape": adds the tensor at *offset of the data. */
static int parse_tensor(mm_record *r, const mm_slice field[4], size_t data_bytes, size_t *offset, const char *where,
                        mm_error *error)
{
    mm_error inner = {0};
    char *name = mm_unescape(field[1], &inner), *type = mm_unescape(field[2], &inner);
    size_t dim[MM_MAX_DIMS], count, bytes;
    int ndim = 0, code = MM_OK;
    mm_dtype dtype = MM_U8;
    bool good = name && type && *name && mm_dtype_parse(type, &dtype) == MM_OK;
    mm_slice rest = field[3];
    while (good && rest.bytes) {
        const char *comma = memchr(rest.text, ',', rest.bytes);
        mm_slice digits = {rest.text, comma ? (size_t)(comma - rest.text) : rest.bytes};
        good = ndim < MM_MAX_DIMS && mm_slice_number(digits, &dim[ndim]) && (!comma || digits.bytes + 1 < rest.bytes);
        ndim++;
        rest.text += digits.bytes + (comma != NULL);
        rest.bytes -= digits.bytes + (comma != NULL);
    }
    good = good && mm_shape_size(dtype, ndim, dim, &count, &bytes) == MM_OK;
    if (!good || mm_record_tensor(r, name)) {
        code = mm_fail(error, MM_DAMAGED, "%s: tensor '%s' twice, or of unknown type or shape", where, name ? name : "");
    } else if (bytes > data_bytes - *offset || mm_round64(bytes) > data_bytes - *offset) {
        code = mm_fail(error, MM_DAMAGED, "%s: tensor '%s' exceeds its record", where, name);
    } else {
        char *data = r->payload ? (char *)r->payload + *offset : NULL;
        if (data && !mm_is_zero(data + bytes, mm_round64(bytes) - bytes))
            code = mm_fail(error, MM_DAMAGED, "%s: the gap after tensor '%s' is not zero", where, name);
        if (!code && !mm_record_give(r, name, dtype, ndim, dim, data, error))
            code = MM_FAILURE;
        *offset += mm_round64(bytes);
    }
    free(name);
    free(type);
    return code;
}

static int parse_attribute(mm_record *r, const mm_slice field[3], const char *where, mm_error *error)
{
    mm_error inner = {0};
    char *name = mm_unescape(field[1], &inner), *value = name ? mm_unescape(field[2], &inner) : NULL;
    int code = MM_OK;
    if (!value)
        code = mm_fail(error, inner.code, "%s: %s", where, inner.text);
    else if (mm_record_get(r, name))
        code = mm_fail(error, MM_DAMAGED, "%s: attribute '%s' twice", where, name);
    else if (mm_record_set(r, name, value))
        code = mm_no_memory(error);
    free(name);
    free(value);
    return code;
}

static int parse_key(mm_record *r, mm_slice field, bool *seen, const char *where, mm_error *error)
{
    mm_error inner = {0};
    char *key = mm_unescape(field, &inner);
    int code = MM_OK;
    if (!key)
        code = mm_fail(error, inner.code, "%s: %s", where, inner.text);
    else if (*seen)
        code = mm_fail(error, MM_DAMAGED, "%s: a record with two keys", where);
    else if (!mm_key_valid(key))
        code = mm_fail(error, MM_DAMAGED, "%s: a key that is empty or holds a control character or '/'", where);
    else if (mm_record_rename(r, key))
        code = mm_no_memory(error);
    *seen = true;
    free(key);
    return code;
}

int mm_record_parse(mm_record **out, const char *meta, size_t meta_bytes, void *data, size_t data_bytes, uint32_t data_crc,
                    bool borrowed, const char *where, mm_error *error)
{
    *out = NULL;
    mm_record *r = mm_record_new("");
    if (!r) {
        if (!borrowed)
            free(data);
        return mm_no_memory(error);
    }
    r->payload = data;
    r->payload_bytes = data ? data_bytes : 0;
    r->payload_borrowed = borrowed;
    int code = mm_meta_check(meta, meta_bytes, where, error);
    bool keyed = false;
    size_t offset = 0;
    mm_slice rest = {meta, meta_bytes}, line, field[4];
    while (!code && mm_meta_line(&rest, &line)) {
        size_t n = mm_meta_fields(line, field, 4);
        bool key = mm_slice_is(field[0], "key"), tensor = mm_slice_is(field[0], "T"), attribute = mm_slice_is(field[0], "A");
        if ((key && n != 2) || (tensor && n != 4) || (attribute && n != 3))
            code = mm_fail(error, MM_DAMAGED, "%s: malformed meta line '%.*s'", where, (int)(line.bytes < 80 ? line.bytes : 80),
                           line.text);
        else if (key)
            code = parse_key(r, field[1], &keyed, where, error);
        else if (tensor)
            code = parse_tensor(r, field, data_bytes, &offset, where, error);
        else if (attribute)
            code = parse_attribute(r, field, where, error);
        else if (mm_record_add_line(r, line.text, line.bytes))
            code = mm_no_memory(error);
    }
    if (!code && !keyed)
        code = mm_fail(error, MM_DAMAGED, "%s: a record without a key", where);
    if (!code && offset != data_bytes)
        code = mm_fail(error, MM_DAMAGED, "%s: record '%s' has data that no tensor claims", where, r->key);
    if (code) {
        mm_record_free(r);
        return code;
    }
    r->payload_crc = data_crc;
    r->payload_intact = data != NULL;
    *out = r;
    return MM_OK;
}

char *mm_record_meta(const mm_record *r, size_t *bytes)
{
    mm_text text = {0};
    mm_text_puts(&text, "key\t");
    mm_text_escape(&text, r->key);
    mm_text_puts(&text, "\n");
    for (size_t i = 0; i < r->ntensors; i++) {
        const mm_tensor *t = &r->tensors[i];
        mm_text_puts(&text, "T\t");
        mm_text_escape(&text, t->name);
        mm_text_puts(&text, "\t");
        mm_text_puts(&text, mm_dtype_name(t->dtype));
        mm_text_puts(&text, "\t");
        for (int d = 0; d < t->ndim; d++) {
            if (d)
                mm_text_puts(&text, ",");
            mm_text_number(&text, t->dim[d]);
        }
        mm_text_puts(&text, "\n");
    }
    for (size_t i = 0; i < r->nattributes; i++) {
        mm_text_puts(&text, "A\t");
        mm_text_escape(&text, r->attributes[i].name);
        mm_text_puts(&text, "\t");
        mm_text_escape(&text, r->attributes[i].value);
        mm_text_puts(&text, "\n");
    }
    for (size_t i = 0; i < r->nlines; i++) {
        mm_text_puts(&text, r->lines[i]);
        mm_text_puts(&text, "\n");
    }
    if (text.failed) {
        free(text.data);
        return NULL;
    }
    *bytes = text.bytes;
    return text.data;
}
