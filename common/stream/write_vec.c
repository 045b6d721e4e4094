/* Writing pieces of memory to a descriptor: see write_vec.h. */
#include "common/stream/write_vec.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { STRETCH = 1 << 16, ZEROS = 1 << 20 }; /* zeros that are worth a call of their own; those of the file */

#if defined F_SETPIPE_SZ && defined MFD_ALLOW_SEALING
/* Nobody can write into it: what a pipe holds are its very pages. */
static int open_zeros(void)
{
    int fd = memfd_create("zeros", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd >= 0 && (ftruncate(fd, ZEROS) || fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL))) {
        close(fd);
        fd = -1;
    }
    return fd;
}

void mm_write_vec_begin(mm_write_vec *d, int fd)
{
    struct stat st;
    fcntl(fd, F_SETPIPE_SZ, 1 << 20);
    *d = (mm_write_vec){fd, fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode), -1};
    if (d->takes_pages)
        d->zeros = open_zeros();
}

/* n bytes of a file's pages into the pipe; false: the pipe does not take them, or the file became shorter. */
static bool pass(const mm_write_vec *d, mm_piece *p, int file, off_t at, size_t n)
{
    while (n) {
        loff_t from = at;
        ssize_t k = splice(file, &from, d->fd, NULL, n, 0);
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return false;
        p->bytes += k;
        p->n -= (size_t)k;
        n -= (size_t)k;
        at += k;
    }
    return true;
}
#else
void mm_write_vec_begin(mm_write_vec *d, int fd) { *d = (mm_write_vec){fd, false, -1}; }

static bool pass(const mm_write_vec *d, mm_piece *p, int file, off_t at, size_t n)
{
    (void)d, (void)p, (void)file, (void)at, (void)n;
    return false;
}
#endif

void mm_write_vec_end(mm_write_vec *d)
{
    if (d->zeros >= 0)
        close(d->zeros);
}

static bool blank(const char *bytes, size_t n) { return bytes[0] == 0 && memcmp(bytes, bytes + 1, n - 1) == 0; }

/* Whether the pages of its file are to be passed on. */
static bool in_file(const mm_write_vec *d, const mm_piece *p) { return p->n && p->file && d->takes_pages; }

/* Passes on the zeros at the piece's beginning, as far as they are stretches. */
static void pass_zeros(mm_write_vec *d, mm_piece *p)
{
    while (d->zeros >= 0 && p->n >= STRETCH && blank(p->bytes, STRETCH)) {
        size_t n = STRETCH;
        while (n < ZEROS && n + STRETCH <= p->n && blank(p->bytes + n, STRETCH))
            n += STRETCH;
        if (!pass(d, p, d->zeros, 0, n)) {
            mm_write_vec_end(d);
            d->zeros = -1;
        }
    }
}

/* How much of the piece comes before its next stretch of zeros. */
static size_t until_zeros(const mm_write_vec *d, const mm_piece *p)
{
    size_t n = 0;
    if (d->zeros < 0)
        return p->n;
    while (n + STRETCH <= p->n && !blank(p->bytes + n, STRETCH))
        n += STRETCH;
    return n + STRETCH <= p->n ? n : p->n;
}

/* Copies of memory, many pieces at a time. */
static ssize_t copy(const mm_write_vec *d, const mm_piece *p, size_t n)
{
    enum { AT_ONCE = 64 };
    struct iovec part[AT_ONCE];
    int parts = 0;
    bool whole = true;
    for (size_t i = 0; i < n && parts < AT_ONCE && whole && !in_file(d, &p[i]); i++) {
        size_t k = until_zeros(d, &p[i]);
        part[parts++] = (struct iovec){(void *)(uintptr_t)p[i].bytes, k};
        whole = k == p[i].n;
    }
    return writev(d->fd, part, parts);
}

int mm_write_vec_write(mm_write_vec *d, mm_piece *p, size_t n)
{
    while (n) {
        if (in_file(d, p)) {
            off_t at = (const unsigned char *)p->bytes - p->file->bytes;
            d->takes_pages = pass(d, p, p->file->fd, at, p->n);
        } else {
            pass_zeros(d, p);
        }
        if (p->n == 0) {
            p++;
            n--;
            continue;
        }
        ssize_t done = copy(d, p, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0) /* EFAULT: the data lies in a mapped file, and somebody cut that */
            return errno == EFAULT ? MM_DAMAGED : MM_FAILURE;
        for (size_t left = (size_t)done, k; left; left -= k) {
            k = left < p->n ? left : p->n;
            p->bytes += k;
            p->n -= k;
            if (p->n == 0) {
                p++;
                n--;
            }
        }
    }
    return MM_OK;
}
