/* Records as files of an archive or a folder (WebDataset's layout), and back.
 *
 *   __mmpipe__  KEY.image.png  KEY.mask.0.png  KEY.mask.1.png  KEY.prob.npy  ...  KEY.json
 *
 * A tensor of u8 or u16 with two axes becomes one PNG, with three axes one PNG per plane (at most MM_MEMBER_PLANES). Any other tensor,
 * and with `npy` every tensor, becomes one NPY; bf16, which NumPy lacks, is written as the u16 with the same bits. KEY.json comes
 * last: the key, name, type and shape of every tensor in order, the attributes in order, and meta lines of unknown kind. These files
 * give the same record again. In file names '%', '.', '/', '\' and control characters of keys and tensors are written %XX, and so is the
 * first digit of a tensor whose name is a number. The first dot then ends the key, as it does for WebDataset's readers.
 *
 * __mmpipe__ holds the stream's HEAD as its meta text (mms(5)). It is the first file of an archive, so that a reader of a pipe has it
 * in time. WebDataset's readers skip names that begin and end with two underscores. */
#ifndef MM_FORMATS_ARCHIVE_WEBDATASET_H
#define MM_FORMATS_ARCHIVE_WEBDATASET_H

#include "formats/dataset/manifest_record.h"
#include "formats/archive/tar.h"

enum { MM_MEMBER_PLANES = 1000 };
#define MM_MEMBER_HEAD "__mmpipe__"

/* True if a path's last component is MM_MEMBER_HEAD. */
bool mm_member_is_head(const char *name);

/* Receives one file and owns its malloc'ed data. An error ends the writing. */
typedef int (*mm_member_sink)(void *context, const char *name, void *data, size_t size, mm_error *error);

/* Writes a record as files to the sink; with `npy` all tensors as NPY. */
int mm_record_to_members(const mm_record *record, bool npy, mm_member_sink sink, void *context, mm_error *error);

typedef enum mm_members_depth { MM_MEMBERS_ALL, MM_MEMBERS_ATTRIBUTES } mm_members_depth;

/* Makes a record from the files of one group (member_groups.h); `key` is the length of its key. A JSON file that mm_record_to_members
 * wrote gives back its record; images that it does not list are left out with a warning. Without one, NAME.png (or .npy, .pgm, ...)
 * becomes tensor NAME, and NAME.0.png, NAME.1.png become its planes, which must be complete. KEY.png becomes `image`, and so does a
 * record's only image of a name that is not known. .cls becomes the label, and members of a JSON object become attributes. Other files
 * are left out with a warning, and a record without an image is warned of.
 *
 * *record is NULL if there is neither an image nor JSON that mm_record_to_members wrote. MM_MEMBERS_ATTRIBUTES leaves the tensors out
 * and needs only the first MM_SIGNATURE_BYTES of images. Errors name the member. */
int mm_members_to_record(const mm_member *members, size_t n, size_t key, mm_members_depth depth, const mm_read_options *rules,
                         mm_record **record, mm_error *error);

#endif
