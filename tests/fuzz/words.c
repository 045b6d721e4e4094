/* Small languages in options and files: the first letter chooses which. */
#include <stdlib.h>
#include <string.h>

#include "common/cli/options.h"
#include "common/table/where.h"
#include "formats/weights/model_file.h"
#include "formats/dicom/window.h"
#include "common/nn/net.h"
#include "common/nn/schedule.h"
#include "tests/fuzz/harness/fuzz.h"

static void net(const char *text)
{
    mm_error error = {0};
    mm_net *net = NULL;
    if (mm_net_build(text, 5, &net, &error))
        return;
    bool *trained = calloc(net->nlayers, sizeof *trained);
    MM_MUST(trained && net->nlayers && net->nweights);
    for (size_t i = 0; i < net->nlayers; i++)
        MM_MUST(net->layers[i].from < (int)i && net->layers[i].second < (int)i);
    mm_net_select(net, "top", trained, &error);
    mm_net_select(net, text, trained, &error);
    free(trained);
    mm_net_free(net);
}

static void stage(const char *text)
{
    mm_error error = {0};
    mm_stage a, b;
    char printed[600];
    if (mm_stage_parse(text, &a, &error))
        return;
    mm_stage_print(&a, printed, sizeof printed);
    MM_MUST(!mm_stage_parse(printed, &b, &error));
    MM_MUST(!strcmp(a.train, b.train) && a.epochs == b.epochs && a.bn == b.bn);
}

static void schedule(const char *text)
{
    mm_error error = {0};
    mm_schedule s;
    MM_MUST(!mm_schedule_recipe(&s, "patch", &error));
    if (!mm_schedule_epochs(&s, text, &error) && !mm_schedule_lr(&s, text, &error) && !mm_schedule_weight_decay(&s, text, &error))
        MM_MUST(s.n == 3 && s.epochs >= 3 && mm_schedule_stage(&s, s.epochs, NULL) == 2);
}

static int lookup(void *text, const char *name, char **value, mm_error *error)
{
    (void)name;
    (void)error;
    *value = strdup(text);
    return MM_OK;
}

static void small(const char *text)
{
    mm_error error = {0};
    mm_model_info info = {0};
    mm_where where = {0};
    mm_size size;
    mm_window window;
    long number;
    double real;
    bool holds;
    if (!mm_model_info_classes(&info, text, &error))
        MM_MUST(info.nclasses >= 2 && info.nclasses <= 10000);
    mm_model_info_free(&info);
    if (!mm_where_parse(&where, &text, 1, &error))
        mm_where_holds(&where, text, lookup, (void *)(uintptr_t)text, &holds, &error);
    mm_where_free(&where);
    if (!mm_parse_size(text, 1, 100, &size))
        MM_MUST(size.height >= 1 && size.width <= 100);
    if (!mm_window_parse(text, &window, &error) && window.kind == MM_WINDOW_GIVEN) {
        real = mm_window_apply(&window, 3);
        MM_MUST(real >= 0 && real <= 1);
    }
    MM_MUST(mm_parse_long(text, 3, 5, &number) || (number >= 3 && number <= 5));
    MM_MUST(mm_parse_double(text, 3, 5, &real) || (real >= 3 && real <= 5));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = mm_fuzz_text(data, size);
    switch (text[0]) {
    case 'n': net(text + 1); break;
    case 's': stage(text + 1); break;
    case 'e': schedule(text + 1); break;
    default: small(text); break;
    }
    free(text);
    return 0;
}
