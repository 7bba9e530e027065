/* state.h - what the modules of the control loop share. Everything here belongs to the loop's thread. */
#ifndef GATEWAY_CONTROL_STATE_H
#define GATEWAY_CONTROL_STATE_H

#include "gateway/booking/timetable.h"
#include "gateway/control/channel.h"
#include "gateway/control/classroom.h"
#include "gateway/control/durable.h"
#include "gateway/control/fingerprint.h"
#include "gateway/control/journal.h"
#include "gateway/control/launcher.h"
#include "gateway/control/local.h"
#include "gateway/control/pending.h"
#include "gateway/control/practice.h"
#include "gateway/control/reload.h"
#include "gateway/control/stream.h"
#include "gateway/control/translate.h"
#include "gateway/control/turn.h"
#include "gateway/control/unsent.h"
#include "gateway/identity/accounts.h"
#include "gateway/identity/hasher.h"
#include "gateway/ledger/ledger.h"
#include "gateway/matrix/matrix.h"
#include "gateway/records/audit.h"
#include "gateway/records/recorder.h"

#define PENDING_MAX       2048
#define CAPTURES_MAX      64
#define FAILED_MAX        128
#define BYPASS_REASON_MAX 128
#define PROOF_NOTE_MAX    320
#define LAYOUT_BITS       16 /* changes of a rig in one boot */

#define MEMORY_WAITING_MAX 64

/* What a rig must not forget, as far as the ledger has it; see remember.h. */
struct memory {
    uint32_t version, stored; /* of what the core remembers now, and of what the ledger has */
    int64_t due;              /* when it is to be stored again; 0: it is, or is on its way */
    bool failed;              /* it could not be, and staff know */
    struct memory_waiting {
        uint64_t request;
        uint32_t version;
        int64_t until;
    } waiting[MEMORY_WAITING_MAX];
    size_t waiting_count;
};

/* The latest whole proof test of a rig's interlocks. */
struct control_proof {
    bool passed;
    int64_t tested; /* its oldest passed cause, or the latest that failed; ms since 1970; 0: never */
    int64_t began;  /* the round of tests: what was tried before does not count */
    char fingerprint[FINGERPRINT_TEXT], by[64];
};

/* One cause of it in the round of tests that is under way, or ended last. */
struct control_proof_item {
    bool passed;
    int64_t tested; /* ms since 1970; 0: not in this round */
    char by[64], note[PROOF_NOTE_MAX];
};

/* A rig at work. */
struct control_rig {
    const struct config_rig *config;
    const struct rig_spec *spec;      /* that its core was made of: it says the same as config's */
    const struct config_lab *made_of; /* whose that spec is */
    bool closing;                     /* its configuration is being replaced: nobody begins anything there */
    bool closed;                      /* and its lines have ended: nothing reaches its core */
    uint16_t index;
    struct rig *core;
    struct rig_action *actions; /* of one event; rig_actions_bound() of them */
    size_t action_capacity;
    uint32_t failed[FAILED_MAX]; /* tickets of writes that found no place on their line */
    size_t failed_count;

    /* The stream */
    uint64_t layout; /* rises when its points are numbered anew */
    struct stream *stream;
    struct traces *traces;     /* NULL: it has no waveforms */
    uint64_t published;        /* revision of the core that the newest frame shows */
    uint64_t published_status; /* status revision of the same */
    uint32_t spectators, published_spectators;
    bool watched;    /* the bus wants frames */
    uint64_t grants; /* watches that this bus was told to begin */
    bool owes_full;  /* the bus needs a full frame before deltas make sense to it */
    int64_t published_at;

    struct classroom classroom;
    struct plant *plant;         /* it is a simulator; NULL: a real rig */
    uint64_t booking;            /* that is live, 0: none */
    enum booking_rig_state told; /* to the timetable, of its condition */
    bool told_closing;           /* likewise */
    uint64_t session; /* that the event belongs to whose actions are carried out: it may just have ended */
    struct memory memory;
    int64_t ends_wall; /* of the session, ms since 1970 */
    bool commanded;    /* a command acted, and the timetable has not been told */
    bool *up;          /* by rig instrument: it answers */
    size_t instruments_up;
    char why[256];             /* it is not available, for people; "": no line has said so */
    uint16_t why_of;           /* the rig's instrument that this is said of */
    char why_quarantined[256]; /* the same */
    durable_reasons lockout_reasons;
    char (*bypass_reasons)[BYPASS_REASON_MAX]; /* by rule: trips, then permissives */
    struct control_proof proof;
    struct matrix matrix;                   /* its rows are what is tested; none without proof_test: */
    struct control_proof_item *proof_items; /* by row */
    int64_t proof_told;                     /* monotonic: staff were told that it is overdue; 0: not */
    char fingerprint[FINGERPRINT_TEXT];
};

/* See alerts.h. */
#define ALERTS_KEPT    64
#define ALERTS_WAITING 64
#define ALERT_NO_RIG   UINT16_MAX
struct alerts {
    uint64_t last; /* number of the newest; each stands at its number modulo ALERTS_KEPT */
    struct alert {
        int64_t wall;
        uint16_t rig;
        char text[320];
    } ring[ALERTS_KEPT];
    struct alerts_waiting {
        uint64_t request, after;
        int64_t until;
    } waiting[ALERTS_WAITING]; /* in the order of their times */
    size_t waiting_count;
};

/* See refusals.h. */
#define REFUSALS_MAX 256
struct refusals {
    struct refusal {
        struct asker asker;
        char reason[32];
        uint64_t more; /* after the first */
        int64_t until;
    } list[REFUSALS_MAX];
    size_t count;
    uint64_t strangers, others;
    int64_t due; /* when these two are recorded; 0: there are none */
};

/* See standings.h, notices.h. */
#define STANDINGS_AT_ONCE 200
struct standings {
    struct ledger_standing *list;
    size_t count, room;
};
#define NOTICES_WAITING 256
struct notices {
    struct ledger_notice *list;
    size_t count, room;
    struct notices_waiting {
        uint64_t request, account, after;
        int64_t until;
    } waiting[NOTICES_WAITING]; /* in the order of their times */
    size_t waiting_count;
    struct unsent unsent;
    size_t storing; /* on their way to the ledger */
    int64_t retry;  /* monotonic: no other before; 0: the last one was stored */
};

/* See no_room.h. */
#define NO_ROOM_KNOWN 128
struct no_room {
    struct ledger_no_room ring[NO_ROOM_KNOWN];
    uint64_t first, sent, end; /* known are [first, end), of which [sent, end) wait for the ledger */
    size_t storing;            /* on their way to the ledger */
    int64_t quiet_until;       /* monotonic: nobody is warned again before */
};

/* What the ledger is asked for by the loop itself, in its answer again: bits of the request's number, above
 * those of whoever waits (pending.h). 0: nobody does, and it is a logout. */
#define LEDGER_FOR_BOOKING   (UINT64_C(1) << 63) /* with the timetable's ticket */
#define LEDGER_FOR_RIG       (UINT64_C(1) << 62) /* with what remember.c says of it */
#define LEDGER_FOR_NOTICE    (UINT64_C(1) << 61)
#define LEDGER_FOR_TICKET    (UINT64_C(1) << 60) /* with the number of a place in the queue */
#define LEDGER_FOR_SEEN      (UINT64_C(1) << 59) /* notices that somebody has seen, up to one, are dropped */
#define LEDGER_FOR_REHEARSAL (UINT64_C(1) << 58)
#define LEDGER_FOR_NO_ROOM   (UINT64_C(1) << 57)

/* See presence.h. */
#define PRESENCE_MAX TIMETABLE_TICKETS_MAX
struct presence {
    struct presence_entry {
        uint64_t account;
        int64_t due; /* monotonic: no longer there, unless heard before */
        bool present;
    } list[PRESENCE_MAX];
    size_t count;
};

/* See feeds.h. */
struct feeds {
    struct ledger_feed *list; /* by hash */
    size_t count, room;
};

/* What is asked for together, while the timetable looks at it. */
struct asked {
    const struct booking_wish *wishes; /* NULL: nothing */
    size_t count;
    bool planned;   /* by staff */
    uint64_t moves; /* a booking that is to be there; 0: a new one */
};

#define MAINTENANCE_AFFECTED   500
#define MAINTENANCE_REASON_MAX 121 /* with the NUL */

/* A line at work. */
struct control_link {
    const struct config_lab *made_of; /* its spec is in the memory of */
    struct link *link;                /* NULL: a simulator's, while nobody practises there */
    struct link_spec spec;
    uint16_t *rigs; /* by the link's own rig number: in the lab's rigs */
};

/* An acquisition, running or done; the oldest that is done makes room for a new one. */
struct control_capture {
    uint64_t id;            /* 0: free */
    uint16_t rig, waveform; /* in the rig's waveforms */
    uint16_t link, instrument;
    uint32_t ticket;
    enum driver_depth depth;
    uint64_t session, file; /* file: the recorder's number */
    bool waits;             /* for the end of a live trace's screen */
    bool began, done, closed;
    bool stored; /* the file is whole and on disk */
    bool ending; /* closed, and the recorder is still to be told, whoever has forgotten the rest */
    int result;
    char failed[192];
    char name[96]; /* of the file */
    struct driver_record record;
    uint64_t bytes;
    int64_t wall;
};

/* The configuration that runs, for whoever asks which that is. */
struct running {
    char directory[512], socket[512];
    int64_t since; /* of this configuration, ms since 1970 */
};

struct control {
    const struct config_lab *lab;
    struct running running;
    uint64_t boot;
    bool stopping, recording; /* recording: the audit takes records */
    bool served;              /* the bus has been ready once */
    bool working;             /* the lines were opened: then, or when the bus took too long */
    bool ledger_doubted;      /* what rigs must remember may be missing there, and is put anew */
    bool clock_doubted;       /* staff were told that the clock is not plausible */
    bool failed;              /* the bus cannot serve, or a line could not be started */
    int64_t stop_by, next_head, next_retention;

    struct journal *journal;
    struct launcher *launcher;
    struct mailer *mailer; /* NULL: nobody is written to */
    bool mail_fails;       /* the last letter could not be sent */
    bool mailer_gone;      /* it has ended by itself, and is reaped at the end */
    struct channel *channel;
    struct local *local;
    struct ledger *ledger;
    struct hasher *hasher;
    struct crypto *crypto;
    struct accounts *accounts;
    struct audit *audit;
    struct recorder *recorder;
    struct timetable *timetable;
    struct term_calendar calendar; /* the configuration's, with the zone's offsets */
    struct booking_actions booking_actions;
    int64_t booking_due;                  /* monotonic: the timetable is told of the time then */
    struct booking_event *booking_failed; /* what the ledger had no room for; as many as actions */
    struct pending_table *pending;
    struct arena *arena, *urgent_arena; /* see attend.h */
    int64_t attended;                   /* monotonic: when that was done last */
    bool attending;

    struct control_rig *rigs;
    size_t rig_count;
    struct control_link **links; /* as in the lab */
    size_t link_count;
    struct reload reload;
    struct health *health; /* see health.h */
    struct practice practice;
    int64_t practice_due;
    size_t practice_turn; /* whose reports are taken first */
    struct alerts alerts;
    struct refusals refusals;
    const char *about; /* of the request that is being handled: struct asker's */
    struct standings standings;
    struct notices notices;
    struct no_room no_room;
    struct presence presence;
    struct feeds feeds;
    char page[256]; /* address of the page, "https://host:port"; "": there is none, or not yet */
    struct asked asked;
    struct control_capture captures[CAPTURES_MAX];
    uint64_t next_capture;

    int realtime;   /* priority of the loop and the lines; 0: ordinary scheduling */
    int64_t rested; /* monotonic: when the loop last slept */
    struct turn turn;
    unsigned ready; /* sources that have something to be read: bits of the loop's own */
    int epoll, signals, wake_links, wake_ledger, wake_hasher, wake_recorder, wake_reloader;
    int64_t started; /* monotonic */
    int64_t now;     /* monotonic, of this turn of the loop */
    int64_t wall;    /* ms since 1970, of this turn */
    uint64_t unknown_requests, malformed_requests;
    uint8_t *request_bytes, *answer_bytes, *value_bytes;
};

#endif
