/* course.h - classes that are asked for, as wishes of the timetable, and what is answered of them. */
#ifndef GATEWAY_CONTROL_COURSE_H
#define GATEWAY_CONTROL_COURSE_H

#include "gateway/control/meetings.h"
#include "gateway/control/standings.h"
#include "gateway/identity/crypto.h"

#define COURSE_PARTS_MAX    64
#define COURSE_NAME_MAX     121  /* with the NUL */
#define COURSE_FINDINGS_MAX 64   /* conflicts that alternatives are looked for; the rest is counted */
#define COURSE_MEETINGS_MAX 1000 /* that are listed */

/* One course of the request: its roster times its meetings. */
struct course_part {
    char name[COURSE_NAME_MAX];
    struct roster roster;
    uint64_t *students;
    struct standings_fitness *fit; /* by student */
    uint16_t *rigs;                /* NULL: any with the capability */
    uint16_t capability, group;
    struct meetings meetings;
    size_t first_wish, wish_count;
    size_t first_meeting; /* in all of the plan's */
};

/* Where a wish comes from, also when an alternative of it was taken. */
struct course_origin {
    uint32_t meeting; /* in its course's list */
    uint16_t rig;
};

struct course_plan {
    struct course_part parts[COURSE_PARTS_MAX];
    size_t part_count;
    struct booking_wish *wishes;   /* of BOOKING_BUNDLE_MAX */
    struct course_origin *origins; /* by wish */
    char (*codes)[CRYPTO_CODE_MAX];
    uint64_t *parties;
    size_t wish_count;
    struct timetable_finding findings[COURSE_FINDINGS_MAX];
    struct timetable_examination examination;
    bool taken;           /* what conflicts is asked for at its first alternative */
    const char **unknown; /* of the request; accounts that are not there */
    size_t unknown_count;
};

/* NULL: refused already. */
struct course_plan *course_make(struct control *control, const struct caller *caller,
                                const struct request *request);
void course_destroy(struct course_plan *plan); /* accepts NULL */

/* The answer. head: as it is to be; `stored`: the first booking, NULL when nothing was booked. */
void course_answer(struct control *control, const struct origin *origin, const struct course_plan *plan,
                   const struct answer_head *head, const struct booking *stored);

#endif
