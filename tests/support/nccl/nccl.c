/* A stand-in for NCCL on machines without cards, for tests of what uses it: the few calls that common/nn/cuda/ranks.c makes,
 * between processes of one machine, through a file that all of them map. Sums are formed in the order of the ranks, at once.
 * With FAKE_NCCL_LOG=NAME each rank writes to NAME.RANK what it was asked for, a line for each sum. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#if __has_include(<nccl.h>) /* then the compiler holds this against the real interface */
#include <nccl.h>
#else
typedef struct ncclComm *ncclComm_t;
typedef struct ncclUniqueId {
    char internal[128];
} ncclUniqueId;
typedef enum { ncclSuccess, ncclSystemError = 2, ncclInvalidArgument = 4 } ncclResult_t;
typedef enum { ncclSum } ncclRedOp_t;
typedef enum { ncclFloat32 = 7, ncclFloat64 = 8 } ncclDataType_t;
typedef void *cudaStream_t;
ncclResult_t ncclGetVersion(int *version);
const char *ncclGetErrorString(ncclResult_t result);
ncclResult_t ncclGetUniqueId(ncclUniqueId *id);
ncclResult_t ncclCommInitRank(ncclComm_t *out, int size, ncclUniqueId id, int rank);
ncclResult_t ncclCommDestroy(ncclComm_t c);
ncclResult_t ncclAllReduce(const void *from, void *to, size_t count, ncclDataType_t type, ncclRedOp_t op, ncclComm_t c,
                           cudaStream_t stream);
#endif

enum { RANKS = 8, ROOM = 1 << 20 };

typedef struct shared {
    pthread_barrier_t barrier;
    int ready;
    double part[RANKS][ROOM / sizeof(double)];
} shared;

struct ncclComm {
    shared *all;
    int rank, size;
    FILE *log;
};

ncclResult_t ncclGetVersion(int *version) { return *version = 22105, ncclSuccess; }
const char *ncclGetErrorString(ncclResult_t result) { return result == ncclInvalidArgument ? "invalid argument" : "system error"; }

ncclResult_t ncclGetUniqueId(ncclUniqueId *id)
{
    char *path = id->internal;
    snprintf(path, sizeof id->internal, "/tmp/fake-nccl-XXXXXX");
    int fd = mkstemp(path);
    if (fd < 0 || ftruncate(fd, sizeof(shared)))
        return ncclSystemError;
    close(fd);
    return ncclSuccess;
}

static void make_barrier(shared *all, int size)
{
    pthread_barrierattr_t a;
    pthread_barrierattr_init(&a);
    pthread_barrierattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
    pthread_barrier_init(&all->barrier, &a, (unsigned)size);
    __atomic_store_n(&all->ready, 1, __ATOMIC_RELEASE);
}

ncclResult_t ncclCommInitRank(ncclComm_t *out, int size, ncclUniqueId id, int rank)
{
    struct ncclComm *c = calloc(1, sizeof *c);
    char log[1000];
    int fd = open(id.internal, O_RDWR);
    if (!c || fd < 0 || size > RANKS)
        return ncclSystemError;
    *c = (struct ncclComm){mmap(NULL, sizeof *c->all, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), rank, size, NULL};
    close(fd);
    if (c->all == MAP_FAILED)
        return ncclSystemError;
    if (rank == 0)
        make_barrier(c->all, size);
    while (!__atomic_load_n(&c->all->ready, __ATOMIC_ACQUIRE))
        usleep(1000);
    pthread_barrier_wait(&c->all->barrier); /* all have it open */
    if (rank == 0)
        unlink(id.internal);
    if (getenv("FAKE_NCCL_LOG")) {
        snprintf(log, sizeof log, "%s.%d", getenv("FAKE_NCCL_LOG"), rank);
        c->log = fopen(log, "w");
    }
    *out = c;
    return ncclSuccess;
}

ncclResult_t ncclCommDestroy(ncclComm_t c)
{
    munmap(c->all, sizeof *c->all);
    if (c->log)
        fclose(c->log);
    free(c);
    return ncclSuccess;
}

static void add_up(const struct ncclComm *c, size_t n, int f64, void *to)
{
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (int r = 0; r < c->size; r++)
            sum += f64 ? c->all->part[r][i] : (double)((float *)c->all->part[r])[i];
        if (f64)
            ((double *)to)[i] = sum;
        else
            ((float *)to)[i] = (float)sum;
    }
}

ncclResult_t ncclAllReduce(const void *from, void *to, size_t count, ncclDataType_t type, ncclRedOp_t op, ncclComm_t c,
                           cudaStream_t stream)
{
    const int f64 = type == ncclFloat64;
    const size_t width = f64 ? 8 : 4, most = ROOM / width;
    (void)stream;
    if ((!f64 && type != ncclFloat32) || op != ncclSum)
        return ncclInvalidArgument;
    if (c->log)
        fprintf(c->log, "%zu %s\n", count, f64 ? "f64" : "f32");
    for (size_t at = 0; at < count; at += most) {
        size_t n = count - at < most ? count - at : most;
        memcpy(c->all->part[c->rank], (const char *)from + at * width, n * width);
        pthread_barrier_wait(&c->all->barrier);
        add_up(c, n, f64, (char *)to + at * width);
        pthread_barrier_wait(&c->all->barrier);
    }
    return ncclSuccess;
}
