/* Notes of a reader: see dicom_notes.h. */
#include "formats/dicom/dicom_notes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void mm_dicom_note(mm_dicom_notes *notes, const char *format, ...)
{
    size_t n = strlen(notes->text);
    va_list ap;
    if (n > 0 && n + 2 < sizeof notes->text) {
        memcpy(notes->text + n, ", ", 3);
        n += 2;
    }
    va_start(ap, format);
    vsnprintf(notes->text + n, sizeof notes->text - n, format, ap);
    va_end(ap);
}
