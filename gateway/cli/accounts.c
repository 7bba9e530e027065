/* account add, import, disable, list; audit verify: through the gateway's own socket. */
#include "gateway/cli/columns.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/import.h"
#include "gateway/cli/roles.h"
#include "gateway/cli/secret.h"

#include <inttypes.h>
#include <string.h>

static int put(struct cli *cli, Labgate__AccountPut *put, const char *attempt)
{
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer;
    request.body_case = LABGATE__REQUEST__BODY_ACCOUNT_PUT;
    request.account_put = put;
    cli->use_socket = true;
    int result = cli_call(cli, &request, attempt, LABGATE__ANSWER__BODY__NOT_SET, &answer);
    if (result == CLI_OK)
        client_free(answer);
    return result;
}

static void done(struct cli *cli, const char *name, const char *what)
{
    if (cli->json_wanted) {
        json_open_object(&cli->json, NULL);
        json_boolean(&cli->json, "ok", true);
        json_string(&cli->json, "name", name);
        json_close_object(&cli->json);
    } else {
        say(cli, "%s %s", name, what);
    }
}

static int run_add(struct cli *cli, const struct arguments *arguments)
{
    const char *role = arguments_option(arguments, "role"), *title = arguments_option(arguments, "title");
    const char *email = arguments_option(arguments, "email");
    char password[SECRET_MAX] = "";
    Labgate__Account account = LABGATE__ACCOUNT__INIT;
    Labgate__AccountPut request = LABGATE__ACCOUNT_PUT__INIT;
    struct text attempt = {0};
    account.name = (char *)arguments->words[0];
    if (!role)
        return fail(cli, CLI_USAGE, "give --role student, teacher, technician or scheduler");
    if (!role_find(role, &account.role))
        return fail(cli, CLI_USAGE, "--role is student, teacher, technician or scheduler, not %s", role);
    account.title = (char *)(title ? title : "");
    account.email = (char *)(email ? email : "");
    int result = secret_read_new(cli, "password of the new account",
                                 arguments_flag(arguments, "password-stdin"), password);
    if (result == CLI_OK) {
        request.account = &account;
        request.password = password;
        request.only_new = !arguments_flag(arguments, "change");
        text_add_format(&attempt, "%s the account %s", request.only_new ? "add" : "change", account.name);
        result = put(cli, &request, text_get(&attempt));
    }
    explicit_bzero(password, sizeof password);
    text_finish(&attempt);
    if (result == CLI_OK)
        done(cli, account.name, request.only_new ? "is added" : "is changed");
    return result;
}

#define HASH_MOST (2 * INT64_C(1000000000)) /* ns that a small and busy gateway may take for one password */

static int run_import(struct cli *cli, const struct arguments *arguments)
{
    struct import import;
    Labgate__AccountPut request = LABGATE__ACCOUNT_PUT__INIT;
    struct text attempt = {0};
    int result = import_read(cli, arguments->words[0], &import);
    if (result != CLI_OK)
        return result;
    request.only_new = true;
    request.n_import = request.n_passwords = import.count;
    request.import = import.accounts;
    request.passwords = import.passwords;
    cli->timeout += (int64_t)import.count * HASH_MOST;
    text_add_format(&attempt, "import the accounts of %s (all or none)", arguments->words[0]);
    result = put(cli, &request, text_get(&attempt));
    text_finish(&attempt);
    if (result == CLI_OK && cli->json_wanted) {
        json_open_object(&cli->json, NULL);
        json_boolean(&cli->json, "ok", true);
        json_unsigned(&cli->json, "accounts", import.count);
        json_close_object(&cli->json);
    } else if (result == CLI_OK) {
        say(cli, import.count == 1 ? "%zu account is added" : "%zu accounts are added", import.count);
    }
    import_finish(&import);
    return result;
}

static int run_disable(struct cli *cli, const struct arguments *arguments)
{
    Labgate__Account account = LABGATE__ACCOUNT__INIT;
    Labgate__AccountPut request = LABGATE__ACCOUNT_PUT__INIT;
    struct text attempt = {0};
    bool enable = arguments_flag(arguments, "undo");
    account.name = (char *)arguments->words[0];
    account.disabled = !enable;
    request.account = &account;
    text_add_format(&attempt, "%s the account %s", enable ? "enable" : "disable", account.name);
    int result = put(cli, &request, text_get(&attempt));
    text_finish(&attempt);
    if (result == CLI_OK)
        done(cli, account.name, enable ? "is enabled" : "is disabled; its logins have ended");
    return result;
}

static void list_json(struct cli *cli, const Labgate__AccountList *list)
{
    json_open_array(&cli->json, NULL);
    for (size_t i = 0; i < list->n_accounts; i++) {
        const Labgate__Account *account = list->accounts[i];
        json_open_object(&cli->json, NULL);
        json_unsigned(&cli->json, "id", account->id);
        json_string(&cli->json, "name", account->name);
        json_string(&cli->json, "role", role_name(account->role));
        json_string(&cli->json, "title", account->title);
        json_string(&cli->json, "email", account->email);
        json_boolean(&cli->json, "no_mail", account->no_mail);
        json_boolean(&cli->json, "disabled", account->disabled);
        json_close_object(&cli->json);
    }
    json_close_array(&cli->json);
}

static int run_list(struct cli *cli, const struct arguments *arguments)
{
    (void)arguments;
    static const char *const headings[] = {">ID", "NAME", "ROLE", "", "TITLE"};
    Labgate__Accounts accounts = LABGATE__ACCOUNTS__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer;
    struct columns columns;
    request.body_case = LABGATE__REQUEST__BODY_ACCOUNTS;
    request.accounts = &accounts;
    cli->use_socket = true;
    int result = cli_call(cli, &request, "list the accounts", LABGATE__ANSWER__BODY_ACCOUNTS, &answer);
    if (result != CLI_OK)
        return result;
    if (cli->json_wanted) {
        list_json(cli, answer->accounts);
    } else {
        columns_init(&columns, 5, headings);
        for (size_t i = 0; i < answer->accounts->n_accounts; i++) {
            const Labgate__Account *account = answer->accounts->accounts[i];
            columns_add(&columns, STYLE_FAINT, "%" PRIu64, account->id);
            columns_add(&columns, STYLE_STRONG, "%s", account->name);
            columns_add(&columns, STYLE_PLAIN, "%s", role_name(account->role));
            columns_add(&columns, STYLE_WARNING, "%s", account->disabled ? "disabled" : "");
            columns_add(&columns, STYLE_PLAIN, "%s", account->title);
        }
        columns_print(&columns, cli, 0);
    }
    client_free(answer);
    return CLI_OK;
}

static const struct option_row add_options[] = {
    {"role",           "ROLE",    "student, teacher, technician or scheduler"      },
    {"title",          "TITLE",   "the person's name, for people"                  },
    {"email",          "ADDRESS", "where notices are mailed to; none takes it away"},
    {"password-stdin", NULL,      "read the password from standard input"          },
    {"change",         NULL,      "the account exists: give it these instead"      },
    {NULL,             NULL,      NULL                                             },
};

static const struct option_row disable_options[] = {
    {"undo", NULL, "enable it again"},
    {NULL,   NULL, NULL             },
};

const struct command command_account_add = {
    .name = "account add",
    .group = GROUP_STAFF,
    .arguments = "NAME",
    .least = 1,
    .most = 1,
    .summary = "add an account",
    .text = ON_THE_MACHINE,
    .options = add_options,
    .examples = "sudo labctl account add lina --role student --title \"Li Na\"",
    .run = run_add,
};

const struct command command_account_import = {
    .name = "account import",
    .group = GROUP_STAFF,
    .arguments = "FILE.csv",
    .least = 1,
    .most = 1,
    .summary = "add many accounts, all or none",
    .text = ON_THE_MACHINE
    "\nThe file's first line names its columns: name, role, password, and title and email if wanted.",
    .examples = "sudo labctl account import class-7.csv",
    .run = run_import,
};

const struct command command_account_disable = {
    .name = "account disable",
    .group = GROUP_STAFF,
    .arguments = "NAME",
    .least = 1,
    .most = 1,
    .summary = "disable an account and end its logins",
    .text = ON_THE_MACHINE,
    .options = disable_options,
    .run = run_disable,
};

const struct command command_account_list = {
    .name = "account list",
    .group = GROUP_STAFF,
    .arguments = "",
    .summary = "list the accounts",
    .text = ON_THE_MACHINE,
    .run = run_list,
};
