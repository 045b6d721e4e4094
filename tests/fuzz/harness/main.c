/* The main program of a fuzz target where there is no libFuzzer: runs the files that are named, and those of folders. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/bytes.h"
#include "tests/fuzz/harness/fuzz.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most)
{
    (void)data;
    return size < most ? size : most;
}

static size_t run_file(const char *path)
{
    mm_bytes file = {0};
    mm_error error = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || mm_bytes_read(&file, fd, path, (size_t)1 << 26, &error)) {
        fprintf(stderr, "cannot read '%s'\n", path);
        exit(1);
    }
    close(fd);
    uint8_t *exact = mm_fuzz_copy(file.data, file.size); /* as libFuzzer gives it */
    fprintf(stderr, "%s\n", path);
    LLVMFuzzerTestOneInput(exact, file.size);
    mm_bytes_free(&file);
    free(exact);
    return 1;
}

int main(int argc, char **argv)
{
    size_t n = 0;
    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        if (!folder) {
            n += run_file(argv[i]);
            continue;
        }
        for (struct dirent *entry; (entry = readdir(folder));) {
            char path[4096];
            if (entry->d_name[0] != '.' && snprintf(path, sizeof path, "%s/%s", argv[i], entry->d_name) < (int)sizeof path)
                n += run_file(path);
        }
        closedir(folder);
    }
    fprintf(stderr, "%zu inputs\n", n);
    return n ? 0 : 1;
}
