#include "gateway/control/unsent.h"

#include <stdlib.h>

#define PIECE 64

struct unsent_piece {
    struct unsent_piece *next;
    struct ledger_notice list[PIECE];
};

static bool add_piece(struct unsent *unsent)
{
    struct unsent_piece *piece = malloc(sizeof *piece);
    if (!piece)
        return false;
    piece->next = NULL;
    *(unsent->last ? &unsent->last->next : &unsent->first) = piece;
    unsent->last = piece;
    unsent->filled = 0;
    return true;
}

static void remove_piece(struct unsent *unsent)
{
    struct unsent_piece *piece = unsent->first;
    unsent->first = piece->next;
    unsent->taken = 0;
    if (!unsent->first)
        unsent->last = NULL;
    free(piece);
}

bool unsent_put(struct unsent *unsent, const struct ledger_notice *notice)
{
    if (unsent->count == UNSENT_MOST)
        return false;
    if ((!unsent->last || unsent->filled == PIECE) && !add_piece(unsent))
        return false;
    unsent->last->list[unsent->filled++] = *notice;
    unsent->count++;
    return true;
}

const struct ledger_notice *unsent_next(const struct unsent *unsent)
{
    return unsent->count ? &unsent->first->list[unsent->taken] : NULL;
}

void unsent_remove(struct unsent *unsent)
{
    unsent->count--;
    unsent->taken++;
    if (unsent->taken == PIECE || !unsent->count)
        remove_piece(unsent);
}

void unsent_finish(struct unsent *unsent)
{
    while (unsent->first)
        remove_piece(unsent);
    *unsent = (struct unsent){0};
}
