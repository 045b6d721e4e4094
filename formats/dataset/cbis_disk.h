/* CBIS-DDSM on disk, in any of the layouts that it comes in:
 *
 *   NBIA Data Retriever  <Case>/<MM-DD-YYYY>-DDSM-NNNNN/1.000000-full mammogram images-NNNNN/1-1.dcm
 *   NBIA REST            <Case>/<StudyUID>/<SeriesUID>/1-1.dcm
 *   Kaggle               jpeg/<SeriesUID>/1-172.jpg
 *
 * below any folder, also several of them side by side. A file belongs to the image or lesion whose series its path names by a
 * UID, else by the case's name, else by the series in its DICOM header. Where an image or lesion has DICOM and JPEG files,
 * JPEG is passed over.
 *
 * Masks and crops are distinguished by content, never by name: a mask has 8 bits, the size of its mammogram, and two values; a
 * crop has 16 bits and is smaller. Headers are looked at first, pixels only where these do not suffice. */
#ifndef MM_FORMATS_DATASET_CBIS_DISK_H
#define MM_FORMATS_DATASET_CBIS_DISK_H

#include "formats/dataset/cbis_tables.h"
#include "common/base/notice.h"

typedef struct mm_cbis_file {
    char *path;
    size_t owner;       /* image i: i; lesion l: nimages + l */
    int series;         /* of a lesion: 1 the series that the table gives for the mask, 2 for the crop, 3 both, 0 unknown */
} mm_cbis_file;

typedef struct mm_cbis_disk {
    mm_cbis_file *file; /* by owner, in the natural order of their paths */
    size_t n, room;
    size_t *first;      /* nimages + nlesions + 1 */
    size_t others;      /* files that belong to nothing in the tables */
} mm_cbis_disk;

/* Finds the folders of the four tables below `dir`, the least deep ones; the caller frees them. MM_FAILURE names a table that is
 * missing. */
int mm_cbis_find_tables(const char *dir, char *folder[MM_CBIS_TABLES], mm_error *error);

/* Finds the files of images and lesions below `dir`. */
int mm_cbis_find_files(const mm_cbis *c, const char *dir, mm_cbis_disk *disk, mm_error *error);
void mm_cbis_disk_free(mm_cbis_disk *disk);

/* Reads the mammograms' files: sets file, height, width, unreadable, and the lesions' flags. */
int mm_cbis_look_at_images(mm_cbis *c, const mm_cbis_disk *disk, const mm_notice *listener, mm_error *error);

/* Finds the mask of a lesion whose image has `height` x `width` pixels: sets mask and flags. */
int mm_cbis_look_for_mask(mm_cbis *c, const mm_cbis_disk *disk, size_t lesion, size_t height, size_t width,
                          const mm_notice *listener, mm_error *error);

#endif
