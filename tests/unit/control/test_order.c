/* What a decision of a rig's core moves goes to the lines before anything of it is written down, told or
 * answered: the order in which its actions are carried out, with the lines and those who write put aside. */
#include "gateway/control/captures.h"
#include "gateway/control/notes.h"
#include "gateway/control/remember.h"
#include "gateway/control/respond.h"
#include "gateway/control/rigs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static const enum rig_action_kind decided[] = {
    RIG_ACTION_RECORD, RIG_ACTION_NOTICE, RIG_ACTION_DURABLE, RIG_ACTION_EPOCH, RIG_ACTION_ANSWER,
    RIG_ACTION_WRITE,  RIG_ACTION_RECORD, RIG_ACTION_WRITE,   RIG_ACTION_READ,  RIG_ACTION_NOTICE,
};
enum { DECIDED = sizeof(decided) / sizeof(*decided) };

static char done[64]; /* a letter for each, in the order of their time */

static void note(char what)
{
    size_t length = strlen(done);
    assert_true(length + 1 < sizeof(done));
    done[length] = what;
}

/* The linker puts these in the place of the real ones (tests/unit/rules.mk). */
void __wrap_rig_handle(struct rig *core, const struct rig_event *event, int64_t now,
                       struct rig_actions *actions);
uint64_t __wrap_rig_session(const struct rig *core);
uint64_t __wrap_rig_revision(const struct rig *core);
int __wrap_link_write(struct link *link, const struct link_write *write);
void __wrap_link_read(struct link *link, uint16_t instrument, uint16_t point);
void __wrap_link_set_epoch(struct link *link, uint16_t rig, uint64_t epoch);
void __wrap_notes_record(struct control *control, const struct control_rig *rig,
                         const struct rig_action *action);
void __wrap_notes_notice(struct control *control, struct control_rig *rig, const struct rig_action *action);
void __wrap_notes_changes(struct control *control, const struct control_rig *rig, uint64_t before);
void __wrap_remember(struct control *control, struct control_rig *rig);
void __wrap_respond_action(struct control *control, struct control_rig *rig, const struct rig_action *action);
void __wrap_practice_record(struct control_rig *rig, const struct rig_action *action);
void __wrap_classroom_record(struct control *control, struct control_rig *rig,
                             const struct rig_action *action);

void __wrap_rig_handle(struct rig *core, const struct rig_event *event, int64_t now,
                       struct rig_actions *actions)
{
    (void)core, (void)event, (void)now;
    for (size_t i = 0; i < DECIDED; i++)
        actions->list[actions->count++] = (struct rig_action){.kind = decided[i], .safe = true, .ticket = 1};
}
uint64_t __wrap_rig_session(const struct rig *core)
{
    (void)core;
    return 0;
}
uint64_t __wrap_rig_revision(const struct rig *core)
{
    (void)core;
    return 0;
}
int __wrap_link_write(struct link *link, const struct link_write *write)
{
    (void)link, (void)write;
    note('w');
    return LINK_OK;
}
void __wrap_link_read(struct link *link, uint16_t instrument, uint16_t point)
{
    (void)link, (void)instrument, (void)point;
    note('r');
}
void __wrap_link_set_epoch(struct link *link, uint16_t rig, uint64_t epoch)
{
    (void)link, (void)rig, (void)epoch;
    note('e');
}
void __wrap_notes_record(struct control *control, const struct control_rig *rig,
                         const struct rig_action *action)
{
    (void)control, (void)rig, (void)action;
    note('R');
}
void __wrap_notes_notice(struct control *control, struct control_rig *rig, const struct rig_action *action)
{
    (void)control, (void)rig, (void)action;
    note('N');
}
void __wrap_notes_changes(struct control *control, const struct control_rig *rig, uint64_t before)
{
    (void)control, (void)rig, (void)before;
    note('C');
}
void __wrap_remember(struct control *control, struct control_rig *rig)
{
    (void)control, (void)rig;
    note('D');
}
void __wrap_respond_action(struct control *control, struct control_rig *rig, const struct rig_action *action)
{
    (void)control, (void)rig, (void)action;
    note('A');
}
void __wrap_practice_record(struct control_rig *rig, const struct rig_action *action)
{
    (void)rig, (void)action;
}
void __wrap_classroom_record(struct control *control, struct control_rig *rig,
                             const struct rig_action *action)
{
    (void)control, (void)rig, (void)action;
}

static void outputs_go_to_the_lines_before_any_record(void **state)
{
    (void)state;
    static const struct rig_point_spec points[1];
    static const struct config_place places[1];
    static const uint16_t lines[1];
    static struct config_instrument instruments[1];
    static const uint16_t rigs_of_line[1];
    struct config_link link = {.instruments = instruments, .instrument_count = 1};
    struct config_lab lab = {.links = &link, .link_count = 1};
    struct config_rig config = {
        .spec = {.points = points, .point_count = 1},
          .instruments = places, .links = lines
    };
    struct control_link line = {.link = (struct link *)&line, .rigs = (uint16_t *)rigs_of_line};
    struct control_link *links[] = {&line};
    struct rig_action actions[DECIDED];
    struct control_rig rig = {.config = &config, .actions = actions, .action_capacity = DECIDED};
    struct control control = {.lab = &lab, .links = links};
    const struct rig_event event = {.kind = RIG_EVENT_TICK};
    memset(done, 0, sizeof(done));
    rigs_handle(&control, &rig, &event);
    assert_string_equal(done, "ewwrRNDARNC");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outputs_go_to_the_lines_before_any_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
