/* request.h - a Request as control's handlers see it, away from its encoding (proto/lab.proto says what
 * fields mean).
 *
 * Text points into the arena that the request was unpacked in and lives until the handler returns. */
#ifndef GATEWAY_CONTROL_REQUEST_H
#define GATEWAY_CONTROL_REQUEST_H

#include "gateway/rig/spec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum request_kind {
    REQUEST_NONE, /* a body that this version does not know, or none */
    REQUEST_LOGIN,
    REQUEST_LOGOUT,
    REQUEST_CHANGE_PASSWORD,
    REQUEST_RIGS,
    REQUEST_SHOW,
    REQUEST_BOOK,
    REQUEST_BOOKINGS,
    REQUEST_CANCEL,
    REQUEST_JOIN,
    REQUEST_LEAVE,
    REQUEST_TAKE,
    REQUEST_RELEASE,
    REQUEST_SET,
    REQUEST_GET,
    REQUEST_WATCH,
    REQUEST_CAPTURE,
    REQUEST_CAPTURE_STATE,
    REQUEST_CAPTURE_CANCEL,
    REQUEST_STOP,
    REQUEST_RESET,
    REQUEST_LOG,
    REQUEST_FILES,
    REQUEST_READ_FILE,
    REQUEST_PRESENCE,
    REQUEST_CLEAR,
    REQUEST_LOCKOUT,
    REQUEST_BYPASS,
    REQUEST_PROOF_PLAN,
    REQUEST_HOLD_HEARTBEAT,
    REQUEST_PROOF_TEST,
    REQUEST_HEALTH,
    REQUEST_ACCOUNT_PUT,
    REQUEST_ACCOUNTS,
    REQUEST_AUDIT_VERIFY,
    REQUEST_CLOCK,
    REQUEST_BACKUP,
    REQUEST_READ_BACKUP,
    REQUEST_ALERTS,
    REQUEST_NOTICES,
    REQUEST_CHANGE_BOOKING,
    REQUEST_QUEUE,
    REQUEST_ENQUEUE,
    REQUEST_LEAVE_QUEUE,
    REQUEST_TAKE_OFFER,
    REQUEST_STANDING_PUT,
    REQUEST_STANDINGS,
    REQUEST_HAND,
    REQUEST_FEED,
    REQUEST_PEOPLE,
    REQUEST_PLAN_COURSE,
    REQUEST_MAINTAIN,
    REQUEST_CALENDAR,
    REQUEST_FEED_MAKE,
    REQUEST_FEEDS,
    REQUEST_FEED_REVOKE,
    REQUEST_REPORT,
    REQUEST_DAYS,
    REQUEST_MAIL_WISH,
    REQUEST_PRACTICE,
    REQUEST_RELOAD,
    REQUEST_CONFIGURATION,
    REQUEST_KINDS,
};

enum request_scalar { REQUEST_NOTHING, REQUEST_NUMBER, REQUEST_BOOLEAN, REQUEST_TEXT };

struct request_account {
    const char *name, *title, *password;
    const char *email; /* "": not said, "none": taken away */
    int role;          /* enum rig_role, -1: not said */
    bool disabled;
};

struct request_wish {
    const char *rig, *capability; /* one of them "" */
    int64_t starts, ends;         /* ms since 1970; starts 0: now */
    const char *holder;           /* "": who asks */
    char **party;
    size_t party_count;
};

/* Of a week: periods, or minutes since midnight. */
struct request_slot {
    uint32_t weekday, first_period, last_period, from, until;
};

struct request_meetings {
    const char *term, *weeks;
    const struct request_slot *slots;
    size_t slot_count; /* 0: no meetings are asked for */
};

struct request_course {
    const char *name, *weeks, *capability, *group;
    const struct request_slot *slots;
    size_t slot_count;
    char **rigs, **students;
    size_t rig_count, student_count;
    uint32_t rigs_wanted, group_size;
    bool rotate_partners;
};

enum request_change {
    REQUEST_CHANGE_NONE,
    REQUEST_CHANGE_EXTEND,
    REQUEST_CHANGE_SHORTEN,
    REQUEST_CHANGE_TRANSFER,
    REQUEST_CHANGE_APPROVE,
    REQUEST_CHANGE_DECLINE,
    REQUEST_CHANGE_MOVE,
};

struct request_standing {
    const char *account, *name;
    int kind; /* as in lab.proto; 0: not said */
    int64_t since, until;
};

/* Of one cause in a proof test. */
struct request_result {
    const char *kind, *rule, *note;
    bool passed;
};

struct request {
    enum request_kind kind;
    uint32_t version;
    const char *token;
    uint32_t seat;
    uint64_t seen, elapsed;

    const char *rig; /* of whatever names one; "" otherwise */
    uint64_t session;
    uint64_t epoch, sequence;
    union {
        struct {
            const char *name, *password, *join_code;
        } login;
        struct {
            const char *old_password, *new_password;
        } change_password;
        struct {
            const char *capability;
        } rigs;
        struct {
            const struct request_wish *wishes;
            size_t count;
            const char *key, *group;
            bool planned;
            struct request_meetings meetings;
        } book;
        struct {
            const char *term, *key;
            const struct request_course *courses;
            size_t count;
            bool dry_run, take_alternatives;
        } plan_course;
        struct {
            char **rigs;
            size_t rig_count;
            bool every_rig, dry_run;
            int64_t starts, ends;
            const char *reason, *key;
        } maintain;
        struct {
            uint64_t booking;
            enum request_change kind;
            int64_t starts, ends;
            const char *to, *group;
        } change_booking;
        struct {
            uint64_t seen, after;
            bool wait;
        } notices;
        struct {
            const char *capability, *group;
            int64_t length, until;
        } enqueue;
        struct {
            uint64_t ticket;
        } ticket; /* LEAVE_QUEUE, TAKE_OFFER */
        struct {
            const struct request_standing *list;
            size_t count;
            bool remove;
        } standing_put;
        struct {
            const char *account;
        } standings;
        struct {
            const char *key;
        } calendar;
        struct {
            bool everyone;
        } feeds;
        struct {
            uint64_t feed;
        } feed_revoke;
        struct {
            int64_t from, until;
            int per, of; /* as in lab.proto; of 0: not divided */
        } report;
        struct {
            int64_t from, until;
        } days;
        struct {
            bool none;
        } mail_wish;
        struct {
            bool everyone;
            int64_t from, until;
            uint64_t after;
        } bookings;
        struct {
            uint64_t booking;
        } cancel;
        struct {
            uint32_t resume;
        } join;
        struct {
            bool force;
            uint32_t to;
        } take;
        struct {
            const char *point;
            enum request_scalar scalar;
            double number; /* booleans too */
            const char *text;
        } set;
        struct {
            char **points;
            size_t count;
        } get;
        struct {
            uint32_t credit;
            bool resumes;
            uint64_t boot, frame;
            uint32_t traces; /* enum trace_detail, as asked for */
        } watch;
        struct {
            const char *waveform;
            bool deep;
        } capture;
        struct {
            uint64_t capture;
        } capture_state;
        struct {
            uint64_t after, before;
            uint32_t most;
            const char *person;
            const char *const *kinds;
            size_t kind_count;
            int64_t from, until; /* ms since 1970 */
            bool refusals, newest_first;
        } log;
        struct {
            const char *name;
            uint64_t offset;
            uint32_t length;
        } read_file;
        struct {
            const char *reason, *whose;
            bool remove;
        } lockout;
        struct {
            const char *rule, *reason;
            uint64_t seconds;
            bool remove;
        } bypass;
        struct {
            const char *by, *fingerprint;
            const struct request_result *results;
            size_t count;
            bool anew;
        } proof;
        struct {
            uint32_t seconds;
        } hold_heartbeat;
        struct {
            const struct request_account *list;
            size_t count;
            bool only_new;
        } account_put;
        struct {
            const char *head;
        } audit_verify;
        struct {
            bool vouch;
        } clock;
        struct {
            uint64_t offset;
            uint32_t length;
        } read_backup;
        struct {
            bool dry_run;
            const char *directory;
        } reload;
        struct {
            uint64_t after;
            bool wait;
        } alerts;
        struct {
            bool up;
            uint32_t seat; /* on the wire; 0: one's own */
        } hand;
        struct {
            uint64_t after;
        } feed;
        struct {
            bool leave;
        } practice;
    };
};

#endif
