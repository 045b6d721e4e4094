/* Decodes one compressed frame of a DICOM file. Not for users: formats/dicom/dicom_pixels.c starts it, apart from itself
 * (common/base/isolated.h says why). It is the only program with GDCM in it. */
#include "common/base/isolated.h"
#include "formats/dicom/dicom_codec.h"

static int decode(const mm_isolated_job *job, void *to, size_t room, mm_error *error)
{
    if (job->head_size != sizeof(mm_dicom_frame))
        return mm_fail(error, MM_FAILURE, "%s is of another version", MM_DICOM_DECODER);
    return mm_dicom_codec_decode(job->head, job->bytes, job->size, to, room, error);
}

int main(void)
{
    return mm_isolated_main(decode);
}
