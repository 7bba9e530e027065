/* keeper.h - a process in the background that says "here" for a seat between two commands.
 *
 * The gateway takes a controller who is not heard for `presence` (8 s) for lost, and makes the rig safe a
 * resume window later. The keeper is labctl run again (so that no thread of the first is needed), holds a
 * lock on the profile's keeper file as long as it lives, and ends: at leave, release and logout; when the
 * session ends or the gateway no longer knows the seat; and when the terminal's session leader (the shell of
 * the window, the ssh connection) is gone. */
#ifndef GATEWAY_CLI_KEEPER_H
#define GATEWAY_CLI_KEEPER_H

#include "gateway/cli/cli.h"

/* Starts one in the place of any that runs. Complains. Call with no client open. */
int keeper_start(struct cli *cli);
/* Ends the profile's keeper, if one runs, and waits until it is gone. */
void keeper_end(struct cli *cli);
bool keeper_runs(struct cli *cli);
/* Adds "a keeper (process 4711) holds the seat" or why there is none. */
void keeper_describe(struct cli *cli, struct text *text);

#endif
