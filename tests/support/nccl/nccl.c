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

typedef struct id {
    char path[128];
} id;

enum { RANKS = 8, ROOM = 1 << 20 };

typedef struct shared {
    pthread_barrier_t barrier;
    int ready;
    double part[RANKS][ROOM / sizeof(double)];
} shared;

typedef struct communicator {
    shared *all;
    int rank, size;
    FILE *log;
    char path[128];
} communicator;

int ncclGetVersion(int *version);
const char *ncclGetErrorString(int result);
int ncclGetUniqueId(id *name);
int ncclCommInitRank(communicator **out, int size, id name, int rank);
int ncclCommDestroy(communicator *c);
int ncclAllReduce(const void *from, void *to, size_t count, int type, int op, communicator *c, void *stream);

int ncclGetVersion(int *version) { return *version = 22105, 0; }
const char *ncclGetErrorString(int result) { return result == 4 ? "invalid argument" : "system error"; }

int ncclGetUniqueId(id *name)
{
    shared *all;
    snprintf(name->path, sizeof name->path, "%s/fake-nccl-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    int fd = mkstemp(name->path);
    if (fd < 0 || ftruncate(fd, sizeof *all))
        return 2;
    close(fd);
    return 0;
}

int ncclCommInitRank(communicator **out, int size, id name, int rank)
{
    communicator *c = calloc(1, sizeof *c);
    int fd = open(name.path, O_RDWR);
    if (!c || fd < 0 || size > RANKS)
        return 2;
    c->all = mmap(NULL, sizeof *c->all, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (c->all == MAP_FAILED)
        return 2;
    c->rank = rank;
    c->size = size;
    memcpy(c->path, name.path, sizeof c->path);
    if (rank == 0) {
        pthread_barrierattr_t shared_by_processes;
        pthread_barrierattr_init(&shared_by_processes);
        pthread_barrierattr_setpshared(&shared_by_processes, PTHREAD_PROCESS_SHARED);
        pthread_barrier_init(&c->all->barrier, &shared_by_processes, (unsigned)size);
        __atomic_store_n(&c->all->ready, 1, __ATOMIC_RELEASE);
    }
    while (!__atomic_load_n(&c->all->ready, __ATOMIC_ACQUIRE))
        usleep(1000);
    pthread_barrier_wait(&c->all->barrier);
    if (rank == 0)
        unlink(c->path);
    if (getenv("FAKE_NCCL_LOG")) {
        char log[1000];
        snprintf(log, sizeof log, "%s.%d", getenv("FAKE_NCCL_LOG"), rank);
        c->log = fopen(log, "w");
    }
    *out = c;
    return 0;
}

int ncclCommDestroy(communicator *c)
{
    munmap(c->all, sizeof *c->all);
    if (c->log)
        fclose(c->log);
    free(c);
    return 0;
}

static void add_up(communicator *c, size_t n, int f64, void *to)
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

int ncclAllReduce(const void *from, void *to, size_t count, int type, int op, communicator *c, void *stream)
{
    const size_t width = type == 8 ? 8 : 4, most = ROOM / width;
    (void)stream;
    if ((type != 7 && type != 8) || op != 0)
        return 4;
    if (c->log)
        fprintf(c->log, "%zu %s\n", count, type == 8 ? "f64" : "f32");
    for (size_t at = 0; at < count; at += most) {
        size_t n = count - at < most ? count - at : most;
        memcpy(c->all->part[c->rank], (const char *)from + at * width, n * width);
        pthread_barrier_wait(&c->all->barrier);
        add_up(c, n, type == 8, (char *)to + at * width);
        pthread_barrier_wait(&c->all->barrier);
    }
    return 0;
}
