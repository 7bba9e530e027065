/* audit verify: is the audit still what was written? */
#include "gateway/cli/cli.h"
#include "gateway/cli/commands.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

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

/* --- a copy, without a gateway ------------------------------------------------------------------ */

/* labgate, which reads ledgers, stands beside this program. */
static bool find_labgate(char path[PATH_MAX])
{
    ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - sizeof "labgate");
    while (length > 0 && path[length - 1] != '/')
        length--;
    strcpy(path + (length > 0 ? length : 0), "labgate");
    return access(path, X_OK) == 0;
}

static void become_labgate(const char *path, const char *const words[], int output)
{
    dup2(output, STDOUT_FILENO);
    execv(path, (char *const *)words);
    _exit(127);
}

/* What it prints, or NULL and errno: then no child is left. */
static FILE *start_labgate(const char *path, const char *const words[], pid_t *child)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return NULL;
    FILE *output = fdopen(ends[0], "r");
    *child = output ? fork() : -1;
    if (*child == 0)
        become_labgate(path, words, ends[1]);
    int error = errno;
    close(ends[1]);
    if (*child < 0) {
        if (output)
            fclose(output);
        else
            close(ends[0]);
        output = NULL;
    }
    errno = error;
    return output;
}

static void tell_copy(struct cli *cli, const char *copy, bool intact, bool compared, uint64_t records,
                      const char *text)
{
    if (cli->json_wanted) {
        json_open_object(&cli->json, NULL);
        json_boolean(&cli->json, "intact", intact);
        json_boolean(&cli->json, "compared", compared);
        json_unsigned(&cli->json, "records", records);
        json_string(&cli->json, "fault", intact ? "" : text);
        json_close_object(&cli->json);
    } else if (!intact) {
        say_styled(cli, STYLE_BAD, "%s was NOT shown to be intact: %s", copy, text);
    } else {
        say_styled(cli, STYLE_GOOD, "%s: %" PRIu64 " records, none missing or altered%s", copy, records,
                   compared ? ", none cut off up to the head" : "");
        if (!compared)
            say(cli, "whether the end was cut off shows against a head from the gateway's journal: --head");
    }
}

/* What labgate said of the copy (gateway/offline/offline.h), by its exit status. */
static int take_verdict(struct cli *cli, const char *copy, int status, const char *line)
{
    static const struct {
        int status, result;
    } unjudged[] = {
        {1, CLI_USAGE},
        {3, CLI_FAULT}
    };
    int intact, compared, text = 0;
    uint64_t records;
    for (size_t i = 0; i < sizeof unjudged / sizeof *unjudged; i++)
        if (WEXITSTATUS(status) == unjudged[i].status)
            return fail(cli, unjudged[i].result, "verify %s: %s", copy, line);
    if (WEXITSTATUS(status) != 0 ||
        sscanf(line, "%d %d %" SCNu64 " %n", &intact, &compared, &records, &text) != 3 || !text)
        return fail(cli, CLI_LOCAL, "verify %s: labgate beside labctl is of another version", copy);
    tell_copy(cli, copy, intact, compared, records, line + text);
    return intact ? CLI_OK : CLI_FAULT;
}

static int verify_copy(struct cli *cli, const char *copy, const char *key, const char *head)
{
    const char *const words[] = {"labgate", "audit-copy", copy, key, *head ? head : NULL, NULL};
    char path[PATH_MAX], *line = NULL;
    size_t size = 0;
    int status = 0;
    pid_t child = -1;
    if (!find_labgate(path))
        return fail(cli, CLI_LOCAL,
                    "verify %s: labgate, which reads it, is not beside labctl: install it here", copy);
    FILE *output = start_labgate(path, words, &child);
    if (!output)
        return fail(cli, CLI_LOCAL, "verify %s: starting labgate, which reads it: %s", copy, strerror(errno));
    ssize_t length = getline(&line, &size, output);
    fclose(output);
    bool ended = waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) != 127;
    if (length > 0)
        line[strcspn(line, "\n")] = '\0';
    int result =
        ended ? take_verdict(cli, copy, status, length > 0 ? line : "")
              : fail(cli, CLI_LOCAL, "verify %s: labgate, which reads it, did not run to its end", copy);
    free(line);
    return result;
}

static int verify_here(struct cli *cli, const struct arguments *arguments, const char *head)
{
    const char *copy = arguments_option(arguments, "copy"), *key = arguments_option(arguments, "key");
    if (!copy || !key)
        return fail(
            cli, CLI_USAGE,
            "verify a copy: --copy FILE and --key FILE go together; labgate audit-key DIR on the gateway's "
            "machine writes the key");
    return verify_copy(cli, copy, key, head);
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
    if (result == CLI_OK && (arguments_option(arguments, "copy") || arguments_option(arguments, "key"))) {
        result = verify_here(cli, arguments, verify.head);
        text_finish(&head);
        return result;
    }
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
    {"head", "HEAD", "a published head, or a file: the last head in it counts"            },
    {"copy", "FILE", "check this copy (labctl backup) instead, here and without a gateway"},
    {"key",  "FILE", "for --copy: what labgate audit-key printed on the gateway's machine"},
    {NULL,   NULL,   NULL                                                                 },
};

const struct command command_audit_verify = {
    .name = "audit verify",
    .group = GROUP_STAFF,
    .arguments = "",
    .summary = "check that no record of the audit is missing or altered, and none up to a head was cut off",
    .text =
        "The gateway's journal gets a signed head every minute; keep it on another machine. " ON_THE_MACHINE
        " A copy is checked anywhere, by whoever was given it and the key: nothing is asked of a gateway.",
    .options = verify_options,
    .examples =
        "sudo labctl audit verify\njournalctl -u labgate >journal.txt; sudo labctl audit verify --head "
        "journal.txt\nlabctl audit verify --copy ledger-march.sqlite --key audit.key --head journal.txt",
    .run = run_verify,
};
