/* The header of a frame's code stream, as far as formats differ in it: what it says is compared with the file's header before memory
 * is taken and a codec runs. */
#ifndef MM_FORMATS_DICOM_CODE_STREAM_H
#define MM_FORMATS_DICOM_CODE_STREAM_H

#include "formats/dicom/dicom.h"

typedef enum mm_coding { MM_CODING_JPEG, MM_CODING_JPEG_LS, MM_CODING_JPEG_2000, MM_CODING_RUN_LENGTHS } mm_coding;

typedef struct mm_code_stream {
    mm_coding coding;
    size_t height, width;
    unsigned components;
    unsigned bits;    /* of a sample */
    bool is_signed;   /* JPEG 2000: its samples have a sign */
    unsigned process; /* JPEG: second byte of the frame header's marker (jpeg.h) */
} mm_code_stream;

/* Finds the coding of a transfer syntax: JPEG (processes 1, 2 and 4, 3 and 5, 6 and 8, 10 and 12, 14), JPEG-LS, JPEG 2000, run
 * lengths. False: it is not read. */
bool mm_coding_of(const char *transfer_syntax, mm_coding *coding);

/* Reads the header of the code stream bytes[size] of a frame that the file describes by `info`. MM_DAMAGED: there is none, it
 * contradicts the file's size, samples or bits allocated, or the frame cannot be in so few bytes. */
int mm_code_stream_read(mm_coding coding, const mm_dicom_info *info, const unsigned char *bytes, size_t size, mm_code_stream *stream,
                        mm_error *error);

#endif
