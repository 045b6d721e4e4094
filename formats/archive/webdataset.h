/* Records as files of an archive or a folder (WebDataset's layout), and back.
 *
 *   __mmpipe__  KEY.image.png  KEY.mask.0.png  KEY.mask.1.png  KEY.prob.npy  ...  KEY.json
 *
 * A tensor of u8 or u16 with two axes becomes one PNG, with three axes one PNG per plane (at most MM_MEMBER_PLANES). Any other tensor,
 * and with `npy` every tensor, becomes one NPY; bf16, which NumPy lacks, is written as the u16 with the same bits. KEY.json comes
 * last: the key, name, type and shape of every tensor in order, the attributes in order, and meta lines of unknown kind. These files
 * give the same record again. In file names '%', '.', '/', '\' and control characters of keys and tensors are written %XX, so that
 * the first dot ends the key.
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

/* Returns the length of the part that all members of a record share: up to the first dot of the last component. */
size_t mm_member_stem(const char *name);

typedef enum mm_members_depth { MM_MEMBERS_ALL, MM_MEMBERS_ATTRIBUTES } mm_members_depth;

/* Makes a record from the members of one stem. A JSON file that mm_record_to_members wrote gives back its record. Without one,
 * NAME.png (or .npy, .pgm, ...) becomes tensor NAME, and NAME.0.png, NAME.1.png become its planes. A lone image becomes `image`, .cls
 * the label, and members of a JSON object attributes. Other files are left out with a warning. The key is then the stem with '_' for
 * '/', or a lone image's name without its last ending.
 *
 * *record is NULL if there is neither an image nor JSON. MM_MEMBERS_ATTRIBUTES leaves the tensors out and needs only the first
 * MM_SIGNATURE_BYTES of images. Errors name the member. */
int mm_members_to_record(const mm_member *members, size_t n, mm_members_depth depth, const mm_read_options *rules,
                         mm_record **record, mm_error *error);

#endif
