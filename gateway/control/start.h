/* start.h - everything the control process is made of, in the order in which it must be made, and undone in
 * reverse. */
#ifndef GATEWAY_CONTROL_START_H
#define GATEWAY_CONTROL_START_H

#include "gateway/control/state.h"

/* False: `why` says what could not be made and what to do. What was made is undone by start_undo() in both
 * cases. */
bool start_all(struct control *control, const struct config *config, char *why, size_t why_size);
/* The lines come last, when the bus serves: a gateway that cannot (a taken port: another one is at work) has
 * then touched no rig. */
/* One line; `port`: of a simulator, 0: as configured. */
bool start_link(struct control *control, struct control_link *link, const struct config_link *config,
                uint16_t port, char *why, size_t why_size);
void start_forget_link(struct control_link *link); /* after link_destroy() */
bool start_links(struct control *control, char *why, size_t why_size);
void start_undo(struct control *control);

/* One rig at its place in the loop's, with what the ledger knew of it at the start. False: no memory. */
bool start_rig(struct control *control, struct control_rig *rig, const struct config_rig *config);
/* All of it that is made for its configuration, but what a proof test is about; `rig` is zeroed. False: no
 * memory, and start_unmake_rig() releases what is there. */
bool start_make_rig(struct control *control, struct control_rig *rig, const struct config_rig *config,
                    uint64_t epoch, const struct rig_durable *durable);
void start_unmake_rig(struct control_rig *rig);

#endif
