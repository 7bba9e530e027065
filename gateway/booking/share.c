#include "gateway/booking/share.h"

#include <math.h>

double share_usage(const struct share *share, int64_t half_life, int64_t time)
{
    if (half_life == 0 || time <= share->at)
        return share->usage;
    return share->usage * exp2(-(double)(time - share->at) / (double)half_life);
}

void share_charge(struct share *share, int64_t half_life, int64_t time, double seconds)
{
    double usage = share_usage(share, half_life, time) + seconds;
    share->usage = usage > 0 ? usage : 0;
    if (time > share->at)
        share->at = time;
}

void share_recall(struct share *share, int64_t half_life, int64_t time, double seconds)
{
    if (half_life != 0 && time < share->at)
        seconds *= exp2(-(double)(share->at - time) / (double)half_life);
    share_charge(share, half_life, time, seconds);
}

struct share_rank share_rank(const struct share *const path[SHARE_LEVELS], int64_t half_life, int64_t time,
                             int64_t priority, int64_t asked, uint64_t id)
{
    struct share_rank rank = {.priority = priority, .asked = asked, .id = id};
    for (int level = 0; level < SHARE_LEVELS; level++)
        rank.level[level] = share_usage(path[level], half_life, time) / path[level]->weight;
    return rank;
}

#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

int share_compare(const struct share_rank *a, const struct share_rank *b)
{
    int order = COMPARE(b->priority, a->priority);
    for (int level = 0; order == 0 && level < SHARE_LEVELS; level++)
        order = COMPARE(a->level[level], b->level[level]);
    if (order == 0)
        order = COMPARE(a->asked, b->asked);
    return order != 0 ? order : COMPARE(a->id, b->id);
}
