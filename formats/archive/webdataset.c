/* Files of an archive to records: see webdataset.h. The other way is in webdataset_write.c. */
#include "formats/archive/webdataset.h"

#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/stream/meta.h"
#include "formats/archive/webdataset_tensors.h"
#include "formats/image/formats.h"

bool mm_member_is_head(const char *name)
{
    return !strcmp(basename(name), MM_MEMBER_HEAD);
}

/* One JSON value as an attribute; objects and arrays have no place in one. */
static int take_value(mm_record *record, const char *name, const json_t *value, mm_error *error)
{
    int bad = 0;
    if (json_is_string(value))
        bad = mm_record_set(record, name, json_string_value(value));
    else if (json_is_integer(value))
        bad = mm_record_setf(record, name, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_real(value))
        bad = mm_record_setf(record, name, "%.17g", json_real_value(value));
    else if (json_is_boolean(value))
        bad = mm_record_set(record, name, json_is_true(value) ? "1" : "0");
    return bad ? mm_no_memory(error) : MM_OK;
}

/* One meta line, of none of the kinds that the record itself makes. */
static bool is_unknown(const char *line)
{
    mm_slice field[1];
    mm_meta_fields((mm_slice){line, strlen(line)}, field, 1);
    return !strchr(line, '\n') && !mm_slice_is(field[0], "key") && !mm_slice_is(field[0], "T") && !mm_slice_is(field[0], "A");
}

static int take_attributes(const mm_members_work *w, mm_error *error)
{
    int code = MM_OK;
    const char *name;
    json_t *value, *object = w->tensors ? json_object_get(w->json, "attributes") : w->json;
    if (json_object_size(object) > MM_MAX_META / 8)
        return mm_fail(error, MM_DAMAGED, "'%s': more values in JSON than a record can hold", w->record->key);
    json_object_foreach(object, name, value)
        if (!code && (*name || w->tensors))
            code = take_value(w->record, name, value, error);
    size_t i;
    json_array_foreach(json_object_get(w->tensors ? w->json : NULL, "lines"), i, value) {
        const char *line = json_string_value(value);
        if (code || !line)
            return code ? code : mm_fail(error, MM_DAMAGED, "'%s': a line of JSON's \"lines\" is not text", w->record->key);
        if (!is_unknown(line))
            return mm_fail(error, MM_DAMAGED, "'%s': a line of JSON's \"lines\" is of a known kind, which does not belong there",
                           w->record->key);
        if (mm_record_add_line(w->record, line, strlen(line)))
            return mm_no_memory(error);
    }
    for (size_t m = 0; m < w->n && !code; m++) {
        char text[64];
        if (w->parts[m].role != MM_MEMBER_CLASS)
            continue;
        size_t n = w->members[m].size < sizeof text - 1 ? w->members[m].size : sizeof text - 1;
        while (n > 0 && isspace(w->members[m].data[n - 1]))
            n--;
        memcpy(text, w->members[m].data, n);
        text[n] = '\0';
        code = mm_record_set(w->record, "label", text) ? mm_no_memory(error) : MM_OK;
    }
    return code;
}

static int parse_json(mm_members_work *w, mm_error *error)
{
    for (size_t i = 0; i < w->n; i++) {
        if (w->parts[i].role != MM_MEMBER_JSON)
            continue;
        json_error_t what;
        if (w->json)
            return mm_fail(error, MM_DAMAGED, "'%s': the record's JSON appears twice", w->members[i].name);
        w->json = json_loadb((const char *)w->members[i].data, w->members[i].size, JSON_REJECT_DUPLICATES, &what);
        if (!json_is_object(w->json))
            return mm_fail(error, MM_DAMAGED, "'%s' is not a JSON object: %s", w->members[i].name, what.text);
        w->tensors = json_object_get(w->json, "tensors");
        if (!json_is_array(w->tensors) || !json_is_string(json_object_get(w->json, "key")))
            w->tensors = NULL;
    }
    return MM_OK;
}

/* What each file is to the record; returns how many images there are. */
static int find_parts(mm_members_work *w, size_t key, size_t *images, mm_error *error)
{
    for (size_t i = 0; i < w->n; i++) {
        const mm_member *member = &w->members[i];
        if (mm_member_part_of(member->name, key, &w->parts[i], error))
            return error->code;
        if (w->parts[i].role == MM_MEMBER_FILE && mm_image_format_of(member->data, member->size))
            w->parts[i].role = MM_MEMBER_IMAGE;
        *images += w->parts[i].role == MM_MEMBER_IMAGE;
        if (w->parts[i].role == MM_MEMBER_FILE)
            mm_read_warn(w->rules, "'%s' left out: %s", member->name, mm_signature_of(member->data, member->size)->name);
    }
    return MM_OK;
}

static int rename_part(mm_member_part *part, const char *name, mm_error *error)
{
    char *copy = strdup(name);
    if (!copy)
        return mm_no_memory(error);
    free(part->tensor);
    part->tensor = copy;
    return MM_OK;
}

/* Names tensors as mms(5) does. KEY.png is the image, and so is the only image of a record if its name is not known. */
static int name_tensors(mm_members_work *w, size_t images, mm_error *error)
{
    for (size_t i = 0; i < w->n; i++) {
        mm_member_part *part = &w->parts[i];
        const char *known = mm_member_known_tensor(part->tensor, strlen(part->tensor));
        if (part->role != MM_MEMBER_IMAGE)
            continue;
        if (!known && (!*part->tensor || (images == 1 && part->plane < 0)))
            known = "image";
        if (known && rename_part(part, known, error))
            return error->code;
    }
    return MM_OK;
}

/* The record with its key. */
static int begin_record(mm_members_work *w, size_t length, mm_error *error)
{
    char *key = w->tensors ? strdup(json_string_value(json_object_get(w->json, "key"))) : mm_key_of_path(w->members[0].name, length);
    int code = key ? MM_OK : mm_no_memory(error);
    if (!code && !mm_key_valid(key))
        code = mm_fail(error, MM_DAMAGED, "'%s': '%.60s' is not a key", w->members[0].name, key);
    else if (!code && !(w->record = mm_record_new(key)))
        code = mm_no_memory(error);
    free(key);
    return code;
}

/* Refuses two files of one tensor or plane. */
static int check_doubles(const mm_members_work *w, mm_error *error)
{
    for (size_t i = 0; i < w->n; i++)
        for (size_t k = 0; k < i; k++) {
            const mm_member_part *a = &w->parts[k], *b = &w->parts[i];
            if (a->role == MM_MEMBER_IMAGE && b->role == a->role && a->plane == b->plane && !strcmp(a->tensor, b->tensor))
                return mm_fail(error, MM_DAMAGED, "'%s' and '%s' are both tensor '%s' of one record", w->members[k].name,
                               w->members[i].name, a->tensor);
        }
    return MM_OK;
}

static int take_tensors(mm_members_work *w, size_t images, mm_error *error)
{
    if (!w->tensors && name_tensors(w, images, error))
        return error->code;
    if (check_doubles(w, error))
        return error->code;
    return w->tensors ? mm_members_take_described(w, error) : mm_members_take_named(w, error);
}

static int build(mm_members_work *w, size_t key, mm_members_depth depth, mm_error *error)
{
    size_t images = 0;
    int code = find_parts(w, key, &images, error);
    if (!code)
        code = parse_json(w, error);
    if (!code && !images && !w->tensors) {
        for (size_t i = 0; i < w->n; i++)
            if (w->parts[i].role != MM_MEMBER_FILE)
                mm_read_warn(w->rules, "'%s' left out: no image has its name", w->members[i].name);
        return MM_OK;
    }
    if (!code)
        code = begin_record(w, key, error);
    if (!code && depth == MM_MEMBERS_ALL)
        code = take_tensors(w, images, error);
    if (!code)
        code = take_attributes(w, error);
    if (!code && !w->tensors && !mm_record_get(w->record, "to_original") && mm_record_set(w->record, "to_original", "1 0 0 0 1 0"))
        code = mm_no_memory(error);
    return code;
}

int mm_members_to_record(const mm_member *members, size_t n, size_t key, mm_members_depth depth, const mm_read_options *rules,
                         mm_record **record, mm_error *error)
{
    mm_members_work w = {.members = members, .parts = calloc(n ? n : 1, sizeof *w.parts), .n = n, .rules = rules};
    *record = NULL;
    int code = w.parts ? build(&w, key, depth, error) : mm_no_memory(error);
    if (code)
        mm_record_free(w.record);
    else
        *record = w.record;
    json_decref(w.json);
    for (size_t i = 0; w.parts && i < n; i++)
        free(w.parts[i].tensor);
    free(w.parts);
    return code;
}
