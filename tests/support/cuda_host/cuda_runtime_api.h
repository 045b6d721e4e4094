/* A stand-in for CUDA's runtime on machines without a card, for tests: memory is the host's and everything is done at
 * once. Only what common/nn/cuda/device.c calls. Recording is told apart from running: what is recorded is run then, and
 * a replay fails, so tests on this device must not record. */
#ifndef MM_CUDA_HOST_RUNTIME_H
#define MM_CUDA_HOST_RUNTIME_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum { cudaSuccess, cudaErrorMemoryAllocation = 2, cudaErrorNotSupported = 801 } cudaError_t;
enum { cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost, cudaEventDisableTiming, cudaStreamNonBlocking,
       cudaStreamCaptureModeThreadLocal };
typedef void *cudaStream_t, *cudaEvent_t, *cudaGraph_t, *cudaGraphExec_t;
struct cudaDeviceProp {
    char name[256];
    int major;
};

static inline const char *cudaGetErrorString(cudaError_t status) { return status ? "failed" : "done"; }
static inline cudaError_t cudaGetLastError(void) { return cudaSuccess; }
/* HOST_CARDS: how many cards there seem to be. */
static inline cudaError_t cudaGetDeviceCount(int *n)
{
    const char *cards = getenv("HOST_CARDS");
    return *n = cards ? (int)strtol(cards, NULL, 10) : 1, cudaSuccess;
}
static inline cudaError_t cudaSetDevice(int n) { return (void)n, cudaSuccess; }
static inline cudaError_t cudaGetDeviceProperties(struct cudaDeviceProp *p, int n)
{
    *p = (struct cudaDeviceProp){.major = 9};
    snprintf(p->name, sizeof p->name, "card %d of the host", n);
    return cudaSuccess;
}
static inline cudaError_t cudaMemGetInfo(size_t *left, size_t *all) { return *left = *all = 0, cudaSuccess; }

static inline cudaError_t cudaMalloc(void **memory, size_t bytes)
{
    *memory = aligned_alloc(256, (bytes + 255) / 256 * 256);
    if (*memory)
        memset(*memory, 0xa5, bytes); /* as a card's memory, it holds anything */
    return *memory ? cudaSuccess : cudaErrorMemoryAllocation;
}
static inline cudaError_t cudaMallocHost(void **memory, size_t bytes) { return cudaMalloc(memory, bytes); }
static inline cudaError_t cudaFree(void *memory) { return free(memory), cudaSuccess; }
static inline cudaError_t cudaFreeHost(void *memory) { return free(memory), cudaSuccess; }
static inline cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, int kind, cudaStream_t stream)
{
    (void)kind;
    (void)stream;
    memcpy(to, from, bytes);
    return cudaSuccess;
}
static inline cudaError_t cudaMemsetAsync(void *to, int value, size_t bytes, cudaStream_t stream)
{
    (void)stream;
    memset(to, value, bytes);
    return cudaSuccess;
}

static inline cudaError_t cudaStreamCreateWithFlags(cudaStream_t *s, int f) { return (void)f, *s = NULL, cudaSuccess; }
static inline cudaError_t cudaStreamDestroy(cudaStream_t s) { return (void)s, cudaSuccess; }
static inline cudaError_t cudaStreamSynchronize(cudaStream_t s) { return (void)s, cudaSuccess; }
static inline cudaError_t cudaEventCreateWithFlags(cudaEvent_t *e, int f) { return (void)f, *e = NULL, cudaSuccess; }
static inline cudaError_t cudaEventDestroy(cudaEvent_t e) { return (void)e, cudaSuccess; }
static inline cudaError_t cudaEventRecord(cudaEvent_t e, cudaStream_t s) { return (void)e, (void)s, cudaSuccess; }
static inline cudaError_t cudaStreamWaitEvent(cudaStream_t s, cudaEvent_t e, unsigned f) { return (void)s, (void)e, (void)f, cudaSuccess; }
static inline cudaError_t cudaEventSynchronize(cudaEvent_t e) { return (void)e, cudaSuccess; }

static inline cudaError_t cudaStreamBeginCapture(cudaStream_t s, int m) { return (void)s, (void)m, cudaErrorNotSupported; }
static inline cudaError_t cudaStreamEndCapture(cudaStream_t s, cudaGraph_t *g)
{
    return (void)s, *g = NULL, cudaErrorNotSupported;
}
static inline cudaError_t cudaGraphInstantiate(cudaGraphExec_t *x, cudaGraph_t g, int f)
{
    return (void)g, (void)f, *x = NULL, cudaErrorNotSupported;
}
static inline cudaError_t cudaGraphDestroy(cudaGraph_t g) { return (void)g, cudaSuccess; }
static inline cudaError_t cudaGraphExecDestroy(cudaGraphExec_t x) { return (void)x, cudaSuccess; }
static inline cudaError_t cudaGraphLaunch(cudaGraphExec_t x, cudaStream_t s)
{
    return (void)x, (void)s, cudaErrorNotSupported;
}

#endif
