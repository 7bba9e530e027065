/* grammar.h - what can be seen to be wrong with a command's line before anybody is asked: words and options
 * that their rows call a TIME, a DURATION, a ZONE, or the number of a BOOKING, TICKET or SEAT. What only the
 * gateway knows (its clock, its names) is the command's to judge. */
#ifndef GATEWAY_CLI_GRAMMAR_H
#define GATEWAY_CLI_GRAMMAR_H

#include "gateway/cli/cli.h"

/* CLI_OK, or complains. */
int grammar_check(struct cli *cli, const struct arguments *arguments);

/* One of them, for who needs its value: CLI_OK, or complains that `name`, of the word or with its dashes of
 * the option, is wrong: CLI_USAGE. */
int grammar_duration(struct cli *cli, const char *name, const char *text, int64_t *ns);
int grammar_seat(struct cli *cli, const char *name, const char *text, uint32_t *seat);

#endif
