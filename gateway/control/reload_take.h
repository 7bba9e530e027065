/* reload_take.h - the exchange itself, between two turns of the loop. */
#ifndef GATEWAY_CONTROL_RELOAD_TAKE_H
#define GATEWAY_CONTROL_RELOAD_TAKE_H

#include "gateway/control/state.h"

/* What was read is what runs: rigs that change, whose lines have ended, are made anew. What takes long is
 * done before and after the exchange itself, and other rigs are attended to meanwhile (attend.h). False: no
 * memory, or something is on its way to the ledger again; nothing has changed. */
bool reload_take(struct control *control);
/* Whether a core or a line was made of it, or it is being written down. */
bool reload_is_needed(const struct control *control, const struct config *config);
/* Writes what runs down, for labgate plan, on a thread of its own. False: that is still busy with another
 * one; to be called again. */
bool reload_keep(struct control *control);

#endif
