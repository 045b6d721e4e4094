/* Opening before the largest outline is taken. See opened.h. */
#include "common/image/opened.h"

#include "common/image/components.h"

/* Clears what lies within `margin` of the image's edge. */
static int clear_margin(mm_bitmap *map, size_t margin, mm_error *error)
{
    mm_bitmap middle;
    if (mm_bitmap_init(&middle, map->h, map->w, error))
        return error->code;
    for (size_t y = margin; y + margin < map->h && 2 * margin < map->w; y++)
        mm_bitmap_set_run(&middle, y, margin, map->w - margin);
    mm_bitmap_and(map, &middle);
    mm_bitmap_free(&middle);
    return MM_OK;
}

int mm_opened_outline(const mm_bitmap *tissue, size_t radius, mm_bitmap *out, bool *found,
                      mm_error *error)
{
    mm_bitmap core = {0};
    double area;
    if (radius == 0)
        return mm_largest_outline(tissue, out, &area, found, error);
    int code = mm_bitmap_init(&core, tissue->h, tissue->w, error);
    if (!code) {
        mm_bitmap_copy(&core, tissue);
        code = mm_fill_holes(&core, error);
    }
    if (!code)
        code = mm_bitmap_erode(&core, radius, error);
    if (!code) /* outside of the image there is no tissue */
        code = clear_margin(&core, radius, error);
    if (!code)
        code = mm_largest_outline(&core, out, &area, found, error);
    if (!code)
        code = mm_bitmap_dilate(out, radius + radius / 2, error);
    if (!code) {
        mm_bitmap_and(out, tissue);
        mm_bitmap_copy(&core, out);
        code = mm_largest_outline(&core, out, &area, found, error);
    }
    mm_bitmap_free(&core);
    return code;
}
