/* Text as programs save it: marks, wide characters, line ends. */
#ifndef MM_BASE_PLAIN_TEXT_H
#define MM_BASE_PLAIN_TEXT_H

#include "common/base/bytes.h"

/* Appends text[size] to `plain` without its byte order mark and with lines that end in LF. UTF-16 with a mark becomes UTF-8; other text
 * keeps its bytes. CR, outside of quotes ("), becomes LF where the first line ends in CR alone. MM_DAMAGED: invalid UTF-16, or a zero
 * byte; the message says what the bytes are instead (signature.h). */
int mm_plain_text(const void *text, size_t size, mm_bytes *plain, mm_error *error);

#endif
