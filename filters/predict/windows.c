/* Windows with tissue: see windows.h. */
#include "filters/predict/windows.h"

#include <stdlib.h>

#include "common/image/tissue_windows.h"

double mm_windows_trained_tissue(const mm_model_info *info)
{
    char word[40];
    const double share = mm_model_info_option(info, "mmpatch", "--min-tissue", word, sizeof word) ? strtod(word, NULL) : 0;
    return share > 0 && share <= 1 ? share : 0;
}

int mm_windows_choose(const mm_record *record, const mm_heatmap_axis *y, const mm_heatmap_axis *x, double least, bool **computed,
                      mm_error *error)
{
    const size_t cells = y->n * x->n;
    const mm_tensor *image;
    mm_image_shape shape;
    uint8_t *tissue = NULL;
    *computed = NULL;
    if (!(least > 0))
        return MM_OK;
    if (mm_geometry_image(record, &image, &shape, error) || mm_tissue_of_record(record, image, &shape, &tissue, error))
        return error->code;
    double *share = malloc(cells * sizeof *share);
    int code = share && (*computed = malloc(cells * sizeof **computed)) ? mm_tissue_windows(tissue, y, x, share, error) : mm_no_memory(error);
    for (size_t i = 0; i < cells && !code; i++)
        (*computed)[i] = share[i] >= least;
    free(share);
    free(tissue);
    return code;
}
