/* The CUDA backend: the card, its memory, uploads through pinned buffers, recording into CUDA graphs, and the table. */
#include "common/nn/cuda/cuda.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cuda_runtime_api.h>

#include "common/base/grow.h"

/* ---- pinned memory for uploads ----
 *
 * A ring has two halves: bytes are copied into one while the card still reads the other. The host waits only when it is
 * two halves ahead. There is one for the stream of operations, and a larger one for the stream that brings input beside
 * them. */

enum { SMALL = 8 << 20, LARGE = 32 << 20 };

struct cuda_ring {
    char *half[2];
    cudaEvent_t read[2]; /* the card has read that half */
    size_t size, used;
    int at;
    mm_stream stream;
};

static void close_ring(cuda_ring *r)
{
    for (int i = 0; r && i < 2; i++) {
        if (r->half[i])
            cudaFreeHost(r->half[i]);
        if (r->read[i])
            cudaEventDestroy(r->read[i]);
    }
    free(r);
}

static int open_ring(cuda_ring **ring, mm_stream stream, size_t size, mm_error *error)
{
    cuda_ring *r = *ring = calloc(1, sizeof *r);
    if (!r)
        return mm_no_memory(error);
    r->size = size;
    r->stream = stream;
    for (int i = 0; i < 2; i++)
        if (cuda_check(cudaMallocHost((void **)&r->half[i], size), "pinned memory", error) ||
            cuda_check(cudaEventCreateWithFlags(&r->read[i], cudaEventDisableTiming), "event", error))
            return error->code;
    return 0;
}

static int bring(cuda_ring *r, void *to, const void *from, size_t bytes, mm_error *error)
{
    for (size_t done = 0, part; done < bytes; done += part) {
        if (r->used == r->size) {
            if (cuda_check(cudaEventRecord(r->read[r->at], r->stream), "event", error))
                return error->code;
            r->at = 1 - r->at;
            r->used = 0;
            if (cuda_check(cudaEventSynchronize(r->read[r->at]), "upload", error))
                return error->code;
        }
        part = bytes - done < r->size - r->used ? bytes - done : r->size - r->used;
        char *pinned = r->half[r->at] + r->used;
        memcpy(pinned, (const char *)from + done, part);
        if (cuda_check(cudaMemcpyAsync((char *)to + done, pinned, part, cudaMemcpyHostToDevice, r->stream), "upload", error))
            return error->code;
        r->used += part;
    }
    return 0;
}

static int upload(mm_device *device, void *to, const void *from, size_t bytes, mm_error *error)
{
    return bring(((cuda_device *)device)->ring, to, from, bytes, error);
}

static int ahead(mm_device *device, int slot, void *to, const void *from, size_t bytes, mm_error *error)
{
    cuda_device *d = (cuda_device *)device;
    if (cuda_check(cudaStreamWaitEvent(d->copies, d->used[slot], 0), "event", error))
        return error->code;
    return bring(d->ahead, to, from, bytes, error);
}

/* The copy stream keeps its order, so that its latest event stands for all before. */
static int arrived(mm_device *device, int slot, mm_error *error)
{
    cuda_device *d = (cuda_device *)device;
    (void)slot;
    if (cuda_check(cudaEventRecord(d->here, d->copies), "event", error))
        return error->code;
    return cuda_check(cudaStreamWaitEvent(d->stream, d->here, 0), "event", error);
}

static int used(mm_device *device, int slot, mm_error *error)
{
    cuda_device *d = (cuda_device *)device;
    return cuda_check(cudaEventRecord(d->used[slot], d->stream), "event", error);
}

/* ---- pinned memory for results ---- */

enum { RESULTS = 1 << 20 };

typedef struct result {
    void *to;
    size_t at, bytes;
} result;

struct cuda_results {
    char *pinned;
    size_t used;
    result *list; /* what waits to be handed out */
    size_t n, room;
};

static void close_results(cuda_results *r)
{
    if (r && r->pinned)
        cudaFreeHost(r->pinned);
    if (r)
        free(r->list);
    free(r);
}

static int open_results(cuda_device *d, mm_error *error)
{
    d->results = calloc(1, sizeof *d->results);
    return d->results ? cuda_check(cudaMallocHost((void **)&d->results->pinned, RESULTS), "pinned memory", error)
                      : mm_no_memory(error);
}

/* ---- memory ---- */

static int sync_device(mm_device *device, mm_error *error)
{
    cuda_device *d = (cuda_device *)device;
    cuda_results *r = d->results;
    int code = cuda_check(cudaStreamSynchronize(d->stream), "a step on the card", error);
    for (size_t i = 0; i < r->n && !code; i++)
        memcpy(r->list[i].to, r->pinned + r->list[i].at, r->list[i].bytes);
    r->n = r->used = 0;
    return code;
}

static int download(mm_device *device, void *to, const void *from, size_t bytes, mm_error *error)
{
    if (cuda_check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, ((cuda_device *)device)->stream), "download",
              error))
        return error->code;
    return sync_device(device, error);
}

static int fetch(mm_device *device, void *to, const void *from, size_t bytes, mm_error *error)
{
    cuda_device *d = (cuda_device *)device;
    cuda_results *r = d->results;
    const size_t padded = (bytes + 63) / 64 * 64;
    if (padded > RESULTS)
        return download(device, to, from, bytes, error);
    if (r->used + padded > RESULTS && sync_device(device, error))
        return error->code;
    if (mm_grow(&r->list, &r->room, r->n + 1, sizeof *r->list, error))
        return error->code;
    if (cuda_check(cudaMemcpyAsync(r->pinned + r->used, from, bytes, cudaMemcpyDeviceToHost, d->stream), "download", error))
        return error->code;
    r->list[r->n++] = (result){to, r->used, bytes};
    r->used += padded;
    return 0;
}

static int zero(mm_device *device, void *to, size_t bytes, mm_error *error)
{
    return cuda_check(cudaMemsetAsync(to, 0, bytes, ((cuda_device *)device)->stream), "clearing memory", error);
}

static void *allocate(mm_device *device, size_t bytes, mm_error *error)
{
    const double gib = 1.0 / ((size_t)1 << 30);
    void *memory = NULL;
    size_t available = 0, total = 0;
    cudaError_t status = cudaMalloc(&memory, bytes ? bytes : 64);
    if (status == cudaErrorMemoryAllocation) {
        cudaGetLastError(); /* it has been told */
        cudaMemGetInfo(&available, &total);
        device->refused = bytes;
        mm_fail(error, MM_FAILURE, "out of memory for %.2f GiB on card '%s' (%.2f of %.2f GiB are free)", (double)bytes * gib,
                ((cuda_device *)device)->name, (double)available * gib, (double)total * gib);
        return NULL;
    }
    if (cuda_check(status, "memory", error))
        return NULL;
    if (zero(device, memory, bytes ? bytes : 64, error)) {
        cudaFree(memory);
        return NULL;
    }
    return memory;
}

static size_t available_memory(mm_device *device)
{
    size_t available = 0, total = 0;
    (void)device;
    return cudaMemGetInfo(&available, &total) == cudaSuccess ? available : 0;
}

static void release_memory(mm_device *device, void *memory)
{
    cuda_device *d = (cuda_device *)device;
    if (memory && d->copies)
        cudaStreamSynchronize(d->copies); /* may be on the way there */
    if (memory)
        cudaFree(memory);
}

/* ---- recording ---- */

static int begin(mm_device *device, mm_error *error)
{
    return cuda_check(cudaStreamBeginCapture(((cuda_device *)device)->stream, cudaStreamCaptureModeThreadLocal), "recording",
                 error);
}

static int end(mm_device *device, void **recording, mm_error *error)
{
    cudaGraph_t graph = NULL;
    cudaGraphExec_t exec = NULL;
    int code = cuda_check(cudaStreamEndCapture(((cuda_device *)device)->stream, &graph), "recording", error);
    if (!code)
        code = cuda_check(cudaGraphInstantiate(&exec, graph, 0), "recording", error);
    if (graph)
        cudaGraphDestroy(graph);
    *recording = exec;
    return code;
}

static int replay(mm_device *device, void *recording, mm_error *error)
{
    return cuda_check(cudaGraphLaunch((cudaGraphExec_t)recording, ((cuda_device *)device)->stream), "a step on the card",
                 error);
}

static void forget(mm_device *device, void *recording)
{
    (void)device;
    cudaGraphExecDestroy((cudaGraphExec_t)recording);
}

/* ---- device ---- */

static void close_device(mm_device *device)
{
    cuda_device *d = (cuda_device *)device;
    if (!d)
        return;
    if (d->stream)
        cudaStreamSynchronize(d->stream);
    cuda_leave(d);
    if (d->copies)
        cudaStreamSynchronize(d->copies);
    cuda_plans_close(d);
    cuda_linears_close(d);
    close_ring(d->ring);
    close_ring(d->ahead);
    close_results(d->results);
    mm_event *const events[] = {&d->used[0], &d->used[1], &d->here};
    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        if (*events[i])
            cudaEventDestroy(*events[i]);
    if (d->copies)
        cudaStreamDestroy(d->copies);
    if (d->stream)
        cudaStreamDestroy(d->stream);
    while (d->formats) {
        cuda_format *next = d->formats->next;
        free(d->formats);
        d->formats = next;
    }
    free(d);
}

/* where: [N][,tf32][,atomics] */
static int parse(cuda_device *d, const char *where, mm_error *error)
{
    char *rest = (char *)where;
    if (where && *where >= '0' && *where <= '9')
        d->card = (int)strtol(where, &rest, 10);
    while (rest && *rest) {
        size_t n = strcspn(++rest, ",");
        if (rest[-1] == ',' && n == 4 && !strncmp(rest, "tf32", n))
            d->tf32 = true;
        else if (rest[-1] == ',' && n == 7 && !strncmp(rest, "atomics", n))
            d->atomics = true;
        else
            return mm_fail(error, MM_USAGE, "device 'cuda:%s': expected a card's number, optionally followed by ',tf32' or ',atomics'", where);
        rest += n;
    }
    return 0;
}

/* Card number d->card, or the nth, in turn. */
static int open_card(cuda_device *d, size_t nth, mm_error *error)
{
    int cards = 0;
    struct cudaDeviceProp properties;
    cudaError_t status = cudaGetDeviceCount(&cards);
    if (status != cudaSuccess || cards < 1)
        return mm_fail(error, MM_FAILURE, "no NVIDIA card: %s",
                       status == cudaSuccess ? "none found" : cudaGetErrorString(status));
    if (d->card < 0)
        d->card = (int)(nth % (size_t)cards);
    if (d->card >= cards)
        return mm_fail(error, MM_FAILURE, "device 'cuda:%d': there are %d cards, counted from 0", d->card, cards);
    if (cuda_check(cudaSetDevice(d->card), "opening the card", error) ||
        cuda_check(cudaGetDeviceProperties(&properties, d->card), "opening the card", error))
        return error->code;
    if (properties.major < 8)
        return mm_fail(error, MM_FAILURE, "card '%s' is too old: compute capability 8.0 is needed",
                       properties.name);
    snprintf(d->name, sizeof d->name, "%s", properties.name);
    d->base.description = d->name;
    return cuda_check(cudaStreamCreateWithFlags((cudaStream_t *)&d->stream, cudaStreamNonBlocking), "stream", error);
}

/* What moves bytes between the host and the card. */
static int open_transfers(cuda_device *d, mm_error *error)
{
    mm_event *const events[] = {&d->used[0], &d->used[1], &d->here};
    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        if (cuda_check(cudaEventCreateWithFlags((cudaEvent_t *)events[i], cudaEventDisableTiming), "event", error))
            return error->code;
    if (cuda_check(cudaStreamCreateWithFlags((cudaStream_t *)&d->copies, cudaStreamNonBlocking), "stream", error) ||
        open_ring(&d->ring, d->stream, SMALL, error) || open_ring(&d->ahead, d->copies, LARGE, error))
        return error->code;
    return open_results(d, error);
}

static int open_device(const char *where, size_t nth, size_t threads, mm_device **device, mm_error *error);

/* A card that is there lends its name, so that what its convolutions were found to need is known. */
static int imagine_device(const char *where, const mm_device *like, mm_device **device, mm_error *error)
{
    struct cudaDeviceProp properties;
    cuda_device *d = calloc(1, sizeof *d);
    if (!d)
        return mm_no_memory(error);
    d->base = (mm_device){.backend = mm_backend_cuda(), .threads = 1, .fast_bf16 = true, .description = d->name};
    int code = parse(d, where, error);
    if (like) {
        d->card = ((const cuda_device *)like)->card;
        d->tf32 = ((const cuda_device *)like)->tf32;
        d->atomics = ((const cuda_device *)like)->atomics;
    }
    if (cudaGetDeviceProperties(&properties, d->card) == cudaSuccess)
        snprintf(d->name, sizeof d->name, "%s", properties.name);
    if (!code)
        code = cuda_plans_imagine(d, error);
    if (code)
        close_device(&d->base);
    else
        *device = &d->base;
    return code;
}

const mm_backend *mm_backend_cuda(void)
{
    static const mm_backend table = {
        .name = "cuda", .groups = true, .open = open_device, .close = close_device, .alloc = allocate, .free = release_memory,
        .available = available_memory, .imagine = imagine_device,
        .upload = upload, .download = download, .fetch = fetch, .zero = zero,
        .ahead = ahead, .arrived = arrived, .used = used, .casts = cuda_casts, .sync = sync_device, .rows = cuda_rows,
        .activation = cuda_activation, .weights = cuda_weights, .prepare = cuda_prepare, .release = cuda_release,
        .run = cuda_run_op, .join = cuda_join, .sum = cuda_sum, .summed = cuda_summed, .begin = begin, .end = end,
        .replay = replay, .forget = forget,
    };
    return &table;
}

static int open_device(const char *where, size_t nth, size_t threads, mm_device **device, mm_error *error)
{
    (void)threads;
    cuda_device *d = calloc(1, sizeof *d);
    if (!d)
        return mm_no_memory(error);
    d->base = (mm_device){.backend = mm_backend_cuda(), .threads = 1, .fast_bf16 = true};
    d->card = -1;
    int code = parse(d, where, error);
    if (!code)
        code = open_card(d, nth, error);
    if (!code)
        code = open_transfers(d, error);
    if (!code)
        code = cuda_plans_open(d, error);
    if (!code)
        code = cuda_linears_open(d, error);
    if (code)
        close_device(&d->base);
    else
        *device = &d->base;
    return code;
}
