/* labctl - the laboratory from a terminal. */
#include "gateway/cli/cli.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/times.h"

#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_TIMEOUT (15 * NS_PER_S)
#define DEFAULT_SOCKET  "/var/lib/labgate/control.sock"

static const char *environment(const char *name, const char *otherwise)
{
    const char *value = getenv(name);
    return value && value[0] ? value : otherwise;
}

static bool wants_color(int descriptor)
{
    return isatty(descriptor) && !environment("NO_COLOR", NULL) &&
           strcmp(environment("TERM", "dumb"), "dumb") != 0;
}

/* POSIX 8.2: the first of these that is set names the language of messages. */
static bool wants_chinese(void)
{
    const char *language = environment("LC_ALL", environment("LC_MESSAGES", environment("LANG", "")));
    return strncmp(language, "zh", 2) == 0;
}

int main(int count, char **words)
{
    /* For the width of characters only; whatever the terminal's locale says, what comes and goes is UTF-8. */
    setlocale(LC_CTYPE, "C.UTF-8");
    signal(SIGPIPE, SIG_IGN);
    struct cli *cli = require_memory(1, sizeof *cli);
    *cli = (struct cli){
        .program = words[0],
        .socket_path = environment("LABGATE_SOCKET", DEFAULT_SOCKET),
        .default_profile = environment("LABCTL_PROFILE", "default"),
        .default_server = environment("LABGATE_SERVER", NULL),
        .timeout = DEFAULT_TIMEOUT,
        .color = wants_color(STDOUT_FILENO),
        .error_color = wants_color(STDERR_FILENO),
        .terminal = isatty(STDOUT_FILENO),
        .chinese = wants_chinese(),
        .json = {.file = stdout},
    };
    int result = commands_run(cli, count - 1, words + 1);
    bool changed = cli->changed;
    cli_disconnect(cli);
    explicit_bzero(&cli->login, sizeof cli->login);
    free(cli);
    if ((fflush(stdout) != 0 || ferror(stdout)) && result == CLI_OK) {
        fprintf(stderr, "labctl: %swhat should be written could not be: the other end is full or closed\n",
                changed ? "it was done as asked for, but " : "");
        result = CLI_LOCAL;
    }
    return result;
}
