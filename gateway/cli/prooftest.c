/* prooftest: walks a technician through a rig's interlocks, and has it recorded what was seen.
 *
 * Conditions are brought about by hand on a real rig, and on a simulated one through labsim's control socket
 * by a file that says how: lines of `RULE on WORDS...` and `RULE off WORDS...`, where the words are what
 * `labsim ctl` takes. */
#include "gateway/cli/cli.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/points.h"
#include "gateway/cli/proof_force.h"
#include "gateway/cli/times.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LOOK_EVERY (100 * 1000000) /* ns */
#define NOTE_MAX   200

struct walk {
    struct cli *cli;
    const char *rig, *by;
    struct proof_force *force; /* NULL: by hand */
    int64_t wait;              /* ns until a fact counts as missing */
    int error;                 /* CLI_OK, or why the walk ended */
};

struct finding {
    Labgate__ProofResult message;
    char note[NOTE_MAX];
    bool skipped;
};

/* --- looking ------------------------------------------------------------------------------------ */

static const Labgate__Point *find_point(const Labgate__RigDetail *rig, const char *name)
{
    for (size_t i = 0; i < rig->n_points; i++)
        if (!strcmp(rig->points[i]->name, name))
            return rig->points[i];
    return NULL;
}

static const Labgate__Interlock *find_rule(const Labgate__RigDetail *rig, const char *name)
{
    for (size_t i = 0; i < rig->n_interlocks; i++)
        if (!strcmp(rig->interlocks[i]->name, name))
            return rig->interlocks[i];
    return NULL;
}

/* Numbers within 2 % of their range: what a read-back is allowed to be off is the gateway's to judge. */
static bool shows(const Labgate__RigDetail *rig, const Labgate__Point *output, double wanted)
{
    const Labgate__Point *shown = find_point(rig, output->readback);
    const Labgate__Value *value = shown ? point_value(shown, rig->values, rig->n_values) : NULL;
    double range = output->maximum - output->minimum;
    double tolerance = output->type == LABGATE__TYPE__NUMBER && isfinite(range) ? range / 50 : 1e-6;
    return !shown ||
           (value && value->quality == LABGATE__QUALITY__GOOD && fabs(value->number - wanted) <= tolerance);
}

/* Every output that the rule concerns is where the matrix says. */
static bool effects_show(const Labgate__RigDetail *rig, const Labgate__Interlock *rule)
{
    for (size_t i = 0; i < rig->n_points; i++) {
        const Labgate__Point *output = rig->points[i];
        bool concerned = output->output && !rule->n_points;
        double wanted = output->safe;
        for (size_t k = 0; output->output && k < rule->n_points; k++)
            if (!strcmp(rule->points[k], output->name)) {
                concerned = true;
                wanted = k < rule->n_values ? rule->values[k] : output->safe;
            }
        if (concerned && !shows(rig, output, wanted))
            return false;
    }
    return true;
}

static bool is_tripped(const Labgate__RigDetail *rig, const char *name)
{
    const Labgate__RigStatus *status = rig->rig->status;
    for (size_t i = 0; i < status->n_trips; i++)
        if (!strcmp(status->trips[i], name))
            return true;
    return false;
}

typedef bool fact(const Labgate__RigDetail *rig, const Labgate__Interlock *rule);

static bool trip_acted(const Labgate__RigDetail *rig, const Labgate__Interlock *rule)
{
    return is_tripped(rig, rule->name) && rig->rig->status->condition != LABGATE__CONDITION__MAKING_SAFE &&
           effects_show(rig, rule);
}
static bool trip_gone(const Labgate__RigDetail *rig, const Labgate__Interlock *rule)
{
    return !is_tripped(rig, rule->name);
}
static bool permissive_acted(const Labgate__RigDetail *rig, const Labgate__Interlock *rule)
{
    return !rule->permits && effects_show(rig, rule);
}
static bool permissive_back(const Labgate__RigDetail *rig, const Labgate__Interlock *rule)
{
    (void)rig;
    return rule->permits;
}

static void reset(struct walk *walk)
{
    Labgate__Reset message = LABGATE__RESET__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer;
    message.rig = (char *)walk->rig;
    request.body_case = LABGATE__REQUEST__BODY_RESET;
    request.reset = &message;
    walk->error = cli_ask(walk->cli, &request, "reset the trip", &answer);
    if (walk->error == CLI_OK)
        client_free(answer); /* a no means that the condition is not gone yet */
}

/* Looks until it is so, or the wait is over. */
static bool see(struct walk *walk, const char *rule, fact *is_so, bool resets)
{
    const struct timespec pause = {.tv_nsec = LOOK_EVERY};
    for (int64_t left = walk->wait; left >= 0 && !walk->error; left -= LOOK_EVERY) {
        Labgate__Answer *answer;
        if (resets)
            reset(walk);
        if (!walk->error)
            walk->error = cli_show(walk->cli, walk->rig, &answer);
        if (walk->error)
            return false;
        const Labgate__Interlock *now = find_rule(answer->show, rule);
        bool seen = now && is_so(answer->show, now);
        client_free(answer);
        if (seen)
            return true;
        nanosleep(&pause, NULL);
    }
    return false;
}

/* --- asking the technician ----------------------------------------------------------------------- */

/* The first letter of the answer; 0 for a bare Enter, 'q' at the end of the input. */
static char ask(struct walk *walk, const char *question)
{
    char line[80];
    say(walk->cli, "%s", question);
    fflush(stdout);
    if (!fgets(line, sizeof line, stdin))
        return 'q';
    return line[0] == '\n' ? 0 : line[0];
}

/* Brings a condition about, or ends it. False: skipped, or the walk is over. */
static bool bring(struct walk *walk, const char *rule, bool on, const char *what)
{
    char question[400];
    if (walk->force) {
        int sent = proof_force_send(walk->force, rule, on);
        if (sent < 0)
            walk->error = fail(walk->cli, CLI_LOCAL, "%s", proof_force_why(walk->force));
        return sent > 0;
    }
    snprintf(question, sizeof question, "  %s, then Enter (s skips, q ends)", what);
    char answer = ask(walk, question);
    if (answer == 'q')
        walk->error = CLI_INTERRUPTED;
    return answer == 0;
}

/* --- the tests ----------------------------------------------------------------------------------- */

static void test_condition(struct walk *walk, const Labgate__Interlock *rule, struct finding *finding)
{
    bool trip = !strcmp(rule->kind, "trip");
    char text[360];
    snprintf(text, sizeof text, trip ? "make this true: %s" : "make this false: %s", rule->text);
    if (!bring(walk, rule->name, true, text)) {
        finding->skipped = true;
        snprintf(finding->note, NOTE_MAX, "skipped");
        return;
    }
    bool acted = see(walk, rule->name, trip ? trip_acted : permissive_acted, false);
    if (!acted)
        snprintf(finding->note, NOTE_MAX, "it did not act, or its outputs do not show what the matrix says");
    bool ended = !walk->error && bring(walk, rule->name, false, "end that") &&
                 see(walk, rule->name, trip ? trip_gone : permissive_back, trip);
    if (acted && !ended)
        snprintf(finding->note, NOTE_MAX, "%s", trip ? "it could not be reset" : "it does not permit again");
    finding->message.passed = acted && ended;
}

static void test_exclusive(struct walk *walk, const Labgate__Interlock *rule, struct finding *finding)
{
    char question[400];
    snprintf(question, sizeof question,
             "  in a session of yours, move %s from its safe value, then %s: is it refused? (y, n, s skips, "
             "q ends)",
             rule->n_points ? rule->points[0] : "one", rule->n_points > 1 ? rule->points[1] : "another");
    char answer = ask(walk, question);
    if (answer == 'q')
        walk->error = CLI_INTERRUPTED;
    finding->skipped = answer != 'y' && answer != 'n';
    finding->message.passed = answer == 'y';
    snprintf(finding->note, NOTE_MAX, "%s", finding->skipped ? "skipped" : "as the technician saw it");
}

static void test(struct walk *walk, const Labgate__Interlock *rule, struct finding *finding)
{
    labgate__proof_result__init(&finding->message);
    finding->message.rule = rule->name;
    finding->message.note = finding->note;
    say_styled(walk->cli, STYLE_STRONG, "%s %s", rule->kind, rule->name);
    if (!strcmp(rule->kind, "exclusive"))
        test_exclusive(walk, rule, finding);
    else
        test_condition(walk, rule, finding);
    say_styled(walk->cli, finding->message.passed ? STYLE_GOOD : STYLE_BAD, "  %s%s%s",
               finding->message.passed ? "passed"
               : finding->skipped      ? "not tested"
                                       : "FAILED",
               finding->note[0] ? ": " : "", finding->note);
}

/* --- the walk ------------------------------------------------------------------------------------ */

static int submit(struct walk *walk, const Labgate__RigDetail *rig, struct finding *findings, size_t count)
{
    Labgate__ProofTest message = LABGATE__PROOF_TEST__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer;
    Labgate__ProofResult **list = calloc(count + 1, sizeof *list);
    size_t passed = 0;
    if (!list)
        return fail(walk->cli, CLI_LOCAL, "no memory");
    for (size_t i = 0; i < count; i++) {
        list[i] = &findings[i].message;
        passed += findings[i].message.passed;
    }
    message.rig = (char *)walk->rig;
    message.by = (char *)walk->by;
    message.fingerprint = rig->rig->status->proof ? rig->rig->status->proof->fingerprint : (char *)"";
    message.results = list;
    message.n_results = count;
    request.body_case = LABGATE__REQUEST__BODY_PROOF_TEST;
    request.proof_test = &message;
    int result =
        cli_call(walk->cli, &request, "record the proof test", LABGATE__ANSWER__BODY__NOT_SET, &answer);
    free(list);
    if (result != CLI_OK)
        return result;
    client_free(answer);
    say_styled(walk->cli, passed == count ? STYLE_GOOD : STYLE_BAD,
               "%s: %zu of %zu interlocks passed; recorded for %s", walk->rig, passed, count, walk->by);
    return passed == count ? CLI_OK : CLI_FAULT;
}

/* Nobody's interlocks are forced under their hands. */
static bool has_student(const Labgate__RigStatus *status)
{
    for (size_t i = 0; i < status->n_seats; i++)
        if (status->seats[i]->role == LABGATE__ROLE__STUDENT)
            return true;
    return false;
}

static bool is_tested(const Labgate__Interlock *rule)
{
    return strcmp(rule->kind, "limit") != 0;
}

static int go(struct walk *walk, const Labgate__RigDetail *rig)
{
    struct finding *findings = calloc(rig->n_interlocks + 1, sizeof *findings);
    size_t count = 0;
    if (!findings)
        return fail(walk->cli, CLI_LOCAL, "no memory");
    for (size_t i = 0; i < rig->n_interlocks && !walk->error; i++)
        if (is_tested(rig->interlocks[i]))
            test(walk, rig->interlocks[i], &findings[count++]);
    int result = walk->error ? walk->error : submit(walk, rig, findings, count);
    free(findings);
    return result;
}

static int begin(struct walk *walk)
{
    Labgate__Answer *answer;
    int result = cli_show(walk->cli, walk->rig, &answer);
    if (result != CLI_OK)
        return result;
    const Labgate__RigStatus *status = answer->show->rig->status;
    if (!status || !status->proof)
        result =
            fail(walk->cli, CLI_REFUSED,
                 "%s wants no proof test: say proof_test: {every: 180 d} in its configuration", walk->rig);
    else if (has_student(status))
        result = fail(walk->cli, CLI_REFUSED, "%s is in use by a student: test it when their session is over",
                      walk->rig);
    else
        result = go(walk, answer->show);
    client_free(answer);
    return result;
}

static int run_prooftest(struct cli *cli, const struct arguments *arguments)
{
    struct walk walk = {.cli = cli, .rig = arguments->words[0], .by = arguments_option(arguments, "by")};
    const char *file = arguments_option(arguments, "force"),
               *simulator = arguments_option(arguments, "simulator");
    const char *wait = arguments_option(arguments, "wait");
    if (!walk.by || !walk.by[0])
        return fail(cli, CLI_USAGE, "say who tests: labctl prooftest %s --by NAME", walk.rig);
    if (!file != !simulator)
        return fail(cli, CLI_USAGE, "--force FILE and --simulator SOCKET go together");
    if (times_parse_duration(wait ? wait : "30s", &walk.wait))
        return fail(cli, CLI_USAGE, "--wait %s: write it like 30s", wait);
    cli->use_socket = true;
    char why[200];
    if (file && !(walk.force = proof_force_read(file, simulator, why, sizeof why)))
        return fail(cli, CLI_LOCAL, "%s", why);
    int result = begin(&walk);
    proof_force_destroy(walk.force);
    return result;
}

static const struct option_row prooftest_options[] = {
    {"by",        "NAME",   "who tests; is recorded"                            },
    {"force",     "FILE",   "how to force each rule, by labsim's control socket"},
    {"simulator", "SOCKET", "that socket"                                       },
    {"wait",      "TIME",   "how long to wait for what a rule must do; 30s"     },
    {NULL,        NULL,     NULL                                                },
};

const struct command command_prooftest = {
    .name = "prooftest",
    .group = GROUP_STAFF,
    .arguments = "RIG",
    .least = 1,
    .most = 1,
    .summary = "try each interlock of a rig, and record the result (technicians)",
    .options = prooftest_options,
    .text = "Asked on the gateway's own machine, through its socket. Each trip must latch, bring its outputs "
            "to what the "
            "matrix says (labgate matrix) and reset; each permissive must forbid, and permit again. Move "
            "outputs from their "
            "safe values in a session of your own to see them driven.",
    .examples = "sudo labctl prooftest tank-1 --by \"Tian Wei\"\n"
                "labctl prooftest tank-1 --by Tian --force tank.force --simulator /tmp/labsim.sock",
    .run = run_prooftest,
};
