/* Fully connected layers by cuBLASLt: one plan for each kind and shape, chosen by its heuristics at first use and kept as long as
 * the device. Everything is fp32; products are never rounded to TF32 here, since these are the last layer and its gradients. The
 * parts of a split sum are added up in one order, unless the device was opened with `atomics`.
 *
 * Our rows are cuBLAS's columns: x [n, in] is a matrix of in x n there, w [out, in] one of in x out. The same kernel adds the bias
 * of the forward. The gradient of the bias is computed in kernels_dense.cu, which adds up in one order.
 *
 * The library is opened only if there is a card, because opening it takes hundreds of megabytes. */
#include "common/nn/cuda/cuda.h"
#include "common/base/plugin.h"

#include <stdlib.h>
#include <string.h>

#include <cublasLt.h>

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
static const char library[] = "libcublasLt.so." TEXT(CUBLAS_VER_MAJOR);

/* What is used of it, by the names that it has there. */
#define FUNCTIONS(X)                                                                                                  \
    X(Create) X(Destroy) X(GetStatusString) X(Matmul) X(MatmulAlgoGetHeuristic) X(MatmulDescCreate) X(MatmulDescDestroy) \
    X(MatmulDescSetAttribute) X(MatmulPreferenceCreate) X(MatmulPreferenceDestroy) X(MatmulPreferenceSetAttribute)    \
    X(MatrixLayoutCreate) X(MatrixLayoutDestroy)

#define FIELD(name) __typeof__(cublasLt##name) *name;
typedef struct cublas {
    FUNCTIONS(FIELD)
} cublas;

struct cuda_linear {
    mm_op_kind kind;
    size_t n, in, out;
    cublasLtMatmulDesc_t product;
    cublasLtMatrixLayout_t a, b, c;
    cublasLtMatmulAlgo_t how;
    cuda_linear *next;
};

struct cuda_linears {
    cublas lt;
    cublasLtHandle_t handle;
    cuda_linear *first;
};

static int check(const cublas *lt, cublasStatus_t status, const char *what, mm_error *error)
{
    if (status == CUBLAS_STATUS_SUCCESS)
        return 0;
    return mm_fail(error, MM_FAILURE, "cuBLASLt: %s: %s", what, lt->GetStatusString(status));
}

static int open_library(cublas *lt, mm_error *error)
{
#define WANTED(name) {"cublasLt" #name, &lt->name},
    const mm_symbol wanted[] = {FUNCTIONS(WANTED)};
    char why[700];
    if (mm_plugin_symbols(library, wanted, sizeof wanted / sizeof *wanted, why, sizeof why))
        return 0;
    return mm_fail(error, MM_FAILURE, "cuBLASLt cannot be opened: %s", why);
}

int cuda_linears_open(cuda_device *d, mm_error *error)
{
    d->linears = calloc(1, sizeof *d->linears);
    if (!d->linears)
        return mm_no_memory(error);
    const cublas *lt = &d->linears->lt;
    if (open_library(&d->linears->lt, error))
        return error->code;
    return check(lt, lt->Create(&d->linears->handle), "opening the card", error);
}

static void forget(const cublas *lt, cuda_linear *l)
{
    if (l->product)
        lt->MatmulDescDestroy(l->product);
    cublasLtMatrixLayout_t const layouts[] = {l->a, l->b, l->c};
    for (size_t i = 0; i < 3; i++)
        if (layouts[i])
            lt->MatrixLayoutDestroy(layouts[i]);
    free(l);
}

void cuda_linears_close(cuda_device *d)
{
    if (!d->linears)
        return;
    while (d->linears->first) {
        cuda_linear *next = d->linears->first->next;
        forget(&d->linears->lt, d->linears->first);
        d->linears->first = next;
    }
    if (d->linears->handle)
        d->linears->lt.Destroy(d->linears->handle);
    free(d->linears);
    d->linears = NULL;
}

/* What is multiplied: y = w' x, dx = w dy, dw = x dy', columns throughout. */
static int describe(const cublas *lt, cuda_linear *l, mm_error *error)
{
    const bool forward = l->kind == MM_OP_FC, dw = l->kind == MM_OP_FC_DW;
    const cublasOperation_t turned = CUBLAS_OP_T;
    const cublasLtEpilogue_t bias = CUBLASLT_EPILOGUE_BIAS;
    const size_t a_columns = dw ? l->n : l->out, b_rows = forward ? l->in : l->out, c_rows = forward ? l->out : l->in,
                 c_columns = dw ? l->out : l->n;
    cublasStatus_t status = lt->MatmulDescCreate(&l->product, CUBLAS_COMPUTE_32F, CUDA_R_32F);
    if (!status && forward)
        status = lt->MatmulDescSetAttribute(l->product, CUBLASLT_MATMUL_DESC_TRANSA, &turned, sizeof turned);
    if (!status && forward)
        status = lt->MatmulDescSetAttribute(l->product, CUBLASLT_MATMUL_DESC_EPILOGUE, &bias, sizeof bias);
    if (!status && dw)
        status = lt->MatmulDescSetAttribute(l->product, CUBLASLT_MATMUL_DESC_TRANSB, &turned, sizeof turned);
    if (!status)
        status = lt->MatrixLayoutCreate(&l->a, CUDA_R_32F, l->in, a_columns, (int64_t)l->in);
    if (!status)
        status = lt->MatrixLayoutCreate(&l->b, CUDA_R_32F, b_rows, l->n, (int64_t)b_rows);
    if (!status)
        status = lt->MatrixLayoutCreate(&l->c, CUDA_R_32F, c_rows, c_columns, (int64_t)c_rows);
    return check(lt, status, "description", error);
}

/* The heuristics' first choice. */
static int choose(cuda_device *d, cuda_linear *l, mm_error *error)
{
    const cublas *lt = &d->linears->lt;
    const uint64_t workspace = CUDA_LINEAR_WORKSPACE;
    const uint32_t alignment = 64, in_order = CUBLASLT_REDUCTION_SCHEME_NONE | CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE,
                   reduction = d->atomics ? CUBLASLT_REDUCTION_SCHEME_MASK : in_order;
    const struct {
        cublasLtMatmulPreferenceAttributes_t name;
        const void *value;
        size_t size;
    } wishes[] = {{CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &workspace, sizeof workspace},
                  {CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, &reduction, sizeof reduction},
                  {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, &alignment, sizeof alignment},
                  {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, &alignment, sizeof alignment},
                  {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, &alignment, sizeof alignment},
                  {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, &alignment, sizeof alignment}};
    cublasLtMatmulPreference_t preference = NULL;
    cublasLtMatmulHeuristicResult_t found;
    int n = 0;
    cublasStatus_t status = lt->MatmulPreferenceCreate(&preference);
    for (size_t i = 0; i < sizeof wishes / sizeof *wishes && !status; i++)
        status = lt->MatmulPreferenceSetAttribute(preference, wishes[i].name, wishes[i].value, wishes[i].size);
    if (!status)
        status = lt->MatmulAlgoGetHeuristic(d->linears->handle, l->product, l->a, l->b, l->c, l->c, preference, 1, &found, &n);
    if (!status && n < 1)
        status = CUBLAS_STATUS_NOT_SUPPORTED;
    if (!status)
        l->how = found.algo;
    if (preference)
        lt->MatmulPreferenceDestroy(preference);
    return check(lt, status, "heuristics", error);
}

int cuda_linear_get(cuda_device *d, mm_op_kind kind, size_t n, size_t in, size_t out, cuda_linear **linear, mm_error *error)
{
    *linear = NULL;
    if (!d->linears) /* an imagined device runs nothing */
        return 0;
    for (cuda_linear *l = d->linears->first; l && !*linear; l = l->next)
        if (l->kind == kind && l->n == n && l->in == in && l->out == out)
            *linear = l;
    if (*linear)
        return 0;
    cuda_linear *l = calloc(1, sizeof *l);
    if (!l)
        return mm_no_memory(error);
    *l = (cuda_linear){.kind = kind, .n = n, .in = in, .out = out};
    if (describe(&d->linears->lt, l, error) || choose(d, l, error)) {
        forget(&d->linears->lt, l);
        return error->code;
    }
    l->next = d->linears->first;
    *linear = d->linears->first = l;
    return 0;
}

int cuda_linear_run(cuda_device *d, cuda_linear *l, const void *a, const void *b, const void *bias, void *c, void *workspace,
                    mm_error *error)
{
    const cublas *lt = &d->linears->lt;
    const float one = 1, nought = 0;
    cublasStatus_t status = CUBLAS_STATUS_SUCCESS;
    if (l->kind == MM_OP_FC)
        status = lt->MatmulDescSetAttribute(l->product, CUBLASLT_MATMUL_DESC_BIAS_POINTER, &bias, sizeof bias);
    if (!status)
        status = lt->Matmul(d->linears->handle, l->product, &one, a, l->a, b, l->b, &nought, c, l->c, c, l->c, &l->how, workspace,
                                CUDA_LINEAR_WORKSPACE, d->stream);
    return check(lt, status, "product", error);
}
