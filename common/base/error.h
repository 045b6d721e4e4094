/* One error: an exit code and one line of text that names the subject.
 *
 * Every function of common/ and formats/ that can fail takes an mm_error last and returns 0, or the code that it
 * also left in the error. Nothing below filters/ prints or exits. Codes are exit codes of programs (STYLE: 0 done,
 * 1 failure, 2 usage, 3 input truncated or corrupt). */
#ifndef MM_BASE_ERROR_H
#define MM_BASE_ERROR_H

enum { MM_OK = 0, MM_FAILURE = 1, MM_USAGE = 2, MM_DAMAGED = 3 };

typedef struct mm_error {
    int code;
    char text[1024];
} mm_error;

/* Fills the error and returns `code`. As printf; a format that ends in ':' gains " " and strerror(errno).
 * Text: lower case, no full stop, subject in single quotes: "cannot open 'x.png':". */
int mm_fail(mm_error *error, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Fills in "out of memory" and returns MM_FAILURE. */
int mm_no_memory(mm_error *error);

/* Puts "prefix: " before the text of an error that already holds one; returns its code. */
int mm_fail_in(mm_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
