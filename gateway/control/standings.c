#include "gateway/control/standings.h"

#include "gateway/control/notes.h"
#include "gateway/control/requests.h"
#include "gateway/control/respond.h"
#include "gateway/control/timetable_make.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct ledger_standing *find(const struct control *control, uint64_t account, int kind,
                                    const char *name)
{
    for (size_t i = 0; i < control->standings.count; i++) {
        struct ledger_standing *standing = &control->standings.list[i];
        if (standing->account == account && standing->kind == kind && !strcmp(standing->name, name))
            return standing;
    }
    return NULL;
}

static bool add(struct control *control, const struct ledger_standing *standing)
{
    struct standings *standings = &control->standings;
    struct ledger_standing *there = find(control, standing->account, standing->kind, standing->name);
    if (there) {
        *there = *standing;
        return true;
    }
    if (standings->count == standings->room) {
        size_t room = standings->room ? 2 * standings->room : 64;
        struct ledger_standing *list = realloc(standings->list, room * sizeof(*list));
        if (!list)
            return false;
        standings->list = list;
        standings->room = room;
    }
    standings->list[standings->count++] = *standing;
    return true;
}

static void drop(struct control *control, const struct ledger_standing *standing)
{
    struct standings *standings = &control->standings;
    struct ledger_standing *there = find(control, standing->account, standing->kind, standing->name);
    if (!there)
        return;
    size_t after = (size_t)(standings->list + standings->count - there - 1);
    memmove(there, there + 1, after * sizeof(*there));
    standings->count--;
}

bool standings_load(struct control *control, const struct ledger_contents *contents)
{
    for (size_t i = 0; i < contents->standing_count; i++)
        if (!add(control, &contents->standings[i]))
            return false;
    return true;
}

static bool holds(const struct control *control, const struct ledger_standing *standing)
{
    return standing->since <= control->wall && (!standing->until || control->wall < standing->until);
}

bool standings_has(const struct control *control, uint64_t account, enum standing_kind kind, const char *name)
{
    const struct ledger_standing *standing = find(control, account, kind, name);
    return standing && holds(control, standing);
}

uint16_t standings_group(const struct control *control, uint64_t account)
{
    for (size_t i = 0; i < control->standings.count; i++) {
        const struct ledger_standing *standing = &control->standings.list[i];
        uint16_t group = BOOKING_NO_GROUP;
        if (standing->account == account && standing->kind == STANDING_MEMBER && holds(control, standing))
            group = find_group(control, standing->name);
        if (group != BOOKING_NO_GROUP)
            return group;
    }
    return BOOKING_NO_GROUP;
}

struct standings_fitness standings_fit(const struct control *control, uint64_t account, uint16_t group)
{
    const struct config_timetable *config = &control->lab->timetable;
    const struct booking_policy *policy =
        group == BOOKING_NO_GROUP ? config->everybody : config->groups[group - 1].policy;
    if (!policy)
        return (struct standings_fitness){.qualified = true, .rehearsed = true};
    return (struct standings_fitness){
        .qualified = !policy->qualification[0] ||
                     standings_has(control, account, STANDING_QUALIFIED, policy->qualification),
        .rehearsed =
            !policy->rehearsal[0] || standings_has(control, account, STANDING_REHEARSED, policy->rehearsal),
    };
}

void standings_rehearse(struct control *control, uint64_t account, const char *capability)
{
    struct ledger_standing standing = {
        .account = account, .kind = STANDING_REHEARSED, .since = control->wall};
    snprintf(standing.name, sizeof(standing.name), "%s", capability);
    if (!standings_has(control, account, STANDING_REHEARSED, capability) &&
        ledger_put_standings(control->ledger, LEDGER_FOR_REHEARSAL, &standing, 1, false) == LEDGER_OK)
        add(control, &standing);
}

void standings_rehearsal_stored(struct control *control, const struct ledger_event *event)
{
    if (event->result != LEDGER_OK)
        journal_write(
            control->journal, JOURNAL_ERROR,
            "that account %llu has rehearsed %s is forgotten at the next start: it was not stored: %s",
            (unsigned long long)event->standings[0].account, event->standings[0].name, event->why);
}

void standings_rehearsed(struct control *control, const struct booking *booking)
{
    const struct config_timetable *config = &control->lab->timetable;
    uint64_t has = control->rigs[booking->rig].config->capability_bits;
    for (size_t i = 0; i < config->policy_count; i++) {
        const char *wanted = config->policies[i].rehearsal;
        uint16_t capability = wanted[0] ? find_capability(control, wanted) : BOOKING_NO_CAPABILITY;
        if (capability == BOOKING_NO_CAPABILITY || !(has >> (capability - 1) & 1))
            continue;
        standings_rehearse(control, booking->account, wanted);
        for (size_t k = 0; k < booking->party_count; k++)
            standings_rehearse(control, booking->party[k], wanted);
    }
}

/* ---- asked over the bus ---------------------------------------------------------------------- */

/* What is wrong with a row, or NULL. */
static const char *fill(const struct control *control, const struct request_standing *from, bool remove,
                        struct ledger_standing *row)
{
    const struct account *account = accounts_find(control->accounts, from->account);
    if (!account)
        return "there is no account of this name";
    if (from->kind < STANDING_MEMBER || from->kind > STANDING_REHEARSED)
        return "the kind is member, qualified or rehearsed";
    if (!from->name[0] || strlen(from->name) >= sizeof(row->name))
        return "the name of the group or qualification is missing or too long";
    if (from->kind == STANDING_MEMBER && find_group(control, from->name) == BOOKING_NO_GROUP)
        return "no group of this name is configured";
    *row = (struct ledger_standing){
        .account = account->id,
        .kind = from->kind,
        .since = from->since ? from->since : control->wall,
        .until = from->until,
    };
    memcpy(row->name, from->name, strlen(from->name) + 1);
    return remove && !find(control, row->account, row->kind, row->name) ? "they are not" : NULL;
}

/* All or nothing. */
static void begin_storing(struct control *control, const struct caller *caller, const struct request *request,
                          const struct ledger_standing *rows)
{
    uint64_t id = requests_wait(control, caller, request);
    if (!id || ledger_put_standings(control->ledger, id, rows, request->standing_put.count,
                                    request->standing_put.remove) == LEDGER_OK)
        return;
    respond_refuse(control, &caller->origin, "busy", "changing groups: too much is waiting; try again");
    pending_remove(control->pending, id);
}

void requests_standing_put(struct control *control, const struct caller *caller,
                           const struct request *request)
{
    size_t count = request->standing_put.count;
    if (!caller->is_operator && caller->identity.role != RIG_SCHEDULER) {
        respond_refuse(
            control, &caller->origin, "not-allowed",
            "changing groups: a scheduler does this, or 'labctl --socket' on the gateway's own machine");
        return;
    }
    if (!count || count > STANDINGS_AT_ONCE) {
        respond_refuse(control, &caller->origin, count ? "too-many-at-once" : "bad-value",
                       "changing groups: 1 to %d people at once", STANDINGS_AT_ONCE);
        return;
    }
    struct ledger_standing *rows = calloc(count, sizeof(*rows));
    if (!rows) {
        respond_refuse(control, &caller->origin, "busy", "changing groups: no memory; try again");
        return;
    }
    const char *wrong = NULL;
    for (size_t i = 0; i < count && !wrong; i++) {
        const struct request_standing *from = &request->standing_put.list[i];
        wrong = fill(control, from, request->standing_put.remove, &rows[i]);
        if (wrong)
            respond_refuse(control, &caller->origin, "bad-value",
                           "changing groups: %s, %s: %s; nobody was changed", from->account, from->name,
                           wrong);
    }
    if (!wrong)
        begin_storing(control, caller, request, rows);
    free(rows);
}

static const char *kind_name(int kind)
{
    static const char *const names[] = {
        [STANDING_MEMBER] = "member", [STANDING_QUALIFIED] = "qualified", [STANDING_REHEARSED] = "rehearsed"};
    return names[kind];
}

void requests_standing_stored(struct control *control, uint64_t id, const struct ledger_event *event)
{
    const struct pending *pending = pending_find(control->pending, id);
    if (event->result != LEDGER_OK) {
        respond_refuse(control, &pending->origin, "not-stored", "changing groups: nobody was changed: %s",
                       event->why);
        pending_remove(control->pending, id);
        return;
    }
    char text[160];
    for (size_t i = 0; i < event->standing_count; i++) {
        const struct ledger_standing *row = &event->standings[i];
        const struct account *account = accounts_get(control->accounts, row->account);
        snprintf(text, sizeof(text), "%s%s %s: %s", event->removed ? "not " : "", kind_name(row->kind),
                 row->name, account ? account->name : "?");
        notes_event(control, "standing", pending->account, NULL, "", text);
        bool kept = true;
        if (event->removed)
            drop(control, row);
        else
            kept = add(control, row);
        if (!kept)
            journal_write(control->journal, JOURNAL_ERROR, "no memory for %s: it counts after a restart",
                          text);
    }
    respond_done(control, &pending->origin);
    pending_remove(control->pending, id);
}

void requests_standings(struct control *control, const struct caller *caller, const struct request *request)
{
    const char *name = request->standings.account;
    const struct account *account = name[0] ? accounts_find(control->accounts, name) : NULL;
    bool staff = requests_is_staff(caller);
    if (name[0] && staff && !account) {
        respond_refuse(control, &caller->origin, "unknown-account",
                       "listing groups: there is no account called '%s'", name);
        return;
    }
    uint64_t whose = staff ? account ? account->id : 0 : caller->identity.account;
    struct answer_standing *answers = calloc(control->standings.count + 1, sizeof(*answers));
    size_t count = 0;
    for (size_t i = 0; answers && i < control->standings.count; i++) {
        const struct ledger_standing *standing = &control->standings.list[i];
        const struct account *of = accounts_get(control->accounts, standing->account);
        if ((whose && standing->account != whose) || !of)
            continue;
        answers[count++] = (struct answer_standing){.account = of->name,
                                                    .name = standing->name,
                                                    .kind = standing->kind,
                                                    .since = standing->since,
                                                    .until = standing->until};
    }
    struct answer_head head;
    struct answer_buffer buffer = respond_begin(control, &head);
    translate_standings(&buffer, &head, answers, count);
    respond_send(control, &caller->origin, &buffer);
    free(answers);
}
