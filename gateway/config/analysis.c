/* What the plan of the lines says about the rules: loads, reaction times, safe sequences that break their own
 * rules. The arithmetic is gateway/analysis/; here it is fed, and what it finds is said at its place in the
 * files. */
#include "gateway/config/analysis.h"
#include "gateway/analysis/sequence.h"
#include "gateway/config/scalar.h"
#include "gateway/config/values.h"

#include "drivers/line_time.h"

#include <string.h>

const char *milliseconds_text(int64_t nanoseconds, char text[40])
{
    int64_t up = nanoseconds / 1000000 + (nanoseconds % 1000000 > 0);
    if (nanoseconds == ANALYSIS_NEVER)
        snprintf(text, 40, "no bound");
    else if (up < 10000)
        snprintf(text, 40, "%lld ms", (long long)up);
    else
        snprintf(text, 40, "%.1f s", (double)up / 1000 + 0.049);
    return text;
}

/* --- the plan ----------------------------------------------------------------------------------- */

struct gathering {
    struct arena *memory;
    struct analysis_unit *unit;
    struct analysis_read *reads;
};

/* The plan is the driver's and goes with it, so it is copied. */
static int gather(void *context, int64_t period, const struct driver_read *reads, size_t count)
{
    struct gathering *gathering = context;
    for (size_t i = 0; i < count; i++) {
        uint16_t *points = arena_array(gathering->memory, reads[i].count, sizeof(*points));
        if (reads[i].count)
            memcpy(points, reads[i].points, reads[i].count * sizeof(*points));
        gathering->reads[gathering->unit->read_count++] = (struct analysis_read){
            .period = period,
            .time = reads[i].typical,
            .points = points,
            .count = reads[i].count,
            .other_way = (reads[i].other && !reads[i].unsure) || reads[i].unmistakable};
    }
    return DRIVER_OK;
}

void analysis_gather(struct loader *loader, const struct instrument_build *build,
                     const struct config_link *link, const struct config_instrument *place,
                     struct driver_instrument *made, struct analysis_unit *unit)
{
    const struct rig_build *rig = build->rig;
    const struct rig_heartbeat_spec *heartbeat = &rig->out->spec.heartbeat;
    size_t count = place->instrument.point_count;
    uint16_t *points = arena_array(&loader->scratch, count, sizeof(*points));
    int64_t *writes = arena_array(loader->memory, count, sizeof(*writes));
    struct gathering gathering = {loader->memory, unit,
                                  arena_array(loader->memory, count, sizeof(struct analysis_read))};
    *unit = (struct analysis_unit){.rig = rig->index,
                                   .reads = gathering.reads,
                                   .writes = writes,
                                   .point_count = count,
                                   .greets = place->driver->greet != NULL,
                                   .captures = place->instrument.waveform_count > 0};
    if (driver_plan_polls(place->driver, made, &place->instrument, &link->line, place->polls, points, gather,
                          &gathering))
        arena_exhausted(loader->memory); /* what cannot be expressed, create() has refused */
    for (uint16_t i = 0; i < count; i++) {
        uint16_t point = (uint16_t)(build->first_point + i);
        if (rig->points[point].output) {
            writes[i] = place->driver->write_time(made, &link->line, i);
            unit->outputs++;
        } else if (heartbeat->point == point && heartbeat->every) {
            unit->beat = heartbeat->every;
            unit->beat_time = place->driver->write_time(made, &link->line, i);
        }
    }
}

/* --- lines -------------------------------------------------------------------------------------- */

static void check_line(struct loader *loader, const struct link_build *build, struct config_link *link)
{
    struct analysis_load *load = &link->load;
    analysis_load(&link->plan, load);
    if (!build->planned || load->share <= 1)
        return;
    report_key(
        loader, build->instruments->node,
        "the polls on this line do not fit it: %.1f transactions/s take %.0f %% of its time (%.0f %% if "
        "every "
        "instrument answered at once); longer poll periods, a faster line, or a shorter turnaround if the "
        "instruments are that quick, would do",
        load->per_second, 100 * load->share, 100 * load->wire);
}

void analysis_lines(struct loader *loader, struct config_lab *lab)
{
    for (const struct link_build *build = loader->links; build; build = build->next)
        if (build->instruments)
            check_line(loader, build, &lab->links[build->index]);
}

/* --- rules -------------------------------------------------------------------------------------- */

static bool is_planned(const struct rig_build *rig)
{
    for (size_t i = 0; i < rig->instrument_count; i++)
        if (!rig->instruments[i].link || !rig->instruments[i].link->planned)
            return false;
    return true;
}

static void place_points(const struct rig_build *rig, const struct config_lab *lab, struct analysis_rig *out)
{
    struct arena *memory = rig->loader->memory;
    struct analysis_place *places = arena_array(memory, rig->point_count, sizeof(*places));
    for (uint16_t i = 0; i < rig->point_count; i++) {
        uint16_t instrument = rig->points[i].instrument;
        const struct config_place *place = &rig->out->instruments[instrument];
        places[i] = (struct analysis_place){place->link, place->instrument,
                                            (uint16_t)(i - rig->instruments[instrument].first_point)};
    }
    const struct analysis_line **lines = arena_array(memory, lab->link_count, sizeof(*lines));
    for (size_t i = 0; i < lab->link_count; i++)
        lines[i] = &lab->links[i].plan;
    *out = (struct analysis_rig){rig->index, &rig->out->spec, places, lines};
}

/* The largest part is what is worth changing. */
static const char *advice(const struct analysis_reaction *reaction, int64_t wanted, int64_t before)
{
    int64_t line = reaction->ahead > reaction->blocked ? reaction->ahead : reaction->blocked;
    if (reaction->total <= wanted && reaction->anew)
        return "lengthen its stale_after, or shorten for or confirm";
    if (reaction->total <= wanted && reaction->untellable)
        return "give the instrument a gap, and a point behind what is read where its map goes on, so that a "
               "late "
               "answer can be told from the right one, or shorten its stale_after";
    if (reaction->total <= wanted)
        return "shorten the line's timeout or turnaround";
    if (before > 0 && before >= reaction->period && 2 * before >= line)
        return "let the safe sequence write before it waits";
    if (reaction->debounce >= reaction->period && reaction->debounce >= line)
        return "shorten for or confirm";
    if (reaction->by_age)
        return "shorten its stale_after or its poll period";
    if (reaction->period >= line)
        return "poll it more often";
    return "shorten the line's timeout, turnaround or longest, or put less on the line";
}

/* For how long the safe sequence waits before its first write. */
static int64_t waits_first(const struct rig_spec *spec)
{
    int64_t time = 0;
    for (size_t i = 0; i < spec->safe_count && spec->safe[i].kind != RIG_STEP_SET; i++)
        time += spec->safe[i].within;
    return time;
}

static void refuse_reaction(const struct rig_build *rig, const struct node *node, int64_t wanted,
                            const struct analysis_reaction *reaction, int64_t before)
{
    char ask[60], lost[40];
    struct reaction_texts texts;
    reaction_texts(reaction, &texts);
    report(rig->loader, node_get(node, "reaction"),
           "%s cannot be met: it takes %s at worst, %s until %s %s, %s for what goes before that on the "
           "line, %s for the read, %s for `for` and `confirm`, %s in the gateway, %s until the line is free "
           "and %s "
           "to write; and %s when one request or reply is lost; %s, or allow more",
           duration_text(wanted, ask, sizeof(ask)), texts.total, texts.parts[0],
           reaction->input == RIG_NONE ? "it" : rig->points[reaction->input].name,
           reaction->by_age ? "counts as stale" : "is read next", texts.parts[1], texts.parts[2],
           texts.parts[3], texts.parts[4], texts.parts[5], texts.parts[6],
           milliseconds_text(reaction->lost, lost), advice(reaction, wanted, before));
}

/* An instrument that stops answering is no reason to refuse: then something is wrong, and it is said how soon
 * that acts. `before`: what the safe sequence waits first. */
static void check_reaction(const struct rig_build *rig, const struct node *node, int64_t wanted,
                           const struct analysis_reaction *reaction, int64_t before)
{
    char ask[60], blind[40];
    if (!wanted)
        return;
    if (reaction->total > wanted || reaction->lost > wanted)
        refuse_reaction(rig, node, wanted, reaction, before);
    else if (reaction->blind > wanted && reaction->blind != ANALYSIS_NEVER)
        remark(rig->loader, node_get(node, "reaction"),
               "when the instrument that shows it stops answering it takes %s, longer than %s; a shorter "
               "stale_after "
               "makes it sooner",
               milliseconds_text(reaction->blind, blind), duration_text(wanted, ask, sizeof(ask)));
}

static void check_rules(const struct rig_build *rig, const struct analysis_rig *place)
{
    struct config_rig *out = rig->out;
    struct arena *memory = rig->loader->memory;
    struct analysis_reaction *trips = arena_array(memory, out->spec.trip_count, sizeof(*trips));
    struct analysis_reaction *permissives =
        arena_array(memory, out->spec.permissive_count, sizeof(*permissives));
    struct analysis_reaction *limits = arena_array(memory, out->spec.limit_count, sizeof(*limits));
    for (size_t i = 0; i < out->spec.trip_count; i++) {
        analysis_trip(place, i, &trips[i]);
        check_reaction(rig, rig->trip_nodes[i], out->reactions[i], &trips[i],
                       out->spec.trips[i].drives ? 0 : waits_first(&out->spec));
    }
    for (size_t i = 0; i < out->spec.permissive_count; i++) {
        if (out->spec.permissives[i].only_to_start)
            continue;
        analysis_permissive(place, i, &permissives[i]);
        check_reaction(rig, rig->permissive_nodes[i], out->permissive_reactions[i], &permissives[i], 0);
    }
    for (size_t i = 0; i < out->spec.limit_count; i++)
        if (analysis_limit_drives(&out->spec.limits[i]))
            analysis_limit(place, i, &limits[i]);
    out->trip_worst = trips;
    out->permissive_worst = permissives;
    out->limit_worst = limits;
    analysis_stop(place, &out->stop_worst);
}

/* --- inputs that go stale without need ------------------------------------------------------------ */

static const struct rig_program *program_of(const struct rig_spec *spec, size_t rule)
{
    return rule < spec->trip_count ? spec->trips[rule].when : spec->permissives[rule - spec->trip_count].when;
}

static const char *age_text(int64_t age, char text[50])
{
    char time[40];
    snprintf(text, 50, age == ANALYSIS_NEVER ? "of any age" : "%s old", milliseconds_text(age, time));
    return text;
}

/* Said once for a point, at the first rule that reads it. */
static void check_ages(const struct rig_build *rig, const struct analysis_rig *place)
{
    const struct rig_spec *spec = &rig->out->spec;
    bool *said = arena_array(&rig->loader->scratch, rig->point_count, sizeof(*said));
    for (size_t rule = 0; rule < spec->trip_count + spec->permissive_count; rule++) {
        size_t count;
        const uint16_t *inputs = rig_rule_inputs(program_of(spec, rule), &count);
        const struct node *node =
            rule < spec->trip_count ? rig->trip_nodes[rule] : rig->permissive_nodes[rule - spec->trip_count];
        for (size_t i = 0; i < count; i++) {
            const struct rig_point_spec *point = &rig->points[inputs[i]];
            int64_t oldest = analysis_oldest(place, inputs[i]);
            char old[50], stale[40];
            if (said[inputs[i]] || !point->stale_after || oldest <= point->stale_after)
                continue;
            said[inputs[i]] = true;
            remark(rig->loader, node_get(node, "when"),
                   "while another instrument on its line does not answer, %s may be %s, and counts as "
                   "stale after "
                   "%s: the rule would act without need; a longer stale_after prevents that",
                   point->name, age_text(oldest, old), milliseconds_text(point->stale_after, stale));
        }
    }
}

/* --- what makes safe ------------------------------------------------------------------------------ */

static const struct node *child(const struct node *list, size_t index)
{
    const struct node *node = list ? list->first : NULL;
    while (node && index--)
        node = node->next;
    return node;
}

/* The item itself, or the whole where it is `all`. */
static const struct node *node_of(const struct rig_build *rig, const struct analysis_finding *finding)
{
    bool drives = finding->step == SIZE_MAX;
    const struct node *whole =
        drives ? rig->trip_nodes[finding->trip] : child(node_get(rig->node, "safe"), finding->step);
    const struct node *items = node_get(whole, drives ? "drives" : "set");
    const struct node *item = node_get(items, rig->points[finding->point].name);
    return item ? item : items ? items : whole;
}

static const char *at_most_text(int64_t time, char text[40])
{
    return time == ANALYSIS_NEVER ? "any time" : milliseconds_text(time, text);
}

static void say(void *context, const struct analysis_finding *finding)
{
    const struct rig_build *rig = context;
    const struct node *node = node_of(rig, finding);
    const char *point = rig->points[finding->point].name;
    char time[40];
    switch (finding->fault) {
    case ANALYSIS_EXCLUDED:
        report_key(rig->loader, node,
                   "moves %s away from its safe value while %s, which excludes it (%s), may be too; make "
                   "%s safe %s",
                   point, rig->points[finding->other].name, finding->rule, rig->points[finding->other].name,
                   finding->step == SIZE_MAX ? "before it in the same list" : "in a step before");
        break;
    case ANALYSIS_UNPERMITTED:
        remark(rig->loader, node,
               "moves %s away from its safe value, and %s is not asked: what makes safe bypasses "
               "permissives",
               point, finding->rule);
        break;
    case ANALYSIS_BEYOND_LIMIT:
        remark(rig->loader, node, "sets %s to what %s keeps students from", point, finding->rule);
        break;
    case ANALYSIS_TOO_LONG:
        report(rig->loader, child(node_get(rig->node, "safe"), finding->step),
               "writing this step takes %s on its line, more than its within; allow more, or make two steps "
               "of it",
               milliseconds_text(finding->time, time));
        break;
    case ANALYSIS_MAY_BE_TOO_LONG:
        remark(rig->loader, child(node_get(rig->node, "safe"), finding->step),
               "writing this step may take %s with what can be in its way on the line, more than its within: "
               "it would be "
               "given up although the line is in order",
               at_most_text(finding->time, time));
        break;
    case ANALYSIS_UNREADABLE_IN_TIME:
        report(rig->loader, child(node_get(rig->node, "safe"), finding->step),
               "reading what this step verifies takes %s on its line, more than its within: every run would "
               "fail, and the rig be quarantined; allow more",
               milliseconds_text(finding->time, time));
        break;
    case ANALYSIS_MAY_BE_READ_LATE:
        remark(rig->loader, child(node_get(rig->node, "safe"), finding->step),
               "reading what this step verifies may take %s with what can be in its way on the line, such "
               "as another instrument that fails, more than its within: the run would fail although the "
               "points are safe; allow more",
               at_most_text(finding->time, time));
        break;
    case ANALYSIS_TRIPPED_BY_SAFE:
        report(rig->loader, node_get(rig->trip_nodes[finding->trip], "when"),
               "is true in the state that the safe sequence brings about, so the trip could never be reset; "
               "correct the rule or the sequence");
        break;
    case ANALYSIS_TRIPPED_BY_STEP:
        report_key(rig->loader, node,
                   "sets %s to what trips %s, so the rig would be tripped whenever it is made safe; correct "
                   "the step or the rule",
                   point, finding->rule);
        break;
    }
}

void analysis_rules(struct rig_build *rig, const struct config_lab *lab)
{
    struct config_rig *out = rig->out;
    if (!rig->sound || !is_planned(rig))
        return;
    struct analysis_rig *place = arena_allocate(rig->loader->memory, sizeof(*place));
    place_points(rig, lab, place);
    check_rules(rig, place);
    check_ages(rig, place);
    analysis_sequence(place, say, rig);
    for (size_t i = 0; i < out->spec.trip_count; i++)
        analysis_drives(place, i, say, rig);
    struct rig_interval *room = arena_array(&rig->loader->scratch, rig->point_count, sizeof(*room));
    analysis_safe_state(place, room, say, rig);
    out->place = place;
}
