/* torture N FILE PROGRAM [ARGUMENT...]: damages a small stream in every way of one kind and sends each through three stages of the program:
 * cut at every byte, and every bit flipped (N above 1: every N-th of them, where time is short). Every stage must exit with 3 and the last
 * write no DONE. Prints how many cases there were; exit 1 and the first case that passed for good. Without pipefail: the exit code that
 * counts is the last stage's. */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { STAGES = 3 };

static pid_t stage(char **command, int in, int out)
{
    pid_t pid;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, 0);
    posix_spawn_file_actions_adddup2(&actions, out, 1);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    if (posix_spawn(&pid, command[0], &actions, NULL, command, environ)) {
        perror(command[0]);
        exit(2);
    }
    posix_spawn_file_actions_destroy(&actions);
    return pid;
}

static int memory_file(const char *bytes, size_t n)
{
    int fd = memfd_create("torture", MFD_CLOEXEC);
    if (fd < 0 || write(fd, bytes, n) != (ssize_t)n || lseek(fd, 0, SEEK_SET)) {
        perror("memfd_create");
        exit(2);
    }
    return fd;
}

/* Whether all stages refused the input and the last left no DONE. */
static int refused(char **command, const char *bytes, size_t n)
{
    int in = memory_file(bytes, n), out = memory_file("", 0), pipes[STAGES - 1][2], status, good = 1;
    pid_t pid[STAGES];
    for (int i = 0; i < STAGES - 1; i++)
        if (pipe2(pipes[i], O_CLOEXEC)) {
            perror("pipe");
            exit(2);
        }
    for (int i = 0; i < STAGES; i++)
        pid[i] = stage(command, i ? pipes[i - 1][0] : in, i < STAGES - 1 ? pipes[i][1] : out);
    for (int i = 0; i < STAGES - 1; i++) {
        close(pipes[i][0]);
        close(pipes[i][1]);
    }
    for (int i = 0; i < STAGES; i++) {
        waitpid(pid[i], &status, 0);
        good = good && WIFEXITED(status) && WEXITSTATUS(status) == 3;
    }
    off_t size = lseek(out, 0, SEEK_END);
    char *written = size > 0 ? mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, out, 0) : NULL;
    if (written && (written == MAP_FAILED || memmem(written, (size_t)size, "DONE", 4)))
        good = 0;
    if (written && written != MAP_FAILED)
        munmap(written, (size_t)size);
    close(in);
    close(out);
    return good;
}

int main(int argc, char **argv)
{
    static char bytes[1 << 16], copy[1 << 16];
    size_t step = argc > 3 ? strtoul(argv[1], NULL, 10) : 0;
    FILE *f = step ? fopen(argv[2], "rb") : NULL;
    if (!f) {
        fprintf(stderr, "usage: torture N FILE PROGRAM [ARGUMENT...]\n");
        return 2;
    }
    size_t n = fread(bytes, 1, sizeof bytes, f), cases = 0;
    fclose(f);
    if (refused(argv + 3, bytes, n)) {
        printf("the undamaged stream is refused\n");
        return 1;
    }
    for (size_t cut = 0; cut < n; cut += step, cases++)
        if (!refused(argv + 3, bytes, cut)) {
            printf("cut at byte %zu: not refused\n", cut);
            return 1;
        }
    for (size_t bit = 0; bit < 8 * n; bit += step, cases++) {
        memcpy(copy, bytes, n);
        copy[bit / 8] = (char)(copy[bit / 8] ^ 1 << bit % 8);
        if (!refused(argv + 3, copy, n)) {
            printf("bit %zu of byte %zu flipped: not refused\n", bit % 8, bit / 8);
            return 1;
        }
    }
    printf("%zu cases refused by three stages\n", cases);
    return 0;
}
