/* traces.h - live traces: what the screens of a rig's oscilloscopes show, read while somebody watches.
 *
 * Screens are read one after another with what time the line has left after polls and commands: a round of
 * all channels that are on at most every 200 ms, and no more than half of the time. A record that a person
 * asks for goes before the next screen. Each answer has every trace whole, so a watcher that skips some
 * misses nothing but them; the bus keeps the newest one and credit decides who gets it. Two streams of each
 * rig: one for thin lines, packed smaller.
 *
 * A waveform is read while the point of its name with `_on` behind it is on, and always where there is none.
 * Reading is no command: it stops nothing, needs no seat, and is not recorded. */
#ifndef GATEWAY_CONTROL_TRACES_H
#define GATEWAY_CONTROL_TRACES_H

#include "gateway/control/state.h"

/* Number of a rig's stream to the bus, by detail. */
enum trace_detail { TRACES_NONE, TRACES_COARSE, TRACES_FINE, TRACE_DETAILS };

/* Leaves rig->traces NULL where it has no waveforms. False: no memory. */
bool traces_create(struct control_rig *rig);
void traces_destroy(struct traces *traces); /* accepts NULL */

/* Who watched the rig's former traces watches these; both may be NULL. */
void traces_take_watchers(struct traces *traces, const struct traces *from);

uint32_t traces_stream(const struct control_rig *rig, enum trace_detail detail);
/* Somebody is about to watch them: the bus gets what there is, and news from now on. */
void traces_watch(struct control *control, struct control_rig *rig, enum trace_detail detail);
void traces_unwatched(struct control *control, uint32_t stream, uint64_t grants);
void traces_forget_watchers(struct control *control);
void traces_granted(struct control_rig *rig, enum trace_detail detail);

/* Begins rounds that are due; returns when to be called next. */
int64_t traces_tick(struct control *control);
/* The line has ended: what is being read never comes. */
void traces_abandon(struct control_rig *rig);
/* The transfer of this instrument is a screen's: then a record has to wait for it, at most a second. */
bool traces_reading(const struct control *control, uint16_t link, uint16_t instrument);
/* A report of a transfer that is one. */
void traces_report(struct control *control, uint16_t link, const struct link_report *report);

#endif
