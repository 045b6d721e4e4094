/* mmtoy: streams of small images whose class anybody can see: noise; class k > 0 has a bright square, the larger k the
 * farther to the right. For tests of training. --bare leaves labels out. */
#include "common/cli/program.h"
#include "common/cli/source.h"
#include "common/base/random.h"

typedef struct config {
    long records, classes, epoch, first_label;
    mm_size size;
    uint64_t seed;
    bool bare, u8, names;
} config;

static const mm_option OPTIONS[] = {
    {"records", 0, MM_OPT_INT, offsetof(config, records), "N", "how many", 0, 1e6},
    {"classes", 0, MM_OPT_INT, offsetof(config, classes), "N", "labels 0 to N - 1 in turn", 1, 10},
    {"first-label", 0, MM_OPT_INT, offsetof(config, first_label), "N", "added to every label", 0, 10},
    {"epoch", 0, MM_OPT_INT, offsetof(config, epoch), "N", "number of the segment", 0, 1000},
    {"size", 0, MM_OPT_SIZE, offsetof(config, size), "HxW", "of the image"},
    {"seed", 0, MM_OPT_U64, offsetof(config, seed), "N", "of the noise"},
    {"bare", 0, MM_OPT_FLAG, offsetof(config, bare), NULL, "no labels"},
    {"u8", 0, MM_OPT_FLAG, offsetof(config, u8), NULL, "8 bit"},
    {"names", 0, MM_OPT_FLAG, offsetof(config, names), NULL, "with the attribute class: none, left, middle, right"},
};

static const mm_program PROGRAM = {"mmtoy", "", "Make a toy stream.", OPTIONS, sizeof OPTIONS / sizeof *OPTIONS, false};

static void draw(const config *c, size_t number, long label, mm_tensor *t)
{
    mm_random r;
    char key[32];
    snprintf(key, sizeof key, "toy%zu", number);
    mm_random_init(&r, c->seed, mm_hash_string(key), (uint32_t)c->epoch);
    size_t H = t->dim[0], W = t->dim[1], side = H / 3;
    size_t top = (size_t)mm_random_below(&r, H - side + 1), left = label ? (size_t)(label - 1) * (W - side) / 2 : 0;
    for (size_t i = 0; i < t->count; i++) {
        bool inside = label > 0 && i / W >= top && i / W < top + side && i % W >= left && i % W < left + side;
        double v = mm_random_range(&r, 40, 120) + (inside ? 100 : 0);
        if (c->u8)
            ((uint8_t *)t->data)[i] = (uint8_t)v;
        else
            ((uint16_t *)t->data)[i] = (uint16_t)(v * 257);
    }
}

static int make(const mm_job *job, mm_error *error)
{
    static const char *const names[] = {"none", "left", "middle", "right"};
    const config *c = job->options;
    long label = (long)job->number % c->classes;
    char key[64];
    snprintf(key, sizeof key, "toy%06zu", job->number);
    mm_record *r = mm_record_new(key);
    mm_tensor *t = r ? mm_record_add(r, "image", c->u8 ? MM_U8 : MM_U16, 2, (size_t[]){c->size.height, c->size.width}, error) : NULL;
    if (!t || (!c->bare && mm_record_setf(r, "label", "%ld", label + c->first_label)) ||
        (c->names && mm_record_set(r, "class", names[label % 4])) || mm_record_setf(r, "patient", "P%zu", job->number / 2)) {
        mm_record_free(r);
        return mm_no_memory(error);
    }
    draw(c, job->number, label, t);
    return mm_emit(job, r, error);
}

static int run(void *options, const mm_common *common, mm_error *error)
{
    const config *c = options;
    return mm_source_output(&(mm_source){.name = PROGRAM.name, .command_line = PROGRAM.name, .count = (size_t)c->records,
                                         .epoch = c->epoch, .make = make, .options = c},
                            common, error);
}

int main(int argc, char **argv)
{
    config c = {.records = 30, .classes = 3, .size = {32, 32}, .seed = 1};
    return mm_program_main(&PROGRAM, &c, run, argc, argv);
}
