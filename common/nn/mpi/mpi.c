/* A group of processes by MPI: a plugin, the only file that knows MPI. See group.h. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/nn/mpi/plugin.h"

/* Numbers of one message: MPI counts in int. */
static const size_t most = (size_t)1 << 24;

static int failed(const char *what, int code, mm_error *error)
{
    char text[MPI_MAX_ERROR_STRING] = "";
    int n = 0;
    MPI_Error_string(code, text, &n);
    return mm_fail(error, MM_FAILURE, "MPI: %s: %.200s", what, text);
}

/* Added up at one place and sent out from there: all ranks get the same bits, which MPI_Allreduce does not promise. */
static int sum(mm_group *group, void *numbers, size_t count, mm_dtype dtype, mm_error *error)
{
    const size_t width = mm_dtype_size(dtype);
    MPI_Datatype type = dtype == MM_F64 ? MPI_DOUBLE : MPI_FLOAT;
    for (size_t at = 0; at < count; at += most) {
        char *part = (char *)numbers + at * width;
        int n = (int)(count - at < most ? count - at : most);
        int code = MPI_Reduce(group->rank ? part : MPI_IN_PLACE, part, n, type, MPI_SUM, 0, MPI_COMM_WORLD);
        if (!code)
            code = MPI_Bcast(part, n, type, 0, MPI_COMM_WORLD);
        if (code)
            return failed("sum over the ranks", code, error);
    }
    return MM_OK;
}

static int spread(mm_group *group, void *bytes, size_t count, mm_error *error)
{
    (void)group;
    for (size_t at = 0; at < count; at += most) {
        int n = (int)(count - at < most ? count - at : most);
        int code = MPI_Bcast((char *)bytes + at, n, MPI_BYTE, 0, MPI_COMM_WORLD);
        if (code)
            return failed("message to all ranks", code, error);
    }
    return MM_OK;
}

static void leave(mm_group *group, int code)
{
    fflush(NULL);
    if (code)
        MPI_Abort(MPI_COMM_WORLD, code);
    MPI_Barrier(MPI_COMM_WORLD); /* a launcher ends all when the first one ends with an error */
    MPI_Finalize();
    free(group);
}

int mm_mpi_join(int version, mm_group **group, mm_error *error)
{
    int rank, size, code, have;
    if (version != MM_MPI_PLUGIN_VERSION)
        return mm_fail(error, MM_FAILURE, "the MPI plugin is of another version");
    mm_group *g = calloc(1, sizeof *g);
    if (!g)
        return mm_no_memory(error);
    /* Data is read by a thread of its own, which never calls MPI. */
    code = MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &have);
    if (!code)
        code = MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    if (!code)
        code = MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    if (!code)
        code = MPI_Comm_size(MPI_COMM_WORLD, &size);
    if (code) {
        free(g);
        return failed("start", code, error);
    }
    *g = (mm_group){.rank = (size_t)rank, .size = (size_t)size, .sum = sum, .spread = spread, .leave = leave};
    *group = g;
    return MM_OK;
}
