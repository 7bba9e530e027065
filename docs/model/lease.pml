/* lease.pml - lease, hand-over, resume, restart and safe state of a rig, with everything around control that may go
 * wrong. What control may do stands in steps.h; README.md says what is abstracted. */

#ifndef CLIENTS
#define CLIENTS 2
#endif
#ifndef SLOTS
#define SLOTS 2 /* messages in the bus */
#endif
#ifndef NUMBERS
#define NUMBERS 2 /* commands of a client in a session */
#endif
#define LINES     2
#define ALL_LINES 3

/* Epochs are only ever compared with the present one, and never used twice: of each copy it is enough to know
 * whether it is PRESENT. */
#define OLD       0
#define PRESENT   1
#define IS_NEW(e) (e == PRESENT)
#include "steps.h"

/* ---- control --------------------------------------------------------------------------------- */
bit held, granted, needs_safe, owes_fence, running, again, stopped, quarantined, barred, session;
byte epoch, holder, acked, down;
byte stage;           /* of the safe sequence: writing line 0, writing line 1, looking */
bit told_up[LINES];   /* what control knows of the lines */
bit shown[LINES];     /* a sample that was asked for after the writes shows the safe state */
bit missing;          /* the controller is not heard of; the resume window runs */
byte last[CLIENTS];   /* number of the last command of each seat */

/* ---- lines, one transaction at a time -------------------------------------------------------- */
#define IDLE    0
#define COMMAND 1
#define SAFE    2
byte flight[LINES];
bit safe_waits[LINES], safe_done[LINES], owes_ack[LINES];
byte ack[LINES];      /* on its way to control: 0 none, 1 of an old epoch, 2 of the present one */
bit alive[LINES];
bit unsafe[LINES];    /* the plant's true state */
bit stuck;            /* line 1's actuator does not move */
/* The queue of line 1: one command. */
bit queued, queued_epoch;
byte queued_by, queued_number;

/* ---- people and the bus ---------------------------------------------------------------------- */
#define TAKE    1
#define RELEASE 2
#define SET     3
#define STOP    4
typedef message {
    byte kind, by, number;
    bit stamp /* epoch */
};
message slots[SLOTS];
bit connected[CLIENTS], known[CLIENTS]; /* known: whether its epoch is the present one */
byte number[CLIENTS];
byte acted[CLIENTS]; /* bits: numbers that went on the line in this session */
bit calm;            /* from now on nothing goes wrong, and nobody asks for anything */

/* Every copy of the epoch is an old one now; every line is told. */
inline age_copies()
{
    known[0] = OLD;
    slots[0].stamp = OLD;
#if CLIENTS > 1
    known[1] = OLD;
#endif
#if SLOTS > 1
    slots[1].stamp = OLD;
#endif
    queued_epoch = OLD;
    ack[0] = (ack[0] == 2 -> 1 : ack[0]);
    ack[1] = (ack[1] == 2 -> 1 : ack[1])
}

inline fence()
{
    assert(MAY_FENCE(PRESENT));
    age_copies();
    DO_FENCE(PRESENT);
    owes_ack[0] = 1;
    owes_ack[1] = 1
}

inline begin()
{
    assert(MAY_BEGIN);
    DO_BEGIN;
    stage = 0;
    shown[0] = 0;
    shown[1] = 0;
    safe_done[0] = 0;
    safe_done[1] = 0;
    safe_waits[0] = 1
}

/* An edge, its fence, and the run that it begins or joins: one event of the core. What was written is written
 * again at once. */
inline edge()
{
    DO_EDGE;
    fence();
    if
    :: running == 0 -> begin()
    :: else ->
        safe_waits[0] = 1;
        if
        :: stage > 0 -> safe_waits[1] = 1
        :: else
        fi
    fi
}

inline end_control()
{
    if
    :: holder != 0 -> DO_END; missing = 0
    :: else
    fi
}

inline heard(who)
{
    if
    :: holder == who + 1 -> missing = 0
    :: else
    fi
}

/* As rig_admit(): the number first, then who, the epoch, and whether the rig is fit. */
inline admit(who, stamped, numbered)
{
    if
    :: numbered > last[who] ->
        last[who] = numbered;
        if
        :: MAY_COMMAND(who + 1, stamped) ->
            queued = 1; /* a newer one overtakes */
            queued_by = who;
            queued_number = numbered;
            queued_epoch = stamped
        :: else
        fi
    :: else /* a repeat: the stored answer */
    fi
}

inline take(message_at)
{
    if
    :: slots[message_at].kind == TAKE ->
        if
        :: MAY_TAKE(slots[message_at].by + 1) -> DO_TAKE(slots[message_at].by + 1); fence()
        :: else
        fi
    :: slots[message_at].kind == RELEASE ->
        if
        :: holder == slots[message_at].by + 1 -> end_control(); edge()
        :: else
        fi
    :: slots[message_at].kind == SET ->
        admit(slots[message_at].by, slots[message_at].stamp, slots[message_at].number)
    :: slots[message_at].kind == STOP ->
        if
        :: session -> end_control(); assert(MAY_STOP); DO_STOP; edge()
        :: else
        fi
    fi
}

inline drop(message_at)
{
    slots[message_at].kind = 0;
    slots[message_at].by = 0;
    slots[message_at].number = 0;
    slots[message_at].stamp = 0
}

#define VERIFIED (stage == 2 && shown[0] && shown[1])

active proctype control()
{
    byte at;
    atomic { needs_safe = 1; down = LINES; unsafe[0] = 1; alive[0] = 1; edge() }
    do
    /* A message reaches it: any of those under way, and perhaps not for the last time. */
    :: atomic {
        slots[0].kind != 0 || slots[SLOTS - 1].kind != 0 ->
        if
        :: slots[0].kind != 0 -> at = 0
        :: slots[SLOTS - 1].kind != 0 -> at = SLOTS - 1
        fi;
        heard(slots[at].by);
        take(at);
        if
        :: drop(at)
        :: !calm
        fi;
        at = 0
    }
    /* Reports of the lines. */
    :: atomic { ack[0] != 0 -> if :: MAY_ACK(1, ack[0] - 1) -> DO_ACK(1, ack[0] - 1) :: else fi; ack[0] = 0 }
    :: atomic { ack[1] != 0 -> if :: MAY_ACK(2, ack[1] - 1) -> DO_ACK(2, ack[1] - 1) :: else fi; ack[1] = 0 }
    :: atomic { alive[0] != told_up[0] ->
        told_up[0] = alive[0]; down = (alive[0] -> down - 1 : down + 1); edge() }
    :: atomic { alive[1] != told_up[1] ->
        told_up[1] = alive[1]; down = (alive[1] -> down - 1 : down + 1); edge() }
    /* The safe sequence: its steps in order; a step whose line is dead is given up. */
    :: atomic { running && stage == 0 && (safe_done[0] || !told_up[0]) -> stage = 1; safe_waits[1] = 1 }
    :: atomic { running && stage == 1 && (safe_done[1] || !told_up[1]) -> stage = 2 }
    :: atomic { running && VERIFIED && MAY_VERIFY -> DO_VERIFY;
        assert(!unsafe[0] && !unsafe[1]) /* S3: safe is true */ }
    /* It ran to its end, and an edge came meanwhile; or it is too late; or a line is missing. */
    :: atomic { running && stage == 2 && again -> DO_FAIL; begin() }
    :: atomic { running && stage == 2 && !again && (!VERIFIED || down > 0) && (!calm || down > 0 || stuck) -> DO_FAIL }
    :: atomic { needs_safe && !running && !quarantined && down == 0 -> begin() }
    :: atomic { needs_safe && !running && !quarantined && down == 0 && !calm ->
        end_control(); fence(); assert(MAY_QUARANTINE); DO_QUARANTINE }
    :: atomic { MAY_GRANT -> DO_GRANT;
        assert(!unsafe[0] && !unsafe[1]);                   /* S3, S4: nobody gets a rig that is not safe, */
        assert(flight[0] != COMMAND && flight[1] != COMMAND); /* or on which an older command still acts */
        assert(FIT && session) }
    /* The resume window. */
    :: atomic { holder != 0 && !missing && !calm -> missing = 1 }
    :: atomic { holder != 0 && missing && !calm -> end_control(); edge() }
    od
}

inline loses_flight(line)
{
    if
    :: flight[line] == COMMAND -> unsafe[line] = 1
    :: flight[line] == SAFE && !(stuck && line == 1) -> unsafe[line] = 0
    :: true
    fi;
    flight[line] = IDLE
}

proctype line(byte me)
{
    do
    :: atomic { owes_ack[me] && flight[me] == IDLE -> owes_ack[me] = 0; ack[me] = PRESENT + 1 }
    :: atomic { flight[me] == IDLE && safe_waits[me] && alive[me] -> safe_waits[me] = 0; flight[me] = SAFE }
    /* S4: the epoch is compared once more, immediately before the bytes go. */
    :: atomic { me == 1 && flight[1] == IDLE && !safe_waits[1] && queued ->
        if
        :: queued_epoch == PRESENT && alive[1] ->
            assert(granted && holder == queued_by + 1);             /* S4: who is in control, now */
            assert(!stopped && !quarantined && !needs_safe);       /* S2, S8 */
            assert((acted[queued_by] & (1 << queued_number)) == 0); /* S4: a command acts once */
            acted[queued_by] = acted[queued_by] | (1 << queued_number);
            flight[1] = COMMAND
        :: else
        fi;
        queued = 0;
        queued_by = 0;
        queued_number = 0;
        queued_epoch = OLD }
    :: atomic { flight[me] != IDLE && alive[me] ->
        if
        :: flight[me] == SAFE -> safe_done[me] = 1; loses_flight(me)
        :: flight[me] == SAFE && !calm -> safe_waits[me] = 1; loses_flight(me) /* no reply: again */
        :: flight[me] == COMMAND -> loses_flight(me)
        fi }
    :: atomic { flight[me] != IDLE && !alive[me] -> loses_flight(me) }
    /* A read that was asked for after the writes. */
    :: atomic { running && stage == 2 && !shown[me] && flight[me] == IDLE && !safe_waits[me] && alive[me] && !unsafe[me] -> shown[me] = 1 }
    od
}

inline send(who, what, numbered)
{
    if
    :: slots[0].kind == 0 ->
        slots[0].kind = what; slots[0].by = who; slots[0].number = numbered;
        slots[0].stamp = (what == SET -> known[who] : OLD)
#if SLOTS > 1
    :: slots[0].kind != 0 && slots[1].kind == 0 ->
        slots[1].kind = what; slots[1].by = who; slots[1].number = numbered;
        slots[1].stamp = (what == SET -> known[who] : OLD)
#endif
    fi
}

/* kill -9 of control: what it knew is gone, its bus with it; bytes that are out may still act. */
inline restart()
{
    assert(MAY_START(PRESENT));
    age_copies();
    DO_START(PRESENT);
    told_up[0] = 0; told_up[1] = 0;
    safe_waits[0] = 0; safe_waits[1] = 0;
    queued = 0; queued_by = 0; queued_number = 0;
    ack[0] = 0; ack[1] = 0;
    missing = 0;
    stage = 0;
    crash_bus();
    new_session();
    edge()
}

inline crash_bus()
{
    drop(0);
    connected[0] = 0;
#if CLIENTS > 1
    connected[1] = 0;
#endif
#if SLOTS > 1
    drop(1);
#endif
}

/* Seats are new: so are the numbers. */
inline new_session()
{
    last[0] = 0; number[0] = 0; acted[0] = 0;
#if CLIENTS > 1
    last[1] = 0; number[1] = 0; acted[1] = 0;
#endif
}

active proctype world()
{
    byte who;
    run line(0);
    run line(1);
    do
#ifdef TWO_FAULTY_LINES
    :: atomic { !calm && alive[0] -> alive[0] = 0 }
    :: atomic { !calm && !alive[0] -> alive[0] = 1 }
#endif
    :: atomic { !calm && alive[1] -> alive[1] = 0 }
    :: atomic { !calm && !alive[1] -> alive[1] = 1 }
#ifdef STUCK
    :: atomic { !calm -> stuck = 1 - stuck }
#endif
    :: atomic { !calm && slots[0].kind != 0 -> drop(0) }
    :: atomic { !calm && slots[SLOTS - 1].kind != 0 -> drop(SLOTS - 1) }
    :: atomic { !calm && connected[0] + connected[CLIENTS - 1] > 0 -> crash_bus() }
    :: atomic { !calm -> restart() }
    :: atomic { !calm && !session -> new_session(); DO_SESSION_BEGIN }
    :: atomic { !calm && session -> end_control(); edge(); assert(MAY_SESSION_END); DO_SESSION_END }
    :: atomic { !calm && stopped -> DO_RESET }
    :: atomic { !calm && quarantined -> DO_CLEAR; edge() }
    :: atomic { !calm && (slots[0].kind == 0 || slots[SLOTS - 1].kind == 0) ->
        if
        :: who = 0
        :: who = CLIENTS - 1
        fi;
        if
        :: !connected[who] -> connected[who] = 1 /* on a new connection, with the same seat */
        :: connected[who] ->
            if
            :: known[who] = epoch /* a frame of the rig's stream */
            :: send(who, TAKE, 0)
            :: send(who, RELEASE, 0)
            :: send(who, STOP, 0)
            :: number[who] < NUMBERS -> number[who]++; send(who, SET, number[who])
            :: number[who] > 0 -> send(who, SET, number[who]) /* the same again */
            fi
        fi;
        who = 0
    }
#ifdef LIVENESS
    :: atomic { !calm -> calm = 1; stuck = 0; alive[0] = 1; alive[1] = 1 }
    :: calm -> break
#endif
    od
}

/* S2, S3: when nothing goes wrong any more the rig becomes safe, or staff have been told. */
ltl becomes_safe { [] (calm -> <> (needs_safe == 0 || quarantined == 1)) }
/* S4: and whoever waits for control gets it, or has been told no. */
ltl gets_control { [] (calm -> <> (holder == 0 || granted == 1)) }
