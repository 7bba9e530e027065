#include "gateway/matrix/drawing.h"

#include <string.h>

/* Widths of letters, of the font's size: those of DejaVu Sans, which is wider than most. */
#define SMALL   0.6
#define CAPITAL 0.74
#define BOLDER  1.13
#define CHINESE 1.0
#define PADDING 1.0

/* Bytes of the character at `text`. */
static size_t character(const char *text)
{
    size_t length = 1;
    while (((unsigned char)text[length] & 0xc0) == 0x80)
        length++;
    return length;
}

static double character_width(const char *text, size_t bytes, bool bold)
{
    double width = bytes > 2 ? CHINESE : *text >= 'A' && *text <= 'Z' ? CAPITAL : SMALL;
    return width * (bold ? BOLDER : 1) * DRAWING_FONT;
}

static double width_of(const char *text, size_t length, bool bold)
{
    double width = 0;
    for (size_t at = 0, bytes; at < length; at += bytes) {
        bytes = character(text + at);
        width += character_width(text + at, bytes, bold);
    }
    return width;
}

double drawing_text_width(const char *text, bool bold)
{
    return width_of(text, strlen(text), bold);
}

static void print_escaped(const char *text, size_t length, FILE *file)
{
    for (size_t i = 0; i < length; i++) {
        const char *name = text[i] == '<'   ? "&lt;"
                           : text[i] == '>' ? "&gt;"
                           : text[i] == '&' ? "&amp;"
                                            : NULL;
        if (name)
            fputs(name, file);
        else
            fputc(text[i], file);
    }
}

static void print_text(FILE *file, double x, double y, double size, bool bold, const char *text,
                       size_t length)
{
    fprintf(file, "<text x=\"%.2f\" y=\"%.2f\" font-size=\"%.2f\"%s>", x, y, size,
            bold ? " font-weight=\"bold\"" : "");
    print_escaped(text, length, file);
    fputs("</text>\n", file);
}

void drawing_text(FILE *file, double x, double y, double size, bool bold, const char *text)
{
    print_text(file, x, y, size, bold, text, strlen(text));
}

void drawing_upright(FILE *file, double x, double y, const char *text)
{
    fprintf(file, "<g transform=\"translate(%.2f %.2f) rotate(-90)\">", x + DRAWING_FONT / 3, y);
    drawing_text(file, 0, 0, DRAWING_FONT, true, text);
    fputs("</g>\n", file);
}

void drawing_box(FILE *file, double x, double y, double width, double height, const char *fill)
{
    fprintf(file,
            "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" fill=\"%s\" stroke=\"#444\" "
            "stroke-width=\"0.15\"/>\n",
            x, y, width, height, fill);
}

/* --- lines -------------------------------------------------------------------------------------- */

/* Bytes of the next line that is no wider: up to the last blank or hyphen, or in the middle of a word that is
 * wider. */
static size_t next_line(const char *text, double width, bool bold)
{
    size_t at = 0, end = 0;
    double used = 0;
    while (text[at]) {
        size_t bytes = character(text + at);
        used += character_width(text + at, bytes, bold);
        if (text[at] == ' ')
            end = at;
        else if (used > width && at)
            return end ? end : at;
        at += bytes;
        if (text[at - 1] == '-')
            end = at;
    }
    return at;
}

static size_t lines(FILE *file, double x, double y, double width, bool bold, const char *text)
{
    size_t count = 0;
    do {
        size_t length = next_line(text, width - 2 * PADDING, bold);
        if (file)
            print_text(file, x + PADDING, y + 1.15 * DRAWING_FONT + DRAWING_LINE * (double)count,
                       DRAWING_FONT, bold, text, length);
        text += length;
        text += *text == ' ';
        count++;
    } while (*text && count < DRAWING_LINE_MAX);
    return count;
}

double drawing_lines_height(const char *text, double width, bool bold)
{
    return 0.9 * DRAWING_FONT + DRAWING_LINE * (double)lines(NULL, 0, 0, width, bold, text);
}

void drawing_lines(FILE *file, double x, double y, double width, bool bold, const char *text)
{
    if (*text)
        lines(file, x, y, width, bold, text);
}

double drawing_word_width(const char *text)
{
    double widest = 0;
    while (*text) {
        size_t length = strcspn(text, " ");
        double width = width_of(text, length, false);
        widest = width > widest ? width : widest;
        text += length + (text[length] == ' ');
    }
    return widest + 2 * PADDING + 0.2;
}
