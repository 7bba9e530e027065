#include "gateway/cli/session.h"

#include "gateway/cli/keeper.h"
#include "gateway/cli/roles.h"
#include "gateway/cli/times.h"

#include <inttypes.h>
#include <poll.h>
#include <string.h>

#define GRANT_WAIT    (30 * NS_PER_S)
#define GRANT_POLL_MS 200
#define SESSION_PAUSE (3 * NS_PER_S)

static int store_seat(struct cli *cli)
{
    int lock = -1, result = store_lock(&cli->store, cli->store.seat_lock_path, true, &lock);
    if (result == STORE_OK)
        result = store_save_seat(&cli->store, &cli->seat);
    store_unlock(lock);
    return result == STORE_OK ? CLI_OK : fail(cli, CLI_LOCAL, "the seat cannot be kept: %s", cli->store.why);
}

static int ask_join(struct cli *cli, const char *rig, uint32_t resume, Labgate__Answer **answer)
{
    Labgate__Join join = LABGATE__JOIN__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    struct text attempt = {0};
    join.rig = (char *)rig;
    join.resume = resume;
    request.body_case = LABGATE__REQUEST__BODY_JOIN;
    request.join = &join;
    text_add_format(&attempt, "join the session on %s", rig);
    int result = cli_ask(cli, &request, text_get(&attempt), answer);
    if (result == CLI_OK && !(*answer)->ok && resume) {
        /* The seat may be gone while the session goes on: a new one. */
        client_free(*answer);
        join.resume = 0;
        result = cli_ask(cli, &request, text_get(&attempt), answer);
    }
    if (result == CLI_OK && !(*answer)->ok)
        result = cli_refused(cli, *answer, text_get(&attempt));
    else if (result == CLI_OK && (*answer)->body_case != LABGATE__ANSWER__BODY_JOIN)
        result = fail(cli, CLI_FAULT, "cannot %s: the answer is of another kind", text_get(&attempt));
    text_finish(&attempt);
    if (result != CLI_OK) {
        client_free(*answer);
        *answer = NULL;
    }
    return result;
}

/* One seat for each profile. One on another rig that nobody holds any more is given back; one that is held is
 * in use. */
static int leave_other_rig(struct cli *cli, const char *rig)
{
    if (!cli->seat.seat || strcmp(cli->seat.rig, rig) == 0)
        return CLI_OK;
    if (keeper_runs(cli) || cli->interactive)
        return fail(cli, CLI_USAGE, "you are at work on %s; labctl leave first, or use another --profile",
                    cli->seat.rig);
    return session_leave(cli);
}

int session_join(struct cli *cli, const char *name, bool *may_control)
{
    Labgate__Answer *answer = NULL;
    char rig[STORE_TEXT_MAX]; /* the name may stand in cli->seat, which is loaded anew */
    if (strlen(name) >= sizeof rig || strpbrk(name, "\r\n"))
        return fail(cli, CLI_USAGE, "no rig has such a name: %.80s", name);
    snprintf(rig, sizeof rig, "%s", name);
    int result = cli_load_seat(cli);
    if (result == CLI_OK)
        result = leave_other_rig(cli, rig);
    if (result == CLI_OK)
        result = ask_join(cli, rig, (uint32_t)cli->seat.seat, &answer);
    if (result == CLI_REFUSED) { /* what is stored is no seat any more */
        store_remove_seat(&cli->store);
        cli->seat = (struct seat){0};
    }
    if (result != CLI_OK)
        return result;
    const Labgate__Joined *joined = answer->join;
    bool same = cli->seat.seat == joined->seat && cli->seat.session == joined->session;
    snprintf(cli->seat.rig, sizeof cli->seat.rig, "%s", rig);
    cli->seat.seat = joined->seat;
    cli->seat.session = joined->session;
    cli->seat.epoch = joined->epoch;
    /* A number that was written down here may have been sent although the gateway has not seen it yet. */
    if (!same || joined->sequence > cli->seat.sequence)
        cli->seat.sequence = joined->sequence;
    cli->seat.ends = joined->ends;
    cli->stays_on = joined->stays_on;
    cli->seat.presence = joined->presence;
    *may_control = joined->may_control;
    client_free(answer);
    client_set_seat(cli->client, (uint32_t)cli->seat.seat);
    return store_seat(cli);
}

/* A grant waits until every link knows the new epoch; control is there when the rig's status says so. */
static int await_control(struct cli *cli)
{
    int64_t deadline = times_monotonic() + GRANT_WAIT;
    for (;;) {
        Labgate__Answer *answer;
        int result = cli_show(cli, cli->seat.rig, &answer);
        if (result != CLI_OK)
            return result;
        const Labgate__RigStatus *status = answer->show->rig->status;
        bool granted = status && status->condition == LABGATE__CONDITION__CONTROLLED &&
                       status->controller == cli->seat.seat;
        if (granted)
            cli->seat.epoch = status->epoch;
        struct text described = {0};
        status_describe(status, &described);
        client_free(answer);
        if (!granted && times_monotonic() > deadline)
            result = fail(cli, CLI_FAULT, "control of %s was not given in time; the rig is: %s",
                          cli->seat.rig, text_get(&described));
        text_finish(&described);
        if (granted || result != CLI_OK)
            return result;
        poll(NULL, 0, GRANT_POLL_MS);
    }
}

int session_ask_take(struct cli *cli, bool force, uint32_t to, Labgate__Answer **answer)
{
    Labgate__Take take = LABGATE__TAKE__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    struct text attempt = {0};
    take.force = force;
    take.to = to;
    request.body_case = LABGATE__REQUEST__BODY_TAKE;
    request.take = &take;
    if (to)
        text_add_format(&attempt, "give control of %s to seat %" PRIu32, cli->seat.rig, to);
    else
        text_add_format(&attempt, "take control of %s (your seat there is kept)", cli->seat.rig);
    int result = cli_call(cli, &request, text_get(&attempt), LABGATE__ANSWER__BODY_CONTROL, answer);
    text_finish(&attempt);
    return result;
}

int session_take(struct cli *cli, bool force)
{
    Labgate__Answer *answer;
    int result = session_ask_take(cli, force, 0, &answer);
    if (result != CLI_OK)
        return result;
    bool granted = answer->control->controller == cli->seat.seat &&
                   answer->control->condition == LABGATE__CONDITION__CONTROLLED;
    cli->seat.epoch = answer->control->epoch;
    client_free(answer);
    if (!granted)
        result = await_control(cli);
    return result == CLI_OK ? store_seat(cli) : result;
}

int session_refresh(struct cli *cli)
{
    Labgate__Show show = LABGATE__SHOW__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer = NULL;
    show.rig = cli->seat.rig;
    request.body_case = LABGATE__REQUEST__BODY_SHOW;
    request.show = &show;
    int result = cli_connect(cli);
    if (result != CLI_OK)
        return result;
    result = client_call(cli->client, &request, NS_PER_S, &answer);
    bool told = result == CLIENT_OK && answer->ok && answer->body_case == LABGATE__ANSWER__BODY_SHOW &&
                answer->show->rig && answer->show->rig->status;
    if (!told) {
        warn(cli, "the gateway does not say whether that is still so; the seat is as it was at labctl join");
    } else if (answer->show->rig->status->session != cli->seat.session) {
        store_remove_seat(&cli->store);
        cli->seat = (struct seat){0};
    } else if (answer->show->rig->status->ends != cli->seat.ends) {
        cli->seat.ends = answer->show->rig->status->ends;
        store_seat(cli);
    }
    client_free(answer);
    return CLI_OK;
}

int session_leave(struct cli *cli)
{
    Labgate__Leave leave = LABGATE__LEAVE__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer = NULL;
    struct text attempt = {0};
    request.body_case = LABGATE__REQUEST__BODY_LEAVE;
    request.leave = &leave;
    text_add_format(&attempt, "leave %s", cli->seat.rig);
    int result = cli_ask(cli, &request, text_get(&attempt), &answer);
    text_finish(&attempt);
    if (result != CLI_OK)
        return result;
    /* A no means that the seat was gone already, which is what is wanted. */
    client_free(answer);
    store_remove_seat(&cli->store);
    cli->seat = (struct seat){0};
    client_set_seat(cli->client, 0);
    return CLI_OK;
}

/* A teacher may control any session, and takes it only when asked to. */
static int session_is_mine(struct cli *cli, bool *mine)
{
    Labgate__Bookings bookings = LABGATE__BOOKINGS__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer;
    bookings.rig = cli->seat.rig;
    request.body_case = LABGATE__REQUEST__BODY_BOOKINGS;
    request.bookings = &bookings;
    int result = cli_call(cli, &request, "look at the bookings", LABGATE__ANSWER__BODY_BOOKINGS, &answer);
    if (result != CLI_OK)
        return result;
    *mine = false;
    for (size_t i = 0; i < answer->bookings->n_bookings; i++) {
        const Labgate__Booking *booking = answer->bookings->bookings[i];
        if (booking->mine && booking->session == cli->seat.session)
            *mine = true;
    }
    client_free(answer);
    return CLI_OK;
}

int session_begin(struct cli *cli, const char *rig, bool observe, enum session_hold *hold)
{
    bool may_control = false, mine = false;
    *hold = HOLDS_NOTHING;
    int result = session_join(cli, rig, &may_control);
    if (result != CLI_OK)
        return result;
    *hold = HOLDS_SEAT;
    cli->seated = true;
    if (may_control && !observe)
        result = session_is_mine(cli, &mine);
    if (result == CLI_OK && mine)
        result = session_take(cli, false);
    cli->seated = false;
    if (result == CLI_OK && mine)
        *hold = HOLDS_CONTROL;
    return result;
}

bool session_say_here(struct cli *cli, int64_t *said)
{
    Labgate__Presence presence = LABGATE__PRESENCE__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer = NULL;
    int64_t pause = cli->seat.presence ? (int64_t)cli->seat.presence / 3 : SESSION_PAUSE;
    int64_t now = times_monotonic();
    if (now - *said < (pause < SESSION_PAUSE ? pause : SESSION_PAUSE))
        return true;
    request.body_case = LABGATE__REQUEST__BODY_PRESENCE;
    request.presence = &presence;
    int result = client_call(cli->client, &request, NS_PER_S, &answer);
    bool known = result != CLIENT_OK || answer->ok;
    client_free(answer);
    *said = now;
    return known;
}
