/* A rig's session and heartbeat. */
#include "gateway/config/rigs.h"
#include "gateway/config/scalar.h"

struct session_form {
    int64_t resume_window, presence, command_age, longest_booking;
    int on_handover, teachers, rooms;
    bool teacher_reset;
};

static const char *const on_handover_choices[] = {"safe", "keep", NULL};
static const char *const teachers_choices[] = {"own", "any", NULL};
static const char *const rooms_choices[] = {"shared", "apart", NULL};

static const struct option session_options[] = {
    {.name = "resume_window",
     .type = OPTION_DURATION,
     .offset = offsetof(struct session_form, resume_window),
     .minimum = 0,
     .maximum = 600,
     .fallback = "20 s",
     .help =
         "how long control is kept for a controller who is not heard any more; then the rig is made safe"},
    {.name = "presence",
     .type = OPTION_DURATION,
     .offset = offsetof(struct session_form, presence),
     .minimum = 2,
     .maximum = 120,
     .fallback = "8 s",
     .help = "silence after which the controller counts as not heard and the resume window begins"},
    {.name = "command_age",
     .type = OPTION_DURATION,
     .offset = offsetof(struct session_form, command_age),
     .minimum = 0.1,
     .maximum = 60,
     .fallback = "2 s",
     .help = "oldest command that still acts"},
    {.name = "on_handover",
     .type = OPTION_CHOICE,
     .offset = offsetof(struct session_form, on_handover),
     .choices = on_handover_choices,
     .fallback = "safe",
     .help = "whether the rig is made safe when control changes hands, or kept as it is"},
    {.name = "teachers",
     .type = OPTION_CHOICE,
     .offset = offsetof(struct session_form, teachers),
     .choices = teachers_choices,
     .fallback = "own",
     .help = "whether a teacher takes control in their own sessions only, or in anybody's"},
    {.name = "teacher_reset",
     .type = OPTION_BOOLEAN,
     .offset = offsetof(struct session_form, teacher_reset),
     .fallback = "false",
     .help = "whether teachers may reset the emergency stop in their own sessions"},
    {.name = "rooms",
     .type = OPTION_CHOICE,
     .offset = offsetof(struct session_form, rooms),
     .choices = rooms_choices,
     .fallback = "shared",
     .help = "whether students of different schools see each other's names in a session; whoever is in "
             "control is always named"},
    {.name = "longest_booking",
     .type = OPTION_DURATION,
     .offset = offsetof(struct session_form, longest_booking),
     .minimum = 60,
     .maximum = 7 * 86400,
     .fallback = "4 h",
     .help = "longest time that can be booked at once"},
    {.name = NULL},
};

const struct section section_session = {
    .title = "session",
    .where = "A rig's `session`.",
    .options = session_options,
};

void rig_read_session(struct rig_build *rig, const struct node *node)
{
    struct rig_spec *spec = &rig->out->spec;
    struct session_form form;
    if (node)
        section_fill(rig->loader, &section_session, node, &form);
    else
        section_fill_options(rig->loader, session_options, (const struct node *const[2]){NULL, NULL}, &form);
    spec->resume_window = form.resume_window;
    spec->presence = form.presence;
    spec->command_age = form.command_age;
    spec->handover_keep = form.on_handover == 1;
    spec->teacher_reset = form.teacher_reset;
    rig->out->longest_booking = form.longest_booking;
    rig->out->any_teacher = form.teachers == 1;
    rig->out->rooms_apart = form.rooms == 1;
}

/* --- proof test --- */

struct proof_form {
    int64_t every;
};

static const struct option proof_options[] = {
    {.name = "every",
     .type = OPTION_DURATION,
     .offset = offsetof(struct proof_form, every),
     .minimum = 3600,
     .maximum = 3650.0 * 86400,
     .fallback = "180 d",
     .help = "longest time between two proof tests; then the rig says that it is overdue"},
    {.name = NULL},
};

const struct section section_proof_test = {
    .title = "proof_test",
    .where = "A rig's `proof_test`: its interlocks are tried now and then, and after every change of them.",
    .options = proof_options,
};

void rig_read_proof_test(struct rig_build *rig, const struct node *node)
{
    struct proof_form form = {0};
    if (node && section_fill(rig->loader, &section_proof_test, node, &form))
        rig->out->proof_every = form.every;
}

/* --- heartbeat --- */

struct heartbeat_form {
    const struct node *point;
    int64_t every, drops_after;
};

static const struct option heartbeat_options[] = {
    {.name = "every",
     .type = OPTION_DURATION,
     .offset = offsetof(struct heartbeat_form, every),
     .minimum = 0.05,
     .maximum = 60,
     .help = "how often the gateway toggles the point"},
    {.name = "drops_after",
     .type = OPTION_DURATION,
     .offset = offsetof(struct heartbeat_form, drops_after),
     .minimum = 0.1,
     .maximum = 600,
     .help = "how long the rig's own controller waits for a change before it drops its outputs"},
    {.name = NULL                         },
};

static const struct part heartbeat_parts[] = {
    {.name = "point",
     .kind = PART_VALUE,
     .offset = offsetof(struct heartbeat_form, point),
     .required = true,
     .form = "plc.heartbeat",
     .help = "a boolean or integer output; being the heartbeat, it can be neither commanded nor made safe"},
    {.name = NULL},
};

const struct section section_heartbeat = {
    .title = "heartbeat",
    .where = "A rig's `heartbeat`: by it the rig's own controller knows that the gateway lives.",
    .options = heartbeat_options,
    .parts = heartbeat_parts,
};

static void take_point(struct rig_build *rig, const struct node *node)
{
    uint16_t index;
    if (!rig_point_at(rig, node, &index) || rig->broken[index])
        return;
    struct rig_point_spec *point = &rig->points[index];
    bool toggles = point->type == RIG_BOOLEAN ||
                   (point->type == RIG_INTEGER && point->minimum <= 0 && point->maximum >= 1);
    if (!point->output || !toggles) {
        report(rig->loader, node, "%s must be a boolean or integer output that can be 0 and 1", point->name);
        return;
    }
    /* It is no output of the experiment: nobody commands it and the safe sequence leaves it alone. */
    point->output = false;
    point->readback = RIG_NONE;
    rig->out->spec.heartbeat.point = index;
}

void rig_read_heartbeat(struct rig_build *rig, const struct node *node)
{
    struct heartbeat_form form = {0};
    rig->out->spec.heartbeat.point = RIG_NONE;
    if (!node)
        return;
    bool filled = section_fill(rig->loader, &section_heartbeat, node, &form);
    if (form.point)
        take_point(rig, form.point);
    rig->out->spec.heartbeat.every = form.every;
    rig->out->spec.heartbeat.drops_after = form.drops_after;
    if (filled && form.drops_after <= 2 * form.every) {
        char least[40];
        report(rig->loader, node_get(node, "drops_after"),
               "must be more than two periods (%s), or one that comes late drops the outputs",
               duration_text(2 * form.every, least, sizeof(least)));
    }
}

int64_t heartbeat_delay(const struct config_lab *lab, const struct config_rig *rig)
{
    const struct config_place *place =
        &rig->instruments[rig->spec.points[rig->spec.heartbeat.point].instrument];
    const struct analysis_line *line = &lab->links[place->link].plan;
    return analysis_beat_wait(line, line->units[place->instrument].rig);
}

void heartbeat_check(const struct rig_build *rig, const struct config_lab *lab)
{
    const struct rig_heartbeat_spec *heartbeat = &rig->out->spec.heartbeat;
    if (heartbeat->point == RIG_NONE || !heartbeat->every || heartbeat->drops_after <= 2 * heartbeat->every)
        return; /* there is none, or its times are wrong in themselves */
    const struct link_build *link = rig->instruments[rig->points[heartbeat->point].instrument].link;
    if (!link || !link->planned)
        return;
    int64_t late = heartbeat_delay(lab, rig->out);
    if (late == ANALYSIS_NEVER) {
        report_key(rig->loader, node_get(rig->node, "heartbeat"),
                   "whoever leans on the e-stops of the other rigs on its line keeps it from the line: their "
                   "safe writes take more than the line's time; a faster line, or one of its own, would do");
        return;
    }
    if (heartbeat->every + late < heartbeat->drops_after)
        return;
    char needed[40];
    int64_t least = (heartbeat->every + late) / 1000000 + 1;
    report_key(rig->loader, node_get(rig->node, "heartbeat"),
               "one timeout on the line and the hold after it may make it %lld ms late, so drops_after must "
               "be %s or "
               "more; or shorten every, or the line's timeout and longest",
               (long long)(late / 1000000), duration_text(least * 1000000, needed, sizeof(needed)));
}
