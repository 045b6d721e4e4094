/* Deflate (RFC 1950, 1951) for what PNG's row filters leave of 16-bit images: noise, between runs of one byte.
 *
 * Matches other than runs are rare there, so that looking for them at every byte, as libdeflate's fastest level does, takes most of
 * its time and brings nothing: this is three times faster on mammograms, and its files are no larger. What repeats otherwise
 * (drawings, text, masks) is libdeflate's. */
#ifndef MM_FORMATS_IMAGE_DEFLATE_H
#define MM_FORMATS_IMAGE_DEFLATE_H

#include <stddef.h>

/* Room for the result of n bytes, whatever they are. */
size_t mm_deflate_bound(size_t n);

/* A zlib stream of from[n], into to[mm_deflate_bound(n)]; returns its size. The same bytes on every machine. */
size_t mm_deflate(const unsigned char *from, size_t n, unsigned char *to);

#endif
