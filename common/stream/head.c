/* HEAD lines and provenance: see stream.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/grow.h"
#include "common/stream/meta.h"
#include "common/stream/stream.h"

void mm_head_clear(mm_head *head)
{
    for (size_t i = 0; i < head->nlines; i++)
        free(head->lines[i]);
    free(head->lines);
    *head = (mm_head){0};
}

static int insert(mm_head *head, size_t at, const char *line)
{
    char *copy = strdup(line);
    if (!copy || mm_grow(&head->lines, &head->room, head->nlines + 1, sizeof *head->lines, NULL)) {
        free(copy);
        return MM_FAILURE;
    }
    memmove(&head->lines[at + 1], &head->lines[at], (head->nlines - at) * sizeof *head->lines);
    head->lines[at] = copy;
    head->nlines++;
    return MM_OK;
}

int mm_head_add(mm_head *head, const char *line) { return insert(head, head->nlines, line); }

int mm_head_copy(mm_head *to, const mm_head *from)
{
    *to = (mm_head){0};
    for (size_t i = 0; i < from->nlines; i++)
        if (mm_head_add(to, from->lines[i])) {
            mm_head_clear(to);
            return MM_FAILURE;
        }
    return MM_OK;
}

static bool is_line(const char *line, const char *type)
{
    size_t n = strlen(type);
    return strncmp(line, type, n) == 0 && (line[n] == '\t' || line[n] == '\0');
}

int mm_head_parse(mm_head *head, const char *meta, size_t bytes, const char *where, mm_error *error)
{
    mm_slice rest = {meta, bytes}, line;
    int code = mm_meta_check(meta, bytes, where, error);
    if (!code && !(bytes >= 4 && memcmp(meta, "@MM\t", 4) == 0))
        code = mm_fail(error, MM_DAMAGED, "%s: HEAD does not begin with @MM", where);
    while (!code && mm_meta_line(&rest, &line)) {
        char *copy = strndup(line.text, line.bytes);
        if (!copy || mm_head_add(head, copy))
            code = mm_no_memory(error);
        free(copy);
    }
    if (code)
        mm_head_clear(head);
    return code;
}

char *mm_head_text(const mm_head *head, size_t *bytes)
{
    mm_text text = {0};
    mm_text_puts(&text, "");
    for (size_t i = 0; i < head->nlines; i++) {
        mm_text_puts(&text, head->lines[i]);
        mm_text_puts(&text, "\n");
    }
    if (text.failed) {
        free(text.data);
        return NULL;
    }
    *bytes = text.bytes;
    return text.data;
}

long mm_head_epoch(const mm_head *head)
{
    for (size_t i = 0; i < head->nlines; i++)
        if (is_line(head->lines[i], "@EP") && strncmp(head->lines[i] + 3, "\tN:", 3) == 0) {
            const char *digits = head->lines[i] + 6;
            size_t value;
            if (mm_slice_number((mm_slice){digits, strcspn(digits, "\t")}, &value) && value <= 1000000000)
                return (long)value;
        }
    return 0;
}

int mm_head_set_epoch(mm_head *head, long epoch)
{
    char line[64];
    snprintf(line, sizeof line, "@EP\tN:%ld", epoch);
    for (size_t i = 0; i < head->nlines; i++)
        if (is_line(head->lines[i], "@EP")) {
            char *copy = strdup(line);
            if (!copy)
                return MM_FAILURE;
            free(head->lines[i]);
            head->lines[i] = copy;
            return MM_OK;
        }
    return insert(head, head->nlines ? 1 : 0, line);
}

void mm_head_remove_epoch(mm_head *head)
{
    size_t kept = 0;
    for (size_t i = 0; i < head->nlines; i++)
        if (is_line(head->lines[i], "@EP"))
            free(head->lines[i]);
        else
            head->lines[kept++] = head->lines[i];
    head->nlines = kept;
}

int mm_head_next_epoch(const mm_head *head, long *epoch, const char *where, mm_error *error)
{
    long before = *epoch, named = mm_head_epoch(head);
    *epoch = named ? named : before ? before : 1;
    if (named && named <= before)
        return mm_fail(error, MM_DAMAGED, "%s: epoch %ld begins %s", where, named, named == before ? "again" : "after a later one");
    return MM_OK;
}

/* The value of field "ID:" of a @PG line, as a slice. */
static mm_slice program_id(const char *line)
{
    const char *id = strstr(line, "\tID:");
    if (!id)
        return (mm_slice){line, 0};
    return (mm_slice){id + 4, strcspn(id + 4, "\t")};
}

static bool has_program(const mm_head *head, const char *id)
{
    for (size_t i = 0; i < head->nlines; i++)
        if (is_line(head->lines[i], "@PG") && mm_slice_is(program_id(head->lines[i]), id))
            return true;
    return false;
}

int mm_head_add_program(mm_head *head, const char *program, const char *command_line)
{
    char id[256];
    snprintf(id, sizeof id, "%s", program);
    for (int n = 1; has_program(head, id); n++)
        snprintf(id, sizeof id, "%s.%d", program, n);
    mm_slice last = {NULL, 0};
    for (size_t i = 0; i < head->nlines; i++)
        if (is_line(head->lines[i], "@PG"))
            last = program_id(head->lines[i]);
    mm_text line = {0};
    mm_text_puts(&line, "@PG\tID:");
    mm_text_puts(&line, id);
    mm_text_puts(&line, "\tPN:");
    mm_text_puts(&line, program);
    mm_text_puts(&line, "\tVN:" MM_VERSION);
    if (last.bytes) {
        mm_text_puts(&line, "\tPP:");
        mm_text_add(&line, last.text, last.bytes);
    }
    mm_text_puts(&line, "\tCL:");
    mm_text_escape(&line, command_line);
    int code = !line.failed ? mm_head_add(head, line.data) : MM_FAILURE;
    free(line.data);
    return code;
}

/* True if two @PG lines are the same but for their IDs. */
static bool same_program(const char *a, const char *b)
{
    mm_slice x = program_id(a), y = program_id(b);
    return x.text - a == y.text - b && !strncmp(a, b, (size_t)(x.text - a)) && !strcmp(x.text + x.bytes, y.text + y.bytes);
}

bool mm_head_has_programs(const mm_head *head, const mm_head *other)
{
    for (size_t i = 0; i < other->nlines; i++) {
        bool known = !is_line(other->lines[i], "@PG");
        for (size_t k = 0; k < head->nlines && !known; k++)
            known = is_line(head->lines[k], "@PG") && same_program(head->lines[k], other->lines[i]);
        if (!known)
            return false;
    }
    return true;
}

int mm_head_merge(mm_head *head, const mm_head *from)
{
    for (size_t i = 0; i < from->nlines; i++) {
        const char *line = from->lines[i];
        bool known = !is_line(line, "@PG") || program_id(line).bytes == 0;
        for (size_t k = 0; k < head->nlines && !known; k++)
            known = strcmp(head->lines[k], line) == 0;
        if (known)
            continue;
        /* Another program of the same ID: keep the line, make its ID unique. */
        mm_slice id = program_id(line);
        mm_text name = {0}, unique = {0};
        mm_text_add(&name, id.text, id.bytes);
        for (size_t n = 1; !name.failed && has_program(head, name.data); n++) {
            name.bytes = id.bytes;
            mm_text_puts(&name, ".");
            mm_text_number(&name, n);
        }
        mm_text_add(&unique, line, (size_t)(id.text - line));
        mm_text_add(&unique, name.data, name.bytes);
        mm_text_puts(&unique, id.text + id.bytes);
        int code = !name.failed && !unique.failed ? mm_head_add(head, unique.data) : MM_FAILURE;
        free(name.data);
        free(unique.data);
        if (code)
            return code;
    }
    return MM_OK;
}
