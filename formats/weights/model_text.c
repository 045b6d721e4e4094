/* What is in a file of weights, as text. */
#include "formats/weights/model_text.h"

#include <string.h>

/* A line for each line of the text. */
static void print_lines(FILE *out, const char *key, const char *text)
{
    while (text && *text) {
        size_t n = strcspn(text, "\n");
        fprintf(out, "%s\t%.*s\n", key, (int)n, text);
        text += n + (text[n] == '\n');
    }
}

static void print_figures(FILE *out, const char *key, const mm_figures *f)
{
    for (size_t i = 0; i < f->n; i++)
        fprintf(out, "%s\t%s\t%.6g\n", key, f->item[i].name, f->item[i].value);
}

static void print_info(FILE *out, const mm_model_info *m)
{
    print_lines(out, "net", m->net);
    fprintf(out, "classes");
    for (size_t i = 0; i < m->nclasses; i++)
        fprintf(out, "\t%s", m->classes[i]);
    fprintf(out, "\nmean\t%.9g\n", m->mean);
    print_lines(out, "mean_source", m->mean_source);
    fprintf(out, "std\t%.9g\n", m->std);
    if (m->height)
        fprintf(out, "image_size\t%zux%zu\n", m->height, m->width);
    print_lines(out, "split", m->split);
    print_lines(out, "segmentation", m->segmentation);
    print_lines(out, "init", m->init);
    print_lines(out, "init_source", m->init_source);
    print_lines(out, "init_sha256", m->init_sha256);
    print_lines(out, "init_licence", m->init_licence);
    print_lines(out, "data_terms", m->data_terms);
    print_lines(out, "missing", m->missing);
    print_lines(out, "recipe", m->recipe);
    print_lines(out, "training", m->training);
    print_lines(out, "best", m->best);
    print_figures(out, "metric", &m->metrics);
    print_figures(out, "threshold", &m->thresholds);
    print_figures(out, "froc1", &m->froc1);
    if (m->temperature > 0)
        fprintf(out, "temperature\t%.6g\n", m->temperature);
    print_lines(out, "provenance", m->provenance);
    print_lines(out, "mmpipe", m->version);
}

int mm_weights_print(FILE *out, const mm_weights *w, const char *name, mm_error *error)
{
    mm_model_info info;
    mm_error none;
    fprintf(out, "file\t%s\t%s\n", name, mm_weights_format_name(w->format));
    int code = mm_model_info_read(&info, w, name, &none);
    if (!code) {
        print_info(out, &info);
        print_lines(out, "next_epoch", mm_weights_note(w, "training.next_epoch")); /* of a checkpoint, as is the next */
        print_lines(out, "threads", mm_weights_note(w, "training.threads"));
    } else if (mm_weights_note(w, "mmpipe")) /* one of ours, and not in order */
        return mm_fail(error, none.code, "%s", none.text);
    for (size_t i = 0; code && i < w->nnotes; i++)
        print_lines(out, w->notes[i].name, w->notes[i].value);
    mm_model_info_free(&info);
    size_t numbers = 0;
    for (size_t i = 0; i < w->params.count; i++)
        numbers += w->params.item[i].count;
    fprintf(out, "tensors\t%zu\nnumbers\t%zu\n", w->params.count, numbers);
    for (size_t i = 0; i < w->params.count; i++) {
        const mm_param *p = &w->params.item[i];
        fprintf(out, "tensor\t%s\t%s\t", p->name, mm_dtype_name(p->dtype));
        for (int d = 0; d < p->ndim; d++)
            fprintf(out, d ? ",%zu" : "%zu", p->dim[d]);
        fputc('\n', out);
    }
    return 0;
}
