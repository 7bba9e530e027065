/* requests.h - what may be asked, by whom, and which function answers. The table in requests.c is the whole
 * list. */
#ifndef GATEWAY_CONTROL_REQUESTS_H
#define GATEWAY_CONTROL_REQUESTS_H

#include "gateway/control/state.h"

/* Who asks, as far as it is known. */
struct caller {
    struct origin origin;
    const uint8_t *address; /* 16 bytes, zero for local */
    bool secure;            /* TLS, ipc, loopback or the local socket */
    int late;         /* ACCOUNTS_EXPIRED, ACCOUNTS_VOID: what the token is, and it will do for this; or 0 */
    bool is_operator; /* on the gateway's own socket, without a token: acts as a technician */
    struct identity identity;
    struct control_rig *rig; /* that the request names or the seat is of; NULL: none */
    uint32_t seat;           /* the core's number; 0: none */
};

/* One message of a stranger. `watch`: it came as a Watch. */
void requests_take(struct control *control, const struct origin *origin, const uint8_t *address, bool secure,
                   const uint8_t *bytes, size_t length);
/* The same, as the bus handed it on. */
void requests_take_envelope(struct control *control, const struct envelope *envelope, const uint8_t *payload);
/* The password that a request waits for has been hashed. */
void requests_hashed(struct control *control, const struct hasher_done *done);
/* The ledger has answered a request in control->pending. */
void requests_stored(struct control *control, const struct ledger_event *event);
/* So has the recorder. */
void requests_recorded(struct control *control, struct recorder_event *event);

/* ---- for the handlers, one file for each group of requests ----------------------------------- */

/* Refuses: there is no such rig; names one that is near. `doing`: "making a feed: ", or "". */
void requests_no_rig(struct control *control, const struct caller *caller, const char *doing,
                     const char *name);

typedef void request_handler(struct control *control, const struct caller *caller,
                             const struct request *request);

request_handler requests_login, requests_logout, requests_change_password;
request_handler requests_account_put, requests_accounts;
request_handler requests_configuration, requests_rigs, requests_show, requests_get, requests_watch,
    requests_health;
request_handler requests_book, requests_bookings, requests_cancel, requests_clock, requests_alerts;
request_handler requests_notices, requests_change_booking, requests_days;
request_handler requests_queue, requests_enqueue, requests_leave_queue, requests_take_offer;
request_handler requests_standing_put, requests_standings;
request_handler requests_plan_course, requests_maintain;
request_handler requests_calendar, requests_feed_make, requests_feeds, requests_feed_revoke;
request_handler requests_report, requests_mail_wish;
request_handler requests_join, requests_leave, requests_take_control, requests_release, requests_set,
    requests_stop, requests_reset, requests_presence, requests_clear, requests_lockout, requests_bypass,
    requests_hold_heartbeat, requests_proof_plan, requests_proof_test;
request_handler requests_capture, requests_capture_state, requests_capture_cancel;
request_handler requests_log, requests_files, requests_read_file, requests_audit_verify;
request_handler requests_backup, requests_read_backup, requests_reload;
request_handler requests_hand, requests_feed, requests_people, requests_practice;

void requests_login_hashed(struct control *control, uint64_t id, const struct hasher_done *done);
void requests_password_hashed(struct control *control, uint64_t id, const struct hasher_done *done);
void requests_account_hashed(struct control *control, uint64_t id, const struct hasher_done *done);
void requests_password_stored(struct control *control, uint64_t id, const struct ledger_event *event);
void requests_account_stored(struct control *control, uint64_t id, const struct ledger_event *event);
void requests_proof_stored(struct control *control, uint64_t id, const struct ledger_event *event);
void requests_log_read(struct control *control, uint64_t id, const struct ledger_event *event);
void requests_audit_read(struct control *control, uint64_t id, const struct ledger_event *event);
void requests_standing_stored(struct control *control, uint64_t id, const struct ledger_event *event);
/* The timetable's answer to what waits in `pending`. */
void requests_course_answered(struct control *control, struct pending *pending,
                              const struct booking_action *action);
void requests_maintain_answered(struct control *control, struct pending *pending,
                                const struct booking_action *action);
/* Of one that waits for the ledger; the pending request's. */
const char *requests_maintenance_reason(const struct pending *pending);
void requests_booked(struct control *control, struct pending *pending, const struct booking_action *action);
void requests_feed_made(struct control *control, uint64_t id, const struct ledger_event *event);
void requests_feed_revoked(struct control *control, uint64_t id, const struct ledger_event *event);
void requests_report_read(struct control *control, uint64_t id, const struct ledger_event *event);
void requests_clock_stored(struct control *control, uint64_t id, const struct ledger_event *event);
void requests_backup_made(struct control *control, uint64_t id, const struct ledger_event *event);
void requests_backup_read(struct control *control, uint64_t id, const struct ledger_event *event);

/* What a request names, by number; false: refused already. No group named: the account's first, if any. */
bool requests_thing(struct control *control, const struct caller *caller, const char *rig,
                    const char *capability, uint16_t *rig_number, uint16_t *capability_number);
bool requests_group(struct control *control, const struct caller *caller, uint64_t account, const char *name,
                    uint16_t *group);
/* The queue as an account sees it, or one of its tickets (0: all). */
void requests_answer_queue(struct control *control, const struct origin *origin, uint64_t account, bool staff,
                           uint64_t ticket);
/* Keeps who waits; 0: refused as busy already. */
uint64_t requests_wait(struct control *control, const struct caller *caller, const struct request *request);
/* The same; 0: there is no place, and no answer was given. */
uint64_t requests_keep(struct control *control, const struct caller *caller, const struct request *request);
const char *requests_name(enum request_kind kind);   /* "take": as in the records of the audit */
bool requests_is_staff(const struct caller *caller); /* teacher, technician, scheduler or operator */
bool requests_is_technician(const struct caller *caller);
bool requests_plans(const struct caller *caller); /* scheduler, technician or operator */
/* Whether they may see what happened in a session: its holder, who has a seat in it, staff. */
bool requests_may_see(struct control *control, const struct caller *caller, uint64_t session);

#endif
