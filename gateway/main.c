/* main.c - which process or command this is. */
#include "gateway/bus/bus.h"
#include "gateway/calendar/zone.h"
#include "gateway/change/plan.h"
#include "gateway/config/config.h"
#include "gateway/control/control.h"
#include "gateway/control/fingerprint.h"
#include "gateway/matrix/matrix.h"
#include "gateway/offline/offline.h"
#include "gateway/terminal/terminal.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TREE_PROFILES      "configs/profiles"
#define INSTALLED_PROFILES "share/labgate/profiles" /* beside the folder of the program */
#define DEFINES_MAX        64

enum { OPTION_AGAINST = 1, OPTION_JSON = 2, OPTION_SVG = 4, OPTION_DEFINE = 8, OPTION_PROFILES = 16 };
#define OPTIONS_OF_A_LAB (OPTION_DEFINE | OPTION_PROFILES)

/* What follows a command's name, read by its row. */
struct arguments {
    const char *directory, *second; /* DIR, and what the row says after it; NULL: not given */
    const char *profiles, *against;
    char installed[PATH_MAX];
    const char *defines[DEFINES_MAX];
    size_t define_count;
    bool json, svg;
};

struct command {
    const char *name;
    const char *second; /* a word after DIR: "RIG", or "[FILE]" that may be left out; NULL: none */
    unsigned options;
    const char *help; /* NULL: for the gateway's own use */
    int (*run)(const struct arguments *arguments);
    /* Instead, for those that have no DIR: the whole command line. */
    int (*run_words)(int argc, char **argv);
    const char *words; /* what they take, for people; NULL: nothing */
};

/* In the order in which a usage shows them. */
static const struct option_row {
    unsigned option;
    const char *name, *value; /* NULL: a flag */
    bool repeats;
} option_rows[] = {
    {OPTION_AGAINST,  "--against",  "DIR",        false},
    {OPTION_JSON,     "--json",     NULL,         false},
    {OPTION_SVG,      "--svg",      NULL,         false},
    {OPTION_DEFINE,   "--define",   "NAME=VALUE", true },
    {OPTION_PROFILES, "--profiles", "DIR",        false},
};
#define OPTION_COUNT (sizeof option_rows / sizeof *option_rows)

/* What was typed is repeated, and must not command the terminal. */
#define complain(...) terminal_print(stderr, "labgate: " __VA_ARGS__)

/* `command`: its name, NULL before it is known; `on`: the word that is wrong, NULL. */
static int usage_error(const char *command, const char *what, const char *on)
{
    terminal_print(stderr, "labgate%s%s: %s%s%s", command ? " " : "", command ? command : "", what,
                   on ? ": " : "", on ? on : "");
    fputs("Try 'labgate help'.\n", stderr);
    return 2;
}

/* Seen from the program, so that a tree that was installed works wherever it is put; from the source tree
 * otherwise. */
static const char *default_profiles(char path[PATH_MAX])
{
    ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - sizeof INSTALLED_PROFILES);
    for (int up = 0; up < 2 && length > 0; up++)
        while (length > 0 && path[--length] != '/')
            ;
    if (length < 0)
        return TREE_PROFILES;
    strcpy(path + length, "/" INSTALLED_PROFILES);
    return access(path, R_OK) == 0 ? path : TREE_PROFILES;
}

static const struct option_row *option_of(const struct command *command, const char *word)
{
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if ((command->options & option_rows[i].option) && !strcmp(option_rows[i].name, word))
            return &option_rows[i];
    return NULL;
}

/* False: too many. */
static bool take_option(struct arguments *arguments, unsigned option, const char *value)
{
    switch (option) {
    case OPTION_AGAINST:
        arguments->against = value;
        break;
    case OPTION_JSON:
        arguments->json = true;
        break;
    case OPTION_SVG:
        arguments->svg = true;
        break;
    case OPTION_DEFINE:
        if (arguments->define_count == DEFINES_MAX)
            return false;
        arguments->defines[arguments->define_count++] = value;
        break;
    case OPTION_PROFILES:
        arguments->profiles = value;
        break;
    }
    return true;
}

static int read_words(const struct command *command, int argc, char **argv, struct arguments *arguments)
{
    for (int i = 2; i < argc; i++) {
        const struct option_row *row = option_of(command, argv[i]);
        /* As of a script whose variable is not set: "" for DIR would be the root directory. */
        if (!argv[i][0])
            return usage_error(command->name, "one of the words is empty", NULL);
        if (row && row->value && (i + 1 == argc || !argv[i + 1][0]))
            return usage_error(command->name, "this option needs a value", argv[i]);
        if (row && !take_option(arguments, row->option, row->value ? argv[++i] : NULL))
            return usage_error(command->name, "too often", row->name);
        if (row)
            continue;
        if (argv[i][0] == '-')
            return usage_error(command->name, "this command has no such option", argv[i]);
        if (arguments->second || (arguments->directory && !command->second))
            return usage_error(command->name, "one argument too many", argv[i]);
        *(arguments->directory ? &arguments->second : &arguments->directory) = argv[i];
    }
    return 0;
}

static int read_arguments(const struct command *command, int argc, char **argv, struct arguments *arguments)
{
    *arguments = (struct arguments){.profiles = getenv("LABGATE_PROFILES")};
    if (!arguments->profiles)
        arguments->profiles = default_profiles(arguments->installed);
    int status = read_words(command, argc, argv, arguments);
    if (status)
        return status;
    if (!arguments->directory)
        return usage_error(command->name, "the directory with lab.yaml is missing", NULL);
    if (command->second && command->second[0] != '[' && !arguments->second)
        return usage_error(command->name, "this is missing after the directory", command->second);
    return 0;
}

static struct config *load(const struct arguments *arguments)
{
    struct config *config =
        config_load(arguments->directory, arguments->profiles, arguments->defines, arguments->define_count);
    if (!config)
        complain("loading %s: no memory", arguments->directory);
    return config;
}

static int run_run(const struct arguments *arguments)
{
    int status = 1;
    struct config *config = load(arguments);
    if (!config)
        return 1;
    if (!config_lab(config)) {
        config_print_errors(config, stderr);
        complain("%s has errors, and nothing was started", arguments->directory);
    } else {
        status = control_run(config);
    }
    config_destroy(config);
    return status;
}

static int run_check(const struct arguments *arguments)
{
    struct config *config = load(arguments);
    if (!config)
        return 1;
    bool (*print)(const struct config *, FILE *) =
        arguments->json ? config_print_check_json : config_print_check;
    int status = print(config, stdout) ? 0 : 1;
    char digest[FINGERPRINT_TEXT];
    if (!status && !arguments->json && fingerprint_sources(config, digest))
        printf("digest %s\n", digest);
    config_destroy(config);
    return status;
}

static int print_matrix(const struct config_lab *lab, const struct config_rig *rig, bool svg)
{
    struct matrix matrix;
    char hash[FINGERPRINT_TEXT], date[32] = "";
    time_t now = time(NULL);
    struct tm local;
    if (localtime_r(&now, &local))
        strftime(date, sizeof date, "%Y-%m-%d", &local);
    bool made = matrix_init(&matrix, lab, rig) && fingerprint_make(lab, rig, hash);
    const struct matrix_stamp stamp = {hash, date};
    if (!made)
        complain("making the matrix of %s: no memory", rig->spec.name);
    else if (svg)
        matrix_print_svg(&matrix, &stamp, stdout);
    else
        matrix_print_markdown(&matrix, &stamp, stdout);
    matrix_finish(&matrix);
    return made ? 0 : 1;
}

static int matrix_of(const struct config *config, const struct arguments *arguments)
{
    const struct config_lab *lab = config_lab(config);
    if (!lab) {
        config_print_errors(config, stderr);
        complain("%s has errors, so there is nothing to sign", arguments->directory);
        return 1;
    }
    for (size_t i = 0; i < lab->rig_count; i++)
        if (!strcmp(lab->rigs[i].spec.name, arguments->second))
            return print_matrix(lab, &lab->rigs[i], arguments->svg);
    complain("%s has no rig called %s", arguments->directory, arguments->second);
    return 1;
}

static int run_matrix(const struct arguments *arguments)
{
    struct config *config = load(arguments);
    if (!config)
        return 1;
    int status = matrix_of(config, arguments);
    config_destroy(config);
    return status;
}

/* What runs, or ran last; NULL: complained. */
static struct config *load_running(const struct arguments *arguments, const struct config_lab *lab)
{
    char path[PATH_MAX];
    struct config *config;
    snprintf(path, sizeof path, "%s/" CONFIG_SAVED, lab->state);
    if (arguments->against)
        config =
            config_load(arguments->against, arguments->profiles, arguments->defines, arguments->define_count);
    else
        config = config_load_saved(path);
    if (config && config_lab(config))
        return config;
    if (config)
        config_print_errors(config, stderr);
    complain("what runs cannot be read from %s: %s", arguments->against ? arguments->against : path,
             config ? "it has errors"
                    : "start the gateway once, run this as its user, or give --against DIR");
    config_destroy(config);
    return NULL;
}

static int print_plan(const struct config_lab *before, const struct config_lab *after, bool json)
{
    char why[512] = "";
    struct civil_zone zone;
    if (!zone_read(after->time_zone, &zone)) {
        complain("the time zone %s cannot be read; is the package tzdata installed?", after->time_zone);
        return 1;
    }
    const struct plan plan = {.before = before, .after = after, .zone = &zone, .json = json};
    int status = plan_print(&plan, stdout, why, sizeof why);
    if (why[0])
        complain("%s", why);
    zone_finish(&zone);
    return status;
}

static int run_plan(const struct arguments *arguments)
{
    struct config *after = load(arguments), *before = NULL;
    if (!after)
        return 1;
    if (config_lab(after)) {
        before = load_running(arguments, config_lab(after));
    } else {
        config_print_errors(after, stderr);
        complain("%s has errors, so it would not start", arguments->directory);
    }
    int status = before ? print_plan(config_lab(before), config_lab(after), arguments->json) : 1;
    config_destroy(before);
    config_destroy(after);
    return status;
}

/* A command of a ledger, with the folder that it lies in and the second word. */
static int run_offline(const struct arguments *arguments, int (*command)(const char *state, const char *file))
{
    int status = 1;
    struct config *config = load(arguments);
    if (!config)
        return 1;
    if (config_lab(config)) {
        status = command(config_lab(config)->state, arguments->second);
    } else {
        config_print_errors(config, stderr);
        complain("%s has errors, so it is not known where its ledger is", arguments->directory);
    }
    config_destroy(config);
    return status;
}

static int run_ledger(const struct arguments *arguments)
{
    return run_offline(arguments, offline_inspect);
}

static int run_restore(const struct arguments *arguments)
{
    return run_offline(arguments, offline_restore);
}

static int run_audit_key(const struct arguments *arguments)
{
    return run_offline(arguments, offline_print_key);
}

/* COPY KEYFILE [HEAD] */
static int run_audit_copy(int argc, char **argv)
{
    if (argc < 4)
        return usage_error("audit-copy", "this is labctl's: labctl audit verify --copy FILE --key FILE",
                           NULL);
    return offline_verify(argv[2], argv[3], argc > 4 ? argv[4] : "");
}

/* What is asked of a running gateway is labctl's, which stands beside this program. */
static int run_prooftest(int argc, char **argv)
{
    char path[PATH_MAX];
    (void)argc;
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - sizeof "labctl");
    while (length > 0 && path[length - 1] != '/')
        length--;
    strcpy(path + (length > 0 ? length : 0), "labctl");
    execv(path, argv);
    complain("starting %s: %s; labctl does this: labctl prooftest RIG", path, strerrordesc_np(errno));
    return 1;
}

static int run_reference(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    config_print_reference(stdout);
    return 0;
}

static int run_version(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    puts("labgate " LABGATE_VERSION);
    return 0;
}

static int run_help(int argc, char **argv);

static const struct command commands[] = {
    {
     .name = "run",
     .options = OPTIONS_OF_A_LAB,
     .help = "serve the lab that DIR/lab.yaml describes",
     .run = run_run,
     },
    {
     .name = "check",
     .options = OPTION_JSON | OPTIONS_OF_A_LAB,
     .help = "say what is wrong with DIR/lab.yaml, or what it holds, its lines' load and its rules' times",
     .run = run_check,
     },
    {
     .name = "matrix",
     .second = "RIG",
     .options = OPTION_SVG | OPTIONS_OF_A_LAB,
     .help = "print a rig's cause-and-effect matrix, as Markdown or as pages to sign",
     .run = run_matrix,
     },
    {
     .name = "plan",
     .options = OPTION_AGAINST | OPTION_JSON | OPTIONS_OF_A_LAB,
     .help = "say what a restart with DIR would change, and which bookings and sessions it would break",
     .run = run_plan,
     },
    {
     .name = "prooftest",
     .words = "RIG [OPTION]...",
     .help = "try each cause in the matrix of a rig of the running gateway: the same as labctl prooftest",
     .run_words = run_prooftest,
     },
    {
     .name = "reference",
     .help = "print every option of the configuration, as Markdown",
     .run_words = run_reference,
     },
    {
     .name = "ledger",
     .second = "[FILE]",
     .options = OPTIONS_OF_A_LAB,
     .help = "look at every page of the ledger, or of a copy of it",
     .run = run_ledger,
     },
    {
     .name = "audit-key",
     .options = OPTIONS_OF_A_LAB,
     .help = "print the key that checks a copy of the audit elsewhere",
     .run = run_audit_key,
     },
    {
     .name = "audit-copy",
     .run_words = run_audit_copy,
     },
    {
     .name = "restore",
     .second = "FILE",
     .options = OPTIONS_OF_A_LAB,
     .help = "make a copy that labctl backup wrote the ledger again; the gateway must not run",
     .run = run_restore,
     },
    {
     .name = "version",
     .help = "print the version",
     .run_words = run_version,
     },
    {
     .name = "help",
     .help = "print this",
     .run_words = run_help,
     },
    {
     .name = "bus",
     .run_words = bus_main,
     },
};
#define COMMAND_COUNT (sizeof commands / sizeof *commands)

static void print_usage(const struct command *command)
{
    printf("  labgate %s", command->name);
    if (command->words)
        printf(" %s", command->words);
    if (command->run)
        printf(" DIR%s%s", command->second ? " " : "", command->second ? command->second : "");
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct option_row *row = &option_rows[i];
        if (command->options & row->option)
            printf(" [%s%s%s]%s", row->name, row->value ? " " : "", row->value ? row->value : "",
                   row->repeats ? "..." : "");
    }
    printf("\n      %s\n", command->help);
}

static int run_help(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    puts("labgate - a gateway to real laboratory rigs\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (commands[i].help)
            print_usage(&commands[i]);
    return 0;
}

static int run_command(const struct command *command, int argc, char **argv)
{
    struct arguments arguments;
    if (command->run_words && command->help && !command->words && argc > 2)
        return usage_error(command->name, "one argument too many", argv[2]);
    if (command->run_words)
        return command->run_words(argc, argv);
    int status = read_arguments(command, argc, argv, &arguments);
    return status ? status : command->run(&arguments);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return usage_error(NULL, "what should it do?", NULL);
    const char *name = argv[1];
    if (!strcmp(name, "--help") || !strcmp(name, "-h"))
        name = "help";
    if (!strcmp(name, "--version"))
        name = "version";
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (!strcmp(commands[i].name, name))
            return run_command(&commands[i], argc, argv);
    return usage_error(NULL, "there is no such command", argv[1]);
}
