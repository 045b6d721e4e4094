/* The isolated program, for work that may crash: decodes compressed frames of DICOM files with GDCM and reads HDF5 files with the HDF5
 * library. Other programs start it, not users (common/base/isolated.h says why). Only this program is linked with those libraries. */
#include "common/base/isolated.h"
#include "formats/dicom/dicom_codec.h"
#include "formats/weights/hdf5_walk.h"

static int decode_frame(const mm_isolated_job *job, mm_isolated_result *result, mm_error *error)
{
    void *to = mm_isolated_append(result, job->room, error);
    return to ? mm_dicom_codec_decode(job->head, job->bytes, job->size, to, job->room, error) : error->code;
}

static int walk_hdf5(const mm_isolated_job *job, mm_isolated_result *result, mm_error *error)
{
    return mm_hdf5_walk(job->head, job->bytes, job->size, result, error);
}

int main(int argc, char **argv)
{
    static const mm_isolated_work works[] = {
        {MM_DICOM_JOB, sizeof(mm_dicom_frame), decode_frame},
        {MM_HDF5_JOB, sizeof(mm_hdf5_question), walk_hdf5},
    };
    return mm_isolated_main(argc, argv, works, sizeof works / sizeof *works);
}
