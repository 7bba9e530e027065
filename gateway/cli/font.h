/* font.h - a bitmap font of five by seven dots for the pictures, drawn for labgate. */
#ifndef GATEWAY_CLI_FONT_H
#define GATEWAY_CLI_FONT_H

#include <stdint.h>

#define FONT_WIDTH  5
#define FONT_HEIGHT 7

/* Rows from the top; bit 4 is the leftmost dot. What has no glyph is a hollow box. */
const uint8_t *font_glyph(uint32_t code);

#endif
