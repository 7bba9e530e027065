/* lease.pml - lease, hand-over, resume, restart and safe state of a rig, with everything around control that may go
 * wrong. What control may do stands in steps.h; README.md says what is abstracted, and why that loses no fault.
 *
 * One process: every option of its loop is one event of the core, or one thing that the world does between two. */

#ifndef NUMBERS
#define NUMBERS 1 /* commands of a seat in a session */
#endif
#ifndef RESTART
#define RESTART 1 /* kill -9 at any moment */
#endif
#ifndef LATE
#define LATE 1 /* a command that the bus delivers late, again and again, or never */
#endif
#ifndef FAULTS
#define FAULTS 1 /* the line with the output dies and returns, and loses writes */
#endif
#ifndef LOCKOUT
#define LOCKOUT 1 /* or local mode, or no audit, or shutdown: whatever bars control for a while */
#endif
#define CLIENTS   2
#define LINES     1 /* instruments that must answer */
#define ALL_LINES 3 /* bits: line 0 reads, line 1 drives the output */

/* Epochs are only ever compared with the present one, and never used twice: of each copy it is enough to know
 * whether it is PRESENT. */
#define OLD       0
#define PRESENT   1
#define IS_NEW(e) (e == PRESENT)
#include "steps.h"

/* ---- control --------------------------------------------------------------------------------- */
bit held, granted, needs_safe, owes_fence, running, again, stopped, quarantined, barred, session;
byte epoch, holder, acked, down;
bit told_up;        /* what control knows of line 1 */
bit missing;        /* the controller is not heard of; the resume window runs */
byte last[CLIENTS]; /* number of the last command of each seat */

/* The safe sequence's write and its read-back, on line 1. */
#define UNASKED 0
#define WAITS   1
#define DONE    2 /* acknowledged */
#define SHOWN   3 /* by a sample that was asked for afterwards */
byte safe;

/* ---- lines, one transaction at a time -------------------------------------------------------- */
/* A line has its own copy of the epoch. It takes up the present one between two transactions, and reports that. */
#define KNOWS     0
#define TOLD      1
#define TOLD_MORE 2 /* and its report of an older one is still under way */
#define REPORTS   3
byte copy[2];
#define TAKEN_UP(line) (copy[line] == KNOWS || copy[line] == REPORTS)

bit alive;          /* line 1 answers */
bit in_flight;      /* a command's bytes are out */
bit unsafe;         /* the plant's true state */
/* The queue of line 1: one command. */
bit queued, queued_epoch, queued_by;
byte queued_number;

/* ---- the bus --------------------------------------------------------------------------------- */
/* Requests without an epoch may arrive at any moment: that covers their delay, loss and repetition. A command
 * arrives at once, or waits here, and is then delivered at any later time, any number of times. */
bit late, late_by, late_epoch;
byte late_number;

/* ---- what the assertions remember ------------------------------------------------------------ */
byte acted[CLIENTS];   /* numbers that went on the line in this session */
#define BIT(number) ((1 << number) >> 1)
bit queued_outlived;   /* control was granted, or the rig verified as safe, since it was queued */
bit queued_of_another; /* its epoch was not the present one when it was admitted */
bit late_outlived;     /* an epoch has ended since it was sent */

bit calm; /* from now on nothing goes wrong, and nobody asks for anything */
#ifdef LIVENESS
bit stuck; /* the actuator does not move */
byte tries;
#define MAY_RETRY      (tries < 2)
#define MAY_GIVE_UP    (tries == 2)
#define MAY_RUN_LATE   (!calm || down > 0 || (stuck && unsafe && safe == DONE))
#else
#define MAY_RETRY      (1 == 1)
#define MAY_GIVE_UP    (1 == 1)
#define MAY_RUN_LATE   (1 == 1)
#endif

#define TELL(line) copy[line] = (copy[line] == KNOWS || copy[line] == TOLD -> TOLD : TOLD_MORE)

/* Every copy of the epoch is an old one now. */
inline age_copies()
{
    queued_epoch = OLD;
    late_epoch = OLD
}

inline fence()
{
    assert(MAY_FENCE(PRESENT));
    age_copies();
    late_outlived = late;
    DO_FENCE(PRESENT);
    TELL(0);
    TELL(1)
}

inline begin()
{
    assert(MAY_BEGIN);
    DO_BEGIN;
    safe = WAITS
}

/* Its fence follows an edge in the same event; and the run begins, or writes again at once. */
inline make_safe()
{
    fence();
    if
    :: running == 0 -> begin()
    :: else -> safe = WAITS
    fi
}

inline edge()
{
    DO_EDGE;
    make_safe()
}

inline end_control()
{
    if
    :: MAY_END -> DO_END; missing = 0
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

inline forget_queued()
{
    queued = 0; queued_epoch = OLD; queued_by = 0; queued_number = 0; queued_outlived = 0; queued_of_another = 0
}

inline forget_late()
{
    late = 0; late_epoch = OLD; late_by = 0; late_number = 0; late_outlived = 0
}

/* As rig_admit(): the number first, then who, the epoch, and whether the rig is fit. */
inline admit(who, numbered, stamp, outlived)
{
    heard(who);
    if
    :: numbered > last[who] ->
        last[who] = numbered;
        if
        :: MAY_COMMAND(who + 1, stamp) ->
            queued = 1; /* a newer one overtakes */
            queued_by = who;
            queued_number = numbered;
            queued_epoch = PRESENT;
            queued_of_another = outlived;
            queued_outlived = 0
        :: else
        fi
    :: else /* a repeat: the stored answer */
    fi
}

/* Seats are new: so are the numbers. What is late stays: its epoch alone must keep it from acting. */
inline new_seats()
{
    last[0] = 0; last[1] = 0; acted[0] = 0; acted[1] = 0;
    queued_number = 0 /* is of a seat that is no more */
}

/* kill -9: what was known is gone; bytes that are out, and what the bus holds, may still act. The boot counter was
 * durable before the first grant: the epoch is none that ever was. */
inline restart()
{
    assert(MAY_START(PRESENT));
    age_copies();
    late_outlived = late;
    DO_START(PRESENT);
    told_up = 0;
    copy[0] = TOLD;
    copy[1] = TOLD;
    missing = 0;
    safe = UNASKED;
    forget_queued();
    last[0] = 0; last[1] = 0; acted[0] = 0; acted[1] = 0;
    edge()
}

inline report(line)
{
    if
    :: MAY_ACK(1 << line, (copy[line] == REPORTS -> PRESENT : OLD)) ->
        DO_ACK(1 << line, (copy[line] == REPORTS -> PRESENT : OLD))
    :: else
    fi;
    copy[line] = (copy[line] == REPORTS -> KNOWS : TOLD)
}

/* After what it says, and nothing older can act. */
#define NOTHING_OLD_ACTS (!in_flight && (!queued || (TAKEN_UP(1) && queued_epoch == PRESENT)))

inline person_acts(who, numbered)
{
    if
    :: MAY_TAKE(who + 1) -> DO_TAKE(who + 1); fence()
    :: holder == who + 1 -> end_control(); edge()                   /* release */
    :: session -> end_control(); assert(MAY_STOP); DO_STOP; edge()  /* emergency stop, from every seat */
    :: holder == 2 - who && session && FIT -> /* hand-over, or a teacher takes control away */
        end_control(); DO_EDGE; assert(MAY_TAKE(who + 1)); DO_TAKE(who + 1); make_safe()
    :: holder == who + 1 && missing -> heard(who)                   /* resume, on a new connection */
    :: admit(who, numbered, PRESENT, 0)
#if LATE
    :: !late -> late = 1; late_by = who; late_number = numbered; late_epoch = PRESENT
#endif
    fi
}

inline world_goes_on()
{
    if
    /* People. */
    :: !calm ->
        if
        :: who = 0
        :: who = 1
        fi;
        select(numbered : 1 .. NUMBERS);
        person_acts(who, numbered);
        who = 0;
        numbered = 0
#if LATE
    :: !calm && late -> admit(late_by, late_number, late_epoch, late_outlived)
    :: !calm && late -> forget_late()
#endif
    /* Staff and the timetable. */
    :: !calm && !session -> new_seats(); DO_SESSION_BEGIN
    :: !calm && session -> end_control(); edge(); assert(MAY_SESSION_END); DO_SESSION_END
    :: !calm && MAY_RESET -> DO_RESET
    :: !calm && MAY_CLEAR -> DO_CLEAR; edge()
#if LOCKOUT
    :: !calm && !barred -> end_control(); barred = 1; edge()
    :: !calm && barred -> barred = 0; edge()
#endif
    /* Interlocks: a trip, and one that drives an output without an edge. */
    :: !calm -> edge()
    :: !calm && granted -> fence()
    /* The resume window. */
    :: !calm && holder != 0 && !missing -> missing = 1
    :: !calm && missing -> end_control(); edge()
#if RESTART
    :: !calm -> restart()
#endif
#if FAULTS
    :: !calm -> alive = 1 - alive
#endif
    :: alive != told_up -> told_up = alive; down = 1 - alive; edge()
    /* The lines' copies of the epoch, and what they report. */
    :: copy[0] == TOLD -> copy[0] = REPORTS
    :: copy[0] > TOLD -> report(0)
    :: copy[1] == TOLD && !in_flight -> copy[1] = REPORTS;
        if
        :: queued_epoch == OLD -> forget_queued()
        :: else
        fi
    :: copy[1] > TOLD -> report(1)
    /* S4: the epoch is compared once more, with the line's own copy, immediately before the bytes go. */
    :: queued && !in_flight && safe != WAITS ->
        if
        :: alive && (queued_epoch == PRESENT || !TAKEN_UP(1)) ->
            assert(!queued_outlived);   /* S2, S4, S8: it acts in the grant that it was made in, */
            assert(!queued_of_another); /* S4: was made in the epoch that it acts in, */
            assert(!TAKEN_UP(1) || (granted && holder == queued_by + 1)); /* S4: by the one controller, */
            assert((acted[queued_by] & BIT(queued_number)) == 0);       /* S4: and once */
            acted[queued_by] = acted[queued_by] | BIT(queued_number);
            in_flight = 1
        :: else
        fi;
        forget_queued()
    :: in_flight && (alive || !calm) -> in_flight = 0; unsafe = 1
#if FAULTS
    :: in_flight && !calm -> in_flight = 0
#endif
    /* The safe write: the epoch is before it in the line's inbox. It overtakes what is queued. */
    :: safe == WAITS && TAKEN_UP(1) && !in_flight && alive ->
        if
#ifdef LIVENESS
        :: !stuck -> unsafe = 0; safe = DONE
        :: stuck -> safe = DONE
#else
        :: unsafe = 0; safe = DONE
        :: safe = DONE /* the actuator does not move */
#endif
#if FAULTS
        :: !calm -> unsafe = 0 /* no reply: again */
#endif
        fi
    :: safe == DONE && !in_flight && alive && !unsafe -> safe = SHOWN
    /* The safe sequence. */
    :: safe == SHOWN && MAY_VERIFY -> DO_VERIFY; safe = UNASKED; queued_outlived = queued;
#ifdef LIVENESS
        tries = 0;
#endif
        assert(!unsafe && NOTHING_OLD_ACTS) /* S3: safe is true */
    :: safe == SHOWN && again -> assert(MAY_FAIL); DO_FAIL; begin()
    :: MAY_FAIL && MAY_RUN_LATE -> DO_FAIL; safe = UNASKED
    :: needs_safe && !running && !quarantined && down == 0 && MAY_RETRY ->
#ifdef LIVENESS
        tries++;
#endif
        begin()
    :: MAY_QUARANTINE && !quarantined && down == 0 && MAY_GIVE_UP ->
        end_control(); fence(); assert(MAY_QUARANTINE); DO_QUARANTINE
    :: MAY_GRANT ->
        assert(held || !unsafe);      /* S3: nobody is given a rig that is not safe, */
        assert(NOTHING_OLD_ACTS);     /* S4: or on which an older command may still act */
        assert(TAKEN_UP(0) && TAKEN_UP(1));
        assert(session && !needs_safe && !stopped && !quarantined && !barred && told_up); /* S2, S3, S8 */
        DO_GRANT;
        queued_outlived = queued
#ifdef LIVENESS
    :: !calm -> calm = 1; alive = 1; tries = 0;
        if
        :: stuck = 1
        :: skip
        fi
#endif
    fi
}

active proctype world()
{
    byte who, numbered;
    atomic { needs_safe = 1; unsafe = 1; alive = 1; restart() }
    do
    :: atomic {
        world_goes_on();
        assert(!granted || (holder != 0 && held));             /* S4: at most one, */
        assert(!granted || (!needs_safe && !owes_fence));      /* S2: and not on a rig that is being made safe, */
        assert(!stopped || holder == 0);                       /* S8: or stopped, */
        assert(!quarantined || !granted)                       /* S3: or in doubt */
    }
    od
}

#ifdef LIVENESS
/* S2, S3, S4: when nothing goes wrong any more the rig becomes safe, or staff have been told; and whoever waits for
 * control gets it, or has been told no. */
ltl settles { [] (calm -> <> ((needs_safe == 0 || quarantined == 1) && (holder == 0 || granted == 1))) }
#endif
