/* Status codes of the CUDA runtime as errors. */
#include <cuda_runtime_api.h>

#include "common/nn/cuda/cuda.h"

int cuda_check(int status, const char *what, mm_error *error)
{
    return status == cudaSuccess ? 0 : mm_fail(error, MM_FAILURE, "CUDA: %s: %s", what, cudaGetErrorString((cudaError_t)status));
}

int cuda_launched(mm_error *error) { return cuda_check(cudaGetLastError(), "launch", error); }
