#include "gateway/cli/proof_force.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 300, LINES_MAX = 500, WHY_MAX = 400 };

struct proof_force {
    const char *simulator;
    char (*lines)[LINE_MAX_BYTES];
    size_t count;
    char why[WHY_MAX];
};

static bool is_line(char *line)
{
    line[strcspn(line, "\n")] = '\0';
    return line[strspn(line, " \t")] && line[0] != '#';
}

/* False, and why: a line, or all of them, are too long. What is left out would make a test pass or fail for
 * the wrong reason. */
static bool read_lines(struct proof_force *force, const char *path, FILE *file, char *why, size_t size)
{
    char line[LINE_MAX_BYTES];
    for (size_t number = 1; fgets(line, sizeof line, file); number++) {
        if (!strchr(line, '\n') && !feof(file)) {
            snprintf(why, size, "reading %s:%zu: the line is longer than %d bytes; shorten it", path, number,
                     LINE_MAX_BYTES - 2);
            return false;
        }
        if (!is_line(line))
            continue;
        if (force->count == LINES_MAX) {
            snprintf(why, size, "reading %s:%zu: a file has at most %d lines of conditions; remove some",
                     path, number, LINES_MAX);
            return false;
        }
        memcpy(force->lines[force->count++], line, sizeof line);
    }
    return true;
}

struct proof_force *proof_force_read(const char *path, const char *simulator, char *why, size_t size)
{
    struct proof_force *force = calloc(1, sizeof *force);
    FILE *file = fopen(path, "re");
    if (force)
        force->lines = calloc(LINES_MAX, sizeof *force->lines);
    if (!file || !force || !force->lines) {
        snprintf(why, size, "reading %s: %s", path, strerrordesc_np(file ? ENOMEM : errno));
        if (file)
            fclose(file);
        proof_force_destroy(force);
        return NULL;
    }
    force->simulator = simulator;
    bool all = read_lines(force, path, file, why, size);
    fclose(file);
    if (all)
        return force;
    proof_force_destroy(force);
    return NULL;
}

void proof_force_destroy(struct proof_force *force)
{
    if (!force)
        return;
    free(force->lines);
    free(force);
}

const char *proof_force_why(const struct proof_force *force)
{
    return force->why;
}

/* The rest of the line when it is of this cause and state: "guard-open on force tank guard_closed off". */
static const char *words_of(const char *line, const char *cause, const char *state)
{
    size_t length = strlen(cause), word = strlen(state);
    if (strncmp(line, cause, length) != 0 || line[length] != ' ' ||
        strncmp(line + length + 1, state, word) != 0 || line[length + 1 + word] != ' ')
        return NULL;
    return line + length + word + 2;
}

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || strlen(path) >= sizeof address.sun_path) {
        if (fd >= 0)
            close(fd);
        return -1;
    }
    strcpy(address.sun_path, path);
    if (!connect(fd, (const struct sockaddr *)&address, sizeof address))
        return fd;
    close(fd);
    return -1;
}

/* The answer ends with "ok", or is one line "error: ...". */
static bool send_words(struct proof_force *force, const char *words)
{
    char line[LINE_MAX_BYTES + 1], answer[200] = "";
    int fd = connect_to(force->simulator);
    int length = snprintf(line, sizeof line, "%s\n", words);
    FILE *stream = fd >= 0 ? fdopen(fd, "r") : NULL;
    bool sent = stream && write(fd, line, (size_t)length) == length;
    bool ok = false;
    while (sent && !ok && fgets(answer, sizeof answer, stream) && strncmp(answer, "error", 5) != 0)
        ok = !strcmp(answer, "ok\n");
    answer[strcspn(answer, "\n")] = '\0';
    if (!ok)
        snprintf(force->why, sizeof force->why, "the simulator at %s, '%s': %s", force->simulator, words,
                 answer[0] ? answer : "no answer");
    if (stream)
        fclose(stream);
    else if (fd >= 0)
        close(fd);
    return ok;
}

int proof_force_send(struct proof_force *force, const char *cause, const char *state)
{
    int count = 0;
    for (size_t i = 0; i < force->count; i++) {
        const char *words = words_of(force->lines[i], cause, state);
        if (!words)
            continue;
        if (!send_words(force, words))
            return -1;
        count++;
    }
    return count;
}
