/* check.h - the parts of what `labgate check` prints. */
#ifndef GATEWAY_CONFIG_CHECK_H
#define GATEWAY_CONFIG_CHECK_H

#include "gateway/config/config.h"

/* One rule that drives something, or the e-stop. */
struct check_row {
    const char *kind, *name;
    const struct analysis_reaction *reaction;
    int64_t wanted; /* 0: nobody said */
    bool drives;    /* some outputs, and not the whole safe sequence */
};
size_t check_row_count(const struct config_rig *rig);
bool check_row_at(const struct config_rig *rig, size_t index,
                  struct check_row *row); /* false: drives nothing */

/* A row for each rule that drives something, and one for the e-stop. */
void print_reactions(const struct config_rig *rig, FILE *file);
/* How the table is to be read, and what it rests on. */
void print_assumptions(FILE *file);

#endif
