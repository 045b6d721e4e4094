/* A stand-in for CUDA's runtime on machines without a card, for tests: memory is the host's and everything is done at
 * once, or recorded and replayed (record.h). As on a card, what allocates or waits fails while recording. Only what
 * common/nn/cuda/device.c calls.
 *
 * Two variables of the environment make a poor card of it: MM_TEST_CARD_BYTES is all the memory that it has, and after
 * MM_TEST_CARD_COPIES transfers it is lost, as a card that has fallen off its bus. */
#ifndef MM_TESTS_SUPPORT_CUDA_HOST_CUDA_RUNTIME_API_H
#define MM_TESTS_SUPPORT_CUDA_HOST_CUDA_RUNTIME_API_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/cuda_host/record.h"

typedef enum { cudaSuccess, cudaErrorMemoryAllocation = 2, cudaErrorDeviceUnavailable = 46, cudaErrorNotSupported = 801,
               cudaErrorStreamCaptureUnsupported = 900 } cudaError_t;
enum { cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost, cudaEventDisableTiming, cudaStreamNonBlocking,
       cudaStreamCaptureModeThreadLocal };
typedef void *cudaStream_t, *cudaEvent_t, *cudaGraph_t, *cudaGraphExec_t;
struct cudaDeviceProp {
    char name[256];
    int major;
};

static inline const char *cudaGetErrorString(cudaError_t status)
{
    return status == cudaErrorDeviceUnavailable ? "the card is lost" : status ? "failed" : "done";
}
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

static inline size_t mm_test_variable(const char *name)
{
    const char *text = getenv(name);
    return text ? (size_t)strtoull(text, NULL, 10) : (size_t)-1 / 4;
}

/* Bytes that are given out (more is negative), as of after the change. */
static inline size_t mm_test_card_used(size_t more)
{
    static size_t used;
    return used += more;
}

static inline cudaError_t cudaMemGetInfo(size_t *left, size_t *all)
{
    *all = mm_test_variable("MM_TEST_CARD_BYTES");
    *left = *all - mm_test_card_used(0);
    return cudaSuccess;
}

static inline cudaError_t cudaMallocHost(void **memory, size_t bytes)
{
    if (mm_host_recording())
        return cudaErrorStreamCaptureUnsupported;
    *memory = aligned_alloc(256, (bytes + 255) / 256 * 256);
    return *memory ? cudaSuccess : cudaErrorMemoryAllocation;
}
static inline cudaError_t cudaFreeHost(void *memory) { return free(memory), cudaSuccess; }

/* Its size lies before it. */
static inline cudaError_t cudaMalloc(void **memory, size_t bytes)
{
    size_t left, all, whole = (bytes + 511) / 256 * 256;
    char *p = NULL;
    cudaMemGetInfo(&left, &all);
    if (whole > left || cudaMallocHost((void **)&p, whole))
        return cudaErrorMemoryAllocation;
    memset(p, 0xa5, whole); /* as a card's memory, it holds anything */
    memcpy(p, &whole, sizeof whole);
    mm_test_card_used(whole);
    *memory = p + 256;
    return cudaSuccess;
}

static inline cudaError_t cudaFree(void *memory)
{
    size_t whole;
    memcpy(&whole, (char *)memory - 256, sizeof whole);
    mm_test_card_used(0 - whole);
    return free((char *)memory - 256), cudaSuccess;
}

/* A copy, or with from = NULL a filling. */
typedef struct mm_host_move {
    void *to;
    const void *from;
    size_t bytes;
    int value;
} mm_host_move;

static inline void mm_host_run_move(void *work)
{
    const mm_host_move *m = (const mm_host_move *)work;
    if (m->from)
        memcpy(m->to, m->from, m->bytes);
    else
        memset(m->to, m->value, m->bytes);
}

static inline cudaError_t mm_host_moved(void *to, const void *from, size_t bytes, int value)
{
    mm_host_move *m = (mm_host_move *)malloc(sizeof *m);
    if (!m)
        return cudaErrorMemoryAllocation;
    *m = (mm_host_move){to, from, bytes, value};
    mm_host_do(mm_host_run_move, free, m);
    return cudaSuccess;
}

static inline cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, int kind, cudaStream_t stream)
{
    static size_t copies;
    (void)kind;
    (void)stream;
    if (++copies > mm_test_variable("MM_TEST_CARD_COPIES"))
        return cudaErrorDeviceUnavailable;
    return mm_host_moved(to, from, bytes, 0);
}
static inline cudaError_t cudaMemsetAsync(void *to, int value, size_t bytes, cudaStream_t stream)
{
    (void)stream;
    return mm_host_moved(to, NULL, bytes, value);
}

static inline cudaError_t cudaStreamCreateWithFlags(cudaStream_t *s, int f) { return (void)f, *s = NULL, cudaSuccess; }
static inline cudaError_t cudaStreamDestroy(cudaStream_t s) { return (void)s, cudaSuccess; }
static inline cudaError_t mm_host_wait(void) { return mm_host_recording() ? cudaErrorStreamCaptureUnsupported : cudaSuccess; }
static inline cudaError_t cudaStreamSynchronize(cudaStream_t s) { return (void)s, mm_host_wait(); }
static inline cudaError_t cudaEventCreateWithFlags(cudaEvent_t *e, int f) { return (void)f, *e = NULL, cudaSuccess; }
static inline cudaError_t cudaEventDestroy(cudaEvent_t e) { return (void)e, cudaSuccess; }
static inline cudaError_t cudaEventRecord(cudaEvent_t e, cudaStream_t s) { return (void)e, (void)s, cudaSuccess; }
static inline cudaError_t cudaEventSynchronize(cudaEvent_t e) { return (void)e, mm_host_wait(); }
static inline cudaError_t cudaStreamWaitEvent(cudaStream_t s, cudaEvent_t e, unsigned f) { return (void)s, (void)e, (void)f, cudaSuccess; }

static inline cudaError_t cudaStreamBeginCapture(cudaStream_t s, int m)
{
    return (void)s, (void)m, mm_host_begin() ? cudaSuccess : cudaErrorStreamCaptureUnsupported;
}
static inline cudaError_t cudaStreamEndCapture(cudaStream_t s, cudaGraph_t *g)
{
    return (void)s, *g = mm_host_end(), *g ? cudaSuccess : cudaErrorStreamCaptureUnsupported;
}
static inline cudaError_t cudaGraphInstantiate(cudaGraphExec_t *x, cudaGraph_t g, int f) { return (void)f, *x = g, cudaSuccess; }
static inline cudaError_t cudaGraphDestroy(cudaGraph_t g) { return (void)g, cudaSuccess; } /* is the executable one now */
static inline cudaError_t cudaGraphExecDestroy(cudaGraphExec_t x) { return mm_host_forget(x), cudaSuccess; }
static inline cudaError_t cudaGraphLaunch(cudaGraphExec_t x, cudaStream_t s) { return (void)s, mm_host_replay(x), cudaSuccess; }

#endif
