/* Calendars: what somebody has booked, or what is booked on a rig, as programs of calendars show it. */
#include "gateway/control/feeds.h"
#include "gateway/control/requests.h"
#include "gateway/control/respond.h"
#include "gateway/control/rigs.h"
#include "gateway/control/sessions.h"
#include "gateway/identity/crypto.h"

#include <stdio.h>
#include <stdlib.h>

#define DAY          INT64_C(86400000) /* ms */
#define BACK         (30 * DAY)
#define AHEAD        (400 * DAY)
#define EVENTS       500
#define LAB_KEY_SIZE 8 /* bytes of the laboratory's public key that name it in UIDs */

/* Whose calendar, and what of it may be seen. */
struct view {
    const struct account *account;
    const struct control_rig *rig; /* NULL: the account's own bookings */
    bool staff;
};

static bool find_own(struct control *control, const struct caller *caller, const struct request *request,
                     struct view *view)
{
    bool known = request->rig[0] ? caller->rig != NULL : caller->identity.account != 0;
    if (!known) {
        if (request->rig[0])
            requests_no_rig(control, caller, "reading a calendar: ", request->rig);
        else
            respond_refuse(control, &caller->origin, "not-allowed",
                           "reading a calendar: name a rig, or log in with an account");
        return false;
    }
    *view = (struct view){.account = accounts_get(control->accounts, caller->identity.account),
                          .rig = request->rig[0] ? caller->rig : NULL,
                          .staff = requests_is_staff(caller)};
    return true;
}

static bool find_fed(struct control *control, const struct caller *caller, const struct request *request,
                     struct view *view)
{
    const struct ledger_feed *feed = feeds_find(control, request->calendar.key);
    if (feed)
        *view = (struct view){.account = accounts_get(control->accounts, feed->account),
                              .rig = feed->rig[0] ? rigs_find(control, feed->rig) : NULL};
    if (feed && (!feed->rig[0] || view->rig)) {
        view->staff = view->account->role != RIG_STUDENT;
        return true;
    }
    respond_refuse(control, &caller->origin, "unknown-feed",
                   "reading a calendar: this key opens none, or no longer");
    return false;
}

static struct answer_event describe(struct control *control, const struct booking *booking,
                                    const struct view *view)
{
    const struct config_rig *rig = control->rigs[booking->rig].config;
    struct answer_booking told;
    sessions_answer(control, booking, view->account ? view->account->id : 0, false, &told);
    return (struct answer_event){
        .booking = booking->id,
        .starts = booking->starts,
        .ends = booking->ends,
        .revised = booking->revised,
        .revision = booking->revision,
        .state = told.state,
        .rig = told.rig,
        .title = rig->title.en,
        .title_zh = rig->title.zh,
        .group = !view->rig || view->staff ? told.group : "",
        .why = told.why,
    };
}

static size_t collect(const struct control *control, const struct view *view, const struct booking **list)
{
    return view->rig ? timetable_coming(control->timetable, view->rig->index, list, EVENTS + 1)
                     : timetable_of_person(control->timetable, view->account->id, control->wall - BACK,
                                           control->wall + AHEAD, list, EVENTS + 1);
}

static void answer(struct control *control, const struct origin *origin, const struct view *view,
                   const struct booking **list, struct answer_event *events)
{
    uint8_t key[CRYPTO_PUBLIC_SIZE];
    char lab[64], hex[2 * LAB_KEY_SIZE + 1];
    size_t found = collect(control, view, list), count = found > EVENTS ? EVENTS : found;
    for (size_t i = 0; i < count; i++)
        events[i] = describe(control, list[i], view);
    crypto_public_key(control->crypto, key);
    crypto_encode_hex(key, LAB_KEY_SIZE, hex, sizeof hex);
    snprintf(lab, sizeof lab, "%s.labgate", hex);
    const struct account *whose = view->rig ? NULL : view->account;
    struct answer_calendar calendar = {
        .lab = lab,
        .title = control->lab->title.en ? control->lab->title.en : control->lab->name,
        .zone = control->lab->time_zone,
        .whose = !whose            ? ""
                 : whose->title[0] ? whose->title
                                   : whose->name,
        .rig = view->rig ? view->rig->config->spec.name : "",
        .events = events,
        .count = count,
        .more = found > EVENTS,
    };
    struct answer_head head;
    struct answer_buffer buffer = respond_begin(control, &head);
    translate_calendar(&buffer, &head, &calendar);
    respond_send(control, origin, &buffer);
}

void requests_calendar(struct control *control, const struct caller *caller, const struct request *request)
{
    struct view view;
    if (request->calendar.key[0] ? !find_fed(control, caller, request, &view)
                                 : !find_own(control, caller, request, &view))
        return;
    const struct booking **list = calloc(EVENTS + 1, sizeof *list);
    struct answer_event *events = calloc(EVENTS, sizeof *events);
    if (list && events)
        answer(control, &caller->origin, &view, list, events);
    else
        respond_refuse(control, &caller->origin, "busy", "reading a calendar: no memory; try again");
    free(list);
    free(events);
}
