/* launcher.h - a small process that starts and ends bus processes, so that control can replace the bus after
 * it has given its own privileges up, and no process stays root.
 *
 * launcher_create() forks it: it switches to the bus's user when started as root, keeps of all capabilities
 * only the one that binds ports below 1024 (the bus drops it once it listens), gains no new privileges ever,
 * and waits. For each start it kills and reaps the bus before, and runs this program anew as `labgate bus
 * ...` with the two channel descriptors. It dies with control, and the bus with it.
 *
 * The simulators of practice are its children too: each a labsim of its own with bounded memory and lower
 * priority, which inherits the listening sockets it answers on and nothing else. */
#ifndef GATEWAY_CONTROL_LAUNCHER_H
#define GATEWAY_CONTROL_LAUNCHER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct launcher;

struct launcher_options {
    /* The program to run as the bus; NULL: this one (/proc/self/exe). It is opened before privileges are
     * dropped. */
    const char *program;
    /* When started as root: whom the bus runs as. Falls back to `nobody` when there is no such user; `note`
     * of launcher_create() then says so. NULL: stay as started. */
    const char *user;
    const char *simulator; /* labsim, for practice; NULL: none is ever started */
};

struct launcher_report {
    uint32_t generation; /* of the bus that ended */
    int status;          /* as from waitpid(); -1: it could not be started, and `error` is the errno */
    int error;
};

/* Call before the first thread and before privileges are dropped. 0, or -1 with a sentence in note. On 0 note
 * is empty, or says what an operator should know (once). */
int launcher_create(const struct launcher_options *options, struct launcher **launcher, char *note,
                    size_t note_size);
void launcher_destroy(
    struct launcher *launcher); /* ends launcher and bus, and waits for them; accepts NULL */

int launcher_fd(const struct launcher *launcher); /* readable: launcher_receive() has something */

/* Kills the bus that runs, if one does, and starts one with these descriptors, which stay the caller's (the
 * launcher has its own copies). Doesn't block. 0, or -1 with errno: EAGAIN, or EPIPE when the launcher is
 * gone. */
int launcher_start(struct launcher *launcher, uint32_t generation, int urgent, int ordinary);
/* Kills the bus of that generation; its end is reported. 0 or -1 with errno. */
int launcher_kill(struct launcher *launcher, uint32_t generation);
#define LAUNCHER_SIMULATORS_MAX 256
#define LAUNCHER_SOCKETS_MAX    8 /* of one simulator */
#define LAUNCHER_WORDS_MAX      512

/* Starts the simulator of a slot, after ending the one that runs there. `words`: its arguments, each with its
 * NUL; "%N" in one stands for the number of the N-th socket. Doesn't block; 0 or -1 with errno. */
int launcher_simulate(struct launcher *launcher, uint32_t slot, const char *words, size_t length,
                      const int *sockets, size_t socket_count);
int launcher_end_simulator(struct launcher *launcher, uint32_t slot);

/* 1: *report is filled; 0: nothing now; -1: the launcher itself is gone. */
int launcher_receive(struct launcher *launcher, struct launcher_report *report);

pid_t launcher_process(const struct launcher *launcher);

#endif
