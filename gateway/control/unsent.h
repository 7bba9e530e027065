/* unsent.h - what people are to be told and the ledger has not been given yet, first come first. Kept in
 * pieces of fixed size, so that one more costs the loop as much however many wait. */
#ifndef GATEWAY_CONTROL_UNSENT_H
#define GATEWAY_CONTROL_UNSENT_H

#include "gateway/ledger/ledger.h"

#define UNSENT_MOST 20000 /* half a kilobyte each */

struct unsent {
    struct unsent_piece *first, *last;
    size_t taken;  /* of the first piece */
    size_t filled; /* of the last one */
    size_t count;
};

/* False: UNSENT_MOST wait already, or there is no memory. */
bool unsent_put(struct unsent *unsent, const struct ledger_notice *notice);
/* Who has waited longest; NULL: nobody. */
const struct ledger_notice *unsent_next(const struct unsent *unsent);
void unsent_remove(struct unsent *unsent); /* that one */
void unsent_finish(struct unsent *unsent);

#endif
