/* secret.h - passwords: asked for without an echo, or read from standard input; never from the command line.
 */
#ifndef GATEWAY_CLI_SECRET_H
#define GATEWAY_CLI_SECRET_H

#include "gateway/cli/cli.h"

#define SECRET_MAX 1024 /* bytes with the NUL */

/* From the terminal with `prompt`, or, with `from_stdin`, the next line of standard input. Complains. */
int secret_read(struct cli *cli, const char *prompt, bool from_stdin, char secret[SECRET_MAX]);
/* Twice from the terminal, until both agree; once from standard input. */
int secret_read_new(struct cli *cli, const char *prompt, bool from_stdin, char secret[SECRET_MAX]);

#endif
