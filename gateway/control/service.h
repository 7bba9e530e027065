/* service.h - whether a rig is in service, as the timetable counts it. */
#ifndef GATEWAY_CONTROL_SERVICE_H
#define GATEWAY_CONTROL_SERVICE_H

#include "gateway/booking/timetable.h"
#include "gateway/rig/rig.h"

/* `closing`: its configuration is being changed. */
enum booking_rig_state service_of(const struct rig *rig, bool closing);

#endif
