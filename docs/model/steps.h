/* steps.h - what a rig's control may do with the lease, the epoch and the safe state.
 *
 * This text is read twice. Spin reads it as Promela, as the heart of lease.pml, and tries every order of these
 * steps with every fault. The simulation reads it as C (tests/simulation/conform.c): it names the step behind
 * each thing that the real core does, and fails when its guard does not hold. So it uses only what both
 * languages share: macros, comparisons, logical operators, and assignments separated by semicolons.
 *
 * MAY_X is when the step X may be taken, DO_X what it does. Variables, all small integers:
 *
 *     epoch         the present one                       holder      who has, or waits for, the lease; 0: nobody
 *     owes_fence    a new epoch must come before anything  held        was given to this holder once
 *     acked         lines that know the epoch (bits)      granted     commands are admitted now
 *     needs_safe    no verified safe state since an edge  session     a session is live
 *     running       the safe sequence                     again       an edge came while it ran
 *     down          lines that do not answer              stopped, quarantined, barred (lock-out, local mode, shutdown,
 *                                                         no audit)
 *
 * IS_NEW(e) (never used before) and ALL_LINES are the reader's. */

#define FIT (stopped == 0 && barred == 0 && quarantined == 0 && down == 0)

/* S4: the one mechanism that kills what is queued. */
#define MAY_FENCE(e) (IS_NEW(e))
#define DO_FENCE(e)  epoch = e; granted = 0; acked = 0; owes_fence = 0

/* A line takes only writes of the present epoch from now on. What it says of an older one is ignored. */
#define MAY_ACK(line_bit, e) (e == epoch)
#define DO_ACK(line_bit, e)  acked = acked | (line_bit)

/* S2: every edge makes safe, under a new epoch. While the sequence runs it runs once more afterwards. */
#define MAY_EDGE (1 == 1)
#define DO_EDGE  needs_safe = 1; granted = 0; owes_fence = 1; again = running

#define MAY_BEGIN (needs_safe == 1 && owes_fence == 0)
#define DO_BEGIN  running = 1; again = 0

/* S3: safe means read back, on every line, and no edge since the run began. */
#define MAY_VERIFY (running == 1 && again == 0 && down == 0 && owes_fence == 0)
#define DO_VERIFY  running = 0; needs_safe = 0

#define MAY_FAIL (running == 1)
#define DO_FAIL  running = 0

#define MAY_QUARANTINE (needs_safe == 1 && running == 0)
#define DO_QUARANTINE  quarantined = 1

#define MAY_CLEAR (quarantined == 1)
#define DO_CLEAR  quarantined = 0

/* S4: at most one; asking gives nothing yet. */
#define MAY_TAKE(who) (session == 1 && holder == 0 && FIT)
#define DO_TAKE(who)  holder = who; held = 0; granted = 0; owes_fence = 1

#define MAY_GRANT                                                                                            \
    (holder != 0 && granted == 0 && needs_safe == 0 && owes_fence == 0 && acked == ALL_LINES && FIT)
#define DO_GRANT granted = 1; held = 1

#define MAY_END (holder != 0)
#define DO_END  holder = 0; held = 0; granted = 0; owes_fence = 1

#define MAY_COMMAND(who, e) (granted == 1 && holder == who && e == epoch && FIT)
#define DO_COMMAND(who, e)  skip

/* S8 */
#define MAY_STOP (holder == 0)
#define DO_STOP  stopped = 1
#define MAY_RESET (stopped == 1)
#define DO_RESET  stopped = 0

#define MAY_SESSION_BEGIN (session == 0)
#define DO_SESSION_BEGIN  session = 1
#define MAY_SESSION_END (session == 1 && holder == 0)
#define DO_SESSION_END  session = 0

/* A new life: nothing is known, the epoch is of a new boot, and what is durable was kept. */
#define MAY_START(e) (IS_NEW(e))
#define DO_START(e)                                                                                          \
    epoch = e; holder = 0; held = 0; granted = 0; session = 0; acked = 0; needs_safe = 1; owes_fence = 1;    \
    running = 0; again = 0; barred = 0; down = LINES
