/* names.c - the published names of docs/names.md. */
#include "gateway/rig/rig.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static const char *name_in(const char *const *table, size_t count, size_t value, const char *fallback)
{
    return value < count ? table[value] : fallback;
}

static const char *const refusal_names[] = {
#define REFUSAL_NAME(constant, name, text) [constant] = (name),
    RIG_REFUSALS(REFUSAL_NAME)
#undef REFUSAL_NAME
};

static const char *const refusal_texts[] = {
#define REFUSAL_TEXT(constant, name, text) [constant] = (text),
    RIG_REFUSALS(REFUSAL_TEXT)
#undef REFUSAL_TEXT
};

static const char *const quality_names[] = {
    [RIG_BAD] = "bad",
    [RIG_STALE] = "stale",
    [RIG_GOOD] = "good",
};

static const char *const condition_names[] = {
    [RIG_UNAVAILABLE] = "unavailable", [RIG_MAKING_SAFE] = "making-safe", [RIG_SAFE] = "safe",
    [RIG_GRANTING] = "granting",       [RIG_CONTROLLED] = "controlled",   [RIG_QUARANTINED] = "quarantined",
};

static const char *const record_names[] = {
    [RIG_RECORD_COMMAND] = "command",
    [RIG_RECORD_REFUSAL] = "refusal",
    [RIG_RECORD_CONFIRMED] = "confirmed",
    [RIG_RECORD_NOT_CONFIRMED] = "not-confirmed",
    [RIG_RECORD_SAFE_BEGIN] = "safe-begin",
    [RIG_RECORD_SAFE_DONE] = "safe-done",
    [RIG_RECORD_SAFE_FAILED] = "safe-failed",
    [RIG_RECORD_TRIP] = "trip",
    [RIG_RECORD_STOP] = "stop",
    [RIG_RECORD_RESET] = "reset",
    [RIG_RECORD_PERMISSIVE_LOST] = "permissive-lost",
    [RIG_RECORD_JOIN] = "join",
    [RIG_RECORD_LEAVE] = "leave",
    [RIG_RECORD_GRANT] = "grant",
    [RIG_RECORD_REVOKE] = "revoke",
    [RIG_RECORD_SESSION_BEGIN] = "session-begin",
    [RIG_RECORD_SESSION_END] = "session-end",
    [RIG_RECORD_INSTRUMENT_LOST] = "instrument-lost",
    [RIG_RECORD_INSTRUMENT_BACK] = "instrument-back",
    [RIG_RECORD_QUARANTINE] = "quarantine",
    [RIG_RECORD_CLEAR] = "clear",
    [RIG_RECORD_LOCKOUT] = "lockout",
    [RIG_RECORD_CAPTURE] = "capture",
    [RIG_RECORD_TIME_LIMIT] = "time-limit",
    [RIG_RECORD_RAMP_STEP] = "ramp-step",
    [RIG_RECORD_RAMP_ENDED] = "ramp-ended",
    [RIG_RECORD_DRIVEN] = "driven",
    [RIG_RECORD_UNLOCK] = "unlock",
    [RIG_RECORD_SUPERSEDED] = "superseded",
    [RIG_RECORD_TOTAL_LIMIT] = "total-limit",
    [RIG_RECORD_BYPASS] = "bypass",
    [RIG_RECORD_BYPASS_ENDED] = "bypass-ended",
    [RIG_RECORD_HEARTBEAT_HELD] = "heartbeat-held",
    [RIG_RECORD_TAKE] = "take",
};

static const char *const edge_names[] = {
    [RIG_EDGE_START] = "start",
    [RIG_EDGE_SESSION_END] = "session-end",
    [RIG_EDGE_HANDOVER] = "handover",
    [RIG_EDGE_RELEASE] = "release",
    [RIG_EDGE_TRIP] = "trip",
    [RIG_EDGE_STOP] = "stop",
    [RIG_EDGE_CONTROLLER_LOST] = "controller-lost",
    [RIG_EDGE_INSTRUMENT_LOST] = "instrument-lost",
    [RIG_EDGE_INSTRUMENT_BACK] = "instrument-back",
    [RIG_EDGE_DEPARTED] = "departed",
    [RIG_EDGE_LOCKOUT] = "lockout",
    [RIG_EDGE_NOT_DRIVEN] = "not-driven",
    [RIG_EDGE_SHUTDOWN] = "shutdown",
    [RIG_EDGE_CLEAR] = "clear",
    [RIG_EDGE_RETRY] = "retry",
};

const char *rig_refusal_name(enum rig_refusal refusal)
{
    return name_in(refusal_names, COUNT(refusal_names), (size_t)refusal, "unknown");
}

const char *rig_refusal_text(enum rig_refusal refusal)
{
    return name_in(refusal_texts, COUNT(refusal_texts), (size_t)refusal, "unknown refusal");
}

const char *rig_quality_name(enum rig_quality quality)
{
    return name_in(quality_names, COUNT(quality_names), (size_t)quality, "unknown");
}

const char *rig_condition_name(enum rig_condition condition)
{
    return name_in(condition_names, COUNT(condition_names), (size_t)condition, "unknown");
}

const char *rig_record_name(enum rig_record_kind kind)
{
    return name_in(record_names, COUNT(record_names), (size_t)kind, "unknown");
}

const char *rig_edge_name(enum rig_edge edge)
{
    return name_in(edge_names, COUNT(edge_names), (size_t)edge, "unknown");
}
