/* CBIS-DDSM on disk, in any of the layouts in which it is distributed:
 *
 *   NBIA Data Retriever  <Case>/<MM-DD-YYYY>-DDSM-NNNNN/1.000000-full mammogram images-NNNNN/1-1.dcm
 *   NBIA REST            <Case>/<StudyUID>/<SeriesUID>/1-1.dcm
 *   Kaggle               jpeg/<SeriesUID>/1-172.jpg
 *
 * below any folder, also several of them side by side. The owner of a file, an image or a lesion, is found by a series' UID in its
 * path, else by the case's name there, else by the series in its DICOM header. If an owner has DICOM and JPEG files, JPEG is ignored.
 *
 * Masks and crops are distinguished by content, never by name. A mask has 8 bits, the size of its mammogram, and two values. A crop
 * has 16 bits and is smaller. Pixels are read only if the headers do not suffice. */
#ifndef MM_FORMATS_DATASET_CBIS_DISK_H
#define MM_FORMATS_DATASET_CBIS_DISK_H

#include "formats/dataset/cbis_tables.h"
#include "common/base/notice.h"

typedef struct mm_cbis_file {
    char *path;
    size_t owner;       /* i: image i; nimages + l: lesion l */
    int series;         /* of a lesion, by its table: 1 that of the mask, 2 that of the crop, 3 both, 0 unknown */
} mm_cbis_file;

typedef struct mm_cbis_disk {
    mm_cbis_file *file; /* by owner, in the natural order of their paths */
    size_t n, room;
    size_t *first;      /* [nimages + nlesions + 1] files of owner o: first[o] .. first[o + 1] - 1 */
    size_t others;      /* files that belong to nothing in the tables */
} mm_cbis_disk;

/* Finds the folders of the four tables below `dir`, the least deep ones. They begin as NULL, and the caller frees them, also after an
 * error. MM_FAILURE: a table is missing, which the error names. */
int mm_cbis_find_tables(const char *dir, char *folder[MM_CBIS_TABLES], mm_error *error);

/* Finds the files of images and lesions below `dir`. */
int mm_cbis_find_files(const mm_cbis *c, const char *dir, mm_cbis_disk *disk, mm_error *error);
void mm_cbis_disk_free(mm_cbis_disk *disk);

/* Reads the headers of the mammograms' files. Sets file, height, width, unreadable, and the lesions' flags. */
int mm_cbis_look_at_images(mm_cbis *c, const mm_cbis_disk *disk, const mm_notice *listener, mm_error *error);

/* Finds the mask of a lesion whose image has `height` x `width` pixels. Sets mask and flags. */
int mm_cbis_look_for_mask(mm_cbis *c, const mm_cbis_disk *disk, size_t lesion, size_t height, size_t width,
                          const mm_notice *listener, mm_error *error);

#endif
