/* The report on CBIS-DDSM, a table for people: what its tables say, what is on disk, what the manifest holds. See cbis.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/stream/meta.h"
#include "formats/dataset/cbis.h"

/* What the column `images` counts: images as tables name them, views, or keys of the manifest. */
enum unit { IMAGES, VIEWS, KEYS };

/* A count of the lesions that have all flags of `all` and none of `none`. */
struct row {
    const char *text;
    enum unit unit;
    unsigned all, none;
};

static const struct row tables[] = {
    {"calcifications, training table", IMAGES, MM_CBIS_CALC, MM_CBIS_TEST},
    {"calcifications, test table", IMAGES, MM_CBIS_CALC | MM_CBIS_TEST, 0},
    {"masses, training table", IMAGES, 0, MM_CBIS_CALC | MM_CBIS_TEST},
    {"masses, test table", IMAGES, MM_CBIS_TEST, MM_CBIS_CALC},
    {"all tables", IMAGES, 0, 0},
    {"all tables, by views", VIEWS, 0, 0},
    {"views in two tables", VIEWS, MM_CBIS_BOTH, 0},
    {"views whose tables give conflicting labels", VIEWS, MM_CBIS_CONFLICT, 0},
    {"the same, across training and test", VIEWS, MM_CBIS_CONFLICT | MM_CBIS_ACROSS, 0},
    {"benign and malignant lesions, by table", IMAGES, MM_CBIS_MIXED_IMAGE, 0},
    {"benign and malignant lesions, by views", VIEWS, MM_CBIS_MIXED_VIEW, 0},
    {"leak: patients in training and test", IMAGES, MM_CBIS_LEAKING, 0},
    {"leak: views in training and test", VIEWS, MM_CBIS_ACROSS, 0},
};

static const struct row disk[] = {
    {"missing: the image", IMAGES, MM_CBIS_NO_IMAGE, 0},
    {"rejected: the image", IMAGES, MM_CBIS_BAD_IMAGE, 0},
    {"views made one: pixels agree", VIEWS, MM_CBIS_MERGED, 0},
    {"views made one: one file unseen", VIEWS, MM_CBIS_UNSEEN, 0},
    {"views kept apart: pixels differ", VIEWS, MM_CBIS_SEPARATE, 0},
    {"no image: not in the manifest", KEYS, MM_CBIS_LOST, 0},
    {"leak: left out of training", KEYS, MM_CBIS_LEFT_OUT, 0},
    {"in the manifest", KEYS, MM_CBIS_KEPT, 0},
    {"missing: the mask", KEYS, MM_CBIS_NO_MASK, 0},
    {"rejected: the mask", KEYS, MM_CBIS_BAD_MASK, 0},
    {"repaired: crop and mask swapped", KEYS, MM_CBIS_SWAPPED, 0},
    {"repaired: mask rescaled", KEYS, MM_CBIS_RESCALED, 0},
};

/* Asked for training and test each. */
static const struct row classes[] = {
    {"calc_mal", KEYS, MM_CBIS_CALC | MM_CBIS_MALIGNANT, 0},
    {"calc_ben", KEYS, MM_CBIS_CALC, MM_CBIS_MALIGNANT},
    {"mass_mal", KEYS, MM_CBIS_MALIGNANT, MM_CBIS_CALC},
    {"mass_ben", KEYS, 0, MM_CBIS_CALC | MM_CBIS_MALIGNANT},
    {"images malignant", KEYS, MM_CBIS_KEPT_MALIGNANT, 0},
    {"images benign", KEYS, 0, MM_CBIS_KEPT_MALIGNANT},
    {"all", KEYS, 0, 0},
};

struct printer {
    const mm_cbis *c;
    unsigned char *seen; /* nimages: images, views or patients that were counted */
    mm_text text;
};

/* How many images or patients the chosen lesions are of. `patients`: those, else what `unit` says. */
static size_t distinct(struct printer *p, const struct row *row, bool patients)
{
    const mm_cbis *c = p->c;
    size_t n = 0;
    memset(p->seen, 0, c->nimages);
    for (size_t i = 0; i < c->nlesions; i++) {
        const mm_cbis_lesion *l = &c->lesion[i];
        const mm_cbis_image *m = &c->image[l->image];
        const mm_cbis_view *v = &c->view[m->owner];
        if ((l->flags & row->all) != row->all || (l->flags & row->none))
            continue;
        bool whole = row->unit == VIEWS || (row->unit == KEYS && v->one);
        size_t number = patients ? v->patient : whole ? v->image[0] : l->image;
        n += !p->seen[number];
        p->seen[number] = 1;
    }
    return n;
}

static void print(struct printer *p, const char *before, const struct row *row)
{
    char line[160];
    size_t lesions = 0;
    for (size_t i = 0; i < p->c->nlesions; i++)
        lesions += (p->c->lesion[i].flags & row->all) == row->all && !(p->c->lesion[i].flags & row->none);
    int n = snprintf(line, sizeof line, "%s%s", before, row->text);
    snprintf(line + n, sizeof line - (size_t)n, "%*s  %7zu  %7zu  %8zu\n", n < 42 ? 42 - n : 0, "", lesions,
             distinct(p, row, false), distinct(p, row, true));
    mm_text_puts(&p->text, line);
}

static void heading(struct printer *p, const char *text)
{
    char line[160];
    snprintf(line, sizeof line, "%-42s  %7s  %7s  %8s\n", text, "lesions", "images", "patients");
    mm_text_puts(&p->text, line);
}

char *mm_cbis_report(const mm_cbis *c)
{
    struct printer p = {.c = c, .seen = calloc(c->nimages + 1, 1)};
    if (!p.seen)
        return NULL;
    heading(&p, "the tables");
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        print(&p, "", &tables[i]);
    heading(&p, "on disk");
    for (size_t i = 0; i < sizeof disk / sizeof *disk; i++)
        print(&p, "", &disk[i]);
    heading(&p, "the manifest");
    for (int test = 0; test < 2; test++)
        for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
            struct row row = classes[i];
            row.all |= MM_CBIS_KEPT | (test ? MM_CBIS_KEPT_TEST : 0);
            row.none |= test ? 0 : MM_CBIS_KEPT_TEST;
            print(&p, test ? "test " : "train ", &row);
        }
    free(p.seen);
    if (!p.text.failed)
        return p.text.data;
    free(p.text.data);
    return NULL;
}
