/* The command line of a program with options of every type, an argument a line. */
#include <stdlib.h>
#include <string.h>

#include "common/cli/options.h"
#include "tests/fuzz/harness/fuzz.h"

struct config {
    bool flag;
    long number;
    uint64_t seed;
    double real;
    const char *text;
    mm_strings list;
    int choice;
    mm_size size;
    mm_range range;
};

#define AT(field) offsetof(struct config, field)
static const mm_option options[] = {
    {"flag", 'f', MM_OPT_FLAG, AT(flag), NULL, "a flag"},
    {"number", 'n', MM_OPT_INT, AT(number), "N", "a number", -5, 1000},
    {"seed", 's', MM_OPT_U64, AT(seed), "N", "a seed"},
    {"real", 0, MM_OPT_DOUBLE, AT(real), "X", "a real", 0, 1, .published = "0.5"},
    {"text", 't', MM_OPT_STRING, AT(text), "TEXT", "text"},
    {"list", 0, MM_OPT_LIST, AT(list), "TEXT", "texts"},
    {"choice", 0, MM_OPT_CHOICE, AT(choice), "A", "a choice", .choices = "one|two|three"},
    {"size", 0, MM_OPT_SIZE, AT(size), "HxW", "a size", 1, 1e6},
    {"range", 0, MM_OPT_RANGE, AT(range), "LO,HI", "a range", -1, 1},
};
static const mm_program program = {"program", "[FILE...]", "A program.", options, sizeof options / sizeof *options, true};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = mm_fuzz_text(data, size), *argv[66] = {(char *)"program"}, *rest = text, *word;
    int argc = 1;
    while (argc < 65 && (word = strsep(&rest, "\n")))
        argv[argc++] = word;
    mm_error error = {0};
    mm_common common = {0};
    struct config config = {.number = 1, .real = 0.25, .size = {2, 3}};
    if (!mm_options_parse(&program, argc, argv, &config, &common, &error)) {
        MM_MUST(config.number >= -5 && config.number <= 1000 && config.real >= 0 && config.real <= 1);
        MM_MUST(config.size.height >= 1 && config.size.width <= 1000000 && config.range.low <= config.range.high);
        MM_MUST(config.choice >= 0 && config.choice < 3 && common.threads > 0);
        char *line = mm_options_canonical(&program, &config, &common);
        MM_MUST(line && !strncmp(line, "program", 7));
        free(line);
    }
    mm_options_free(&program, &config);
    free(text);
    return 0;
}
