/* Colours of pictures: a perceptually uniform map for heat, and inks by which lesion classes differ.
 *
 * The map is a path through OKLab (Ottosson 2020, a colour space in which equal distances look about equal). Lightness rises
 * linearly from 0.18 to 0.94 while the hue turns from indigo through magenta, red and orange to light yellow. The chroma is a smooth
 * arc within what sRGB can show. The path is divided into 255 steps of equal length, so equal differences of heat look about equally
 * large. Printed in grey it is a ramp from dark to light. */
#ifndef MM_FILTERS_PICTURE_COLOUR_H
#define MM_FILTERS_PICTURE_COLOUR_H

#include <stdint.h>

enum { MM_COLOURS = 256 };

/* Fills the map with sRGB colours, from the coldest to the hottest. */
void mm_colour_map(uint8_t colours[MM_COLOURS][3]);

/* Converts sRGB bytes to OKLab: lab[0] lightness 0..1, lab[1] and lab[2] the colour axes. */
void mm_oklab(const uint8_t rgb[3], double lab[3]);

/* Finds the ink of a lesion's outline by its class: malignant ones are warm (mass_mal red, calc_mal orange), benign ones cool
 * (mass_ben blue, calc_ben green), others yellow. People with colour blindness can distinguish them (after Okabe and Ito). */
void mm_class_colour(const char *class_name, uint8_t rgb[3]);

#endif
