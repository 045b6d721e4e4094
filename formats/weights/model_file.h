/* A model file: a torchvision state_dict in a safetensors file, with metadata that says how to use it.
 *
 * Keys of __metadata__ (all text):
 *   format         "pt", as the format's own readers expect of PyTorch weights
 *   mmpipe         version of the program that wrote it
 *   net            description, e.g. "resnet50+[512-512-1024]x2"
 *   classes        names with commas between, in the order of the outputs
 *   mean, std      network input = (intensity 0..255 - mean) / std
 *   mean_source    what the mean was measured on, or where it came from
 *   init           where training started: "random, seed 1", "resnet50.pth: 265 of 267"
 *   init_sha256    checksum of the file that it started from
 *   init_source    where the first weights were published, if that is known (origin.h)
 *   init_licence   their licence
 *   data_terms     terms of the data that it was trained on, as the user gave them
 *   missing        layers that `init` did not hold, with commas, if the stages trained them for that reason
 *   recipe         the stages, one a line
 *   training       what the published training does without, if any: "optimizer=sgd momentum=0.9 clip-norm=1 ema=0.999 mixup=0.2"
 *   image_size     "1152x896", of the training images
 *   split          the layer behind which heatmaps divide a patch classifier (nn/shared_layers.h): "layer1"
 *   segmentation   the command line of the mmsegment that segmented the training images, or "none"; missing
 *                  if the stream did not say
 *   provenance     the @PG lines of the training stream
 *   best           the epoch of these weights: "stage 2 epoch 7"
 *   metrics        the validation figures of that epoch: "accuracy=0.812 auc=0.9 loss=0.4"
 *   thresholds     chosen on validation: "youden=0.43 sensitivity_0.90=0.21 ..." (operating.h)
 *   log_odds       the same as log-odds: "youden=-0.28 ...", which tell thresholds near 0 and 1 apart
 *   froc1          thresholds on heat at one false mark per image of validation, by the mode of mmheatmap, and its --smooth: "window=0.83 shared/8=0.9"
 *   temperature    fitted on validation: probabilities are softmax(logits / temperature)
 * Absent ones are NULL or zero in the struct. A file without net, classes, mean and std holds weights but is not a model. */
#ifndef MM_FORMATS_WEIGHTS_MODEL_FILE_H
#define MM_FORMATS_WEIGHTS_MODEL_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/stats/threshold.h"
#include "common/stream/stream.h"
#include "formats/weights/weights.h"

typedef struct mm_figure {
    char name[32];
    double value;
} mm_figure;

typedef struct mm_figures {
    mm_figure *item;
    size_t n, room;
} mm_figures;

/* Start from {0}; strings are owned (set them with mm_model_info_text). */
typedef struct mm_model_info {
    char *version; /* only read; writing sets this program's */
    char *net;
    char **classes;
    size_t nclasses;
    double mean, std; /* std 0: not known */
    char *mean_source, *init, *missing, *recipe, *training, *split;
    char *init_sha256, *init_source, *init_licence, *data_terms;
    size_t height, width; /* of the training images; 0: not known */
    char *segmentation, *provenance, *best;
    mm_figures metrics;
    mm_figures thresholds, log_odds; /* set and read by mm_model_info_thresholds and mm_model_info_threshold */
    mm_figures froc1;
    double temperature; /* 0: none, which means 1 */
} mm_model_info;

void mm_model_info_free(mm_model_info *info);

/* Replaces one of the strings: mm_model_info_text(&info->recipe, text, error). text NULL clears it. */
int mm_model_info_text(char **field, const char *text, mm_error *error);

/* Sets class names from the option --classes. "5" and "2" mean METHOD.md's (background calc_mal calc_ben mass_mal mass_ben; benign
 * malignant), another number N means class0 ..., and a text with a comma is a list of names. MM_USAGE: the text is neither, a name is
 * empty, holds blanks or appears twice, or there are fewer than 2 or more than 10000. */
int mm_model_info_classes(mm_model_info *info, const char *text, mm_error *error);

/* Returns the number of the class of that name, or -1. */
int mm_model_info_class(const mm_model_info *info, const char *name);

/* Sets or adds one figure. MM_FAILURE: memory, or a name with blanks or '='. */
int mm_figures_set(mm_figures *figures, const char *name, double value, mm_error *error);
const double *mm_figures_get(const mm_figures *figures, const char *name); /* or NULL */

/* Replaces the thresholds by n others. */
int mm_model_info_thresholds(mm_model_info *info, const mm_threshold *threshold, size_t n, mm_error *error);
/* Returns threshold i < info->thresholds.n, from its log-odds if they are known and agree with its probability. */
mm_threshold mm_model_info_threshold(const mm_model_info *info, size_t i);

/* Takes provenance, segmentation and image size from the training stream. */
int mm_model_info_stream(mm_model_info *info, const mm_head *head, size_t height, size_t width, mm_error *error);

/* Finds what a program was given for an option, such as "mmresize" and "--size", in the provenance; writes it to word[size]. False: the
 * provenance does not say. */
bool mm_model_info_option(const mm_model_info *info, const char *program, const char *option, char *word, size_t size);

/* True if images of a stream differ from the training images in size, or in what their segmentation did to pixels. `why` then says how,
 * for a warning: "images are 56x56, the model was trained on 224x224". What the model or the head does not know is not compared. */
bool mm_model_info_differs(const mm_model_info *info, const mm_head *head, size_t height, size_t width, char *why, size_t size);

/* Reads the description from the notes of weights. MM_FAILURE: net, classes, mean or std are missing. MM_DAMAGED: a value is invalid.
 * On failure info is empty. */
int mm_model_info_read(mm_model_info *info, const mm_weights *weights, const char *name, mm_error *error);

/* Replaces the notes of weights by info's. */
int mm_model_info_write(const mm_model_info *info, mm_weights *weights, mm_error *error);

/* Reads a model file; weights->params is the state_dict. */
int mm_model_load(const char *path, mm_model_info *info, mm_weights *weights, mm_error *error);

/* Writes a model file of the tensors in `params`. MM_FAILURE: cannot write, or info lacks net, classes, mean or std. */
int mm_model_write(int fd, const char *name, const mm_model_info *info, const mm_params *params, mm_error *error);

#endif
