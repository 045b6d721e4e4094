/* What a reader of DICOM had to assume, convert or cut, as one line of text. */
#ifndef MM_FORMATS_DICOM_DICOM_NOTES_H
#define MM_FORMATS_DICOM_DICOM_NOTES_H

enum { MM_DICOM_NOTES = 640 };

typedef struct mm_dicom_notes {
    char text[MM_DICOM_NOTES]; /* notes with ", " between them, or "" */
} mm_dicom_notes;

/* Appends a note, as printf does. What does not fit is cut. */
void mm_dicom_note(mm_dicom_notes *notes, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
