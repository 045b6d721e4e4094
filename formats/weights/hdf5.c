/* HDF5 files read in a process apart: see hdf5.h; what goes through the pipe between the two is in hdf5_walk.h. */
#include "formats/weights/hdf5.h"

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "formats/weights/hdf5_walk.h"
#include "common/base/limits.h"

int mm_hdf5_read(mm_weights *w, const void *bytes, size_t n, const char *skip, const char *name, mm_error *error)
{
    int ends[2], code = 0;
    if (pipe(ends))
        return mm_fail(error, MM_FAILURE, "cannot open a pipe for '%s':", name);
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        /* The library's copy of the file, an array, and what it needs for itself; far more time than it takes. */
        mm_limit_process(2 * n + mm_hdf5_allowance(n), 10 + n / 1000000);
        mm_hdf5_send(ends[1], bytes, n, skip, name);
        _exit(0);
    }
    close(ends[1]);
    if (pid < 0)
        code = mm_fail(error, MM_FAILURE, "cannot start a process for '%s':", name);
    if (!code)
        code = mm_hdf5_receive(w, ends[0], n, name, error);
    close(ends[0]);
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    return code;
}
