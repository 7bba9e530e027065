/* course import. */
#include "gateway/cli/bookings.h"
#include "gateway/cli/columns.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/course_file.h"
#include "gateway/cli/times.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define REQUEST_MOST 65000 /* what the gateway takes, without the login */

/* The request, made of the file and the command line. */
struct order {
    struct course_file file;
    Labgate__PlanCourse plan;
    Labgate__Course *courses;
    Labgate__Course **list;
    Labgate__Slot *slots;
    Labgate__Slot **slot_list;
    char *rigs[64];
    size_t rig_count;
    char *rig_words; /* what rigs point into */
    char key[BOOKINGS_KEY];
};

static void order_finish(struct order *order)
{
    course_file_finish(&order->file);
    free(order->courses);
    free(order->list);
    free(order->slots);
    free(order->slot_list);
    free(order->rig_words);
}

static int read_number(struct cli *cli, const struct arguments *arguments, const char *option,
                       uint32_t *number)
{
    const char *text = arguments_option(arguments, option);
    uint64_t read;
    if (!text)
        return CLI_OK;
    if (!arguments_whole(text, 1, 1000, &read))
        return fail(cli, CLI_USAGE, "--%s %s: give a number from 1 to 1000", option, text);
    *number = (uint32_t)read;
    return CLI_OK;
}

static int read_rigs(struct cli *cli, const struct arguments *arguments, struct order *order)
{
    const char *text = arguments_option(arguments, "rigs");
    if (!text == !arguments_option(arguments, "capability"))
        return fail(cli, CLI_USAGE, "say on which rigs: --rigs NAME,NAME... or --capability NAME");
    if (!text)
        return CLI_OK;
    order->rig_words = require_copy(text);
    char *state = NULL;
    for (char *word = strtok_r(order->rig_words, ", ", &state); word; word = strtok_r(NULL, ", ", &state)) {
        if (order->rig_count == sizeof order->rigs / sizeof *order->rigs)
            return fail(cli, CLI_USAGE, "--rigs: too many");
        order->rigs[order->rig_count++] = word;
    }
    return CLI_OK;
}

static void fill_course(const struct arguments *arguments, struct order *order, size_t at,
                        uint32_t group_size, uint32_t rig_count)
{
    const struct course_class *class = &order->file.classes[at];
    const char *group = arguments_option(arguments, "group");
    const char *capability = arguments_option(arguments, "capability");
    Labgate__Course *course = order->list[at] = &order->courses[at];
    Labgate__Slot *slot = order->slot_list[at] = &order->slots[at];
    labgate__course__init(course);
    labgate__slot__init(slot);
    slot->weekday = class->weekday;
    slot->first_period = class->first_period;
    slot->last_period = class->last_period;
    course->name = class->course;
    course->weeks = class->weeks;
    course->slots = &order->slot_list[at];
    course->n_slots = 1;
    course->rigs = order->rigs;
    course->n_rigs = order->rig_count;
    course->capability = (char *)(capability ? capability : "");
    course->rig_count = rig_count;
    course->students = class->students;
    course->n_students = class->count;
    course->group_size = group_size;
    course->rotate_partners = arguments_flag(arguments, "rotate-partners");
    course->group = class->group[0] ? class->group : (char *)(group ? group : "");
}

static int order_make(struct cli *cli, const struct arguments *arguments, struct order *order)
{
    uint32_t group_size = 1, rig_count = 1;
    const char *term = arguments_option(arguments, "term");
    int result = term ? CLI_OK : fail(cli, CLI_USAGE, "say in which term with --term NAME");
    if (result == CLI_OK)
        result = read_rigs(cli, arguments, order);
    if (result == CLI_OK)
        result = read_number(cli, arguments, "group-size", &group_size);
    if (result == CLI_OK)
        result = read_number(cli, arguments, "rig-count", &rig_count);
    if (result == CLI_OK)
        result = course_file_read(cli, arguments->words[0], &order->file);
    if (result == CLI_OK)
        result = bookings_key(cli, order->key);
    if (result != CLI_OK)
        return result;
    size_t count = order->file.count;
    order->courses = require_memory(count, sizeof *order->courses);
    order->list = require_memory(count, sizeof *order->list);
    order->slots = require_memory(count, sizeof *order->slots);
    order->slot_list = require_memory(count, sizeof *order->slot_list);
    for (size_t i = 0; i < count; i++)
        fill_course(arguments, order, i, group_size, rig_count);
    labgate__plan_course__init(&order->plan);
    order->plan.term = (char *)term;
    order->plan.courses = order->list;
    order->plan.n_courses = count;
    order->plan.key = order->key;
    order->plan.dry_run = arguments_flag(arguments, "dry-run");
    order->plan.take_alternatives = arguments_flag(arguments, "take-alternatives");
    return CLI_OK;
}

/* ---- what was answered ----------------------------------------------------------------------- */

static const struct course_class *class_at(const struct order *order, uint32_t course)
{
    return &order->file.classes[course < order->file.count ? course : 0];
}

static void name_class(const struct order *order, uint32_t course, struct text *text)
{
    static const char *const days[] = {"?", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    const struct course_class *class = class_at(order, course);
    text_add_format(text, "%s%s%s periods %u-%u", class->course, class->course[0] ? ", " : "",
                    days[class->weekday <= 7 ? class->weekday : 0], class->first_period, class->last_period);
}

static void tell_meetings(struct cli *cli, const struct order *order, const Labgate__CoursePlan *plan)
{
    for (size_t i = 0; i < plan->n_meetings; i++) {
        const Labgate__CourseMeeting *meeting = plan->meetings[i];
        struct text class = {0};
        char from[BOOKINGS_WHEN];
        name_class(order, meeting->course, &class);
        if (meeting->starts)
            say(cli, "%s, week %u: %s, %u %s%s", text_get(&class), meeting->week,
                bookings_when(cli, (int64_t)meeting->starts, from), meeting->bookings,
                meeting->bookings == 1 ? "group" : "groups",
                strcmp(meeting->result, "moved") == 0 ? ", on a make-up workday" : "");
        else
            say_styled(cli, STYLE_WARNING, "%s, week %u: falls out on %s: %s%s%s", text_get(&class),
                       meeting->week, meeting->date, meeting->result, meeting->why[0] ? ", " : "",
                       title_of(cli, meeting->why, meeting->why_zh));
        text_finish(&class);
    }
}

/* What was to be taken is no more than free where something else forbade the whole. */
static const char *instead(const struct order *order, const Labgate__CoursePlan *plan,
                           const Labgate__CourseConflict *conflict, size_t at)
{
    if (!conflict->taken || at || (!plan->stored && !order->plan.dry_run))
        return "free:";
    return plan->stored ? "booked instead:" : "would be booked instead:";
}

static void tell_conflict(struct cli *cli, const struct order *order, const Labgate__CoursePlan *plan,
                          const Labgate__CourseConflict *conflict)
{
    struct text line = {0};
    char when[BOOKINGS_WHEN];
    name_class(order, conflict->course, &line);
    text_add_format(&line, ", week %u, %s%s%s", conflict->week,
                    bookings_when(cli, (int64_t)conflict->starts, when), conflict->rig[0] ? ", " : "",
                    conflict->rig);
    for (size_t i = 0; i < conflict->n_people; i++)
        text_add_format(&line, "%s%s", i ? ", " : ", for ", conflict->people[i]);
    text_add_format(&line, ": %s (%s)", conflict->text, conflict->reason);
    if (conflict->booking)
        text_add_format(&line, "; in the way: booking %" PRIu64 " of %s", conflict->booking,
                        conflict->holder[0] ? conflict->holder : "?");
    say_styled(cli, conflict->taken ? STYLE_WARNING : STYLE_BAD, "conflict: %s", text_get(&line));
    for (size_t i = 0; i < conflict->n_alternatives; i++)
        say(cli, "  %s %s, %s", instead(order, plan, conflict, i), conflict->alternatives[i]->rig,
            bookings_when(cli, (int64_t)conflict->alternatives[i]->starts, when));
    text_finish(&line);
}

static void tell_unknown(struct cli *cli, const struct order *order, const Labgate__CoursePlan *plan)
{
    for (size_t i = 0; i < plan->n_unknown; i++)
        for (size_t k = 0; k < order->file.count; k++) {
            const struct course_class *class = &order->file.classes[k];
            for (size_t s = 0; s < class->count; s++)
                if (!strcmp(class->students[s], plan->unknown[i]) &&
                    (!i || strcmp(plan->unknown[i], plan->unknown[i - 1]) != 0))
                    warn(cli, "line %zu: there is no account called '%s'", class->lines[s], plan->unknown[i]);
        }
}

static void tell_plan(struct cli *cli, const struct order *order, const Labgate__CoursePlan *plan)
{
    char time[TIMES_TEXT];
    tell_meetings(cli, order, plan);
    for (size_t i = 0; i < plan->n_conflicts; i++)
        tell_conflict(cli, order, plan, plan->conflicts[i]);
    if (plan->more)
        say(cli, "... and more than one answer has room for");
    tell_unknown(cli, order, plan);
    if (plan->n_unknown)
        return;
    say(cli, "meetings: %u, of which %u fall out; bookings: %u, %s on rigs; conflicts: %u",
        plan->meeting_count, plan->fallen_count, plan->booking_count,
        times_duration((int64_t)plan->rig_time * NS_PER_MS, time), plan->conflict_count);
    if (plan->stored)
        say_styled(cli, STYLE_GOOD, "booked: %" PRIu64 " and what follows", plan->bundle);
    else
        say(cli, "nothing was booked");
}

static void json_plan(struct json *json, const struct order *order, const Labgate__CoursePlan *plan)
{
    json_open_object(json, NULL);
    json_boolean(json, "stored", plan->stored);
    json_unsigned(json, "bundle", plan->bundle);
    json_unsigned(json, "bookings", plan->booking_count);
    json_unsigned(json, "meetings_held", plan->meeting_count);
    json_unsigned(json, "fallen_out", plan->fallen_count);
    json_unsigned(json, "conflict_count", plan->conflict_count);
    json_unsigned(json, "rig_time_ms", plan->rig_time);
    json_boolean(json, "more", plan->more);
    json_open_array(json, "unknown");
    for (size_t i = 0; i < plan->n_unknown; i++)
        json_string(json, NULL, plan->unknown[i]);
    json_close_array(json);
    json_open_array(json, "meetings");
    for (size_t i = 0; i < plan->n_meetings; i++) {
        const Labgate__CourseMeeting *meeting = plan->meetings[i];
        json_open_object(json, NULL);
        json_string(json, "course", class_at(order, meeting->course)->course);
        json_unsigned(json, "week", meeting->week);
        json_string(json, "date", meeting->date);
        json_string(json, "result", meeting->result);
        json_string(json, "why", meeting->why);
        json_string(json, "why_zh", meeting->why_zh);
        if (meeting->starts) {
            json_instant(json, "starts", (int64_t)meeting->starts);
            json_instant(json, "ends", (int64_t)meeting->ends);
        }
        json_unsigned(json, "bookings", meeting->bookings);
        json_close_object(json);
    }
    json_close_array(json);
    bookings_json_conflicts(json, plan->conflicts, plan->n_conflicts);
    json_close_object(json);
}

/* Every class alone, so that all that is wrong shows in one run. */
static void explain(struct cli *cli, struct order *order)
{
    Labgate__PlanCourse plan = order->plan;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    plan.dry_run = true;
    plan.n_courses = 1;
    request.body_case = LABGATE__REQUEST__BODY_PLAN_COURSE;
    request.plan_course = &plan;
    for (size_t i = 0; i < order->file.count; i++) {
        Labgate__Answer *answer;
        plan.courses = &order->list[i];
        if (cli_ask(cli, &request, "check a class", &answer) != CLI_OK)
            return;
        if (!answer->ok)
            warn(cli, "line %zu: %s (%s)", order->file.classes[i].line, answer->message, answer->reason);
        client_free(answer);
    }
}

static int send_order(struct cli *cli, struct order *order)
{
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer;
    request.body_case = LABGATE__REQUEST__BODY_PLAN_COURSE;
    request.plan_course = &order->plan;
    if (labgate__request__get_packed_size(&request) > REQUEST_MOST)
        return fail(cli, CLI_USAGE, "the list is too long for one request: split it, by course or by class");
    int result = cli_ask(cli, &request, "plan the course", &answer);
    if (result != CLI_OK)
        return result;
    bool has_plan = answer->body_case == LABGATE__ANSWER__BODY_PLAN_COURSE;
    if (has_plan && cli->json_wanted)
        json_plan(&cli->json, order, answer->plan_course);
    else if (has_plan)
        tell_plan(cli, order, answer->plan_course);
    if (!answer->ok)
        result = cli_refused(cli, answer, "plan the course");
    else if (!has_plan)
        result = fail(cli, CLI_FAULT, "cannot plan the course: the answer has no plan");
    else if (order->plan.dry_run && answer->plan_course->conflict_count)
        result = CLI_REFUSED;
    if (!answer->ok && !has_plan && order->file.count > 1 && strcmp(answer->reason, "not-allowed") != 0)
        explain(cli, order);
    client_free(answer);
    return result;
}

static int run_import(struct cli *cli, const struct arguments *arguments)
{
    struct order order = {0};
    int result = bookings_read_also(cli, arguments);
    if (result == CLI_OK)
        result = order_make(cli, arguments, &order);
    if (result == CLI_OK)
        result = cli_require_login(cli);
    if (result == CLI_OK)
        result = send_order(cli, &order);
    order_finish(&order);
    bookings_finish_also(cli);
    return result;
}

static const struct option_row import_options[] = {
    {"term",              "NAME",     "the term, as the laboratory's calendar calls it"            },
    {"rigs",              "NAME,...", "on these rigs"                                              },
    {"capability",        "NAME",     "instead of --rigs: on any rigs that have it"                },
    {"rig-count",         "N",        "with --capability: on how many at once (default: 1)"        },
    {"group-size",        "K",        "how many students share a rig (default: 1)"                 },
    {"rotate-partners",   NULL,       "students work with somebody else each time"                 },
    {"group",             "GROUP",    "whose policy counts, where the file has no column \"group\""},
    {"dry-run",           NULL,       "book nothing: show every meeting and every conflict"        },
    {"take-alternatives", NULL,       "what conflicts is booked at its nearest free alternative"   },
    {"also",              "ZONE",     "show times in this zone, too: Asia/Urumqi"                  },
    {NULL,                NULL,       NULL                                                         },
};

const struct command command_course_import = {
    .name = "course import",
    .group = GROUP_STAFF,
    .arguments = "FILE",
    .least = 1,
    .most = 1,
    .summary = "book classes for a term from a registrar's list: all of it or nothing",
    .text =
        "FILE is CSV in UTF-8 or GB18030, with a line for each student: student number (the account), weeks\n"
        "(1-16周(单)), weekday (星期二), periods (3-4); headings in English or Chinese, in any order.\n"
        "A dry run ends with 1 when there are conflicts.",
    .options = import_options,
    .examples =
        "labctl course import circuits.csv --term autumn-2026 --rigs tank-1,tank-2 --group-size 2 --dry-run",
    .run = run_import,
};
