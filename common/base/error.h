/* One error: an exit code and one line of text that names the subject.
 *
 * A function that can fail takes an mm_error last. It returns 0, or the code that it also left in the error. A function that
 * can only run out of memory may take no mm_error and return MM_FAILURE or NULL. In common/ and formats/ only common/cli
 * prints or exits, but an isolated child process (isolated.h) may leave by _exit. Codes are exit codes of programs: 0 done,
 * 1 failure, 2 usage, 3 input truncated or corrupt. MM_LEFT_OUT is none: the input is sound but of no use to the program, whose loop
 * names it and goes on. */
#ifndef MM_BASE_ERROR_H
#define MM_BASE_ERROR_H

enum { MM_OK = 0, MM_FAILURE = 1, MM_USAGE = 2, MM_DAMAGED = 3, MM_LEFT_OUT = 4 };

typedef struct mm_error {
    int code;
    char text[1024];
} mm_error;

/* Fills the error, as printf does, and returns `code`. A format that ends in ':' gains " " and strerror(errno), or
 * loses the ':' if errno is 0. With a NULL error it only returns `code`.
 * Text: lower case, no full stop, subject in single quotes: "cannot open 'x.png':". */
int mm_fail(mm_error *error, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Fills in "out of memory" and returns MM_FAILURE. */
int mm_no_memory(mm_error *error);

/* Puts "prefix: " before the text of an error and returns its code; MM_FAILURE for NULL. Text that does not fit is cut. */
int mm_fail_in(mm_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
