/* Planes of lesions: see lesion_planes.h. */
#include "formats/dataset/lesion_planes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/image/resize.h"
#include "formats/image/mask.h"
#include "formats/image/orientation.h"

void mm_lesion_planes_free(mm_lesion_planes *p)
{
    free(p->data);
    free(p->label);
    p->data = NULL;
    p->label = NULL;
    p->n = p->room = 0;
}

bool mm_mask_fits(size_t h, size_t w, size_t H, size_t W)
{
    return fabs((double)w * (double)H / ((double)h * (double)W) - 1) <= 0.02;
}

int mm_lesion_planes_reserve(mm_lesion_planes *p, size_t n, mm_error *error)
{
    size_t dim[3] = {p->n + n, p->H, p->W}, count, bytes;
    if (mm_shape_size(MM_U8, 3, dim, &count, &bytes))
        return mm_fail(error, MM_DAMAGED, "%zu masks of %zu x %zu pixels are too many", dim[0], p->H, p->W);
    if (dim[0] <= p->room)
        return MM_OK;
    unsigned *label = realloc(p->label, dim[0] * sizeof *label);
    if (!label)
        return mm_no_memory(error);
    p->label = label;
    uint8_t *data = mm_room64(bytes);
    if (!data)
        return mm_no_memory(error);
    if (p->n)
        memcpy(data, p->data, p->n * p->H * p->W);
    free(p->data);
    p->data = data;
    p->room = dim[0];
    return MM_OK;
}

static uint8_t *next_plane(mm_lesion_planes *p, unsigned label)
{
    p->label[p->n] = label;
    return p->data + p->n++ * p->H * p->W;
}

/* binary[h][w] to plane[H][W]. */
static int rescale(const uint8_t *binary, size_t h, size_t w, uint8_t *plane, size_t H, size_t W, mm_error *error)
{
    mm_placement place;
    mm_resizer resizer = {0};
    mm_mask_fate fate;
    int code = mm_place(h, w, H, W, MM_FIT_STRETCH, MM_WIDE_SHRINK, &place, error);
    if (!code)
        code = mm_resizer_init(&resizer, &place, MM_INTERPOLATE_AREA, error);
    if (!code)
        code = mm_resize_mask(&resizer, binary, plane, &fate, error);
    mm_resizer_free(&resizer);
    return code;
}

static void warn_turned(const mm_lesion_planes *p, const char *name)
{
    mm_read_warn(p->options, "'%s' is turned as its image, whose EXIF orientation is %u: it is taken to lie on the stored pixels", name,
                 p->orientation);
}

/* Turns a mask as its image was turned, unless its own file or its size says that it was turned before. */
static int turn(const mm_lesion_planes *p, mm_image *mask, const char *name, mm_error *error)
{
    bool across = mm_orientation_transposes(p->orientation);
    size_t h = mask->dim[0], w = mask->dim[1];
    bool stored = mm_mask_fits(h, w, across ? p->W : p->H, across ? p->H : p->W), shown = mm_mask_fits(h, w, p->H, p->W);
    if (p->orientation <= 1 || mask->orientation > 1 || !stored)
        return MM_OK;
    if (shown)
        warn_turned(p, name);
    return mm_image_turn(mask, p->orientation, error);
}

/* Adds one plane of the mask: that of a label, or with label 0 the whole mask, which is in `half`: the plane itself, or room for a mask
 * of another size. */
static int add_plane(mm_lesion_planes *p, const mm_image *mask, unsigned label, uint8_t *half, mm_error *error)
{
    size_t h = mask->dim[0], w = mask->dim[1];
    uint8_t *plane = next_plane(p, label);
    bool same = h == p->H && w == p->W;
    if (label)
        mm_mask_of_label(mask, (uint16_t)label, same ? plane : half);
    return same ? MM_OK : rescale(half, h, w, plane, p->H, p->W, error);
}

/* Adds the planes of a mask that has the image's aspect. */
static int add_planes(mm_lesion_planes *p, const mm_image *mask, uint8_t *half, mm_error *error)
{
    mm_mask_labels labels;
    int code = mm_mask_understand(mask, half, &labels, error);
    if (!code && labels.empty && !p->empty)
        code = mm_fail(error, MM_DAMAGED, "the mask is empty");
    if (code || labels.n == 0)
        return code ? code : add_plane(p, mask, 0, half, error);
    code = mm_lesion_planes_reserve(p, labels.n, error);
    for (size_t i = 0; i < labels.n && !code; i++)
        code = add_plane(p, mask, labels.value[i], half, error);
    return code;
}

int mm_lesion_planes_add_mask(mm_lesion_planes *p, mm_image *mask, const char *name, bool *fits, mm_error *error)
{
    size_t before = p->n, h = mask->dim[0], w = mask->dim[1];
    *fits = true;
    if (mask->ndim != 2)
        return mm_fail(error, MM_DAMAGED, "'%s': a mask is (H,W) of u8 or u16", name);
    if (turn(p, mask, name, error) || mm_lesion_planes_reserve(p, 1, error))
        return error->code;
    h = mask->dim[0], w = mask->dim[1];
    *fits = mm_mask_fits(h, w, p->H, p->W);
    if (!*fits)
        return mm_fail(error, MM_DAMAGED, "'%s': a mask of %zu x %zu pixels for an image of %zu x %zu: another aspect", name, h, w, p->H,
                       p->W);
    bool same = h == p->H && w == p->W;
    uint8_t *own = same ? NULL : malloc(h * w), *half = same ? p->data + p->n * h * w : own;
    int code = half ? add_planes(p, mask, half, error) : mm_no_memory(error);
    free(own);
    if (code) {
        p->n = before;
        return mm_fail_in(error, "'%s'", name);
    }
    if (mask->frames > 1)
        mm_read_warn(p->options, "'%s': a mask of %zu frames, of which the first is read", name, mask->frames);
    if (!same)
        mm_read_warn(p->options, "'%s': mask of %zu x %zu pixels resized to the image's %zu x %zu", name, h, w, p->H, p->W);
    return MM_OK;
}

int mm_lesion_planes_add_shape(mm_lesion_planes *p, const mm_lesion_shape *shape, mm_error *error)
{
    bool across = mm_orientation_transposes(p->orientation);
    size_t h = across ? p->W : p->H, w = across ? p->H : p->W;
    if (mm_lesion_planes_reserve(p, 1, error))
        return error->code;
    uint8_t *plane = next_plane(p, 0), *stored = p->orientation > 1 ? malloc(h * w) : plane;
    if (!stored)
        return mm_no_memory(error);
    memset(stored, 0, h * w);
    bool inside = mm_lesion_shape_fill(shape, h, w, stored) > 0;
    if (stored != plane) {
        mm_orientation_turn(p->orientation, stored, h, w, 1, plane);
        warn_turned(p, "a shape");
        free(stored);
    }
    if (inside)
        return MM_OK;
    p->n--;
    return mm_fail(error, MM_DAMAGED, "outside of the image's %zu x %zu pixels", h, w);
}

int mm_lesion_planes_give(mm_lesion_planes *p, mm_record *record, mm_error *error)
{
    size_t dim[3] = {p->n, p->H, p->W};
    if (p->n == 0)
        return MM_OK;
    if (!mm_record_give(record, "mask", MM_U8, 3, dim, p->data, error))
        return error->code;
    p->data = NULL;
    return MM_OK;
}
