/* Pseudonyms of patients: see pseudonym.h. */
#include "formats/dataset/pseudonym.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <nettle/hmac.h>

#include "common/base/bytes.h"

enum { SHORTEST = 16, LONGEST = 1 << 20 };

struct mm_pseudonym_key {
    struct hmac_sha256_ctx keyed;
};

int mm_pseudonym_key_read(mm_pseudonym_key **out, const char *path, mm_error *error)
{
    mm_bytes key = {0};
    *out = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return mm_fail(error, MM_FAILURE, "cannot open '%s':", path);
    int code = mm_bytes_read(&key, fd, path, LONGEST, error);
    close(fd);
    if (!code && key.size < SHORTEST)
        code = mm_fail(error, MM_FAILURE, "key file '%s' has %zu bytes: at least %d are needed", path, key.size, SHORTEST);
    if (!code && !(*out = malloc(sizeof **out)))
        code = mm_no_memory(error);
    if (!code)
        hmac_sha256_set_key(&(*out)->keyed, key.size, key.data);
    if (key.data)
        explicit_bzero(key.data, key.size);
    mm_bytes_free(&key);
    return code;
}

void mm_pseudonym_key_free(mm_pseudonym_key *key)
{
    if (key)
        explicit_bzero(key, sizeof *key);
    free(key);
}

void mm_pseudonym(const mm_pseudonym_key *key, const char *identifier, char pseudonym[MM_PSEUDONYM])
{
    struct hmac_sha256_ctx ctx = key->keyed;
    uint8_t digest[(MM_PSEUDONYM - 1) / 2];
    hmac_sha256_update(&ctx, strlen(identifier), (const uint8_t *)identifier);
    hmac_sha256_digest(&ctx, sizeof digest, digest);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(pseudonym + 2 * i, 3, "%02x", digest[i]);
    explicit_bzero(&ctx, sizeof ctx);
}

static unsigned days_of(const mm_pseudonym_key *key, const char *patient)
{
    static const char purpose[] = "days of ";
    struct hmac_sha256_ctx ctx = key->keyed;
    uint8_t digest[4];
    hmac_sha256_update(&ctx, sizeof purpose, (const uint8_t *)purpose);
    hmac_sha256_update(&ctx, strlen(patient), (const uint8_t *)patient);
    hmac_sha256_digest(&ctx, sizeof digest, digest);
    explicit_bzero(&ctx, sizeof ctx);
    return 1 + ((unsigned)digest[0] << 16 | (unsigned)digest[1] << 8 | digest[2]) % 3650;
}

bool mm_pseudonym_date(const mm_pseudonym_key *key, const char *patient, char *date)
{
    struct tm t = {0};
    char moved[16];
    if (strlen(date) != 8 || strspn(date, "0123456789") != 8 || sscanf(date, "%4d%2d%2d", &t.tm_year, &t.tm_mon, &t.tm_mday) != 3 ||
        t.tm_year < 1800)
        return false;
    t.tm_year -= 1900;
    t.tm_mon -= 1;
    struct tm asked = t;
    time_t at = timegm(&t);
    if (t.tm_mday != asked.tm_mday || t.tm_mon != asked.tm_mon)
        return false;
    at -= (time_t)days_of(key, patient) * 86400;
    if (!gmtime_r(&at, &t) || strftime(moved, sizeof moved, "%Y%m%d", &t) != 8)
        return false;
    memcpy(date, moved, 9);
    return true;
}
