/* audit verify: is the audit still what was written? */
#include "gateway/cli/cli.h"
#include "gateway/cli/commands.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD "labgate-audit-head "

/* The last head in a text, without what a journal puts before it. NULL: there is none. */
static const char *last_head(const char *text)
{
    const char *found = NULL;
    while ((text = strstr(text, HEAD))) {
        found = text;
        text += strlen(HEAD);
    }
    return found;
}

static int take_head(struct cli *cli, const char *where, const char *line, struct text *head)
{
    const char *found = last_head(line);
    if (!found)
        return fail(cli, CLI_USAGE, "--head %s: there is no \"" HEAD "1 ...\" in it", where);
    text_clear(head);
    text_add_bytes(head, found, strcspn(found, "\r\n"));
    return CLI_OK;
}

/* --head TEXT, or the last one of a file, as the system's journal was saved to. */
static int read_head(struct cli *cli, const char *option, struct text *head)
{
    if (last_head(option))
        return take_head(cli, option, option, head);
    FILE *file = fopen(option, "re");
    if (!file)
        return fail(cli, CLI_USAGE, "--head %s: it is neither a head nor a file that can be read: %s", option,
                    strerror(errno));
    char *line = NULL;
    size_t size = 0;
    int result = CLI_OK;
    bool found = false;
    while (result == CLI_OK && getline(&line, &size, file) > 0)
        if (last_head(line)) {
            result = take_head(cli, option, line, head);
            found = true;
        }
    if (!found)
        result = take_head(cli, option, "", head);
    free(line);
    fclose(file);
    return result;
}

/* compared: with a head. */
static void tell(struct cli *cli, const Labgate__AuditReport *report, bool compared)
{
    if (cli->json_wanted) {
        json_open_object(&cli->json, NULL);
        json_boolean(&cli->json, "intact", report->intact);
        json_unsigned(&cli->json, "records", report->records);
        json_string(&cli->json, "head", report->head);
        json_string(&cli->json, "fault", report->fault);
        json_close_object(&cli->json);
    } else if (report->intact) {
        say_styled(cli, STYLE_GOOD, "%" PRIu64 " records, none missing or altered%s", report->records,
                   compared ? ", none cut off up to the head" : "");
        say(cli, "head %s", report->head);
        if (!compared)
            say(cli, "whether the end was cut off shows against a head that was kept elsewhere: --head");
    } else {
        say_styled(cli, STYLE_BAD, "the audit was NOT shown to be intact: %s", report->fault);
        say(cli, "next: keep the gateway's state folder as it is (copy it), and compare it with a copy that "
                 "labctl backup made, and with the journal of that time");
    }
}

static int run_verify(struct cli *cli, const struct arguments *arguments)
{
    Labgate__AuditVerify verify = LABGATE__AUDIT_VERIFY__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer;
    struct text head = {0};
    const char *option = arguments_option(arguments, "head");
    int result = option ? read_head(cli, option, &head) : CLI_OK;
    verify.head = (char *)text_get(&head);
    request.body_case = LABGATE__REQUEST__BODY_AUDIT_VERIFY;
    request.audit_verify = &verify;
    cli->use_socket = true;
    if (result == CLI_OK)
        result = cli_call(cli, &request, "verify the audit", LABGATE__ANSWER__BODY_AUDIT_VERIFY, &answer);
    text_finish(&head);
    if (result != CLI_OK)
        return result;
    tell(cli, answer->audit_verify, option != NULL);
    result = answer->audit_verify->intact ? CLI_OK : CLI_FAULT;
    client_free(answer);
    return result;
}

static const struct option_row verify_options[] = {
    {"head", "HEAD", "a published head, or a file: the last head in it counts"},
    {NULL,   NULL,   NULL                                                     },
};

const struct command command_audit_verify = {
    .name = "audit verify",
    .group = GROUP_STAFF,
    .arguments = "",
    .summary = "check that no record of the audit is missing or altered, and none up to a head was cut off",
    .text =
        "The gateway's journal gets a signed head every minute; keep it on another machine. " ON_THE_MACHINE,
    .options = verify_options,
    .examples =
        "sudo labctl audit verify\njournalctl -u labgate >journal.txt; sudo labctl audit verify --head "
        "journal.txt",
    .run = run_verify,
};
