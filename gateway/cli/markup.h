/* markup.h - texts of strangers within HTML and SVG, and files that are written whole. */
#ifndef GATEWAY_CLI_MARKUP_H
#define GATEWAY_CLI_MARKUP_H

#include "gateway/cli/cli.h"

/* As text, or in a quoted attribute: nothing of it is read as markup. What is not UTF-8, and what reorders or
 * hides text, becomes U+FFFD. */
void markup_add(struct text *text, const char *string);
/* Writes the file, or standard output for "-"; complains. */
int markup_save(struct cli *cli, const char *path, const char *bytes, size_t length);

#endif
