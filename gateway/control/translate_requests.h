/* translate_requests.h - what the files that read requests off the wire share. */
#ifndef GATEWAY_CONTROL_TRANSLATE_REQUESTS_H
#define GATEWAY_CONTROL_TRANSLATE_REQUESTS_H

#include "gateway/control/translate.h"

#include "proto/lab.pb-c.h"

/* Memory until the next request; NULL: there is no more, which the arena remembers. */
void *translate_take(struct arena *arena, size_t size);

/* All texts in it, at whatever depth. */
bool translate_is_utf8(const ProtobufCMessage *message);

/* Each knows some of the bodies. False: not this one, or it says nothing that can be asked. */
bool translate_take_identity(struct arena *arena, const Labgate__Request *message, struct request *request);
bool translate_take_shares(struct arena *arena, const Labgate__Request *message, struct request *request);
bool translate_take_calendars(const Labgate__Request *message, struct request *request);
bool translate_take_timetable(const Labgate__Request *message, struct request *request);
bool translate_take_session(const Labgate__Request *message, struct request *request);
bool translate_take_classroom(const Labgate__Request *message, struct request *request);
bool translate_take_records(const Labgate__Request *message, struct request *request);

#endif
