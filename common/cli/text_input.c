/* Reading a whole file: see text_input.h. */
#include "common/cli/text_input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/grow.h"

enum { STEP = 1 << 16 }; /* bytes that are read at once, at least */
#define MOST ((size_t)4 << 30)

const char *mm_text_name(const char *path)
{
    return !path || strcmp(path, "-") == 0 ? "standard input" : path;
}

static int read_all(int fd, const char *name, char **text, size_t *bytes, mm_error *error)
{
    size_t room = 0, n = 0;
    for (;;) {
        if (mm_grow(text, &room, n + STEP, 1, error))
            return mm_fail_in(error, "'%s'", name);
        ssize_t got = read(fd, *text + n, room - n - 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return mm_fail(error, MM_FAILURE, "cannot read '%s':", name);
        if (got == 0)
            break;
        n += (size_t)got;
        if (n > MOST)
            return mm_fail(error, MM_FAILURE, "'%s' is too long for a table", name);
    }
    (*text)[n] = '\0';
    *bytes = n;
    return 0;
}

int mm_text_read(const char *path, char **text, size_t *bytes, mm_error *error)
{
    const char *name = mm_text_name(path);
    int standard = !path || strcmp(path, "-") == 0;
    *text = NULL;
    *bytes = 0;
    if (standard && isatty(STDIN_FILENO))
        return mm_fail(error, MM_USAGE, "will not read a table from a terminal: name a file or use a pipe");
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return mm_fail(error, MM_FAILURE, "cannot open '%s':", name);
    int code = read_all(fd, name, text, bytes, error);
    if (!standard)
        close(fd);
    if (code) {
        free(*text);
        *text = NULL;
    }
    return code;
}

int mm_text_read_all(char **paths, size_t n, char **text, size_t *bytes, mm_error *error)
{
    if (n < 2)
        return mm_text_read(n ? paths[0] : NULL, text, bytes, error);
    *text = NULL;
    *bytes = 0;
    size_t room = 0;
    int code = 0;
    for (size_t i = 0; i < n && !code; i++) {
        char *part;
        size_t more;
        code = mm_text_read(paths[i], &part, &more, error);
        if (!code && (more == 0 || part[more - 1] != '\n'))
            code = mm_fail(error, MM_DAMAGED, more ? "'%s' is cut: its last line does not end" : "'%s' is empty", paths[i]);
        if (!code && !(code = mm_grow(text, &room, *bytes + more + 1, 1, error))) {
            memcpy(*text + *bytes, part, more + 1);
            *bytes += more;
        }
        free(part);
    }
    if (code) {
        free(*text);
        *text = NULL;
    }
    return code;
}
