/* Reports as templates: text with figures of a tree in braces.
 *
 *   {NAME}           a value: a word; a count; a list of words, with commas; an interval, as 0.750 to 0.860; a figure, as
 *                    0.812 (0.750 to 0.860)
 *   {NAME:W}         padded to W columns, on the left; with -W on the right. W may be a list with commas, whose largest element
 *                    holds. An element is a number, or the name of a word (its length) or of an object (its longest member name)
 *   {NAME|FORM}      in a form. `full`: a figure with both intervals. `named`: with the methods too. `percent`: 81 % (75 to 86).
 *                    `row`: three cells of a Markdown table. `words`: escaped for Markdown. Others are printf's, such as .4g
 *   {"TEXT":W}       TEXT itself
 *   {?NAME}...{/}    only if NAME is there: not null, false, 0 (a count) or empty. Inside an object its names come first
 *   {^NAME}...{/}    only if it is not
 *   {#NAME}...{/}    for each member of an object or element of a list: {.} is its value, {@} its name or index
 *
 * A name means its value in the innermost object that has it. NAME/NAME goes into objects and lists; @ in it is the name of the
 * current member. A figure NAME has its intervals beside it, NAME_bootstrap and one of NAME_delong, NAME_wilson and NAME_logit;
 * or it is an object of value, bootstrap and one of these. A figure SERIES/NAME has its interval at SERIES_bootstrap/NAME. Null is
 * an unknown value, printed as "-". */
#ifndef MM_FILTERS_EVALUATE_TEMPLATE_H
#define MM_FILTERS_EVALUATE_TEMPLATE_H

#include <jansson.h>
#include <stdio.h>

/* Prints to a stream whose errors the caller checks (ferror). The template must be well formed. */
void mm_template_print(FILE *out, const char *text, const json_t *tree);

#endif
