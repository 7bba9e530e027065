/* prooftest: walks a technician through every cause in a rig's cause-and-effect matrix, in control of the rig
 * in a session of their own, and has recorded what was seen. A walk that was interrupted is gone on with: the
 * gateway keeps each result.
 *
 * Conditions are brought about by hand on a real rig, and on a simulated one through labsim's control socket
 * by a file that says how: lines of `CAUSE before|on|off WORDS...`, where the words are what `labsim ctl`
 * takes. */
#include "gateway/cli/columns.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/grammar.h"
#include "gateway/cli/proof_walk.h"
#include "gateway/cli/session.h"
#include "gateway/cli/times.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define WAIT (30 * NS_PER_S)

/* --- the plan ------------------------------------------------------------------------------------ */

static int ask_plan(struct proof_walk *walk, Labgate__Answer **answer)
{
    Labgate__ProofPlan plan = LABGATE__PROOF_PLAN__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    struct text attempt = {0};
    plan.rig = (char *)walk->rig;
    request.body_case = LABGATE__REQUEST__BODY_PROOF_PLAN;
    request.proof_plan = &plan;
    text_add_format(&attempt, "proof-test %s", walk->rig);
    int result = cli_call(walk->cli, &request, text_get(&attempt), LABGATE__ANSWER__BODY_PROOF_PLAN, answer);
    text_finish(&attempt);
    return result;
}

static size_t count_passed(const Labgate__ProofItems *items)
{
    size_t count = 0;
    for (size_t i = 0; i < items->n_items; i++)
        count += items->items[i]->tested && items->items[i]->passed;
    return count;
}

static void list_json(struct cli *cli, const Labgate__ProofItems *items)
{
    json_open_array(&cli->json, NULL);
    for (size_t i = 0; i < items->n_items; i++) {
        const Labgate__ProofItem *item = items->items[i];
        json_open_object(&cli->json, NULL);
        json_string(&cli->json, "kind", item->kind);
        json_string(&cli->json, "name", item->name);
        json_string(&cli->json, "condition", item->condition);
        json_instant(&cli->json, "tested", (int64_t)item->tested);
        json_boolean(&cli->json, "passed", item->passed);
        json_string(&cli->json, "by", item->by);
        json_string(&cli->json, "note", item->note);
        json_close_object(&cli->json);
    }
    json_close_array(&cli->json);
}

static void list(struct cli *cli, const Labgate__ProofItems *items)
{
    static const char *const headings[] = {"CAUSE", "RESULT", "TESTED", "BY", "SEEN"};
    struct columns columns;
    columns_init(&columns, 5, headings);
    for (size_t i = 0; i < items->n_items; i++) {
        const Labgate__ProofItem *item = items->items[i];
        char when[TIMES_TEXT] = "";
        if (item->tested)
            times_local_short((int64_t)item->tested, when);
        columns_add(&columns, STYLE_STRONG, "%s%s%s", item->kind, item->name[0] ? " " : "", item->name);
        columns_add(&columns,
                    item->passed   ? STYLE_GOOD
                    : item->tested ? STYLE_BAD
                                   : STYLE_FAINT,
                    "%s",
                    item->passed   ? "passed"
                    : item->tested ? "FAILED"
                                   : "to do");
        columns_add(&columns, STYLE_PLAIN, "%s", when);
        columns_add(&columns, STYLE_PLAIN, "%s", item->by);
        columns_add(&columns, STYLE_PLAIN, "%s", item->note);
    }
    columns_print(&columns, cli, 0);
}

/* --- a session of the technician's own ------------------------------------------------------------ */

/* 0: it is nobody's, or somebody else's. */
static int session_is_own(struct proof_walk *walk, uint64_t session, bool *own)
{
    Labgate__Bookings bookings = LABGATE__BOOKINGS__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer;
    bookings.rig = (char *)walk->rig;
    request.body_case = LABGATE__REQUEST__BODY_BOOKINGS;
    request.bookings = &bookings;
    int result =
        cli_call(walk->cli, &request, "look at the bookings", LABGATE__ANSWER__BODY_BOOKINGS, &answer);
    *own = false;
    if (result != CLI_OK)
        return result;
    for (size_t i = 0; i < answer->bookings->n_bookings; i++)
        *own = *own ||
               (answer->bookings->bookings[i]->mine && answer->bookings->bookings[i]->session == session);
    client_free(answer);
    return CLI_OK;
}

/* As long as may be: a policy or the next booking may leave less. */
static int book(struct proof_walk *walk, uint64_t *booking)
{
    static const int minutes[] = {120, 60, 30, 15};
    Labgate__Book book = LABGATE__BOOK__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer = NULL;
    int result = CLI_OK;
    request.body_case = LABGATE__REQUEST__BODY_BOOK;
    request.book = &book;
    book.rig = (char *)walk->rig;
    book.planned = true;
    for (size_t i = 0; i < sizeof minutes / sizeof *minutes; i++) {
        client_free(answer);
        book.ends = (uint64_t)(times_now_ms() + minutes[i] * INT64_C(60000));
        result = cli_ask(walk->cli, &request, "book the rig for the test", &answer);
        if (result != CLI_OK)
            return result;
        if (answer->ok)
            break;
    }
    if (!answer->ok)
        result = cli_refused(walk->cli, answer, "book the rig for the test");
    else if (answer->body_case == LABGATE__ANSWER__BODY_BOOKINGS && answer->bookings->n_bookings)
        *booking = answer->bookings->bookings[0]->id;
    client_free(answer);
    return result;
}

static bool has_session(struct proof_view *view)
{
    return view->rig->rig->status->session != 0;
}

/* Nobody's interlocks are forced under their hands. */
static int enter(struct proof_walk *walk, uint64_t *booking)
{
    struct proof_view view = {.walk = walk};
    const Labgate__RigStatus *status = walk->described->show->rig->status;
    bool own = false, may_control;
    int result = CLI_OK;
    if (status->session)
        result = session_is_own(walk, status->session, &own);
    if (result == CLI_OK && status->session && !own)
        return fail(walk->cli, CLI_REFUSED,
                    "%s is in use: test it when the session is over (labctl bookings --rig %s)", walk->rig,
                    walk->rig);
    if (result == CLI_OK && !status->session)
        result = book(walk, booking);
    if (result != CLI_OK)
        return result;
    if (!proof_await(&view, has_session, NULL))
        return walk->error ? walk->error
                           : fail(walk->cli, CLI_FAULT, "the session on %s did not begin in time", walk->rig);
    return session_join(walk->cli, walk->rig, &may_control);
}

static void leave(struct proof_walk *walk, uint64_t booking)
{
    Labgate__Cancel cancel = LABGATE__CANCEL__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer = NULL;
    if (walk->cli->seat.seat)
        session_leave(walk->cli);
    if (!booking)
        return;
    cancel.booking = booking;
    request.body_case = LABGATE__REQUEST__BODY_CANCEL;
    request.cancel = &cancel;
    if (cli_ask(walk->cli, &request, "give the rest of the session back", &answer) == CLI_OK)
        client_free(answer);
}

/* --- the walk ------------------------------------------------------------------------------------ */

static void make_case(struct proof_case *test, const Labgate__ProofItem *item)
{
    bool rule = !strcmp(item->kind, "trip") || !strcmp(item->kind, "permissive") ||
                !strcmp(item->kind, "exclusive") || !strcmp(item->kind, "limit");
    *test = (struct proof_case){.item = item};
    if (rule || !strcmp(item->kind, "edge"))
        snprintf(test->key, sizeof test->key, "%.79s", item->name);
    else if (!strcmp(item->kind, "lost"))
        snprintf(test->key, sizeof test->key, "lost.%.70s", item->name);
    else
        snprintf(test->key, sizeof test->key, "%.79s", item->kind);
    for (char *at = test->key; *at && !rule; at++)
        if (*at == ' ')
            *at = '-';
}

static int record(struct proof_walk *walk, const struct proof_case *test, bool passed, bool anew)
{
    Labgate__ProofTest message = LABGATE__PROOF_TEST__INIT;
    Labgate__ProofResult result = LABGATE__PROOF_RESULT__INIT, *results[] = {&result};
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer;
    result.kind = test->item->kind;
    result.rule = test->item->name;
    result.passed = passed;
    result.note = (char *)text_get(&test->note);
    message.rig = (char *)walk->rig;
    message.by = (char *)walk->by;
    message.fingerprint = walk->described->show->rig->status->proof->fingerprint;
    message.results = results;
    message.n_results = 1;
    message.anew = anew;
    request.body_case = LABGATE__REQUEST__BODY_PROOF_TEST;
    request.proof_test = &message;
    int code = cli_call(walk->cli, &request, "record the result", LABGATE__ANSWER__BODY__NOT_SET, &answer);
    if (code == CLI_OK)
        client_free(answer);
    return code;
}

static void tell(struct proof_walk *walk, const struct proof_case *test, enum proof_verdict verdict)
{
    static const char *const words[] = {
        [PROOF_FAILED] = "FAILED", [PROOF_PASSED] = "passed", [PROOF_SKIPPED] = "not tested"};
    static const enum style styles[] = {
        [PROOF_FAILED] = STYLE_BAD, [PROOF_PASSED] = STYLE_GOOD, [PROOF_SKIPPED] = STYLE_WARNING};
    const char *note = text_get(&test->note);
    say_styled(walk->cli, styles[verdict], "  %s%s%s", words[verdict], *note ? ": " : "", note);
}

/* What has passed in this round already is not tried again. A new round begins with its first result. */
static int go(struct proof_walk *walk, const Labgate__ProofItems *items, bool anew)
{
    bool begun = false;
    for (size_t i = 0; i < items->n_items; i++) {
        const Labgate__ProofItem *item = items->items[i];
        struct proof_case test;
        if (!anew && item->tested && item->passed)
            continue;
        make_case(&test, item);
        say_styled(walk->cli, STYLE_STRONG, "%s%s%s%s%s", item->kind, item->name[0] ? " " : "", item->name,
                   item->condition[0] ? ": " : "", item->condition);
        enum proof_verdict verdict = proof_try(walk, &test);
        if (!walk->error)
            tell(walk, &test, verdict);
        if (!walk->error && verdict != PROOF_SKIPPED) {
            walk->error = record(walk, &test, verdict == PROOF_PASSED, anew && !begun);
            begun = true;
        }
        text_finish(&test.note);
        if (walk->error)
            return walk->error;
    }
    return CLI_OK;
}

/* How it stands, also after a walk that was broken off. */
static int conclude(struct proof_walk *walk)
{
    Labgate__Answer *answer;
    int result = ask_plan(walk, &answer);
    if (result != CLI_OK)
        return result;
    size_t passed = count_passed(answer->proof_plan), all = answer->proof_plan->n_items;
    client_free(answer);
    say_styled(walk->cli, passed == all ? STYLE_GOOD : STYLE_BAD,
               "%s: %zu of %zu causes passed; recorded for %s%s", walk->rig, passed, all, walk->by,
               passed == all ? "" : "; the same command goes on with the others");
    return passed == all ? CLI_OK : CLI_FAULT;
}

static int walk_through(struct proof_walk *walk, const Labgate__ProofItems *items, bool anew)
{
    uint64_t booking = 0;
    size_t passed = count_passed(items);
    anew = anew || passed == items->n_items;
    if (passed && !anew)
        say(walk->cli, "%zu of %zu causes have passed already; --anew begins again", passed, items->n_items);
    interruption_catch();
    int result = enter(walk, &booking);
    if (result == CLI_OK)
        result = go(walk, items, anew);
    interruption_release();
    walk->error = CLI_OK;
    leave(walk, booking);
    int concluded = result == CLI_OK || result == CLI_INTERRUPTED ? conclude(walk) : result;
    return result == CLI_OK ? concluded : result;
}

static int begin(struct proof_walk *walk, bool lists, bool anew)
{
    Labgate__Answer *plan = NULL;
    int result = ask_plan(walk, &plan);
    if (result != CLI_OK)
        return result;
    if (lists && walk->cli->json_wanted)
        list_json(walk->cli, plan->proof_plan);
    else if (lists)
        list(walk->cli, plan->proof_plan);
    else
        result = cli_show(walk->cli, walk->rig, &walk->described);
    if (result == CLI_OK && !lists)
        result = walk_through(walk, plan->proof_plan, anew);
    client_free(walk->described);
    client_free(plan);
    return result;
}

/* The gateway's own socket, and who is logged in: a seat is somebody's. */
static int connect_as(struct cli *cli, bool needs_login)
{
    if (needs_login && !cli->login.token[0])
        return fail(cli, CLI_NOT_LOGGED_IN,
                    "a proof test takes control of the rig, and its records name who tested; labctl login "
                    "NAME, as a technician");
    cli->use_socket = true;
    int result = cli_connect(cli);
    if (result == CLI_OK && cli->login.token[0])
        client_set_token(cli->client, cli->login.token);
    return result;
}

static int run_prooftest(struct cli *cli, const struct arguments *arguments)
{
    struct proof_walk walk = {
        .cli = cli, .rig = arguments->words[0], .by = arguments_option(arguments, "by"), .wait = WAIT};
    const char *file = arguments_option(arguments, "force"),
               *simulator = arguments_option(arguments, "simulator");
    const char *wait = arguments_option(arguments, "wait");
    bool lists = arguments_flag(arguments, "list");
    if (!file != !simulator)
        return fail(cli, CLI_USAGE, "--force FILE and --simulator SOCKET go together");
    int result = wait ? grammar_duration(cli, "--wait", wait, &walk.wait) : CLI_OK;
    if (result == CLI_OK)
        result = connect_as(cli, !lists);
    if (result != CLI_OK)
        return result;
    if (!walk.by)
        walk.by = cli->login.name;
    char why[400];
    if (file && !(walk.force = proof_force_read(file, simulator, why, sizeof why)))
        return fail(cli, CLI_LOCAL, "%s", why);
    result = begin(&walk, lists, arguments_flag(arguments, "anew"));
    proof_force_destroy(walk.force);
    return result;
}

static const struct option_row prooftest_options[] = {
    {"list",      NULL,       "only show what was tried, and what is to do"                 },
    {"anew",      NULL,       "begin a new test; otherwise one that was interrupted goes on"},
    {"by",        "NAME",     "who tests, when it is not who is logged in; is recorded"     },
    {"force",     "FILE",     "how to force each cause, by labsim's control socket"         },
    {"simulator", "SOCKET",   "that socket"                                                 },
    {"wait",      "DURATION", "how long to wait for what a cause must do; 30s"              },
    {NULL,        NULL,       NULL                                                          },
};

const struct command command_prooftest = {
    .name = "prooftest",
    .group = GROUP_STAFF,
    .arguments = "RIG",
    .least = 1,
    .most = 1,
    .summary = "try each cause in a rig's cause-and-effect matrix, and record the result (technicians)",
    .options = prooftest_options,
    .text = "Asked on the gateway's own machine, through its socket, by a technician who is logged in. It "
            "takes the rig in a session of its own, moves outputs, says what to do with the hands, and "
            "goes on when it sees the effect. Each result is kept at once; the same command goes on with "
            "what is left.",
    .examples = "sudo labctl prooftest tank-1\n"
                "sudo labctl prooftest tank-1 --list\n"
                "labctl prooftest tank-1 --force tank.force --simulator /tmp/labsim.sock",
    .run = run_prooftest,
};
