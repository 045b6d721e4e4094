/* Colour map and inks: see colour.h. */
#include "filters/picture/colour.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

static const double PI = 3.14159265358979323846;

/* OKLab to linear sRGB; matrices of Ottosson's definition. */
static void linear_of_oklab(const double lab[3], double rgb[3])
{
    double l = lab[0] + 0.3963377774 * lab[1] + 0.2158037573 * lab[2];
    double m = lab[0] - 0.1055613458 * lab[1] - 0.0638541728 * lab[2];
    double s = lab[0] - 0.0894841775 * lab[1] - 1.2914855480 * lab[2];
    l = l * l * l;
    m = m * m * m;
    s = s * s * s;
    rgb[0] = 4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s;
    rgb[1] = -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s;
    rgb[2] = -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s;
}

static uint8_t encode(double linear)
{
    linear = linear < 0 ? 0 : linear > 1 ? 1 : linear;
    double v = linear <= 0.0031308 ? 12.92 * linear : 1.055 * pow(linear, 1 / 2.4) - 0.055;
    return (uint8_t)(255 * v + 0.5);
}

static double decode(uint8_t byte)
{
    double v = byte / 255.0;
    return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

void mm_oklab(const uint8_t rgb[3], double lab[3])
{
    double r = decode(rgb[0]), g = decode(rgb[1]), b = decode(rgb[2]);
    double l = cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
    double m = cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
    double s = cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
    lab[0] = 0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s;
    lab[1] = 1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s;
    lab[2] = 0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s;
}

static int shown(double lightness, double chroma, double hue)
{
    double rgb[3];
    linear_of_oklab((const double[]){lightness, chroma * cos(hue), chroma * sin(hue)}, rgb);
    for (int i = 0; i < 3; i++)
        if (rgb[i] < -1e-9 || rgb[i] > 1 + 1e-9)
            return 0;
    return 1;
}

/* The largest chroma that sRGB shows at this lightness and hue. */
static double most_chroma(double lightness, double hue)
{
    double low = 0, high = 0.4;
    for (int i = 0; i < 30; i++) {
        double middle = (low + high) / 2;
        if (shown(lightness, middle, hue))
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* The path at t in 0..1. */
static void path(double t, double lab[3])
{
    double lightness = 0.18 + 0.76 * t, hue = (275 + 190 * t) * PI / 180;
    double chroma = fmin(0.205 * sqrt(sin(PI * (0.06 + 0.88 * t))), 0.97 * most_chroma(lightness, hue));
    lab[0] = lightness;
    lab[1] = chroma * cos(hue);
    lab[2] = chroma * sin(hue);
}

static double distance(const double a[3], const double b[3])
{
    return sqrt((a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]) + (a[2] - b[2]) * (a[2] - b[2]));
}

void mm_colour_map(uint8_t colours[MM_COLOURS][3])
{
    enum { FINE = 2048 };
    double length = 0, before[3], here[3];
    path(0, before);
    for (int i = 1; i <= FINE; i++, memcpy(before, here, sizeof here)) {
        path((double)i / FINE, here);
        length += distance(before, here);
    }
    double walked = 0;
    int next = 0;
    path(0, before);
    for (int i = 1; i <= FINE; i++, memcpy(before, here, sizeof here)) {
        path((double)i / FINE, here);
        double step = distance(before, here);
        while (next < MM_COLOURS) {
            double at = (length * next / (MM_COLOURS - 1) - walked) / step; /* share of this fine step */
            if (at > 1 && i < FINE)
                break;
            double lab[3], rgb[3];
            for (int k = 0; k < 3; k++)
                lab[k] = before[k] + fmin(at, 1) * (here[k] - before[k]);
            linear_of_oklab(lab, rgb);
            for (int k = 0; k < 3; k++)
                colours[next][k] = encode(rgb[k]);
            next++;
        }
        walked += step;
    }
}

void mm_class_colour(const char *class_name, uint8_t rgb[3])
{
    static const struct { const char *name; uint8_t rgb[3]; } inks[] = {
        {"mass_mal", {255, 92, 51}}, {"calc_mal", {255, 170, 0}}, {"mass_ben", {86, 180, 255}}, {"calc_ben", {0, 214, 143}},
        {"malignant", {255, 92, 51}}, {"benign", {86, 180, 255}},
    };
    static const uint8_t other[3] = {240, 228, 66};
    memcpy(rgb, other, 3);
    for (size_t i = 0; i < sizeof inks / sizeof *inks; i++)
        if (class_name && strcmp(class_name, inks[i].name) == 0)
            memcpy(rgb, inks[i].rgb, 3);
}
