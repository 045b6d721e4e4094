/* Headers of DICOM files: see dicom.h. */
#include "formats/dicom/dicom.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "formats/dicom/dicom_breast.h"
#include "formats/dicom/dicom_elements.h"
#include "formats/dicom/dicom_lookup.h"

/* ---- what is looked up below the top, in the functional groups of multi-frame images too ---- */

/* In item `frame` of the per-frame groups, then in the shared ones: the element of `macro`'s first item. */
static bool find_in_groups(const mm_data_set *set, mm_tag macro, mm_tag tag, size_t frame, mm_element *element)
{
    static const mm_tag groups[] = {0x52009230, 0x52009229};
    for (size_t g = 0; g < 2; g++) {
        mm_element e;
        mm_data_set item;
        if (mm_element_find(set, groups[g], &e) && mm_element_item(&e, g == 0 ? frame : 0, &item) &&
            mm_element_find(&item, macro, &e) && mm_element_item(&e, 0, &item) && mm_element_find(&item, tag, element))
            return true;
    }
    return false;
}

bool mm_dicom_find(const mm_data_set *set, mm_tag macro, mm_tag tag, size_t frame, mm_element *element)
{
    return find_in_groups(set, macro, tag, frame, element) || mm_element_find(set, tag, element);
}

static bool two_numbers(const mm_element *e, double to[2])
{
    double v[2];
    if (!mm_element_number(e, 0, &v[0]) || !mm_element_number(e, 1, &v[1]) || !(v[0] > 0 && v[1] > 0))
        return false;
    memcpy(to, v, sizeof v);
    return true;
}

/* Pixel Spacing, of the image or its functional groups, Imager Pixel Spacing, Nominal Scanned Pixel Spacing. */
static void read_spacing(const mm_data_set *set, double to[2])
{
    static const mm_tag tags[] = {0x00280030, 0x00181164, 0x00182010};
    mm_element e;
    if (find_in_groups(set, 0x00289110, 0x00280030, 0, &e) && two_numbers(&e, to))
        return;
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        if (mm_element_find(set, tags[i], &e) && two_numbers(&e, to))
            return;
}

/* ---- the header ---- */

static unsigned integer(const mm_element *e)
{
    uint32_t v = 0;
    return mm_element_integer(e, 0, &v) ? v : 0;
}

/* Code strings have capitals alone; some writers know others. */
static void take_capitals(const mm_element *e, char *to, size_t room)
{
    mm_element_text(e, 0, to, room);
    for (; *to; to++)
        *to = (char)toupper((unsigned char)*to);
}

static void take(const mm_element *e, mm_dicom_info *info)
{
    double number;
    uint32_t whole;
    switch (e->tag) {
    case 0x00080008: mm_element_whole(e, info->image_type, sizeof info->image_type); break;
    case 0x00080016: mm_element_text(e, 0, info->sop_class, sizeof info->sop_class); break;
    case 0x00080018: mm_element_text(e, 0, info->sop, sizeof info->sop); break;
    case 0x00080060: mm_element_text(e, 0, info->modality, sizeof info->modality); break;
    case 0x0008103e: mm_element_whole(e, info->series_description, sizeof info->series_description); break;
    case 0x00100020: mm_element_whole(e, info->patient, sizeof info->patient); break;
    case 0x0020000d: mm_element_text(e, 0, info->study, sizeof info->study); break;
    case 0x0020000e: mm_element_text(e, 0, info->series, sizeof info->series); break;
    case 0x00280002: info->has_samples = true; info->samples = integer(e); break;
    case 0x00280004: take_capitals(e, info->photometric, sizeof info->photometric); break;
    case 0x00280008:
        if (mm_element_number(e, 0, &number) && number >= 1 && number <= INT32_MAX)
            info->frames = (size_t)number;
        break;
    case 0x00280010: info->rows = integer(e); break;
    case 0x00280011: info->columns = integer(e); break;
    case 0x00280100: info->bits_allocated = integer(e); break;
    case 0x00280101: info->bits_stored = integer(e); break;
    case 0x00280102: info->has_high_bit = mm_element_integer(e, 0, &whole); info->high_bit = integer(e); break;
    case 0x00280103: info->has_sign = true; info->is_signed = integer(e) == 1; break;
    case 0x7fe00010: info->has_pixels = true; break;
    default: break;
    }
}

int mm_dicom_info_of(const mm_dicom_file *file, mm_dicom_info *info, mm_element *pixels, mm_error *error)
{
    size_t at = 0;
    mm_element e;
    *info = (mm_dicom_info){.frames = 1, .samples = 1};
    memcpy(info->transfer_syntax, file->transfer_syntax, sizeof info->transfer_syntax);
    if (pixels)
        *pixels = (mm_element){0};
    if (mm_element_find(&file->meta, 0x00020002, &e))
        mm_element_text(&e, 0, info->sop_class, sizeof info->sop_class);
    while (mm_element_next(&file->set, &at, &e, error)) {
        take(&e, info);
        if (e.tag == 0x7fe00010 && pixels)
            *pixels = e;
        if (e.tag >= 0x7fe00008 && e.tag < 0xfffc0000)
            break;
    }
    if (error->code && e.tag == 0x7fe00010 && pixels)
        pixels->tag = e.tag;
    /* Pixels that are cut off are the business of who wants them. */
    if (error->code && e.tag == 0x7fe00010 && !pixels)
        info->has_pixels = true;
    else if (error->code)
        return error->code;
    mm_dicom_breast(&file->set, info->side, info->view);
    read_spacing(&file->set, info->spacing);
    return MM_OK;
}

int mm_dicom_header(const void *bytes, size_t size, mm_dicom_info *info, mm_error *error)
{
    mm_dicom_file file;
    *info = (mm_dicom_info){0};
    int code = mm_dicom_open(&file, bytes, size, error);
    if (code)
        return code;
    code = mm_dicom_info_of(&file, info, NULL, error);
    mm_dicom_close(&file);
    return code;
}

int mm_dicom_header_read(const char *path, mm_dicom_info *info, mm_error *error)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    *info = (mm_dicom_info){0};
    if (fd < 0)
        return mm_fail(error, MM_FAILURE, "cannot open '%s':", path);
    int code = fstat(fd, &st) ? mm_fail(error, MM_FAILURE, "cannot read '%s':", path) : MM_OK;
    if (!code && (!S_ISREG(st.st_mode) || st.st_size == 0))
        code = mm_fail(error, MM_DAMAGED, "'%s': is not a DICOM file", path);
    size_t size = code ? 0 : (size_t)st.st_size;
    void *map = code ? MAP_FAILED : mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (!code && map == MAP_FAILED)
        code = mm_fail(error, MM_FAILURE, "cannot map '%s':", path);
    close(fd);
    if (!code) {
        code = mm_dicom_header(map, size, info, error);
        if (code)
            mm_fail_in(error, "'%s'", path);
        munmap(map, size);
    }
    return code;
}
