#include "tests/campaign/campaign.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS_MAX 32

static void fill_place(const struct laboratory *laboratory, const char *word, char *text, size_t capacity)
{
    const char *mark = strstr(word, "%s");
    snprintf(text, capacity, "%.*s%s%s", mark ? (int)(mark - word) : (int)strlen(word), word,
             mark ? laboratory->folder : "", mark ? mark + 2 : "");
}

static FILE *spawn(struct laboratory *laboratory, const char *labsim, char *const *words, size_t count)
{
    static char filled[WORDS_MAX][512];
    char control[96];
    const char *arguments[WORDS_MAX + 5] = {labsim, "--die-with-parent", "--control", control};
    int output[2];
    snprintf(control, sizeof control, "%s/control", laboratory->folder);
    for (size_t i = 0; i < count && i < WORDS_MAX; i++) {
        fill_place(laboratory, words[i], filled[i], sizeof filled[i]);
        arguments[4 + i] = filled[i];
    }
    if (pipe2(output, O_CLOEXEC))
        campaign_die("pipe");
    laboratory->process = fork();
    if (laboratory->process < 0)
        campaign_die("fork");
    if (!laboratory->process) {
        dup2(output[1], STDOUT_FILENO);
        execv(labsim, (char *const *)arguments);
        perror(labsim);
        _exit(127);
    }
    close(output[1]);
    return fdopen(output[0], "r");
}

static void connect_control(struct laboratory *laboratory)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s/control", laboratory->folder);
    laboratory->control = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (laboratory->control < 0 ||
        connect(laboratory->control, (const struct sockaddr *)&address, sizeof address))
        campaign_die(address.sun_path);
}

void laboratory_start(struct laboratory *laboratory, const char *labsim, char *const *words, size_t count)
{
    char line[256] = "";
    *laboratory = (struct laboratory){.folder = "/tmp/labgate-campaign-XXXXXX"};
    if (!mkdtemp(laboratory->folder))
        campaign_die(laboratory->folder);
    FILE *output = spawn(laboratory, labsim, words, count);
    while (output && fgets(line, sizeof line, output) && strcmp(line, "ready\n") != 0)
        strncat(laboratory->announced, line,
                sizeof laboratory->announced - strlen(laboratory->announced) - 1);
    if (!output || strcmp(line, "ready\n") != 0)
        campaign_die("labsim did not become ready");
    fclose(output);
    connect_control(laboratory);
}

unsigned laboratory_port(const struct laboratory *laboratory, const char *instrument)
{
    char start[64];
    unsigned port = 0;
    snprintf(start, sizeof start, "instrument %s tcp ", instrument);
    const char *line = strstr(laboratory->announced, start);
    return line && sscanf(line + strlen(start), "%*s %u", &port) == 1 ? port : 0;
}

void laboratory_say(struct laboratory *laboratory, const char *format, ...)
{
    char line[256];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    line[length++] = '\n';
    if (write(laboratory->control, line, (size_t)length) != length)
        campaign_die("labsim's control socket");
    laboratory->unanswered++;
}

static void take_answer(struct laboratory *laboratory, const char *line)
{
    if (!strncmp(line, "error: ", 7)) {
        fprintf(stderr, "campaign: labsim says: %s\n", line + 7);
        exit(99);
    }
    laboratory->unanswered -= !strcmp(line, "ok");
}

static void receive(struct laboratory *laboratory, int flags)
{
    ssize_t got = recv(laboratory->control, laboratory->answers + laboratory->answered,
                       sizeof laboratory->answers - 1 - laboratory->answered, flags);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0)
        campaign_die("labsim has ended");
    laboratory->answered += (size_t)got;
    laboratory->answers[laboratory->answered] = '\0';
    char *from = laboratory->answers, *end;
    for (; (end = strchr(from, '\n')); from = end + 1) {
        *end = '\0';
        take_answer(laboratory, from);
    }
    laboratory->answered = strlen(from);
    memmove(laboratory->answers, from, laboratory->answered + 1);
}

void laboratory_listen(struct laboratory *laboratory)
{
    if (laboratory->unanswered)
        receive(laboratory, MSG_DONTWAIT);
}

void laboratory_await(struct laboratory *laboratory)
{
    while (laboratory->unanswered)
        receive(laboratory, 0);
}

void laboratory_stop(struct laboratory *laboratory)
{
    char control[96];
    close(laboratory->control);
    kill(laboratory->process, SIGTERM);
    waitpid(laboratory->process, NULL, 0);
    snprintf(control, sizeof control, "%s/control", laboratory->folder);
    unlink(control);
    rmdir(laboratory->folder);
}
