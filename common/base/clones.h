/* MM_CLONES before a function compiles it for plain x86-64, AVX2 and AVX-512; the program chooses one when it starts.
 *
 * The results do not depend on the choice as long as the function adds and multiplies in one fixed order per element:
 * -ffp-contract=off (Makefile) keeps products and sums separate. MM_CLONES is empty under sanitizers, which start only
 * after the choice is made. */
#ifndef MM_BASE_CLONES_H
#define MM_BASE_CLONES_H

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MM_CLONES
#elif defined(__clang__)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || !defined(__x86_64__) || __clang_major__ < 14
#define MM_CLONES
#else
#define MM_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#endif
#elif defined(__x86_64__) && defined(__GNUC__) && defined(__ELF__)
#define MM_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define MM_CLONES
#endif

#endif
