/* Outputs that appear whole: see output.h. */
#include "common/base/output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/bytes.h"

/* Temporary files of outputs that have no name yet, so that an interrupted program leaves none. */
enum { MAX_OPEN = 4096 };
static char *volatile open_files[MAX_OPEN];

/* The signals that end a program, and what each did before. */
static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGBUS};
enum { SIGNALS = sizeof signals / sizeof *signals };
static struct sigaction before[SIGNALS];

static void remove_all(int signal_number)
{
    for (int i = 0; i < MAX_OPEN; i++)
        if (open_files[i])
            unlink(open_files[i]);
    for (int i = 0; i < SIGNALS; i++)
        if (signals[i] == signal_number)
            sigaction(signal_number, &before[i], NULL);
    raise(signal_number);
}

static void remember(char *path)
{
    for (int i = 0; i < SIGNALS; i++) {
        struct sigaction old;
        if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != remove_all &&
            (old.sa_handler == SIG_DFL || signals[i] == SIGBUS)) {
            before[i] = old;
            sigaction(signals[i], &(struct sigaction){.sa_handler = remove_all}, NULL);
        }
    }
    for (int i = 0; i < MAX_OPEN; i++)
        if (!open_files[i]) {
            open_files[i] = path;
            return;
        }
}

static void forget(const char *path)
{
    for (int i = 0; i < MAX_OPEN; i++)
        if (open_files[i] == path)
            open_files[i] = NULL;
}

static int open_stdout(mm_output *o, bool insists, bool binary, mm_error *error)
{
    if (binary && !insists && isatty(STDOUT_FILENO))
        return mm_fail(error, MM_USAGE, "will not write a tensor stream to a terminal: use -o FILE, a pipe, or -o -");
    o->fd = STDOUT_FILENO;
    o->name = "standard output";
    o->to_stdout = true;
    return MM_OK;
}

char *mm_output_target(const char *path, mm_error *error)
{
    enum { LINKS = 40 };
    char *target = strdup(path);
    for (int i = 0; target && i < LINKS; i++) {
        char link[4096];
        struct stat st;
        if (lstat(target, &st) || !S_ISLNK(st.st_mode))
            return target;
        ssize_t n = readlink(target, link, sizeof link);
        if ((st.st_uid != geteuid() && st.st_uid != 0) || n <= 0 || (size_t)n == sizeof link) {
            mm_fail(error, MM_FAILURE, "will not write through the link '%s': %s", target,
                    n <= 0 || (size_t)n == sizeof link ? "it cannot be read" : "it belongs to another user");
            free(target);
            return NULL;
        }
        const char *slash = link[0] == '/' ? NULL : strrchr(target, '/');
        size_t folder = slash ? (size_t)(slash - target) + 1 : 0;
        char *next = malloc(folder + (size_t)n + 1);
        if (next) {
            memcpy(next, target, folder);
            memcpy(next + folder, link, (size_t)n);
            next[folder + (size_t)n] = '\0';
        }
        free(target);
        target = next;
    }
    if (target)
        mm_fail(error, MM_FAILURE, "cannot open '%s' for writing: too many links", path);
    else
        mm_no_memory(error);
    free(target);
    return NULL;
}

/* A file in the target's folder that has no name yet, so that a program killed by SIGKILL leaves nothing either. -1 where the
 * file system has no such files, or where there is no /proc to name it through. */
static int open_nameless(const char *target, size_t folder, mode_t mode)
{
#ifdef O_TMPFILE
    char *name = folder ? strndup(target, folder) : strdup(".");
    int fd = name && access("/proc/self/fd", F_OK) == 0 ? open(name, O_TMPFILE | O_RDWR | O_CLOEXEC, mode) : -1;
    free(name);
    return fd;
#else
    (void)target, (void)folder, (void)mode;
    return -1;
#endif
}

/* Writes the next name to try into the temporary path; false after the last. */
static bool next_name(mm_output *o, unsigned i)
{
    snprintf(o->temporary + strlen(o->temporary) - 6, 7, "%06u", ((unsigned)getpid() + i) % 1000000); /* XXXXXX */
    return i < 1000000;
}

/* Gives a nameless file the temporary name, from which it is renamed: a link cannot take the place of a file that is there. */
static bool give_name(mm_output *o)
{
    char self[40];
    snprintf(self, sizeof self, "/proc/self/fd/%d", o->fd);
    for (unsigned i = 0; next_name(o, i); i++) {
        if (linkat(AT_FDCWD, self, AT_FDCWD, o->temporary, AT_SYMLINK_FOLLOW) == 0) {
            remember(o->temporary);
            o->nameless = false;
            return true;
        }
        if (errno != EEXIST)
            return false;
    }
    return false;
}

/* Opens the temporary file. */
static bool open_temporary(mm_output *o, size_t folder, mode_t mode)
{
    o->nameless = (o->fd = open_nameless(o->target, folder, mode)) >= 0;
    for (unsigned i = 0; o->fd < 0 && next_name(o, i); i++) {
        o->fd = open(o->temporary, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, mode);
        if (o->fd < 0 && errno != EEXIST)
            return false;
        if (o->fd >= 0)
            remember(o->temporary);
    }
    return o->fd >= 0;
}

/* Gives a new file the owner and the mode of the one that it replaces. A group that cannot be kept must not get more than others. */
static bool keep_mode(int fd, const struct stat *old)
{
    mode_t mode = old->st_mode & 0777;
    if (fchown(fd, old->st_uid, old->st_gid) && fchown(fd, (uid_t)-1, old->st_gid))
        mode &= (mode_t)(0707 | (mode & 07) << 3);
    return fchmod(fd, mode) == 0;
}

static int open_beside(mm_output *o, const struct stat *old, mm_error *error)
{
    size_t room = strlen(o->target) + 16;
    if (!(o->temporary = malloc(room)))
        return mm_no_memory(error);
    const char *slash = strrchr(o->target, '/');
    size_t folder = slash ? (size_t)(slash - o->target) + 1 : 0;
    snprintf(o->temporary, room, "%.*s.%s.XXXXXX", (int)folder, o->target, o->target + folder);
    if (open_temporary(o, folder, old ? 0600 : 0666) && (!old || keep_mode(o->fd, old)))
        return MM_OK;
    int code = mm_fail(error, MM_FAILURE, "cannot open '%s' for writing:", o->name);
    if (o->fd < 0) { /* there is nothing to remove */
        free(o->temporary);
        o->temporary = NULL;
    }
    return code;
}

int mm_output_open(mm_output *o, const char *path, bool binary, mm_error *error)
{
    *o = (mm_output){.fd = -1};
    if (!path || strcmp(path, "-") == 0)
        return open_stdout(o, path != NULL, binary, error);
    struct stat st;
    bool old = stat(path, &st) == 0;
    o->name = path;
    if (!(o->target = mm_output_target(path, error)))
        return error->code;
    int code = MM_OK;
    if (!old || S_ISREG(st.st_mode))
        code = open_beside(o, old ? &st : NULL, error);
    else if ((o->fd = open(path, O_WRONLY | O_CLOEXEC)) < 0)
        code = mm_fail(error, MM_FAILURE, "cannot open '%s' for writing:", path);
    if (code)
        mm_output_abort(o);
    return code;
}

/* Keeps the reason of a failure: stdio tells of it only later, without it. */
static ssize_t write_bytes(void *output, const char *bytes, size_t n)
{
    mm_output *o = output;
    if (o->failure.code || mm_bytes_write(o->fd, bytes, n, o->name, &o->failure))
        return 0;
    return (ssize_t)n;
}

FILE *mm_output_file(mm_output *o, mm_error *error)
{
    if (!o->file && !(o->file = fopencookie(o, "w", (cookie_io_functions_t){.write = write_bytes})))
        mm_no_memory(error);
    return o->file;
}

static int write_failure(mm_output *o, mm_error *error)
{
    int code = o->failure.code ? mm_fail(error, o->failure.code, "%s", o->failure.text)
                               : mm_fail(error, MM_FAILURE, "cannot write '%s':", o->name);
    mm_output_abort(o);
    return code;
}

/* Ends the stdio stream, whose descriptor stays open. */
static bool end_file(mm_output *o)
{
    bool good = !o->file || (fclose(o->file) == 0 && !o->failure.code);
    o->file = NULL;
    return good;
}

int mm_output_close(mm_output *o, mm_error *error)
{
    bool good = end_file(o);
    if (good && o->temporary)
        good = fsync(o->fd) == 0 || errno == EINVAL;
    if (good && o->nameless)
        good = give_name(o);
    if (good) {
        /* A pipe or file behind standard output may report a full disk only now. */
        good = close(o->fd) == 0;
        o->fd = -1;
    }
    return good ? MM_OK : write_failure(o, error);
}

int mm_output_commit(mm_output *o, mm_error *error)
{
    int code = o->file || o->fd >= 0 ? mm_output_close(o, error) : MM_OK;
    if (code)
        return code;
    if (o->temporary && rename(o->temporary, o->target) != 0)
        return write_failure(o, error);
    if (o->temporary)
        forget(o->temporary);
    free(o->temporary);
    free(o->target);
    *o = (mm_output){.fd = -1};
    return MM_OK;
}

void mm_output_abort(mm_output *o)
{
    if (o->temporary && !o->nameless) {
        unlink(o->temporary);
        forget(o->temporary);
    }
    end_file(o);
    if (o->fd >= 0 && !o->to_stdout)
        close(o->fd);
    free(o->temporary);
    free(o->target);
    *o = (mm_output){.fd = -1};
}

int mm_output_text(const char *path, const char *text, size_t bytes, mm_error *error)
{
    mm_output output;
    int code = mm_output_open(&output, path, false, error);
    FILE *out = code ? NULL : mm_output_file(&output, error);
    if (!code && !out)
        code = error->code;
    if (!code) {
        fwrite(text, 1, bytes, out); /* the commit sees an error */
        code = mm_output_commit(&output, error);
    }
    mm_output_abort(&output);
    return code;
}
