/* Colours of pictures: a perceptually uniform map for heat, and inks that tell the lesion classes apart.
 *
 * The map is a path through OKLab (Ottosson 2020, a colour space in which equal distances look about equal): lightness
 * rises linearly from 0.18 to 0.94 while the hue turns from indigo through magenta, red and orange to light yellow, the
 * chroma being a smooth arc that is kept inside of what sRGB can show. The path is walked in 255 steps of equal length, so
 * equal differences of heat look about equally large, and in grey print it is a ramp from dark to light. */
#ifndef MM_FILTERS_PICTURE_COLOUR_H
#define MM_FILTERS_PICTURE_COLOUR_H

#include <stdint.h>

enum { MM_COLOURS = 256 };

/* colours[i] as sRGB, i from the coldest to the hottest. */
void mm_colour_map(uint8_t colours[MM_COLOURS][3]);

/* sRGB bytes to OKLab: lab[0] lightness 0..1, lab[1], lab[2] the colour axes. */
void mm_oklab(const uint8_t rgb[3], double lab[3]);

/* Ink of a lesion's outline by its class: malignant warm (mass_mal red, calc_mal orange), benign cool (mass_ben blue,
 * calc_ben green), anything else yellow; they also differ for eyes with colour blindness (after Okabe and Ito). */
void mm_class_colour(const char *class_name, uint8_t rgb[3]);

#endif
