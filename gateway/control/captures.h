/* captures.h - records on their way from an instrument to the recording: the line reads them in chunks into
 * its own buffer, the loop moves them to the recorder, and nobody waits for a disk. */
#ifndef GATEWAY_CONTROL_CAPTURES_H
#define GATEWAY_CONTROL_CAPTURES_H

#include "gateway/control/state.h"

/* A record of this instrument is on its way, or waits for a live trace's screen. */
bool captures_acquiring(const struct control *control, const struct config_place *place);
/* The line has finished with a live trace's screen of this instrument. */
void captures_resume(struct control *control, uint16_t link, uint16_t instrument);
/* A record of this instrument is on its way, or no place is free for another. */
bool captures_busy(struct control *control, const struct config_place *place);
void captures_start(struct control *control, struct control_rig *rig, const struct rig_action *action);
void captures_cancel(struct control *control, struct control_capture *capture);
/* The rig's lines have ended: whatever is on its way never comes. */
void captures_drop(struct control *control, const struct control_rig *rig, const char *why);
/* Its waveforms are numbered anew. */
void captures_forget(struct control *control, const struct control_rig *rig);
/* Lines are: by old number the new one. */
void captures_relink(struct control *control, const uint16_t *links);
void captures_cancel_rig(struct control *control, const struct control_rig *rig);
void captures_report(struct control *control, uint16_t link, const struct link_report *report);
/* The recorder has room, or has named a file. */
void captures_move(struct control *control);
void captures_named(struct control *control, const struct recorder_event *event);
void captures_stored(struct control *control, const struct recorder_event *event);

/* NULL: there is none (any more). */
struct control_capture *captures_find(struct control *control, uint64_t id);
struct control_capture *captures_of_ticket(struct control *control, const struct control_rig *rig,
                                           uint32_t ticket);
void captures_describe(const struct control *control, const struct control_capture *capture,
                       struct answer_capture *answer);

#endif
