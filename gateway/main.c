/* main.c - which process or command this is. */
#include "gateway/bus/bus.h"
#include "gateway/calendar/zone.h"
#include "gateway/change/plan.h"
#include "gateway/config/config.h"
#include "gateway/control/control.h"
#include "gateway/control/fingerprint.h"
#include "gateway/ledger/inspect.h"
#include "gateway/matrix/matrix.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TREE_PROFILES      "configs/profiles"
#define INSTALLED_PROFILES "share/labgate/profiles" /* beside the folder of the program */
#define DEFINES_MAX        64

/* The arguments that commands share: DIR [FILE] [--define NAME=VALUE]... [--profiles DIR]. */
struct arguments {
    const char *directory, *file, *profiles, *against;
    char installed[PATH_MAX];
    const char *defines[DEFINES_MAX];
    size_t define_count;
    bool json, svg;
};

struct command {
    const char *name, *usage, *help;
    int (*run)(int argc, char **argv);
};

static int usage_error(const char *what, const char *on)
{
    fprintf(stderr, "labgate: %s%s%s\nTry 'labgate help'.\n", what, on ? ": " : "", on ? on : "");
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

static int read_arguments(int argc, char **argv, struct arguments *arguments, bool with_file)
{
    *arguments = (struct arguments){.profiles = getenv("LABGATE_PROFILES")};
    if (!arguments->profiles)
        arguments->profiles = default_profiles(arguments->installed);
    for (int i = 2; i < argc; i++) {
        bool define = !strcmp(argv[i], "--define"), profiles = !strcmp(argv[i], "--profiles");
        bool against = !strcmp(argv[i], "--against");
        if ((define || profiles || against) && i + 1 == argc)
            return usage_error("this option needs a value", argv[i]);
        if (define && arguments->define_count == DEFINES_MAX)
            return usage_error("too many --define", NULL);
        if (define)
            arguments->defines[arguments->define_count++] = argv[++i];
        else if (profiles)
            arguments->profiles = argv[++i];
        else if (against)
            arguments->against = argv[++i];
        else if (!strcmp(argv[i], "--json"))
            arguments->json = true;
        else if (!strcmp(argv[i], "--svg"))
            arguments->svg = true;
        else if (argv[i][0] == '-')
            return usage_error("unknown option", argv[i]);
        else if (!arguments->directory)
            arguments->directory = argv[i];
        else if (with_file && !arguments->file)
            arguments->file = argv[i];
        else
            return usage_error("one argument too many", argv[i]);
    }
    if (!arguments->directory)
        return usage_error("the directory with lab.yaml is missing", NULL);
    return 0;
}

static struct config *load(const struct arguments *arguments)
{
    struct config *config =
        config_load(arguments->directory, arguments->profiles, arguments->defines, arguments->define_count);
    if (!config)
        fprintf(stderr, "labgate: loading %s: no memory\n", arguments->directory);
    return config;
}

static int run_run(int argc, char **argv)
{
    struct arguments arguments;
    int status = read_arguments(argc, argv, &arguments, false);
    if (status)
        return status;
    struct config *config = load(&arguments);
    if (!config)
        return 1;
    if (!config_lab(config)) {
        config_print_errors(config, stderr);
        fprintf(stderr, "labgate: %s has errors, and nothing was started\n", arguments.directory);
        status = 1;
    } else {
        status = control_run(config);
    }
    config_destroy(config);
    return status;
}

static int run_check(int argc, char **argv)
{
    struct arguments arguments;
    int status = read_arguments(argc, argv, &arguments, false);
    if (status)
        return status;
    struct config *config = load(&arguments);
    if (!config)
        return 1;
    bool (*print)(const struct config *, FILE *) =
        arguments.json ? config_print_check_json : config_print_check;
    status = print(config, stdout) ? 0 : 1;
    char digest[FINGERPRINT_TEXT];
    if (!status && !arguments.json && fingerprint_sources(config, digest))
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
        fprintf(stderr, "labgate: making the matrix of %s: no memory\n", rig->spec.name);
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
        fprintf(stderr, "labgate: %s has errors, so there is nothing to sign\n", arguments->directory);
        return 1;
    }
    for (size_t i = 0; i < lab->rig_count; i++)
        if (!strcmp(lab->rigs[i].spec.name, arguments->file))
            return print_matrix(lab, &lab->rigs[i], arguments->svg);
    fprintf(stderr, "labgate: %s has no rig called %s\n", arguments->directory, arguments->file);
    return 1;
}

static int run_matrix(int argc, char **argv)
{
    struct arguments arguments;
    int status = read_arguments(argc, argv, &arguments, true);
    if (status)
        return status;
    if (!arguments.file)
        return usage_error("which rig? labgate matrix DIR RIG", NULL);
    struct config *config = load(&arguments);
    if (!config)
        return 1;
    status = matrix_of(config, &arguments);
    config_destroy(config);
    return status;
}

/* The laboratory's ledger, for a command that works on it from outside; NULL: complained. The caller destroys
 * *config. */
static const char *ledger_directory(const struct arguments *arguments, struct config **config)
{
    *config = load(arguments);
    if (!*config)
        return NULL;
    if (!config_lab(*config)) {
        config_print_errors(*config, stderr);
        fprintf(stderr, "labgate: %s has errors, so it is not known where its ledger is\n",
                arguments->directory);
        return NULL;
    }
    return config_lab(*config)->state;
}

static void print_inspection(const char *path, const struct ledger_inspection *found)
{
    char newest[40] = "never";
    time_t seconds = (time_t)(found->newest / 1000);
    struct tm local;
    if (found->newest && localtime_r(&seconds, &local))
        strftime(newest, sizeof newest, "%F %T %z", &local);
    printf("%s is whole: tables of version %d, %" PRIu64 " accounts, %" PRIu64 " bookings, %" PRIu64
           " records of the audit, the newest of %s\n",
           path, found->version, found->accounts, found->bookings, found->audit_records, newest);
}

static int run_ledger(int argc, char **argv)
{
    struct arguments arguments;
    struct config *config = NULL;
    struct ledger_inspection found;
    char path[PATH_MAX], why[256] = "";
    int status = read_arguments(argc, argv, &arguments, true);
    if (status)
        return status;
    const char *directory = ledger_directory(&arguments, &config);
    status = 1;
    if (directory) {
        snprintf(path, sizeof path, "%s/ledger.sqlite", directory);
        const char *file = arguments.file ? arguments.file : path;
        if (ledger_inspect(file, &found, why, sizeof why) == LEDGER_OK) {
            print_inspection(file, &found);
            status = 0;
        } else {
            fprintf(stderr, "labgate: checking %s: %s\n", file, why);
        }
    }
    config_destroy(config);
    return status;
}

static int run_restore(int argc, char **argv)
{
    struct arguments arguments;
    struct config *config = NULL;
    struct ledger_inspection found;
    char why[256] = "";
    int status = read_arguments(argc, argv, &arguments, true);
    if (status)
        return status;
    if (!arguments.file)
        return usage_error("the file that labctl backup wrote is missing", NULL);
    const char *directory = ledger_directory(&arguments, &config);
    status = 1;
    if (directory) {
        if (ledger_restore(directory, arguments.file, &found, why, sizeof why) == LEDGER_OK) {
            print_inspection(arguments.file, &found);
            printf("it is the ledger now; the one before is %s/ledger.sqlite.before\n", directory);
            status = 0;
        } else {
            fprintf(stderr, "labgate: bringing %s back: %s; the ledger is as it was\n", arguments.file, why);
        }
    }
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
    fprintf(stderr, "labgate: what runs cannot be read from %s: %s\n",
            arguments->against ? arguments->against : path,
            config ? "it has errors" : "start the gateway once, run this as its user, or give --against DIR");
    config_destroy(config);
    return NULL;
}

static int print_plan(const struct config_lab *before, const struct config_lab *after, bool json)
{
    char why[512] = "";
    struct civil_zone zone;
    if (!zone_read(after->time_zone, &zone)) {
        fprintf(stderr, "labgate: the time zone %s cannot be read; is the package tzdata installed?\n",
                after->time_zone);
        return 1;
    }
    const struct plan plan = {.before = before, .after = after, .zone = &zone, .json = json};
    int status = plan_print(&plan, stdout, why, sizeof why);
    if (why[0])
        fprintf(stderr, "labgate: %s\n", why);
    zone_finish(&zone);
    return status;
}

static int run_plan(int argc, char **argv)
{
    struct arguments arguments;
    int status = read_arguments(argc, argv, &arguments, false);
    if (status)
        return status;
    struct config *after = load(&arguments), *before = NULL;
    if (!after)
        return 1;
    if (config_lab(after)) {
        before = load_running(&arguments, config_lab(after));
    } else {
        config_print_errors(after, stderr);
        fprintf(stderr, "labgate: %s has errors, so it would not start\n", arguments.directory);
    }
    status = before ? print_plan(config_lab(before), config_lab(after), arguments.json) : 1;
    config_destroy(before);
    config_destroy(after);
    return status;
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
    fprintf(stderr, "labgate: starting %s: %s; labctl does this: labctl prooftest RIG\n", path,
            strerrordesc_np(errno));
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
    {"run",       "run DIR [--define NAME=VALUE]... [--profiles DIR]",                           "serve the lab that DIR/lab.yaml describes",
     run_run                                                                                                                                                          },
    {"check",     "check DIR [--json] [--define NAME=VALUE]... [--profiles DIR]",
     "say what is wrong with DIR/lab.yaml, or what it holds, how loaded its lines are and how soon each rule "
     "acts",                                                                                                                                             run_check    },
    {"matrix",    "matrix DIR RIG [--svg] [--define NAME=VALUE]... [--profiles DIR]",
     "print a rig's cause-and-effect matrix, as Markdown or as pages to sign",                                                                           run_matrix   },
    {"plan",      "plan DIR [--against DIR] [--json] [--define NAME=VALUE]... [--profiles DIR]",
     "say what a restart with DIR would change, and which bookings and sessions it would break",                                                         run_plan     },
    {"prooftest", "prooftest RIG [OPTION]...",
     "try each cause in the matrix of a rig of the running gateway: the same as labctl prooftest",                                                       run_prooftest},
    {"reference", "reference",                                                                   "print every option of the configuration, as Markdown", run_reference},
    {"ledger",    "ledger DIR [FILE] [--define NAME=VALUE]... [--profiles DIR]",
     "look at every page of the ledger, or of a copy of it",                                                                                             run_ledger   },
    {"restore",   "restore DIR FILE [--define NAME=VALUE]... [--profiles DIR]",
     "make a copy that labctl backup wrote the ledger again; the gateway must not run",                                                                  run_restore  },
    {"version",   "version",                                                                     "print the version",                                    run_version  },
    {"help",      "help",                                                                        "print this",                                           run_help     },
    {"bus",       NULL,                                                                          NULL,                                                   bus_main     }, /* started by the gateway itself */
};

static int run_help(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    puts("labgate - a gateway to real laboratory rigs\n");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (commands[i].usage)
            printf("  labgate %s\n      %s\n", commands[i].usage, commands[i].help);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return usage_error("what should it do?", NULL);
    const char *name = argv[1];
    if (!strcmp(name, "--help") || !strcmp(name, "-h"))
        name = "help";
    if (!strcmp(name, "--version"))
        name = "version";
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (!strcmp(commands[i].name, name))
            return commands[i].run(argc, argv);
    return usage_error("there is no such command", argv[1]);
}
