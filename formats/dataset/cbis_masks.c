/* The kinds of CBIS-DDSM's files: mammograms, and which of a lesion's files is its mask. See cbis_disk.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "formats/dataset/lesion_planes.h"
#include "formats/dataset/cbis_disk.h"
#include "formats/image/image.h"
#include "formats/image/probe.h"

/* A file that was looked at. */
struct look {
    const mm_cbis_file *file;
    mm_probe probe;
    bool good;     /* can be read */
    bool possible; /* may be what is looked for */
    bool shows;    /* the sign that is looked for */
};

struct looks {
    struct look *look;
    size_t n, good;
    mm_error first; /* what is wrong with the first that is not good */
    const char *bad;
};

/* The files of CBIS-DDSM are DICOM, or JPEG in copies of it. */
static int probe(const char *path, mm_probe *to, mm_error *error)
{
    int code = mm_probe_file(path, to, error);
    if (!code && to->kind != MM_KIND_DICOM && to->kind != MM_KIND_JPEG)
        code = mm_fail(error, MM_DAMAGED, "'%s': is neither DICOM nor JPEG", path);
    return code;
}

/* Looks at all files of an owner. JPEG beside DICOM is a copy with 8 bits, and not needed. */
static int look_at(const mm_cbis_disk *disk, size_t owner, struct looks *all, mm_error *error)
{
    size_t from = disk->first[owner], n = disk->first[owner + 1] - from;
    bool dicom = false;
    *all = (struct looks){.look = calloc(n + 1, sizeof *all->look), .n = n};
    if (!all->look)
        return mm_no_memory(error);
    for (size_t i = 0; i < n; i++) {
        struct look *l = &all->look[i];
        mm_error what = {0};
        l->file = &disk->file[from + i];
        l->good = l->possible = probe(l->file->path, &l->probe, &what) == MM_OK;
        dicom = dicom || (l->good && l->probe.kind == MM_KIND_DICOM);
        if (!l->good && !all->bad) {
            all->first = what;
            all->bad = l->file->path;
        }
    }
    for (size_t i = 0; i < n; i++) {
        struct look *l = &all->look[i];
        l->possible = l->possible && (!dicom || l->probe.kind == MM_KIND_DICOM);
        all->good += l->possible;
    }
    return MM_OK;
}

static struct look *only(struct looks *all)
{
    struct look *found = NULL;
    for (size_t i = 0; i < all->n; i++)
        if (all->look[i].possible) {
            if (found)
                return NULL;
            found = &all->look[i];
        }
    return found;
}

static int look_at_image(mm_cbis *c, const mm_cbis_disk *disk, size_t i, const mm_notice *listener, mm_error *error)
{
    mm_cbis_image *m = &c->image[i];
    struct looks all;
    int code = look_at(disk, i, &all, error);
    if (code)
        return code;
    const struct look *found = only(&all);
    m->unreadable = !found && all.n > 0;
    if (found) {
        m->height = found->probe.height;
        m->width = found->probe.width;
        if (!(m->file = strdup(found->file->path)))
            code = mm_no_memory(error);
    } else if (all.n == 0) {
        mm_notify(listener, false, "%s: missing on disk", m->name);
    } else if (all.good) {
        mm_notify(listener, true, "%s: image rejected: %zu files, '%s' is the first", m->name, all.good,
                all.look[0].file->path);
    } else {
        mm_notify(listener, true, "%s: image rejected: %s", m->name, all.first.text);
    }
    free(all.look);
    return code;
}

int mm_cbis_look_at_images(mm_cbis *c, const mm_cbis_disk *disk, const mm_notice *listener, mm_error *error)
{
    int code = MM_OK;
    for (size_t i = 0; i < c->nimages && !code; i++)
        code = look_at_image(c, disk, i, listener, error);
    return code;
}

/* ---- mask or crop ---- */

/* Does the file hold two values, 0 and another, as a mask does? JPEG blurs them: there, at most one pixel in a hundred is far
 * from both. */
static bool has_two_values(const struct look *l)
{
    mm_image image;
    mm_error ignored;
    if (mm_image_read(l->file->path, NULL, &image, &ignored))
        return false;
    size_t n = image.dim[0] * image.dim[1], black = 0, white = 0;
    double most = image.ndim == 2 && image.dtype != MM_F32 ? mm_image_maximum(&image) : 0;
    double slack = l->probe.kind == MM_KIND_JPEG ? most / 8 : 0;
    for (size_t i = 0; i < n && most > 0; i++) {
        double v = image.dtype == MM_U16 ? ((const uint16_t *)image.data)[i] : ((const uint8_t *)image.data)[i];
        black += v <= slack;
        white += v >= most - slack;
    }
    mm_image_free(&image);
    return black > 0 && white > 0 && (double)(n - black - white) <= (slack > 0 ? 0.01 * (double)n : 0);
}

enum sign { EIGHT_BITS, SAME_SIZE, TWO_VALUES, SIGNS };

static bool shows(const struct look *l, enum sign sign, size_t height, size_t width)
{
    switch (sign) {
    case EIGHT_BITS: return l->probe.kind == MM_KIND_DICOM && l->probe.bits <= 8;
    case SAME_SIZE: return l->probe.height == height && l->probe.width == width;
    default: return has_two_values(l);
    }
}

/* Which of the possible files is the mask: sign by sign, those that show it stay, until it is one alone. NULL: none shows any
 * (*several false), or several look alike. */
static struct look *find_mask(struct looks *all, size_t height, size_t width, bool *several)
{
    bool any = false;
    for (enum sign sign = EIGHT_BITS; sign < SIGNS; sign++) {
        size_t n = 0;
        for (size_t i = 0; i < all->n; i++) {
            struct look *l = &all->look[i];
            l->shows = l->possible && shows(l, sign, height, width);
            n += l->shows;
        }
        for (size_t i = 0; n > 0 && i < all->n; i++)
            all->look[i].possible = all->look[i].shows;
        any = any || n > 0;
        if (n == 1)
            return only(all);
    }
    *several = any || all->good > 1;
    return NULL;
}

/* Is the mask where the table says the crop is? */
static bool is_swapped(const mm_cbis_lesion *l, const struct looks *all, const struct look *mask)
{
    if (strcmp(l->mask_series, l->crop_series) != 0)
        return mask->file->series == 2;
    return all->n == 2 && l->mask_place < 2 && mask != &all->look[l->mask_place];
}

static int take_mask(mm_cbis_lesion *l, const struct looks *all, const struct look *mask, size_t height, size_t width,
                     const mm_notice *listener, mm_error *error)
{
    const char *path = mask->file->path;
    const mm_probe *p = &mask->probe;
    if (!mm_mask_fits(p->height, p->width, height, width)) {
        l->flags |= MM_CBIS_BAD_MASK;
        mm_notify(listener, true, "%s: mask rejected: '%s' has %zu x %zu pixels for an image of %zu x %zu: another aspect",
                l->name, path, p->height, p->width, height, width);
        return MM_OK;
    }
    if (p->kind == MM_KIND_DICOM && p->bits > 8 && !has_two_values(mask)) {
        l->flags |= MM_CBIS_BAD_MASK;
        mm_notify(listener, true, "%s: mask rejected: '%s' has %u bits and more than two values", l->name, path, p->bits);
        return MM_OK;
    }
    if (p->height != height || p->width != width) {
        l->flags |= MM_CBIS_RESCALED;
        mm_notify(listener, false, "%s: mask of %zu x %zu pixels will be rescaled to the image's %zu x %zu", l->name,
                p->height, p->width, height, width);
    }
    if (is_swapped(l, all, mask)) {
        l->flags |= MM_CBIS_SWAPPED;
        mm_notify(listener, false, "%s: crop and mask are swapped: '%s' is the mask", l->name, path);
    }
    l->mask = strdup(path);
    return l->mask ? MM_OK : mm_no_memory(error);
}

int mm_cbis_look_for_mask(mm_cbis *c, const mm_cbis_disk *disk, size_t lesion, size_t height, size_t width,
                          const mm_notice *listener, mm_error *error)
{
    mm_cbis_lesion *l = &c->lesion[lesion];
    struct looks all;
    bool several = false;
    int code = look_at(disk, c->nimages + lesion, &all, error);
    if (code)
        return code;
    const struct look *mask = find_mask(&all, height, width, &several);
    if (mask) {
        code = take_mask(l, &all, mask, height, width, listener, error);
    } else if (several) {
        l->flags |= MM_CBIS_BAD_MASK;
        mm_notify(listener, true, "%s: mask rejected: %zu files are candidates and cannot be distinguished, '%s' is the first", l->name,
                all.good, all.look[0].file->path);
    } else if (all.bad) {
        l->flags |= MM_CBIS_BAD_MASK;
        mm_notify(listener, true, "%s: mask rejected: %s", l->name, all.first.text);
    } else {
        l->flags |= MM_CBIS_NO_MASK;
        mm_notify(listener, false, "%s: mask missing on disk%s", l->name, all.n ? ", the crop is there" : "");
    }
    free(all.look);
    return code;
}
