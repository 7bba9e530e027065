/* mail: whether one is written to. */
#include "gateway/cli/cli.h"
#include "gateway/cli/commands.h"

#include <string.h>

static int run_mail(struct cli *cli, const struct arguments *arguments)
{
    Labgate__MailWish wish = LABGATE__MAIL_WISH__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer;
    const char *word = arguments->words[0];
    wish.none = strcmp(word, "off") == 0;
    if (!wish.none && strcmp(word, "on") != 0)
        return fail(cli, CLI_USAGE, "on or off, not %s", word);
    int result = cli_require_login(cli);
    if (result != CLI_OK)
        return result;
    request.body_case = LABGATE__REQUEST__BODY_MAIL_WISH;
    request.mail_wish = &wish;
    result = cli_call(cli, &request, "say whether you want mail", LABGATE__ANSWER__BODY__NOT_SET, &answer);
    if (result != CLI_OK)
        return result;
    say(cli, wish.none ? "you get no more mail; labctl notices shows what happens to your bookings"
                       : "what happens to your bookings is mailed to you");
    client_free(answer);
    return CLI_OK;
}

const struct command command_mail = {
    .name = "mail",
    .group = GROUP_TIMETABLE,
    .arguments = "on|off",
    .least = 1,
    .most = 1,
    .summary = "say whether you want notices by mail too",
    .text = "The laboratory's technician gives your account its address.",
    .run = run_mail,
};
