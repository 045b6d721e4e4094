/* Outputs that appear whole: see output.h. */
#include "common/base/output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* A file in the target's folder that has no name yet, so that a program killed by SIGKILL leaves nothing either. -1 where the
 * file system has no such files, or where there is no /proc to name it through. */
static int open_nameless(const char *target, size_t folder)
{
#ifdef O_TMPFILE
    char *name = folder ? strndup(target, folder) : strdup(".");
    int fd = name && access("/proc/self/fd", F_OK) == 0 ? open(name, O_TMPFILE | O_RDWR | O_CLOEXEC, 0666) : -1;
    free(name);
    return fd;
#else
    (void)target, (void)folder;
    return -1;
#endif
}

/* Gives it the temporary name, from which it is renamed: a link cannot take the place of a file that is there. */
static bool give_name(mm_output *o)
{
    char self[40], *place = o->temporary + strlen(o->temporary) - 6; /* XXXXXX */
    snprintf(self, sizeof self, "/proc/self/fd/%d", o->fd);
    for (unsigned i = 0; i < 1000000; i++) {
        snprintf(place, 7, "%06u", ((unsigned)getpid() + i) % 1000000);
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

int mm_output_open(mm_output *o, const char *path, bool binary, mm_error *error)
{
    *o = (mm_output){.fd = -1};
    if (!path || strcmp(path, "-") == 0)
        return open_stdout(o, path != NULL, binary, error);
    struct stat st;
    char *real = NULL;
    o->name = path;
    if (stat(path, &st) == 0) {
        if (!S_ISREG(st.st_mode)) {
            if ((o->fd = open(path, O_WRONLY | O_CLOEXEC)) < 0)
                return mm_fail(error, MM_FAILURE, "cannot open '%s' for writing:", path);
            return MM_OK;
        }
        real = realpath(path, NULL); /* a link stays a link to the new file */
    }
    o->target = real ? real : strdup(path);
    size_t room = o->target ? strlen(o->target) + 16 : 0;
    if (!o->target || !(o->temporary = malloc(room))) {
        mm_output_abort(o);
        return mm_no_memory(error);
    }
    const char *slash = strrchr(o->target, '/');
    size_t folder = slash ? (size_t)(slash - o->target) + 1 : 0;
    snprintf(o->temporary, room, "%.*s.%s.XXXXXX", (int)folder, o->target, o->target + folder);
    if ((o->fd = open_nameless(o->target, folder)) >= 0) {
        o->nameless = true;
        return MM_OK;
    }
    if ((o->fd = mkostemp(o->temporary, O_CLOEXEC)) < 0) {
        int code = mm_fail(error, MM_FAILURE, "cannot open '%s' for writing:", path);
        free(o->temporary);
        o->temporary = NULL;
        mm_output_abort(o);
        return code;
    }
    mode_t mask = umask(0);
    umask(mask);
    fchmod(o->fd, 0666 & ~mask);
    remember(o->temporary);
    return MM_OK;
}

FILE *mm_output_file(mm_output *o, mm_error *error)
{
    if (!o->file && !(o->file = o->to_stdout ? stdout : fdopen(o->fd, "w")))
        mm_fail(error, MM_FAILURE, "cannot open '%s' for writing:", o->name);
    return o->file;
}

static int write_failure(mm_output *o, mm_error *error)
{
    int code = mm_fail(error, MM_FAILURE, "cannot write '%s':", o->name);
    mm_output_abort(o);
    return code;
}

int mm_output_close(mm_output *o, mm_error *error)
{
    bool good = true;
    errno = 0;
    if (o->file)
        good = fflush(o->file) == 0 && !ferror(o->file);
    if (good && o->temporary)
        good = fsync(o->fd) == 0 || errno == EINVAL;
    if (good && o->nameless)
        good = give_name(o);
    if (good) {
        /* A pipe or file behind standard output may report a full disk only now. */
        int closed = o->file ? fclose(o->file) : close(o->fd);
        o->file = NULL;
        o->fd = -1;
        good = closed == 0;
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
    if (o->file && !o->to_stdout)
        fclose(o->file);
    else if (o->fd >= 0 && !o->to_stdout)
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
