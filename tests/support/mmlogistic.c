/* mmlogistic C FILE: fits common/stats/logistic.h to a text file of n, F and K and for each record its class and F numbers; prints
 * the weights of each row, the intercept last. */
#include <stdio.h>
#include <stdlib.h>

#include "common/stats/logistic.h"

static int fail(const char *text)
{
    fprintf(stderr, "mmlogistic: %s\n", text);
    return 1;
}

static bool read_data(FILE *in, mm_logistic_data *d, double **x, size_t **label)
{
    if (!in || fscanf(in, "%zu %zu %zu", &d->n, &d->F, &d->K) != 3)
        return false;
    *x = malloc(d->n * d->F * sizeof **x);
    *label = malloc(d->n * sizeof **label);
    bool good = *x && *label;
    for (size_t i = 0; i < d->n && good; i++) {
        good = fscanf(in, "%zu", &(*label)[i]) == 1;
        for (size_t f = 0; f < d->F && good; f++)
            good = fscanf(in, "%lf", &(*x)[i * d->F + f]) == 1;
    }
    d->x = *x;
    d->label = *label;
    return good;
}

int main(int argc, char **argv)
{
    double *x = NULL;
    size_t *label = NULL, missing;
    mm_logistic_data data = {0};
    mm_logistic model;
    mm_error error;
    FILE *in = argc == 3 ? fopen(argv[2], "r") : NULL;
    if (!read_data(in, &data, &x, &label))
        return fail("usage: mmlogistic C FILE");
    if (mm_logistic_begin(&model, &data, &missing, &error) || mm_logistic_fit(&model, &data, strtod(argv[1], NULL), &error))
        return fail(error.text);
    for (size_t i = 0; i < model.rows * (data.F + 1); i++)
        printf("%.17g\n", model.weight[i]);
    mm_logistic_free(&model);
    free(x);
    free(label);
    fclose(in);
    return 0;
}
