/* Networks and their layers as text: see net_text.h. */
#include "common/nn/net_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/nn/family.h"
#include "common/nn/internal.h"

static __attribute__((format(printf, 2, 3))) void print(mm_text *text, const char *format, ...)
{
    char line[400];
    va_list ap;
    va_start(ap, format);
    vsnprintf(line, sizeof line, format, ap);
    va_end(ap);
    mm_text_puts(text, line);
}

static int print_network(const char *name, mm_text *text, mm_error *error)
{
    mm_net *net;
    char input[40] = "-";
    if (mm_net_build(name, 1000, &net, error))
        return error->code;
    if (net->std > 0)
        snprintf(input, sizeof input, "(v - mean) / %g", net->std);
    print(text, "  %-18s %11zu  %-18s %s\n", name, net->parameters, input, net->block);
    mm_net_free(net);
    return MM_OK;
}

int mm_nets_print(mm_text *text, mm_error *error)
{
    print(text, "  %-18s %11s  %-18s %s\n", "network", "parameters", "input", "last block");
    for (const mm_family *const *f = mm_net_families; *f; f++) {
        print(text, "%s\n", (*f)->title);
        for (const char *const *name = (*f)->networks; *name; name++)
            if (print_network(*name, text, error))
                return error->code;
        print(text, "  public weights: %s\n", (*f)->weights ? (*f)->weights : "none");
    }
    print(text, "Each of them is also a trunk of whole-image networks: NETWORK+[512-512-1024]x2 or NETWORK+[512-512-1024]x2/2.\n"
                "Parameters are those of 1000 classes; v are grey levels of 0 to 255, which public weights expect to be divided.\n");
    return text->failed ? mm_no_memory(error) : MM_OK;
}

static size_t parameters_of(const mm_net *net, size_t layer)
{
    size_t n = 0;
    for (size_t i = 0; i < net->nweights; i++)
        if (net->weights[i].layer == (int)layer && (net->weights[i].kind == MM_WEIGHT || net->weights[i].kind == MM_BIAS))
            n += net->weights[i].count;
    return n;
}

static void print_layer(const mm_net *net, size_t i, const mm_shape *shapes, mm_text *text, double *sum)
{
    const mm_layer *l = &net->layers[i];
    const mm_shape *y = &shapes[i];
    const size_t parameters = parameters_of(net, i);
    const double multiply_adds = l->kind->multiply_adds ? l->kind->multiply_adds(l, shapes[l->from], *y) : 0;
    char output[60], kind[40];
    if (l->limit > 0)
        snprintf(kind, sizeof kind, "%s%g", l->kind->name, (double)l->limit);
    else
        snprintf(kind, sizeof kind, "%s", l->kind->name);
    if (l->rows)
        snprintf(output, sizeof output, "%zu", y->c);
    else
        snprintf(output, sizeof output, "%zux%zux%zu", y->c, y->h, y->w);
    print(text, "%s\t%s\t%s\t%zu\t%.0f\n", l->name, kind, output, parameters, multiply_adds);
    *sum += multiply_adds;
}

int mm_net_print_layers(const mm_net *net, size_t height, size_t width, mm_text *text, mm_error *error)
{
    mm_shape *shapes = calloc(net->nlayers, sizeof *shapes);
    double sum = 0;
    int code = shapes ? mm_net_shapes(net, 1, height, width, 0, shapes, error) : mm_no_memory(error);
    if (!code) {
        print(text, "layer\tkind\toutput\tparameters\tmultiply_adds\n");
        for (size_t i = 1; i < net->nlayers; i++)
            print_layer(net, i, shapes, text, &sum);
        print(text, "# %s, one image of %zux%zu\t\t\t%zu\t%.0f\n", net->description, height, width, net->parameters, sum);
        code = text->failed ? mm_no_memory(error) : MM_OK;
    }
    free(shapes);
    return code;
}
