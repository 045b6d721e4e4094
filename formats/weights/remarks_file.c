/* Remarks as JSON: see remarks_file.h. */
#include "formats/weights/remarks_file.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/stats/rank.h"
#include "formats/weights/json_file.h"

char *mm_remarks_beside(const char *table)
{
    static const char ending[] = ".thresholds.json";
    char *path = malloc(strlen(table) + sizeof ending);
    if (path)
        sprintf(path, "%s%s", table, ending);
    return path;
}

/* Log-odds of a threshold below or above all scores are infinite, which JSON does not know: then the probability says it. */
static json_t *threshold_json(const mm_threshold *t)
{
    double odds = mm_rank_log_odds(t->rank);
    json_t *o = json_pack("{s:f}", "probability", t->value);
    if (o && isfinite(odds))
        json_object_set_new(o, "log_odds", json_real(odds));
    return o;
}

static json_t *remarks_json(const mm_remarks *r)
{
    json_t *o = json_object(), *thresholds = json_object();
    for (size_t i = 0; i < r->thresholds; i++)
        json_object_set_new(thresholds, r->threshold[i].name, threshold_json(&r->threshold[i]));
    json_object_set_new(o, "thresholds", thresholds);
    if (r->temperature > 0)
        json_object_set_new(o, "temperature", json_real(r->temperature));
    if (r->averaged)
        json_object_set_new(o, "averaged", json_true());
    if (r->skipped)
        json_object_set_new(o, "skipped", json_integer((json_int_t)r->skipped));
    return o;
}

int mm_remarks_write(const char *path, const mm_remarks *r, mm_error *error)
{
    return mm_json_write(path, remarks_json(r), 17, error);
}

static bool take_threshold(mm_remarks *r, const char *name, const json_t *value)
{
    const json_t *p = json_object_get(value, "probability"), *odds = json_object_get(value, "log_odds");
    if (!json_is_number(p) || (odds && !json_is_number(odds)) || r->thresholds == MM_THRESHOLDS || strpbrk(name, " \t\n") ||
        strlen(name) >= sizeof r->threshold->name)
        return false;
    r->threshold[r->thresholds++] = mm_threshold_stored(name, json_number_value(p), odds ? json_number_value(odds) : NAN);
    return true;
}

static bool take(mm_remarks *r, json_t *o)
{
    json_t *thresholds = json_object_get(o, "thresholds"), *temperature = json_object_get(o, "temperature"), *value;
    json_t *skipped = json_object_get(o, "skipped");
    const char *name;
    *r = (mm_remarks){.averaged = json_is_true(json_object_get(o, "averaged")), .temperature = json_number_value(temperature),
                      .skipped = (size_t)json_integer_value(skipped)};
    if (!json_is_object(thresholds) || (temperature && !(r->temperature > 0)) || (skipped && json_integer_value(skipped) < 0))
        return false;
    json_object_foreach(thresholds, name, value)
        if (!take_threshold(r, name, value))
            return false;
    return true;
}

int mm_remarks_read(mm_remarks *r, const char *path, mm_error *error)
{
    json_error_t why;
    json_t *o;
    if (mm_json_read(path, &o, &why, error))
        return error->code;
    bool good = o && take(r, o);
    int code = good ? 0 : mm_fail(error, MM_DAMAGED, "'%s' is not a file of thresholds%s%s", path, o ? "" : ": ", o ? "" : why.text);
    json_decref(o);
    return code;
}
