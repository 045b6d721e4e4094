/* What a whole-image network puts on a trunk (Shen et al. 2019): two residual blocks, mean, one fully connected layer. */
#include <stdio.h>
#include <string.h>

#include "common/nn/family.h"

bool mm_whole_parse(const char *text, mm_residual *u, size_t *units)
{
    int end = 0;
    *u = (mm_residual){.stride = 1, .bottleneck = true};
    if (sscanf(text, "[%4zu-%4zu-%4zu]x%1zu%n", &u->widths[0], &u->widths[1], &u->widths[2], units, &end) != 4 || !end)
        return false;
    if (!strcmp(text + end, "/2"))
        u->stride = 2;
    else if (text[end])
        return false;
    for (int i = 0; i < 3; i++)
        if (u->widths[i] == 0 || u->widths[i] > 9999) /* a number with a sign is read as one that is too large */
            return false;
    return *units > 0 && *units < 10;
}

void mm_whole_head(mm_builder *b, mm_residual unit, size_t units, size_t classes)
{
    mm_builder_residuals(b, "block1", units, unit);
    mm_builder_residuals(b, "block2", units, unit);
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_mean}, "avgpool");
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_fc, .out = classes}, "fc");
}
