/* Places in columns: what becomes a shape, what is left alone, what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/table/manifest.h"

/* Columns and cells behind key and image; the mask that they give, or the words of the error. */
static const struct {
    const char *columns, *cells, *mask, *error;
} known[] = {
    {"xmin\tymin\txmax\tymax", "1\t2\t10\t12", "box:1,2,10,12", NULL},
    {"XMin\tY_Min\txmax\tYMAX", "1.5\t2\t10.0\t12", "box:1.5,2,10,12", NULL},
    {"x\ty\twidth\theight", "1\t2\t10\t12", "box:1,2,11,14", NULL},
    {"bbox_x\tbbox_y\tbbox_w\tbbox_h", "1\t2\t10\t12", "box:1,2,11,14", NULL},
    {"ymax\txmax\tymin\txmin", "12\t10\t2\t1", "box:1,2,10,12", NULL},
    {"left\ttop\tright\tbottom", "1\t2\t3\t4", "box:1,2,3,4", NULL},
    {"x1\ty1\tx2\ty2", "-1\t-2\t3\t4", "box:-1,-2,3,4", NULL},
    {"lesion_x1\tlesion_y1\tlesion_x2\tlesion_y2", "1\t2\t3\t4", "box:1,2,3,4", NULL},
    {"x (px)\ty (px)\tw (px)\th (px)", "1\t2\t3\t4", "box:1,2,4,6", NULL},
    {"x\ty\tRadius", "5\t6\t7", "circle:5,6,7", NULL},
    {"cx\tcy\tr", "5\t6\t7", "circle:5,6,7", NULL},
    {"circle", "(5, 6, 7)", "circle:5,6,7", NULL},
    {"bbox_xyxy", "[10, 20.5, 30, 40]", "box:10,20.5,30,40", NULL},
    {"xywh", "10 20 30 40", "box:10,20,40,60", NULL},
    {"xyxy", "[[10,20],[30,40]]", "box:10,20,30,40", NULL},
    {"polygon", "[(1, 2), (3, 4), (5, 0)]", "polygon:1,2,3,4,5,0", NULL},
    {"Polygon", "polygon:1,2,3,4,5,0", "polygon:1,2,3,4,5,0", NULL},
    {"polygon", "1,2;3,4;5,0", "polygon:1,2,3,4,5,0", NULL},
    {"polygon", "[[1, 2, 3, 4, 5, 0]]", "polygon:1,2,3,4,5,0", NULL},
    {"polygon", "POLYGON ((1 2, 3 4, 5 0, 1 2))", "polygon:1,2,3,4,5,0,1,2", NULL},
    {"polygon", "[]", "", NULL},
    {"xmin\tymin\txmax\tymax", "\t\t\t", "", NULL},
    {"xmin\tymin\txmax\tymax", "nan\tNaN\tnan\tnan", "", NULL},
    {"xmin\tymin\txmax\tymax\twidth\theight", "1\t2\t3\t4\t50\t60", "box:1,2,3,4", NULL},
    {"xmin\tymin\txmax\tymax\tpolygon\tx1\ty1\tx2\ty2", "1\t2\t3\t4\t\t\t\t\t", "box:1,2,3,4", NULL},
    {"width\theight", "50\t60", "", NULL},
    {"points", "many", "", NULL},
    {"left", "yes", "", NULL},
    {"note", "[0.1, 0.1]", "", NULL},
    {"centre\troi", "3\t1", "", NULL},
    {"spacing_x\tspacing_y\tx_ray", "0.1\t0.1\t7", "", NULL},
    {"finding", "{\"name\": \"Mass\", \"birads\": 4}", "", NULL},

    {"xmin\tymin\txmax\tymax", "1\t2\t\t", NULL, "line 2: '' in the column 'xmax' is not a number"},
    {"xmin\tymin\txmax\tymax", "10\t2\t1\t12", NULL, "line 2: 'box:10,2,1,12' is not a shape"},
    {"x\ty", "1\t2", NULL, "column 'x' holds '1', a place that is not understood"},
    {"bbox", "[1, 2, 3, 4]", NULL, "column 'bbox'"},
    {"bbox", "1 2 3 4", NULL, "column 'bbox'"},
    {"bbox", "{\"x\": 1, \"y\": 2, \"w\": 3, \"h\": 4}", NULL, "column 'bbox'"},
    {"attributes", "{'name': 'polygon', 'all_points_x': [1, 2, 3]}", NULL, "column 'attributes'"},
    {"bbox-0\tbbox-1\tbbox-2\tbbox-3", "1\t2\t3\t4", NULL, "column 'bbox-0'"},
    {"centroid-0\tcentroid-1", "1\t2", NULL, "column 'centroid-0'"},
    {"start_x\tstart_y", "1\t2", NULL, "column 'start_x'"},
    {"xtl\tytl\txbr\tybr", "1\t2\t3\t4", NULL, "column 'xtl'"},
    {"min_row\tmin_col", "1\t2", NULL, "column 'min_row'"},
    {"x_mm\ty_mm\tradius_mm", "1\t2\t3", NULL, "column 'x_mm'"},
    {"EncodedPixels", "12 5 40 6", NULL, "column 'EncodedPixels'"},
    {"xmin\tymin\txmax\tymax\tmask", "1\t2\t3\t4\tm.png", NULL, "a mask, and a place"},
    {"x_center\ty_center\tw\th", "1\t2\t3\t4", NULL, "'x_center'"},
    {"xmin\tymin\txmax\tymax\tx\ty", "1\t2\t3\t4\t5\t6", NULL, "column 'x'"},
    {"ROI_coords", "((1, 2, 3, 4),)", NULL, "'ROI_coords'"},
    {"note", "ellipse:1,2,3,4", NULL, "column 'note'"},
    {"note", "circle:1,2,3", NULL, "column 'note'"},
    {"polygon", "1,2,3,4", NULL, "polygon"},
    {"polygon", "[[1,2,3,4,5,0],[6,7,8,9,7,6]]", NULL, "holds several places"},
    {"polygon", "[[[1,2],[3,4],[5,0]],[[6,7],[8,9],[7,6]]]", NULL, "holds several places"},
    {"polygon", "1,,2,3,4,5,6", NULL, "is not a list of numbers for a polygon"},
    {"polygon", "[1,2,3,4,5,6", NULL, "is not a list of numbers for a polygon"},
    {"xyxy", "[[1,2,3,4],[5,6,7,8]]", NULL, "holds several places"},
    {"xyxy", "[1,2,3]", NULL, "is not a shape"},
};

static void places(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char text[512] = "key\timage\t";
        mm_manifest m;
        mm_error error = {0};
        strcat(strcat(strcat(strcat(strcat(text, known[i].columns), "\nk\ti\t"), known[i].cells), "\n"), "");
        int code = mm_manifest_parse(&m, text, strlen(text), &error);
        if (known[i].error) {
            if (code != MM_DAMAGED || !strstr(error.text, known[i].error))
                fail_msg("%s: '%s'", known[i].columns, error.text);
            continue;
        }
        if (code || strcmp(mm_manifest_get(&m, 0, "mask"), known[i].mask))
            fail_msg("%s: '%s' %s", known[i].columns, code ? "" : mm_manifest_get(&m, 0, "mask"), error.text);
        /* No part of it stays as a column, and what is written reads back. */
        assert_true(mm_manifest_column(&m, "xmin") < 0 && mm_manifest_column(&m, "x") < 0 && mm_manifest_column(&m, "polygon") < 0);
        size_t size;
        char *back = mm_manifest_text(&m, &size);
        mm_manifest again;
        assert_int_equal(mm_manifest_parse(&again, back, size, &error), 0);
        assert_string_equal(mm_manifest_get(&again, 0, "mask"), known[i].mask);
        free(back);
        mm_manifest_free(&again);
        mm_manifest_free(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(places)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
