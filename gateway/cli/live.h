/* live.h - the state behind `watch`: a rig's chosen points with their last values, and the table of them on a
 * terminal. */
#ifndef GATEWAY_CLI_LIVE_H
#define GATEWAY_CLI_LIVE_H

#include "gateway/cli/points.h"
#include "gateway/cli/roles.h"

#define LIVE_PAST 24 /* values in a sparkline */

struct live_row {
    const Labgate__Point *point;
    Labgate__Value value; /* its text is in `words` */
    char words[128];
    bool seen, changed;
    double past[LIVE_PAST]; /* ring */
    size_t past_count, past_next;
};

struct live {
    const char *rig;
    const struct arguments *arguments;
    Labgate__Answer *answer; /* owns what `detail` and the rows point into */
    const Labgate__RigDetail *detail;
    struct live_row *rows;
    size_t count;
    struct text status; /* "controlled by lina" */
    enum style status_style;
    bool status_changed, silent;
    size_t drawn; /* lines on the terminal */
};

int live_begin(struct cli *cli, struct live *live, const char *rig, const struct arguments *arguments);
int live_reload(struct cli *cli, struct live *live); /* asks for the rig's description again */
void live_take(struct live *live, const Labgate__Frame *frame);
void live_draw(struct cli *cli, struct live *live);
/* Between frames: redraws when the silence begins or ends. */
void live_tick(struct cli *cli, struct live *live, bool silent);
void live_end(struct cli *cli, struct live *live); /* gives the terminal back */
void live_finish(struct live *live);

/* Adds eight-step bars of `count` values from `first` on in the ring. */
void sparkline(struct text *text, const double *ring, size_t size, size_t first, size_t count);

#endif
