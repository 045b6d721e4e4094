/* Sums over several processes, each with a card: by NCCL, on its own stream, while operations run. NCCL is opened at run time;
 * neither building nor running needs it. If a rank has no NCCL, all ranks sum through the host: pinned memory and mm_group.sum.
 *
 * One communicator and one stream carry all sums in the order of the calls, which is the same on all ranks, so there can be no
 * deadlock. Nothing here is recorded in a CUDA graph: NCCL requires that all ranks record, or that none does, and ranks whose last
 * batches differ would not agree. */
#include "common/nn/cuda/cuda.h"
#include "common/base/plugin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cuda_runtime_api.h>

/* Of NCCL's public interface, version 2, as much as is used: its results are 0 when all went well. */
typedef struct nccl_id {
    char bytes[128];
} nccl_id;
enum { NCCL_FLOAT32 = 7, NCCL_FLOAT64 = 8, NCCL_SUM = 0 };

typedef struct nccl {
    int (*version)(int *version);
    const char *(*error)(int result);
    int (*new_id)(nccl_id *id);
    int (*join)(void **communicator, int size, nccl_id id, int rank);
    int (*leave)(void *communicator);
    int (*sum)(const void *from, void *to, size_t count, int type, int op, void *communicator, cudaStream_t stream);
} nccl;

enum { PART = 4 << 20 }; /* bytes that go over the host at once */

struct cuda_ranks {
    nccl nccl;
    void *communicator;  /* NULL: over the host */
    cudaStream_t stream; /* of NCCL's sums */
    cudaEvent_t before, after;
    char *pinned;
};

static int nccl_failed(const nccl *n, int result, const char *what, mm_error *error)
{
    return mm_fail(error, MM_FAILURE, "NCCL: %s: %s (NCCL_DEBUG=WARN says more)", what, n->error(result));
}

/* Returns NCCL's version number; 0 if there is no NCCL, and `why` then says so. */
static int open_nccl(nccl *n, char *why, size_t room)
{
    const mm_symbol wanted[] = {
        {"ncclGetVersion", &n->version}, {"ncclGetErrorString", &n->error}, {"ncclGetUniqueId", &n->new_id},
        {"ncclCommInitRank", &n->join},  {"ncclCommDestroy", &n->leave},    {"ncclAllReduce", &n->sum}};
    int version = 0;
    if (!mm_plugin_symbols("libnccl.so.2", wanted, sizeof wanted / sizeof *wanted, why, room))
        return 0;
    if (n->version(&version) || version < 2000) {
        snprintf(why, room, "libnccl.so.2 does not tell its version");
        version = 0;
    }
    return version;
}

/* Whether all ranks have NCCL, of one version. */
static int all_have(mm_group *group, int version, bool *all, char *why, size_t room, mm_error *error)
{
    int first = version;
    if (group->spread(group, &first, sizeof first, error))
        return error->code;
    double sums[2] = {version > 0, version > 0 && version == first}, size = (double)group->size;
    if (group->sum(group, sums, 2, MM_F64, error))
        return error->code;
    *all = sums[1] == size;
    if (!*all && version)
        snprintf(why, room, "%s", sums[0] < size ? "not all ranks have libnccl.so.2" : "libnccl.so.2 is not of the same version on all ranks");
    return MM_OK;
}

static int meet(cuda_device *d, mm_error *error)
{
    if (d->ranks)
        return MM_OK;
    d->ranks = calloc(1, sizeof *d->ranks);
    return d->ranks ? MM_OK : mm_no_memory(error);
}

static int connect_nccl(cuda_ranks *r, mm_group *group, mm_error *error)
{
    nccl_id id;
    int result;
    memset(&id, 0, sizeof id);
    if (group->rank == 0 && (result = r->nccl.new_id(&id)))
        return nccl_failed(&r->nccl, result, "a name for the ranks", error);
    if (group->spread(group, &id, sizeof id, error))
        return error->code;
    result = r->nccl.join(&r->communicator, (int)group->size, id, (int)group->rank);
    if (result) {
        r->communicator = NULL;
        return nccl_failed(&r->nccl, result, "joining the ranks, each of which wants a card of its own", error);
    }
    if (cuda_check(cudaStreamCreateWithFlags(&r->stream, cudaStreamNonBlocking), "stream", error) ||
        cuda_check(cudaEventCreateWithFlags(&r->before, cudaEventDisableTiming), "event", error) ||
        cuda_check(cudaEventCreateWithFlags(&r->after, cudaEventDisableTiming), "event", error))
        return error->code;
    return MM_OK;
}

int cuda_join(mm_device *device, mm_group *group, char *how, size_t room, mm_error *error)
{
    cuda_device *d = (cuda_device *)device;
    char why[400] = "";
    bool all = false;
    if (meet(d, error))
        return error->code;
    int version = open_nccl(&d->ranks->nccl, why, sizeof why);
    if (all_have(group, version, &all, why, sizeof why, error))
        return error->code;
    if (!all) {
        snprintf(how, room, "MPI, through the memory of the host, which is slow (without NCCL: %s)", why);
        return MM_OK;
    }
    int major = version < 10000 ? 1000 : 10000; /* the way it counts changed with 2.9 */
    snprintf(how, room, "NCCL %d.%d.%d", version / major, version % major / 100, version % 100);
    return connect_nccl(d->ranks, group, error);
}

/* There and back in parts. In stream order: a part leaves the pinned memory before the next one enters it. */
static int over_host(cuda_device *d, mm_group *group, char *numbers, size_t count, mm_dtype dtype, mm_error *error)
{
    const size_t width = mm_dtype_size(dtype), most = PART / width;
    char **pinned = &d->ranks->pinned;
    if (!*pinned && cuda_check(cudaMallocHost((void **)pinned, PART), "pinned memory", error))
        return error->code;
    for (size_t at = 0; at < count; at += most) {
        size_t n = count - at < most ? count - at : most;
        char *part = numbers + at * width;
        if (cuda_check(cudaMemcpyAsync(*pinned, part, n * width, cudaMemcpyDeviceToHost, d->stream), "sum over the ranks", error) ||
            cuda_check(cudaStreamSynchronize(d->stream), "sum over the ranks", error) || group->sum(group, *pinned, n, dtype, error) ||
            cuda_check(cudaMemcpyAsync(part, *pinned, n * width, cudaMemcpyHostToDevice, d->stream), "sum over the ranks", error))
            return error->code;
    }
    return MM_OK;
}

int cuda_sum(mm_device *device, mm_group *group, void *numbers, size_t count, mm_dtype dtype, mm_error *error)
{
    cuda_device *d = (cuda_device *)device;
    if (meet(d, error))
        return error->code;
    cuda_ranks *r = d->ranks;
    if (!r->communicator)
        return over_host(d, group, numbers, count, dtype, error);
    if (cuda_check(cudaEventRecord(r->before, d->stream), "event", error) ||
        cuda_check(cudaStreamWaitEvent(r->stream, r->before, 0), "event", error))
        return error->code;
    int result = r->nccl.sum(numbers, numbers, count, dtype == MM_F64 ? NCCL_FLOAT64 : NCCL_FLOAT32, NCCL_SUM, r->communicator, r->stream);
    return result ? nccl_failed(&r->nccl, result, "sum over the ranks", error) : MM_OK;
}

int cuda_summed(mm_device *device, mm_error *error)
{
    cuda_device *d = (cuda_device *)device;
    cuda_ranks *r = d->ranks;
    if (!r || !r->communicator) /* done already */
        return MM_OK;
    if (cuda_check(cudaEventRecord(r->after, r->stream), "event", error) ||
        cuda_check(cudaStreamWaitEvent(d->stream, r->after, 0), "event", error))
        return error->code;
    return MM_OK;
}

void cuda_leave(cuda_device *d)
{
    cuda_ranks *r = d->ranks;
    if (!r)
        return;
    if (r->stream)
        cudaStreamSynchronize(r->stream);
    if (r->communicator)
        r->nccl.leave(r->communicator);
    if (r->before)
        cudaEventDestroy(r->before);
    if (r->after)
        cudaEventDestroy(r->after);
    if (r->stream)
        cudaStreamDestroy(r->stream);
    if (r->pinned)
        cudaFreeHost(r->pinned);
    free(r);
    d->ranks = NULL;
}
