/* group add, remove, list. */
#include "gateway/cli/cli.h"
#include "gateway/cli/columns.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/times.h"

#include <stdlib.h>

#define PEOPLE_MOST 200

static const char *kind_name(Labgate__StandingKind kind)
{
    static const char *const names[] = {"?", "member", "qualified", "rehearsed"};
    return (unsigned)kind < sizeof names / sizeof *names ? names[kind] : "?";
}

static Labgate__StandingKind kind_of(const struct arguments *arguments)
{
    return arguments_flag(arguments, "qualified")   ? LABGATE__STANDING_KIND__QUALIFIED
           : arguments_flag(arguments, "rehearsed") ? LABGATE__STANDING_KIND__REHEARSED
                                                    : LABGATE__STANDING_KIND__MEMBER;
}

static int put(struct cli *cli, const struct arguments *arguments, bool remove)
{
    size_t count = (size_t)arguments->count - 1;
    Labgate__StandingPut message = LABGATE__STANDING_PUT__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Standing people[PEOPLE_MOST];
    Labgate__Standing *list[PEOPLE_MOST];
    Labgate__Answer *answer;
    if (count > PEOPLE_MOST)
        return fail(cli, CLI_USAGE, "at most %d people at once", PEOPLE_MOST);
    int result = cli_require_login(cli);
    if (result != CLI_OK)
        return result;
    for (size_t i = 0; i < count; i++) {
        list[i] = &people[i];
        labgate__standing__init(list[i]);
        list[i]->account = (char *)arguments->words[i + 1];
        list[i]->name = (char *)arguments->words[0];
        list[i]->kind = kind_of(arguments);
    }
    message.standings = list;
    message.n_standings = count;
    message.remove = remove;
    request.body_case = LABGATE__REQUEST__BODY_STANDING_PUT;
    request.standing_put = &message;
    result = cli_call(cli, &request, "change the group", LABGATE__ANSWER__BODY__NOT_SET, &answer);
    if (result != CLI_OK)
        return result;
    say(cli, "%s: %zu %s", arguments->words[0], count, remove ? "removed" : "added");
    client_free(answer);
    return CLI_OK;
}

static int run_add(struct cli *cli, const struct arguments *arguments)
{
    return put(cli, arguments, false);
}

static int run_remove(struct cli *cli, const struct arguments *arguments)
{
    return put(cli, arguments, true);
}

static int run_list(struct cli *cli, const struct arguments *arguments)
{
    static const char *const headings[] = {"ACCOUNT", "IS", "OF"};
    Labgate__Standings message = LABGATE__STANDINGS__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer;
    struct columns columns;
    message.account = (char *)(arguments->count ? arguments->words[0] : "");
    request.body_case = LABGATE__REQUEST__BODY_STANDINGS;
    request.standings = &message;
    int result = cli_require_login(cli);
    if (result == CLI_OK)
        result = cli_call(cli, &request, "list the groups", LABGATE__ANSWER__BODY_STANDINGS, &answer);
    if (result != CLI_OK)
        return result;
    columns_init(&columns, 3, headings);
    if (cli->json_wanted)
        json_open_array(&cli->json, NULL);
    for (size_t i = 0; i < answer->standings->n_standings; i++) {
        const Labgate__Standing *one = answer->standings->standings[i];
        if (cli->json_wanted) {
            json_open_object(&cli->json, NULL);
            json_string(&cli->json, "account", one->account);
            json_string(&cli->json, "kind", kind_name(one->kind));
            json_string(&cli->json, "name", one->name);
            json_close_object(&cli->json);
        }
        columns_add(&columns, STYLE_STRONG, "%s", one->account);
        columns_add(&columns, STYLE_PLAIN, "%s", kind_name(one->kind));
        columns_add(&columns, STYLE_PLAIN, "%s", one->name);
    }
    if (cli->json_wanted)
        json_close_array(&cli->json);
    else
        columns_print(&columns, cli, 0);
    client_free(answer);
    return CLI_OK;
}

static const struct option_row group_options[] = {
    {"qualified", NULL, "GROUP is a qualification that a policy asks for"   },
    {"rehearsed", NULL, "GROUP is a capability that was rehearsed elsewhere"},
    {NULL,        NULL, NULL                                                },
};

const struct command command_group_add = {
    .name = "group add",
    .group = GROUP_STAFF,
    .arguments = "GROUP NAME...",
    .least = 2,
    .most = -1,
    .summary = "make people members of a group, whose policy and share they book by (scheduler)",
    .options = group_options,
    .examples = "labctl group add ee-2024-1 anna bo\n"
                "labctl group add --qualified high-voltage anna",
    .run = run_add,
};

const struct command command_group_remove = {
    .name = "group remove",
    .group = GROUP_STAFF,
    .arguments = "GROUP NAME...",
    .least = 2,
    .most = -1,
    .summary = "take people out of a group (scheduler)",
    .options = group_options,
    .run = run_remove,
};

const struct command command_group_list = {
    .name = "group list",
    .group = GROUP_STAFF,
    .arguments = "[NAME]",
    .least = 0,
    .most = 1,
    .summary = "show who is a member of which group, qualified, rehearsed; students see their own",
    .run = run_list,
};
