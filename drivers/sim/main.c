/* labsim: the instruments' other side. See docs/man/labsim.1. */
#include "drivers/sim/arguments.h"
#include "drivers/sim/complaint.h"
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

static int usage_error(const struct simulator *simulator)
{
    complain("%s", simulator->problem);
    return EXIT_USAGE;
}

static int simulate(const char *control, bool with_parent, bool lazy, char **instruments)
{
    struct simulator simulator;
    pid_t parent = getppid();
    int status = EXIT_SUCCESS;
    if (simulator_init(&simulator) || (with_parent && die_with_parent(&simulator, parent)) ||
        (control && control_open(&simulator, control)))
        status = usage_error(&simulator);
    if (lazy)
        simulator.rests = LAZY;
    for (char **argument = instruments; !status && *argument; argument++)
        if (arguments_add(&simulator, *argument))
            status = usage_error(&simulator);
    if (!status) {
        announce(&simulator);
        if (simulator_run(&simulator)) {
            complain("%s", simulator.problem);
            status = EXIT_FAILURE;
        }
    }
    simulator_finish(&simulator);
    return status;
}

/* Of words that don't begin with "--" getopt has a letter, and may not be at their end. */
static void wrong_option(const char *word)
{
    const char letter[] = {'-', (char)optopt, '\0'};
    bool whole = optopt == 0 || (word[0] == '-' && word[1] == '-' && strchr(word, '='));
    complain("%s is no option, or takes no value; `labsim --help` says how it is called",
             whole ? word : letter);
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
        complain("ctl wants a SOCKET and a VERB; `labsim --help` lists the verbs");
        return EXIT_USAGE;
    }
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
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
        case ':':
            complain("%s needs a value; `labsim --help` says how it is called", argv[optind - 1]);
            return EXIT_USAGE;
        default:
            wrong_option(argv[optind - 1]);
            return EXIT_USAGE;
        }
    }
    if (!argv[optind]) {
        complain("name at least one instrument, as tank@tcp:127.0.0.1:5502; `labsim --help` says more");
        return EXIT_USAGE;
    }
    return simulate(control, with_parent, lazy, argv + optind);
}
