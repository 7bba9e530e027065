/* set, get. */
#include "gateway/cli/columns.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/points.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct setting {
    const Labgate__Point *point;
    char *typed; /* "35 %" */
};

/* Reads "pump 35 % fill open drain=closed" against the rig's points: a word that is no point's name goes on
 * with the value before it. */
static int read_settings(struct cli *cli, const Labgate__RigDetail *rig, const struct arguments *arguments,
                         struct setting *settings, size_t *count)
{
    char why[512];
    int i = 0;
    *count = 0;
    while (i < arguments->count) {
        struct text name = {0}, value = {0};
        const char *word = arguments->words[i++], *equals = strchr(word, '=');
        text_add_bytes(&name, word, equals ? (size_t)(equals - word) : strlen(word));
        if (equals)
            text_add(&value, equals + 1);
        else if (i < arguments->count)
            text_add(&value, arguments->words[i++]);
        settings[*count].point = point_find(rig, text_get(&name), why, sizeof why);
        text_finish(&name);
        while (i < arguments->count && !strchr(arguments->words[i], '=')) {
            char unused[512];
            if (point_find(rig, arguments->words[i], unused, sizeof unused) || value.length == 0)
                break;
            /* What is neither a point nor a unit is a misspelt point when something follows that could be its
             * value. */
            if (strchr(text_get(&value), ' '))
                break;
            text_add_format(&value, " %s", arguments->words[i++]);
        }
        settings[*count].typed = require_copy(text_get(&value));
        text_finish(&value);
        if (!settings[(*count)++].point)
            return fail(cli, CLI_USAGE, "%s", why);
        if (!settings[*count - 1].typed[0])
            return fail(cli, CLI_USAGE, "no value for %s; labctl set POINT VALUE",
                        settings[*count - 1].point->name);
    }
    return CLI_OK;
}

static void set_json(struct cli *cli, const struct setting *setting, const Labgate__SetDone *done)
{
    json_open_object(&cli->json, NULL);
    json_boolean(&cli->json, "ok", true);
    json_string(&cli->json, "point", setting->point->name);
    point_json_number(&cli->json, "value", setting->point, done->value, NULL);
    point_json_number(&cli->json, "before", setting->point, done->before, NULL);
    if (setting->point->unit[0])
        json_string(&cli->json, "unit", setting->point->unit);
    json_boolean(&cli->json, "verified", done->verified);
    json_boolean(&cli->json, "ramping", done->ramping);
    json_unsigned(&cli->json, "sequence", done->sequence);
    json_close_object(&cli->json);
}

static void tell_set(struct cli *cli, const struct setting *setting, const Labgate__SetDone *done)
{
    if (cli->json_wanted) {
        set_json(cli, setting, done);
        return;
    }
    struct text value = {0}, before = {0};
    point_format(setting->point, done->value, NULL, true, &value);
    point_format(setting->point, done->before, NULL, true, &before);
    if (done->ramping)
        say_styled(cli, STYLE_WARNING,
                   "%s is on its way to %s from %s, as fast as its limit allows; labctl watch %s",
                   setting->point->name, setting->typed, text_get(&before), setting->point->name);
    else
        say_styled(cli, done->verified ? STYLE_GOOD : STYLE_WARNING, "%s = %s (%s; was %s)",
                   setting->point->name, text_get(&value),
                   done->verified ? "read back" : "sent, not verified", text_get(&before));
    text_finish(&value);
    text_finish(&before);
}

static int set_refused(struct cli *cli, const struct setting *setting, const Labgate__Answer *answer,
                       const char *attempt)
{
    int result = cli_refused(cli, answer, attempt);
    if (answer->body_case == LABGATE__ANSWER__BODY_SET && answer->set->has_nearest) {
        struct text nearest = {0};
        point_format(setting->point, answer->set->nearest, NULL, true, &nearest);
        warn(cli, "next: labctl set %s %s", setting->point->name, text_get(&nearest));
        text_finish(&nearest);
    }
    return result;
}

static int send_setting(struct cli *cli, const struct setting *setting, Labgate__Scalar *scalar)
{
    Labgate__Set set = LABGATE__SET__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer = NULL;
    struct text attempt = {0};
    int lock = -1, result = store_lock(&cli->store, cli->store.seat_lock_path, true, &lock);
    if (result == STORE_OK)
        result = store_next_sequence(&cli->store, &cli->seat);
    if (result != STORE_OK) {
        store_unlock(lock);
        return fail(cli, CLI_LOCAL, "cannot set %s: its command number cannot be kept: %s",
                    setting->point->name,
                    result == STORE_NONE ? "the seat was left meanwhile" : cli->store.why);
    }
    set.point = setting->point->name;
    set.value = scalar;
    set.epoch = cli->seat.epoch;
    set.sequence = cli->seat.sequence;
    request.body_case = LABGATE__REQUEST__BODY_SET;
    request.set = &set;
    text_add_format(&attempt, "set %s to %s", setting->point->name, setting->typed);
    result = cli_ask(cli, &request, text_get(&attempt), &answer);
    store_unlock(lock);
    if (result == CLI_OK && !answer->ok)
        result = set_refused(cli, setting, answer, text_get(&attempt));
    else if (result == CLI_OK && answer->body_case != LABGATE__ANSWER__BODY_SET)
        result = fail(cli, CLI_FAULT, "cannot tell whether %s was set: the answer is of another kind",
                      setting->point->name);
    else if (result == CLI_OK)
        tell_set(cli, setting, answer->set);
    client_free(answer);
    text_finish(&attempt);
    return result;
}

/* All are read before the first is sent; they are sent in order until one is refused. */
static int send_settings(struct cli *cli, const struct setting *settings, size_t count)
{
    Labgate__Scalar *scalars = require_memory(count, sizeof *scalars);
    int result = CLI_OK;
    for (size_t i = 0; i < count && result == CLI_OK; i++) {
        char why[512];
        labgate__scalar__init(&scalars[i]);
        if (!point_parse(settings[i].point, settings[i].typed, &scalars[i], why, sizeof why))
            result = fail(cli, CLI_USAGE, "%s", why);
    }
    for (size_t i = 0; i < count && result == CLI_OK; i++) {
        result = send_setting(cli, &settings[i], &scalars[i]);
        if (result != CLI_OK && i + 1 < count)
            warn(cli, "not sent: %s and what follows it", settings[i + 1].point->name);
    }
    free(scalars);
    return result;
}

static int run_set(struct cli *cli, const struct arguments *arguments)
{
    Labgate__Answer *answer = NULL;
    size_t count = 0;
    int result = cli_require_login(cli);
    if (result == CLI_OK)
        result = cli_require_seat(cli);
    if (result == CLI_OK)
        result = cli_show(cli, cli->seat.rig, &answer);
    if (result != CLI_OK)
        return result;
    struct setting *settings = require_memory((size_t)arguments->count, sizeof *settings);
    result = read_settings(cli, answer->show, arguments, settings, &count);
    if (result == CLI_OK)
        result = send_settings(cli, settings, count);
    for (size_t i = 0; i < count; i++)
        free(settings[i].typed);
    free(settings);
    client_free(answer);
    return result;
}

int values_choose_rig(struct cli *cli, const struct arguments *arguments, const char **rig)
{
    const char *named = arguments_option(arguments, "rig");
    int result = cli_require_login(cli);
    if (result == CLI_OK)
        result = cli_load_seat(cli);
    if (result != CLI_OK)
        return result;
    *rig = named ? named : cli->seat.seat ? cli->seat.rig : cli->login.rig;
    if (!(*rig)[0])
        return cli_no_seat(cli, ", or name a rig with --rig RIG");
    return CLI_OK;
}

int values_choose_points(struct cli *cli, const Labgate__RigDetail *rig, const struct arguments *arguments,
                         const Labgate__Point ***points, size_t *count)
{
    char why[512];
    bool all = arguments->count == 0;
    *count = all ? rig->n_points : (size_t)arguments->count;
    *points = require_memory(*count, sizeof **points);
    for (size_t i = 0; i < *count; i++) {
        (*points)[i] = all ? rig->points[i] : point_find(rig, arguments->words[i], why, sizeof why);
        if (!(*points)[i]) {
            free(*points);
            *points = NULL;
            *count = 0;
            return fail(cli, CLI_USAGE, "%s", why);
        }
    }
    return CLI_OK;
}

static void print_values(struct cli *cli, const Labgate__RigDetail *rig, const Labgate__Point **points,
                         size_t count)
{
    static const char *const headings[] = {"POINT", ">VALUE", "QUALITY"};
    struct columns columns;
    columns_init(&columns, 3, headings);
    for (size_t i = 0; i < count; i++) {
        const Labgate__Value *value = point_value(points[i], rig->values, rig->n_values);
        Labgate__Quality quality = value ? value->quality : LABGATE__QUALITY__BAD;
        struct text shown = {0};
        point_format_value(points[i], value, true, &shown);
        columns_add(&columns, STYLE_STRONG, "%s", points[i]->name);
        columns_add(&columns, STYLE_PLAIN, "%s", text_get(&shown));
        columns_add(&columns, quality_style(quality), "%s", quality_name(quality));
        text_finish(&shown);
    }
    columns_print(&columns, cli, 0);
}

/* The description of the rig has the values too: one round trip for names, units and values of the same
 * instant. */
static int run_get(struct cli *cli, const struct arguments *arguments)
{
    Labgate__Answer *answer = NULL;
    const Labgate__Point **points = NULL;
    const char *rig;
    size_t count = 0;
    int result = values_choose_rig(cli, arguments, &rig);
    if (result == CLI_OK)
        result = cli_show(cli, rig, &answer);
    if (result == CLI_OK)
        result = values_choose_points(cli, answer->show, arguments, &points, &count);
    if (result == CLI_OK && cli->json_wanted) {
        json_open_array(&cli->json, NULL);
        for (size_t i = 0; i < count; i++)
            point_json(&cli->json, NULL, points[i],
                       point_value(points[i], answer->show->values, answer->show->n_values));
        json_close_array(&cli->json);
    } else if (result == CLI_OK) {
        print_values(cli, answer->show, points, count);
    }
    free(points);
    client_free(answer);
    return result;
}

static const struct option_row get_options[] = {
    {"rig", "RIG", "of this rig (default: the one of the seat)"},
    {NULL,  NULL,  NULL                                        },
};

const struct command command_set = {
    .name = "set",
    .group = GROUP_RIG,
    .arguments = "POINT VALUE [POINT VALUE...]",
    .least = 1,
    .most = -1,
    .summary = "set points, one after the other, each confirmed by reading it back",
    .text = "A point is named in full, plc.pump, or by its last part when only one has it. A value is a "
            "number with or\n"
            "without its unit, or one of the point's words. A refused command changes nothing; the message "
            "names the\n"
            "rule and, for a range, the nearest value that is allowed. The rest is not sent then.",
    .examples = "labctl set pump 35 %\n"
                "labctl set fill open drain closed\n"
                "labctl set motor.voltage=-5",
    .run = run_set,
};

const struct command command_get = {
    .name = "get",
    .group = GROUP_RIG,
    .arguments = "[POINT...]",
    .most = -1,
    .summary = "show values, of all points or of some",
    .options = get_options,
    .examples = "labctl get level pump\nlabctl get --rig tank-1 --json",
    .run = run_get,
};
