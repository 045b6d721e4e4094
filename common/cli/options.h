/* Option tables: one table gives parsing into a plain struct, range checks, --help, shell completion, the values of
 * --as=published, and the canonical command line that goes into a stream's @PG line. */
#ifndef MM_CLI_OPTIONS_H
#define MM_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/base/error.h"
#include "common/base/text.h"

typedef enum mm_option_type {
    MM_OPT_FLAG,   /* bool: given or not */
    MM_OPT_INT,    /* long, between min and max */
    MM_OPT_COUNT,  /* size_t, between min and max */
    MM_OPT_U64,    /* uint64_t (seeds) */
    MM_OPT_DOUBLE, /* double, between min and max */
    MM_OPT_STRING, /* const char *, pointing into argv */
    MM_OPT_LIST,   /* mm_strings: may be given several times */
    MM_OPT_CHOICE, /* int: index into `choices`, "a|b|c" */
    MM_OPT_SIZE,   /* mm_size: HxW, or N for NxN, each between min and max */
    MM_OPT_RANGE   /* mm_range: LO,HI, each between min and max, LO <= HI */
} mm_option_type;

typedef struct mm_range {
    double low, high;
} mm_range;

typedef struct mm_strings {
    const char **items; /* owned; the strings point into argv */
    size_t n, room;
} mm_strings;

typedef struct mm_option {
    const char *name;       /* long name without dashes */
    int letter;             /* short form or 0 */
    mm_option_type type;
    size_t offset;          /* offset of the field in the program's struct of values */
    const char *argument;   /* "HxW", for help; NULL for a flag */
    const char *help;       /* one line */
    double min, max;        /* INT, COUNT, DOUBLE, SIZE, RANGE; both 0: any */
    const char *choices;    /* CHOICE */
    const char *published;  /* value set by --as=published; NULL: unchanged */
    bool neutral;           /* does not change records, so it is left out of the canonical command line */
    bool bare;              /* STRING: --name without =VALUE is allowed and sets "" */
} mm_option;

/* Options of every program; their letters mean the same everywhere. */
typedef struct mm_common {
    const char *output;  /* -o FILE, NULL: standard output; "-": standard output, a terminal too */
    long threads;        /* -j N; default: MMPIPE_THREADS, else the processors that may be used, at most OMP_NUM_THREADS */
    bool quiet, verbose; /* -q -v */
    int progress;        /* 0 auto, 1 always, 2 never */
    bool no_pg;          /* write no @PG line */
    int skip;            /* --on-error: 0 stop, 1 skip */
    bool published;      /* --as=published was given */
    char **operands;     /* pointers into argv */
    size_t noperands;
} mm_common;

/* One program as the command line sees it. */
typedef struct mm_program {
    const char *name;      /* "mmresize" */
    const char *operands;  /* "[FILE...]", for help */
    const char *summary;   /* one line, for help */
    const mm_option *options;
    size_t noptions;
    bool published;        /* accepts --as=published */
} mm_program;

/* Parses a command line into `values`, the program's struct filled with defaults, and into `common`. Options and operands may
 * be in any order; "--" ends the options. --as=published sets its values first, so that options on the command line win.
 * Returns 0 to go on, MM_USAGE with an error (of MMPIPE_THREADS too), or -1 after it printed --help or --version (exit 0). */
int mm_options_parse(const mm_program *program, int argc, char **argv, void *values, mm_common *common, mm_error *error);

/* Frees the lists in `values`. */
void mm_options_free(const mm_program *program, void *values);

/* Returns the canonical command line, "mmresize --size 1152x896 --filter area": every option that changes records, in the
 * table's order, with its effective value. The caller frees it. NULL when memory is out. */
char *mm_options_canonical(const mm_program *program, const void *values, const mm_common *common);

/* Sets the field of one option from text. MM_USAGE: the text is not a value of the option. */
int mm_option_set(const mm_option *option, void *values, const char *text, mm_error *error);

/* Sets each of the n options that has a published value to it. */
int mm_options_published(const mm_option *options, size_t n, void *values, mm_error *error);

#endif
