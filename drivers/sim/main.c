/* labsim: the instruments' other side. See docs/man/labsim.1. */
#include "drivers/sim/arguments.h"
#include "drivers/sim/control.h"
#include "drivers/sim/simulator.h"

#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define EXIT_USAGE 2
#define LAZY       (200 * CLOCK_MILLISECOND) /* between steps when nobody asks: what is asked is up to date */

static void help(void)
{
    puts("usage: labsim [--control SOCKET] [--die-with-parent] [--lazy] INSTRUMENTS@ADDRESS[,OPTION...] ...\n"
         "       labsim ctl SOCKET VERB [WORD...]\n"
         "\n"
         "Simulates laboratory instruments on Modbus and SCPI lines, with physics and faults.\n"
         "\n"
         "  labsim tank@tcp:127.0.0.1:5502 tank:1,motor:2@rtu:/tmp/line1,baud=115200 \\\n"
         "         scope:A@tcp:127.0.0.1:5555 generator:A@pty:/tmp/generator\n"
         "\n"
         "Addresses: tcp:HOST:PORT (0: a free port), fd:NUMBER (a listening socket that was inherited), "
         "rtu:PATH "
         "and\npty:PATH (a pty with a symbolic link at PATH).\n"
         "An instrument is called as it is written, or NAME=KIND[...]. When all is open, labsim prints a "
         "line\n"
         "`instrument NAME tcp HOST PORT`, `... rtu PATH` or `... pty PATH` for each and then `ready`.\n");
    arguments_help(stdout);
    puts("Verbs of the control socket:");
    control_help(stdout);
}

static int die_with_parent(struct simulator *simulator, pid_t parent)
{
    if (prctl(PR_SET_PDEATHSIG, SIGTERM))
        return simulator_fail(simulator, "cannot ask to end with the parent process");
    if (getppid() != parent) /* it ended before it could be watched */
        simulator->stop = true;
    return 0;
}

static void announce(const struct simulator *simulator)
{
    for (const struct instrument *instrument = simulator->instruments; instrument;
         instrument = instrument->next) {
        fputs("instrument ", stdout);
        instrument_print_address(instrument, stdout);
    }
    puts("ready");
    fflush(stdout);
}

/* What was typed is repeated, and must not command the terminal. */
static int complain(const struct simulator *simulator)
{
    fputs("labsim: ", stderr);
    for (const char *at = simulator->problem; *at; at++)
        fputc((unsigned char)*at < ' ' || *at == 0x7f ? '?' : *at, stderr);
    fputc('\n', stderr);
    return EXIT_USAGE;
}

static int simulate(const char *control, bool with_parent, bool lazy, char **instruments)
{
    struct simulator simulator;
    pid_t parent = getppid();
    int status = EXIT_SUCCESS;
    if (simulator_init(&simulator) || (with_parent && die_with_parent(&simulator, parent)) ||
        (control && control_open(&simulator, control)))
        status = complain(&simulator);
    if (lazy)
        simulator.rests = LAZY;
    for (char **argument = instruments; !status && *argument; argument++)
        if (arguments_add(&simulator, *argument))
            status = complain(&simulator);
    if (!status) {
        announce(&simulator);
        if (simulator_run(&simulator)) {
            complain(&simulator);
            status = EXIT_FAILURE;
        }
    }
    simulator_finish(&simulator);
    return status;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"control",         required_argument, NULL, 'c'},
        {"die-with-parent", no_argument,       NULL, 'p'},
        {"lazy",            no_argument,       NULL, 'l'},
        {"help",            no_argument,       NULL, 'h'},
        {"version",         no_argument,       NULL, 'v'},
        {NULL,              0,                 NULL, 0  },
    };
    const char *control = NULL;
    bool with_parent = false, lazy = false;
    int option;

    if (argc > 3 && !strcmp(argv[1], "ctl") && argv[2][0])
        return control_client(argv[2], argv + 3, (size_t)(argc - 3));
    if (argc > 1 && !strcmp(argv[1], "ctl")) {
        fputs("labsim: ctl wants a SOCKET and a VERB; `labsim --help` lists the verbs\n", stderr);
        return EXIT_USAGE;
    }
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'c':
            control = optarg;
            break;
        case 'p':
            with_parent = true;
            break;
        case 'l':
            lazy = true;
            break;
        case 'h':
            help();
            return EXIT_SUCCESS;
        case 'v':
            puts("labsim " LABGATE_VERSION);
            return EXIT_SUCCESS;
        default:
            fputs("labsim: `labsim --help` says how it is called\n", stderr);
            return EXIT_USAGE;
        }
    }
    if (!argv[optind]) {
        fputs("labsim: name at least one instrument, as tank@tcp:127.0.0.1:5502; `labsim --help` says more\n",
              stderr);
        return EXIT_USAGE;
    }
    return simulate(control, with_parent, lazy, argv + optind);
}
