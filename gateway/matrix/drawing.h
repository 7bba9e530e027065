/* drawing.h - boxes and lines of text in an SVG file. Lengths in millimetres. */
#ifndef GATEWAY_MATRIX_DRAWING_H
#define GATEWAY_MATRIX_DRAWING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define DRAWING_FONT     2.6 /* 7.4 points: what is printed smaller than 7 is hard to read */
#define DRAWING_LINE     (1.25 * DRAWING_FONT)
#define DRAWING_LINE_MAX 32 /* of one box */

/* Of `size`; `bold` is wider. */
double drawing_text_width(const char *text, bool bold);
void drawing_text(FILE *file, double x, double y, double size, bool bold, const char *text);
/* Upright, read from below, ending at `y`. */
void drawing_upright(FILE *file, double x, double y, const char *text);
void drawing_box(FILE *file, double x, double y, double width, double height, const char *fill);

/* Text in a box of this width, broken at blanks where there are any, in the usual size. */
double drawing_lines_height(const char *text, double width, bool bold);
void drawing_lines(FILE *file, double x, double y, double width, bool bold, const char *text);
/* Of a box that breaks no word. */
double drawing_word_width(const char *text);

#endif
