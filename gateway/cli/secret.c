#include "gateway/cli/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* One byte at a time, so that nothing behind the line is taken from who reads standard input next. */
static int read_line(int descriptor, char secret[SECRET_MAX])
{
    size_t length = 0;
    for (;;) {
        char byte;
        ssize_t got = read(descriptor, &byte, 1);
        if (got < 0 && errno == EINTR)
            return CLI_INTERRUPTED;
        if (got <= 0 || byte == '\n') {
            if (length && secret[length - 1] == '\r')
                length--;
            secret[length] = '\0';
            return got < 0 || (got == 0 && length == 0) ? CLI_LOCAL : CLI_OK;
        }
        if (length + 1 == SECRET_MAX)
            return CLI_USAGE;
        secret[length++] = byte;
    }
}

static int read_terminal(int terminal, const char *prompt, char secret[SECRET_MAX])
{
    struct termios before, silent;
    if (tcgetattr(terminal, &before) != 0)
        return CLI_LOCAL;
    silent = before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    dprintf(terminal, "%s: ", prompt);
    interruption_catch();
    tcsetattr(terminal, TCSAFLUSH, &silent);
    int result = read_line(terminal, secret);
    tcsetattr(terminal, TCSAFLUSH, &before);
    if (interruption_seen())
        result = CLI_INTERRUPTED;
    interruption_release();
    dprintf(terminal, "\n");
    return result;
}

int secret_read(struct cli *cli, const char *prompt, bool from_stdin, char secret[SECRET_MAX])
{
    int result;
    secret[0] = '\0';
    if (from_stdin) {
        result = read_line(STDIN_FILENO, secret);
    } else {
        int terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
        if (terminal < 0)
            return fail(cli, CLI_USAGE,
                        "there is no terminal to ask for the password on; give it to --password-stdin");
        result = read_terminal(terminal, prompt, secret);
        close(terminal);
    }
    if (result == CLI_USAGE)
        return fail(cli, result, "a password has at most %d bytes", SECRET_MAX - 1);
    if (result == CLI_LOCAL)
        return fail(cli, result, "no password came");
    return result;
}

int secret_read_new(struct cli *cli, const char *prompt, bool from_stdin, char secret[SECRET_MAX])
{
    char again[SECRET_MAX];
    for (;;) {
        int result = secret_read(cli, prompt, from_stdin, secret);
        if (result != CLI_OK || from_stdin)
            return result;
        result = secret_read(cli, "the same again", false, again);
        bool same = strcmp(secret, again) == 0;
        explicit_bzero(again, sizeof again);
        if (result != CLI_OK || same)
            return result;
        warn(cli, "the two were not the same; once more");
    }
}
