/* mini-MIAS to a manifest: see mias.h. */
#include "formats/dataset/mias.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/table/classes.h"
#include "common/stream/meta.h"
#include "common/base/bytes.h"
#include "common/base/signature.h"
#include "formats/image/png.h"
#include "formats/image/pnm.h"

enum { COLUMNS = 12, FIELDS = 8, FIELD_ROOM = 32 };
static const char *const columns[COLUMNS] = {"key", "image", "mask", "patient", "side", "view", "abnormality", "type",
                                             "pathology", "label", "split", "tissue"};

/* A line's words; more than FIELDS are counted and not kept. */
struct words {
    char word[FIELDS][FIELD_ROOM];
    size_t n;
};

static struct words words_of(const char *line, size_t length)
{
    struct words w = {.n = 0};
    for (size_t i = 0, from; i < length;) {
        while (i < length && (line[i] == ' ' || line[i] == '\t' || line[i] == '\r'))
            i++;
        from = i;
        while (i < length && line[i] != ' ' && line[i] != '\t' && line[i] != '\r')
            i++;
        if (i == from)
            break;
        if (w.n < FIELDS) {
            size_t n = i - from < FIELD_ROOM - 1 ? i - from : FIELD_ROOM - 1;
            memcpy(w.word[w.n], line + from, n);
            w.word[w.n][n] = '\0';
        }
        w.n++;
    }
    return w;
}

static bool is_film(const char *word, long *number)
{
    if (strncmp(word, "mdb", 3) != 0 || strlen(word) != 6 || strspn(word + 3, "0123456789") != 3)
        return false;
    *number = strtol(word + 3, NULL, 10);
    return *number > 0;
}

static bool number_of(const char *word, double *value)
{
    char *end;
    *value = strtod(word, &end);
    return end != word && !*end && *value >= 0 && *value < 1e6;
}

struct film {
    char name[FIELD_ROOM], path[MM_MIAS_PATH];
    long number;
    size_t height;
    int found;
};

static int add_line(const struct words *w, const struct film *film, size_t line, mm_manifest *m, mm_mias_report *report,
                    mm_error *error)
{
    char mask[128] = "", patient[32];
    const char *kind = w->word[2], *pathology = "", *abnormality = "normal";
    mm_abnormality a = mm_abnormality_of(kind);
    if (!mm_utf8_valid(w->word[1], strlen(w->word[1])))
        return mm_fail(error, MM_DAMAGED, "line %zu: its tissue is not UTF-8", line);
    if (a == MM_ABNORMALITY_BAD || a == MM_ABNORMALITY_UNKNOWN)
        return mm_fail(error, MM_DAMAGED, "line %zu: '%s' is not a kind of abnormality of mini-MIAS", line, kind);
    if (a != MM_NORMAL) {
        const char *severity = w->n > 3 ? w->word[3] : "";
        if (strcmp(severity, "B") && strcmp(severity, "M"))
            return mm_fail(error, MM_DAMAGED, "line %zu: '%s' is not a severity: expected B or M", line, severity);
        pathology = *severity == 'M' ? "MALIGNANT" : "BENIGN";
        abnormality = a == MM_CALC ? "calcification" : "mass";
        double x, y, r;
        bool placed = w->n == 7 && number_of(w->word[4], &x) && number_of(w->word[5], &y) && number_of(w->word[6], &r) && r > 0;
        if (!placed && w->n > 4 && w->word[4][0] != '*')
            return mm_fail(error, MM_DAMAGED, "line %zu: '%s ...' is not the place of a lesion", line, w->word[4]);
        if (placed)
            snprintf(mask, sizeof mask, "circle:%g,%g,%g", x, (double)film->height - y, r);
        report->lesions += placed;
        report->without_place += !placed;
    }
    snprintf(patient, sizeof patient, "mias%03ld", (film->number + 1) / 2);
    const char *cells[COLUMNS] = {film->name, film->path, mask, patient, film->number % 2 ? "RIGHT" : "LEFT", "MLO", abnormality,
                                  kind, pathology, "", "", w->word[1]};
    return mm_manifest_add(m, cells, line, error);
}

/* The label of a film is known when all of its lines are: 1 when a lesion is malignant. */
static int set_labels(mm_manifest *m, mm_mias_report *report, mm_error *error)
{
    mm_row_groups films;
    int code = mm_manifest_group(m, "key", &films, error);
    for (size_t g = 0; g < films.n && !code; g++) {
        bool malignant = false;
        for (size_t i = films.first[g]; i < films.first[g + 1]; i++)
            malignant = malignant || !strcmp(mm_manifest_get(m, films.row[i], "pathology"), "MALIGNANT");
        for (size_t i = films.first[g]; i < films.first[g + 1] && !code; i++)
            code = mm_manifest_set(m, films.row[i], "label", malignant ? "1" : "0", error);
    }
    report->films = films.n;
    mm_row_groups_free(&films);
    return code;
}

int mm_mias_parse(const char *text, size_t size, mm_mias_find find, void *context, mm_manifest *m, mm_mias_report *report,
                  mm_error *error)
{
    *report = (mm_mias_report){0};
    size_t line = 0, listed = 0;
    struct film film = {.found = 0};
    int code = mm_manifest_begin(m, columns, COLUMNS, error);
    for (const char *p = text, *end = text + size; p < end && !code;) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        struct words w = words_of(p, (size_t)((stop ? stop : end) - p));
        long number;
        line++;
        p = stop ? stop + 1 : end;
        if (w.n < 3 || !is_film(w.word[0], &number))
            continue;
        listed++;
        if (strcmp(film.name, w.word[0]) != 0) {
            memcpy(film.name, w.word[0], sizeof film.name);
            film.number = number;
            film.found = find(context, film.name, film.path, &film.height, error);
            report->missing += film.found == 0;
        }
        if (film.found < 0)
            code = error->code;
        else if (film.found > 0)
            code = add_line(&w, &film, line, m, report, error);
    }
    if (!code && listed == 0)
        code = mm_fail(error, MM_DAMAGED, "lists no films: it is not mini-MIAS's Info.txt");
    if (!code)
        code = set_labels(m, report, error);
    if (code)
        mm_manifest_free(m);
    return code;
}

/* Height of an image in a file, by its header. */
static int height_of(int fd, const char *path, size_t *height, mm_error *error)
{
    mm_bytes all = {0};
    mm_png_info png = {0};
    mm_pnm_info pnm = {0};
    int code = mm_bytes_read(&all, fd, path, (size_t)1 << 30, error);
    const mm_signature *found = mm_signature_of(all.data, all.size);
    if (!code && found->kind == MM_KIND_PNG)
        code = mm_png_probe(all.data, all.size, &png, error);
    else if (!code && found->kind == MM_KIND_PNM)
        code = mm_pnm_probe(all.data, all.size, &pnm, error);
    else if (!code)
        code = mm_fail(error, MM_DAMAGED, "is %s: a film is PNG or PGM", found->name);
    *height = png.height + pnm.height;
    mm_bytes_free(&all);
    return code == MM_DAMAGED ? mm_fail_in(error, "'%s'", path) : code;
}

static int find_in_folder(void *context, const char *film, char *path, size_t *height, mm_error *error)
{
    static const char *const endings[] = {"png", "pgm", "PNG", "PGM"};
    const char *dir = context;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        char candidate[MM_MIAS_PATH];
        int n = snprintf(candidate, sizeof candidate, "%s/%s.%s", dir, film, endings[i]);
        if (n < 0 || n >= MM_MIAS_PATH)
            return mm_fail(error, MM_FAILURE, "path '%.80s...' is too long", dir), -1;
        memcpy(path, candidate, (size_t)n + 1);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            continue;
        int code = height_of(fd, path, height, error);
        close(fd);
        return code ? -1 : 1;
    }
    return 0;
}

int mm_mias_manifest(const char *dir, mm_manifest *m, mm_mias_report *report, mm_error *error)
{
    char path[MM_MIAS_PATH], folder[MM_MIAS_PATH];
    size_t length = strlen(dir);
    *m = (mm_manifest){0};
    while (length > 1 && dir[length - 1] == '/')
        length--;
    int n = snprintf(folder, sizeof folder, "%.*s", (int)length, dir);
    int k = snprintf(path, sizeof path, "%.*s/Info.txt", (int)length, dir);
    if (n < 0 || k < 0 || (size_t)k >= sizeof path)
        return mm_fail(error, MM_FAILURE, "path '%.80s...' is too long", dir);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return mm_fail(error, MM_FAILURE, "cannot open '%s':", path);
    mm_bytes text = {0};
    int code = mm_bytes_read(&text, fd, path, (size_t)1 << 26, error);
    close(fd);
    if (!code && (code = mm_mias_parse(text.data ? (const char *)text.data : "", text.size, find_in_folder, folder, m, report, error)) &&
        error->text[0] != '\'')
        mm_fail_in(error, "'%s'", path);
    mm_bytes_free(&text);
    if (!code && report->films == 0) {
        mm_manifest_free(m);
        code = mm_fail(error, MM_DAMAGED, "'%s' has none of the %zu films that Info.txt lists", folder, report->missing);
    }
    return code;
}
