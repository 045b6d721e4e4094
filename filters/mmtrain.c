/* mmtrain: trains a network on a stream of epochs and writes a model file. */
#include <stdlib.h>

#include "filters/predict/startup.h"
#include "filters/train/memory_plan.h"
#include "filters/train/run.h"

static const mm_option OPTIONS[] = {
    {.name = "net", .type = MM_OPT_STRING, .offset = offsetof(mm_train_options, net), .argument = "DESCRIPTION",
     .help = "resnet50, resnet18, resnet50+[512-512-1024]x2, ... (by recipe or --init)"},
    {.name = "classes", .type = MM_OPT_STRING, .offset = offsetof(mm_train_options, classes), .argument = "N|NAMES",
     .help = "number of classes, or their names with commas (by recipe or --init)"},
    {.name = "init", .type = MM_OPT_STRING, .offset = offsetof(mm_train_options, init), .argument = "FILE",
     .help = "first weights: safetensors, npz, pth, h5; or a model (random)"},
    {.name = "init-licence", .type = MM_OPT_STRING, .offset = offsetof(mm_train_options, init_licence), .argument = "TEXT",
     .help = "licence of --init, for the model and its card (public files are known)", .neutral = true},
    {.name = "data-terms", .type = MM_OPT_STRING, .offset = offsetof(mm_train_options, data_terms), .argument = "TEXT",
     .help = "terms of the training data, for the model and its card", .neutral = true},
    {.name = "partial", .type = MM_OPT_FLAG, .offset = offsetof(mm_train_options, partial),
     .help = "--init may lack layers of the trunk; what is missing trains in all stages"},
    {.name = "prefix", .type = MM_OPT_STRING, .offset = offsetof(mm_train_options, match.prefix), .argument = "PREFIX",
     .help = "of the names in --init (found)"},
    {.name = "weights", .type = MM_OPT_CHOICE, .offset = offsetof(mm_train_options, match.averages), .argument = "WHICH",
     .choices = MM_AVERAGES_CHOICES,
     .help = "plain weights of --init or their running averages, ema (any: plain, if it has both)"},
    {.name = "recipe", .type = MM_OPT_CHOICE, .offset = offsetof(mm_train_options, recipe), .argument = "NAME",
     .choices = "none|patch|whole|transfer",
     .help = "the published stages for patches or for whole images, or those for small data sets"},
    {.name = "stage", .type = MM_OPT_LIST, .offset = offsetof(mm_train_options, stages), .argument = "STAGE",
     .help = "a stage instead: 'train=fc lr=1e-3 wd=1e-4 epochs=3 bn=batch'; may be repeated"},
    {.name = "epochs", .type = MM_OPT_STRING, .offset = offsetof(mm_train_options, epochs), .argument = "N,N,...",
     .help = "epochs of the stages, or one number for all"},
    {.name = "lr", .type = MM_OPT_STRING, .offset = offsetof(mm_train_options, lr), .argument = "X,X,...",
     .help = "learning rates of the stages, or one for all"},
    {.name = "wd", .type = MM_OPT_STRING, .offset = offsetof(mm_train_options, wd), .argument = "X,X,...",
     .help = "weight decays of the stages, or one for all"},
    {.name = "schedule", .type = MM_OPT_STRING, .offset = offsetof(mm_train_options, lr_schedule), .argument = "HOW,HOW,...",
     .help = "learning rate of the stages: constant, cosine (by epochs) or cosine:STEPS, or one for all"},
    {.name = "warmup", .type = MM_OPT_STRING, .offset = offsetof(mm_train_options, warm_up), .argument = "STEPS,STEPS,...",
     .help = "steps in which the learning rate of the stages rises linearly, or one for all"},
    {.name = "bn", .type = MM_OPT_CHOICE, .offset = offsetof(mm_train_options, bn), .argument = "HOW",
     .choices = "stage|batch|frozen",
     .help = "batch norm of layers that are not trained, in all stages"},
    {.name = "optimizer", .type = MM_OPT_CHOICE, .offset = offsetof(mm_train_options, optimiser), .argument = "NAME",
     .choices = "recipe|adam|adamw|sgd", .published = "adam",
     .help = "adam, adamw (decoupled weight decay; of --recipe=transfer) or sgd (with --momentum)"},
    {.name = "adam", .type = MM_OPT_STRING, .offset = offsetof(mm_train_options, adam), .argument = "B1,B2,EPSILON",
     .help = "parameters of Adam and AdamW (0.9,0.999,1e-8)"},
    {.name = "momentum", .type = MM_OPT_STRING, .offset = offsetof(mm_train_options, momentum), .argument = "X",
     .help = "momentum of --optimizer=sgd (0.9)"},
    {.name = "clip-norm", .type = MM_OPT_DOUBLE, .offset = offsetof(mm_train_options, trainer.optimiser.clip), .argument = "X",
     .min = 0, .max = 1e9, .published = "0",
     .help = "scale gradients whose global norm is larger down to it (0: never)"},
    {.name = "ema", .type = MM_OPT_DOUBLE, .offset = offsetof(mm_train_options, trainer.optimiser.ema), .argument = "DECAY",
     .min = 0, .max = 0.9999999, .published = "0",
     .help = "keep a running average of the weights, which is validated and stored (0: none)"},
    {.name = "stop-after", .type = MM_OPT_COUNT, .offset = offsetof(mm_train_options, trainer.stop_after), .argument = "N",
     .min = 1, .max = 1000000,
     .help = "end a stage when N epochs in a row were no better than its best (never)"},
    {.name = "plateau", .type = MM_OPT_COUNT, .offset = offsetof(mm_train_options, trainer.plateau), .argument = "N", .min = 1,
     .max = 1000000,
     .help = "reduce the learning rate when N epochs were no better (never)"},
    {.name = "plateau-factor", .type = MM_OPT_DOUBLE, .offset = offsetof(mm_train_options, trainer.plateau_factor),
     .argument = "X", .min = 1e-6, .max = 1,
     .help = "factor of the reduction (0.1)"},
    {.name = "batch", .type = MM_OPT_COUNT, .offset = offsetof(mm_train_options, trainer.batch), .argument = "N", .min = 1,
     .max = 65536,
     .help = "images of a step (256 patches, 12 whole images, else 32)"},
    {.name = "micro-batch", .type = MM_OPT_COUNT, .offset = offsetof(mm_train_options, trainer.micro_batch), .argument = "N",
     .min = 1, .max = 65536,
     .help = "images computed at once: fewer need less memory but change batch norm (the batch)"},
    {.name = "mean", .type = MM_OPT_STRING, .offset = offsetof(mm_train_options, mean), .argument = "NUMBER|STREAM",
     .help = "grey level to subtract, 0..255, or a stream to measure it on (from --init)"},
    {.name = "std", .type = MM_OPT_DOUBLE, .offset = offsetof(mm_train_options, std), .argument = "NUMBER", .min = 1e-6,
     .max = 1e6, .published = "1",
     .help = "grey levels to divide by (from --init; 57.6 for torchvision's weights, else 1)"},
    {.name = "balance", .type = MM_OPT_CHOICE, .offset = offsetof(mm_train_options, trainer.balance), .argument = "HOW",
     .choices = "none|loss",
     .help = "loss: weight records by 1 / frequency of their class"},
    {.name = "smoothing", .type = MM_OPT_DOUBLE, .offset = offsetof(mm_train_options, trainer.smoothing), .argument = "X",
     .min = 0, .max = 0.99,
     .help = "label smoothing: spread this share of each label over all classes (0)"},
    {.name = "mixup", .type = MM_OPT_DOUBLE, .offset = offsetof(mm_train_options, trainer.mixup), .argument = "ALPHA", .min = 0, .max = 100,
     .published = "0",
     .help = "mix images and labels in pairs, in shares of Beta(ALPHA, ALPHA), ALPHA >= 0.1 (0: never)"},
    {.name = "val", .type = MM_OPT_STRING, .offset = offsetof(mm_train_options, validation), .argument = "FILE",
     .help = "stream to validate on after each epoch; the best epoch is kept, else the last"},
    {.name = "best", .type = MM_OPT_CHOICE, .offset = offsetof(mm_train_options, trainer.best), .argument = "FIGURE",
     .choices = "recipe|accuracy|auc|loss",
     .help = "validation figure that chooses the best epoch (transfer, whole: auc, else accuracy)"},
    {.name = "augment", .type = MM_OPT_STRING, .offset = offsetof(mm_train_options, augment), .argument = "RANGES", .bare = true,
     .help = "change images at random as mmaugment does: 'rotate=10 zoom=0.9,1.1 ...', or its defaults"},
    {.name = "checkpoint", .type = MM_OPT_STRING, .offset = offsetof(mm_train_options, checkpoint), .argument = "FILE",
     .neutral = true,
     .help = "save the state to FILE after each epoch"},
    {.name = "resume", .type = MM_OPT_FLAG, .offset = offsetof(mm_train_options, resume), .neutral = true,
     .help = "go on from the checkpoint, if there is one"},
    {.name = "log", .type = MM_OPT_STRING, .offset = offsetof(mm_train_options, log), .argument = "FILE", .neutral = true,
     .help = "a line per step and epoch, tab-separated"},
    {.name = "seed", .letter = 's', .type = MM_OPT_U64, .offset = offsetof(mm_train_options, seed), .argument = "N",
     .help = "seed of random first weights, dropout, --mixup and --augment (1)"},
    {.name = "precision", .type = MM_OPT_CHOICE, .offset = offsetof(mm_train_options, precision), .argument = "P",
     .choices = MM_PRECISION_CHOICES,
     .help = "numbers to compute with (auto: bf16 where the hardware has it)"},
    {.name = "ranks", .type = MM_OPT_CHOICE, .offset = offsetof(mm_train_options, ranks), .argument = "HOW",
     .choices = MM_RANKS_CHOICES, .neutral = true,
     .help = "auto: train together with the other processes that mpirun started"},
    {.name = "sync-bn", .type = MM_OPT_FLAG, .offset = offsetof(mm_train_options, trainer.sync),
     .help = "batch norm takes its statistics over the images of all ranks"},
    {.name = "plan", .type = MM_OPT_FLAG, .offset = offsetof(mm_train_options, plan), .neutral = true,
     .help = "print the memory that the training would need, on CPU and GPU, and exit"},
    {.name = "size", .type = MM_OPT_SIZE, .offset = offsetof(mm_train_options, size), .argument = "HxW", .min = 1, .max = 65536,
     .neutral = true,
     .help = "size of the images, for --plan (224x224, whole images 1152x896)"},
    {.name = "deterministic", .type = MM_OPT_FLAG, .offset = offsetof(mm_train_options, deterministic), .neutral = true,
     .help = "insist on the same bytes from run to run (the default without ,atomics)"},
    {.name = "device", .type = MM_OPT_STRING, .offset = offsetof(mm_train_options, device), .argument = "NAME", .neutral = true,
     .help = "auto, cpu or cuda[:N]"},
};

static const mm_program PROGRAM = {.name = "mmtrain", .operands = "[FILE...]", .summary = "train a classifier on a stream of epochs",
                                   .options = OPTIONS, .noptions = sizeof OPTIONS / sizeof *OPTIONS, .published = true};

static int complete(mm_train_options *options, const mm_common *common, mm_error *error)
{
    options->skip = common->skip;
    options->command = mm_options_canonical(&PROGRAM, options, common);
    return options->command ? mm_train_options_complete(options, common->published, error) : mm_no_memory(error);
}

int main(int argc, char **argv)
{
    mm_error error = {0};
    mm_common common = {0};
    mm_train_options options = MM_TRAIN_DEFAULTS;
    mm_train_run run = MM_TRAIN_RUN(&options, &common);
    mm_begin_predict(PROGRAM.name);
    int code = mm_options_parse(&PROGRAM, argc, argv, &options, &common, &error);
    if (code >= 0) {
        if (!code)
            code = complete(&options, &common, &error);
        if (!code)
            code = options.plan ? mm_memory_plan_print(&options, &common, &error) : mm_train(&run, &error);
        code = mm_train_run_end(&run, code, &error);
    }
    free(options.command);
    mm_options_free(&PROGRAM, &options);
    return code < 0 ? MM_OK : code; /* --help, --version */
}
