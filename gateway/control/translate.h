/* translate.h - between the bus's messages and control's own structures. Only translate_*.c include the
 * generated code.
 *
 * Requests are unpacked in an arena of fixed size, so that no message can make control allocate. Answers are
 * packed into the caller's buffer of ENVELOPE_ANSWER_MAX bytes; what does not fit is answered `too-large`. */
#ifndef GATEWAY_CONTROL_TRANSLATE_H
#define GATEWAY_CONTROL_TRANSLATE_H

#include "gateway/config/config.h"
#include "gateway/control/request.h"
#include "gateway/link/link.h"
#include "gateway/rig/rig.h"

struct arena; /* of one unpacked request */
struct arena *arena_create(size_t size);
void arena_destroy(struct arena *arena); /* accepts NULL */

bool arena_was_exhausted(const struct arena *arena); /* by the request that was unpacked last */

/* False: not a Request, or one with text that is not UTF-8, or too large for the arena. Pointers in *request
 * die with the next call. */
bool translate_request(struct arena *arena, const uint8_t *bytes, size_t length, struct request *request);

/* What every answer says. */
struct answer_head {
    bool ok;
    const char *reason, *message, *rule;
    uint64_t time, boot, wall;
};

struct answer_buffer {
    uint8_t *bytes;
    size_t size; /* ENVELOPE_ANSWER_MAX */
    size_t length;
};

struct answer_login {
    const char *token, *name, *rig;
    int role; /* enum rig_role; -1: spectator */
    int64_t expires;
};

struct answer_seat {
    uint32_t id;
    const char *name;
    int role;
    const char *kind, *room;
    bool present;
};

/* Further outputs that are blocked are not told of. */
#define ANSWER_BLOCKED_MAX 64

struct answer_blocked {
    uint16_t point;
    const char *rule;
};

struct answer_bypass {
    const char *rule, *reason;
    int64_t until; /* ms since 1970 */
};

struct answer_proof {
    bool overdue, passed;
    const char *why, *by, *fingerprint;
    int64_t tested, due; /* ms since 1970 */
};

struct answer_status {
    enum rig_condition condition;
    bool stopped, locked_out;
    const char *const *trips;
    size_t trip_count;
    uint64_t session;
    int64_t ends;
    uint64_t epoch;
    uint32_t controller;
    const char *controller_name, *why;
    const struct answer_seat *seats;
    size_t seat_count;
    const struct answer_blocked *blocked;
    size_t blocked_count; /* at most ANSWER_BLOCKED_MAX */
    const struct answer_bypass *bypasses;
    size_t bypass_count;
    const struct answer_proof *proof; /* NULL: none is wanted */
    const uint32_t *hands;
    size_t hand_count;
    uint32_t spectators;
};

struct answer_rig {
    const struct config_rig *config;
    const struct answer_status *status;
    int64_t free_from, free_until;
    size_t practice_free, practice_waiting;
};

struct answer_booking {
    uint64_t id;
    const char *rig, *holder, *join_code;
    int64_t starts, ends;
    int state; /* 1 confirmed .. 6 offered, as in lab.proto */
    int kind;  /* 1 personal, 2 class, 3 maintenance, as in lab.proto */
    bool mine, takes_part, used;
    uint64_t session, bundle;
    size_t party;
    const char *group, *capability, *why;
};

/* A meeting by the lab's calendar: whether and when it is held. */
struct answer_fallen {
    const char *term, *date, *result, *why, *why_zh;
    int week, weekday;
};

struct answer_meeting {
    size_t course, section, bookings;
    struct answer_fallen held;
    int64_t starts, ends;
};

struct answer_alternative {
    const char *rig;
    int64_t starts, ends;
};

#define ANSWER_PEOPLE_MAX 17
struct answer_conflict {
    size_t meeting, course;
    int week;
    int64_t starts, ends;
    const char *rig, *reason, *text, *holder;
    const char *people[ANSWER_PEOPLE_MAX];
    size_t people_count;
    uint64_t booking;
    struct answer_alternative alternatives[3];
    size_t alternative_count;
    bool taken;
};

struct answer_course_plan {
    bool stored, more;
    uint64_t bundle;
    size_t booking_count, meeting_count, conflict_count, fallen_count; /* totals */
    int64_t rig_time;
    const struct answer_meeting *meetings;
    size_t meetings_listed;
    const struct answer_conflict *conflicts;
    size_t conflicts_listed;
    const char *const *unknown;
    size_t unknown_count;
};

struct answer_affected {
    struct answer_booking booking;
    const char *rig;
};

struct answer_maintenance {
    bool stored;
    const struct answer_booking *bookings;
    size_t booking_count;
    const struct answer_affected *affected;
    size_t affected_listed, affected_count;
    const struct answer_conflict *conflicts;
    size_t conflict_count;
};

struct answer_proof_item {
    const char *kind, *name, *condition, *by, *note;
    int64_t tested;
    bool passed;
};

struct answer_notice {
    uint32_t more;
    const char *reason;
    uint64_t number, booking;
    int64_t wall, starts, ends;
    int state; /* of the booking, as in an answer_booking */
    const char *kind, *text, *rig;
    const char *who; /* NULL: not to be told */
};

struct answer_ticket {
    uint64_t id;
    const char *rig, *capability, *group, *who, *offered;
    int64_t length, asked, until, estimate, offer_starts, offer_ends, take_until;
    uint32_t place;
    bool mine;
};

struct answer_standing {
    const char *account, *name;
    int kind;
    int64_t since, until;
};

struct answer_event {
    uint64_t booking;
    int64_t starts, ends, revised;
    uint32_t revision;
    int state;
    const char *rig, *title, *title_zh, *group, *why;
};
struct answer_calendar {
    const char *lab, *title, *zone, *whose, *rig;
    const struct answer_event *events;
    size_t count;
    bool more;
};

struct answer_feed {
    uint64_t feed;
    int64_t made;
    const char *rig, *whose;
};

#define ANSWER_DAYS_MAX 62
struct answer_day {
    int64_t starts, opens, closes;
    const char *term, *term_title, *term_title_zh, *holiday, *holiday_zh;
    int week;
    char taught_as[CIVIL_TEXT];
};
struct answer_days {
    struct answer_day days[ANSWER_DAYS_MAX];
    const struct term *terms;
    const struct config_group *groups;
    size_t count, term_count, group_count;
};

struct answer_report_row {
    const char *name, *title, *title_zh;
    const char *of, *of_title, *of_title_zh;
    double share_due, share_got;
    int64_t used, booked, open, maintenance; /* ms */
    uint32_t bookings, no_shows, cancelled, lost;
    uint32_t no_room;
    int64_t no_room_time;
    bool capability;
};

struct answer_press {
    uint64_t number;
    int64_t time;
    uint32_t seat, times;
    const char *who, *kind, *point, *reason, *rule;
    double before, value;
    int outcome; /* as in lab.proto */
};

struct answer_room {
    const char *name, *title, *title_zh;
    uint32_t people, hands;
};

struct answer_people {
    const struct answer_seat *seats;
    size_t seat_count;
    const struct answer_room *rooms;
    size_t room_count;
    const char *room;
};

struct answer_practice {
    const char *rig;
    int64_t ends; /* ms since 1970 */
    uint32_t place, waiting, available, at_most;
};

struct answer_control {
    uint64_t epoch;
    uint32_t controller;
    enum rig_condition condition;
    bool durable, nothing;
};

struct answer_joined {
    uint32_t seat;
    uint64_t session, epoch, sequence;
    int64_t ends;
    bool may_control;
    int64_t command_age, presence, resume_window;
    int64_t stays_on; /* ns, of config_stays_on() */
};

struct answer_set {
    bool verified, ramping, has_nearest;
    double value, before, nearest;
    uint64_t sequence, epoch;
};

struct answer_capture {
    uint64_t capture, session;
    const char *waveform, *unit, *failed, *file;
    struct driver_record record;
    uint64_t bytes;
    bool complete;
    int64_t wall;
};

struct answer_file {
    const char *name, *kind;
    uint64_t bytes;
    const struct answer_capture *capture; /* NULL unless kind is "capture" */
};

struct answer_record {
    uint64_t number;
    int64_t wall;
    const char *who, *kind, *rig, *point, *reason, *rule, *text;
    double before, after;
    bool has_values;
    uint64_t session;
    int64_t monotonic;
};

struct answer_alert {
    uint64_t number;
    int64_t wall;
    const char *rig, *text;
};

struct answer_counter {
    const char *name;
    uint64_t value;
};

struct answer_instrument {
    const char *rig, *name, *profile, *why;
    bool up;
    struct link_tallies all, recent;
};

struct answer_link {
    const char *name;
    struct link_health health;
    struct link_tallies recent;
    double load, recent_load, planned_load;
    const struct answer_instrument *instruments; /* after those of the link before */
    size_t instrument_count;
};

struct answer_reaction {
    const char *kind, *name, *input;
    const struct analysis_reaction *worst;
    int64_t wanted; /* ns, 0: nobody said */
};

struct answer_health {
    int64_t window; /* ns that `recent` is about */
    const struct answer_link *links;
    size_t link_count;
    const struct answer_reaction *reactions;
    size_t reaction_count;
    const struct answer_counter *counters;
    size_t counter_count;
};

struct answer_fingerprint {
    const char *name, *fingerprint;
};

struct answer_configuration {
    const char *directory, *digest, *version, *socket;
    int64_t started; /* ms since 1970 */
    const struct config_error *remarks;
    size_t remark_count;
    const struct answer_fingerprint *rigs;
    size_t rig_count;
    size_t links, instruments, points, rules;
};

struct answer_account {
    uint64_t id;
    const char *name, *title;
    const char *email;
    int role;
    bool disabled, no_mail;
};

struct answer_reloaded_rig {
    const char *rig, *state;
};

struct answer_reloaded {
    const char *digest, *errors, *plan, *restart;
    bool taken, same;
    const struct answer_reloaded_rig *rigs;
    size_t rig_count;
};

void translate_plain(struct answer_buffer *buffer, const struct answer_head *head);
void translate_login(struct answer_buffer *buffer, const struct answer_head *head,
                     const struct answer_login *login);
void translate_rigs(struct answer_buffer *buffer, const struct answer_head *head,
                    const struct answer_rig *rigs, size_t count, const struct config_timetable *timetable);
void translate_show(struct answer_buffer *buffer, const struct answer_head *head,
                    const struct answer_rig *rig, const struct rig *core, uint64_t layout);
void translate_bookings(struct answer_buffer *buffer, const struct answer_head *head,
                        const struct answer_booking *bookings, size_t count, bool more, bool news);
/* Without news, and what of its meetings became nothing, or is held on another day. */
void translate_booked(struct answer_buffer *buffer, const struct answer_head *head,
                      const struct answer_booking *bookings, size_t count, bool more,
                      const struct answer_fallen *fallen, size_t fallen_count);
void translate_course_plan(struct answer_buffer *buffer, const struct answer_head *head,
                           const struct answer_course_plan *plan);
void translate_maintenance(struct answer_buffer *buffer, const struct answer_head *head,
                           const struct answer_maintenance *maintenance);
void translate_joined(struct answer_buffer *buffer, const struct answer_head *head,
                      const struct answer_joined *joined);
void translate_control(struct answer_buffer *buffer, const struct answer_head *head,
                       const struct answer_control *control);
void translate_set(struct answer_buffer *buffer, const struct answer_head *head,
                   const struct answer_set *set);
/* points: indices to send, count of them. */
void translate_values(struct answer_buffer *buffer, const struct answer_head *head,
                      const struct rig_spec *spec, const struct rig *core, const uint16_t *points,
                      size_t count, uint64_t layout);
void translate_capture(struct answer_buffer *buffer, const struct answer_head *head,
                       const struct answer_capture *capture);
void translate_files(struct answer_buffer *buffer, const struct answer_head *head, const char *rig,
                     int64_t starts, int64_t ends, const struct answer_file *files, size_t count);
void translate_file_part(struct answer_buffer *buffer, const struct answer_head *head, uint64_t offset,
                         const void *bytes, size_t length, uint64_t size);
void translate_log(struct answer_buffer *buffer, const struct answer_head *head,
                   const struct answer_record *records, size_t count, uint64_t next, bool more);
void translate_health(struct answer_buffer *buffer, const struct answer_head *head,
                      const struct answer_health *health);
void translate_configuration(struct answer_buffer *buffer, const struct answer_head *head,
                             const struct answer_configuration *configuration);
void translate_accounts(struct answer_buffer *buffer, const struct answer_head *head,
                        const struct answer_account *accounts, size_t count);
void translate_calendar(struct answer_buffer *buffer, const struct answer_head *head,
                        const struct answer_calendar *calendar);
void translate_feed_made(struct answer_buffer *buffer, const struct answer_head *head, uint64_t feed,
                         const char *key, const char *page);
void translate_feeds(struct answer_buffer *buffer, const struct answer_head *head,
                     const struct answer_feed *list, size_t count);
void translate_days(struct answer_buffer *buffer, const struct answer_head *head,
                    const struct answer_days *answered);
void translate_report(struct answer_buffer *buffer, const struct answer_head *head,
                      const struct answer_report_row *list, size_t count, int64_t from, int64_t until);
void translate_audit(struct answer_buffer *buffer, const struct answer_head *head, bool intact,
                     uint64_t records, const char *head_text, const char *fault);
void translate_clock(struct answer_buffer *buffer, const struct answer_head *head, bool plausible,
                     int64_t newest);
void translate_backup(struct answer_buffer *buffer, const struct answer_head *head, uint64_t bytes);
void translate_reloaded(struct answer_buffer *buffer, const struct answer_head *head,
                        const struct answer_reloaded *reloaded);
void translate_alerts(struct answer_buffer *buffer, const struct answer_head *head,
                      const struct answer_alert *alerts, size_t count, uint64_t next);

void translate_alternatives(struct answer_buffer *buffer, const struct answer_head *head,
                            const struct answer_alternative *list, size_t count, size_t wish,
                            const char *option);
void translate_notices(struct answer_buffer *buffer, const struct answer_head *head,
                       const struct answer_notice *list, size_t count);
void translate_queue(struct answer_buffer *buffer, const struct answer_head *head,
                     const struct answer_ticket *list, size_t count);
void translate_proof_items(struct answer_buffer *buffer, const struct answer_head *head,
                           const struct answer_proof_item *list, size_t count);
void translate_standings(struct answer_buffer *buffer, const struct answer_head *head,
                         const struct answer_standing *list, size_t count);

void translate_feed(struct answer_buffer *buffer, const struct answer_head *head,
                    const struct answer_press *list, size_t count, bool gap);
void translate_people(struct answer_buffer *buffer, const struct answer_head *head,
                      const struct answer_people *people);

void translate_practice(struct answer_buffer *buffer, const struct answer_head *head,
                        const struct answer_practice *practice);

/* ---- frames: values are encoded once, kept in the history and merged by concatenation -------- */

/* Appends one Value as a field of Frame; 0 when it does not fit in `size`, its length otherwise. */
size_t translate_frame_value(uint8_t *bytes, size_t size, const struct rig_spec *spec, const struct rig *core,
                             uint16_t point);

/* The same of a Press. */
size_t translate_frame_press(uint8_t *bytes, size_t size, const struct answer_press *press);

struct frame_head {
    const char *rig;
    uint64_t boot, frame, layout, press;
    bool full, gap, last;
    const struct answer_status *status; /* NULL: as it was */
};
struct answer_trace {
    uint16_t waveform; /* in the rig's */
    int64_t time;      /* monotonic; 0: there is none */
    struct driver_record record;
    uint16_t columns;
    bool extremes;
    const uint8_t *codes;
    size_t codes_length;
    const char *why;
};
/* Encodes it as a field of a frame. Returns its bytes; 0: no room. */
size_t translate_frame_trace(uint8_t *bytes, size_t size, const struct answer_trace *trace);
/* values: what translate_frame_value() and translate_frame_press() made, concatenated. */
void translate_frame(struct answer_buffer *buffer, const struct answer_head *head,
                     const struct frame_head *frame, const uint8_t *values, size_t length);

#endif
