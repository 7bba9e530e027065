/* Walks the driver table: every driver on every bench of its own, with every fault that labsim knows. The
 * benches run side by side, because most of their time is waiting.
 *
 * usage: conformance [LABSIM [BENCH]] */
#include "tests/conformance/suite.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define BENCHES_MAX 32
#define KINDS_MAX   64

/* Faults that need an argument, and those that nothing on the line can reveal. Other kinds that labsim
 * lists are armed as they are, and must be found out. */
#define EVERYWHERE (MEDIUM_TCP | MEDIUM_RTU | MEDIUM_SCPI)

static const struct expectation expectations[] = {
    {"late",        "300ms",     0,                        0,           0                    },
    {"dribbled",    "5ms",       0,                        0,           HARMLESS             },
    {"exception",   "1",         0,                        0,           0                    },
    {"exception",   "2",         0,                        0,           0                    },
    {"exception",   "3",         0,                        0,           0                    },
    {"exception",   "4",         0,                        0,           0                    },
    {"exception",   "5",         0,                        0,           0                    },
    {"exception",   "6",         0,                        0,           0                    },
    {"exception",   "7",         0,                        0,           0                    },
    {"exception",   "8",         0,                        0,           0                    },
    {"exception",   "9",         0,                        0,           0                    },
    {"exception",   "10",        0,                        0,           0                    },
    {"exception",   "11",        0,                        0,           0                    },
    {"any",         "300ms",     0,                        MEDIUM_SCPI, HARMLESS             },
 /* Nothing answers a SCPI command; that the error queue is empty says no more than that nothing was
  refused. */
    {"unheard",     "",          0,                        MEDIUM_SCPI, 0                    },
 /* Of the same unit, function and length: only the transaction id tells. */
    {"foreign",     "",          MEDIUM_RTU | MEDIUM_SCPI, 0,           0                    },
 /* The instrument itself says what is not so. */
    {"frozen",      "holding:3", EVERYWHERE,               EVERYWHERE,  UNCOUNTED            },
    {"frozen",      "coil:1",    EVERYWHERE,               EVERYWHERE,  UNCOUNTED            },
    {"acts-late",   "200ms",     0,                        EVERYWHERE,  ACTS_LATER | HARMLESS},
    {"ignored",     "",          0,                        EVERYWHERE,  HARMLESS             },
    {"error-queue", "",          0,                        0,           HARMLESS             },
    {"no-length",   "",          0,                        0,           ONLY_BLOCKS          },
    {"short-block", "",          0,                        0,           ONLY_BLOCKS          },
};

void suite_begin(struct suite *suite, const struct bench *bench, const char *labsim, FILE *report)
{
    *suite = (struct suite){.bench = bench, .driver = driver_find(bench->driver), .report = report};
    laboratory_start(&suite->laboratory, labsim, bench->argument, bench->instrument);
    for (size_t i = 0; i < bench->probe_count; i++)
        suite->points[i] = bench->probes[i].point;
    suite->spec = (struct driver_instrument_spec){
        .name = bench->name,
        .options = bench->options,
        .points = suite->points,
        .point_count = bench->probe_count,
        .waveforms = bench->waveforms,
        .waveform_count = bench->waveform_count,
    };
    uint16_t indices[PROBES_MAX];
    for (size_t i = 0; i < bench->probe_count; i++)
        indices[i] = (uint16_t)i;
    if (suite->driver->create(&suite->spec, &suite->instrument, &suite->fault) ||
        suite->driver->plan(suite->instrument, &suite->laboratory.line, indices, bench->probe_count,
                            &suite->reads, &suite->read_count))
        suite_complain(suite, "the instrument cannot be made: %s", suite->fault.text);
    else
        suite_recover(suite, DRIVER_DISCONNECTED); /* opens it */
}

void suite_end(struct suite *suite)
{
    suite->driver->transport->close(suite->line);
    suite->driver->destroy(suite->instrument);
    laboratory_stop(&suite->laboratory);
}

/* --- one bench --- */

static void conclude(struct suite *suite, const char *what, const char *kind, const char *argument)
{
    *(suite->broken ? &suite->failed : &suite->passed) += 1;
    fprintf(suite->report, "%s %s: %s %s%s%s\n", suite->broken ? "FAILED " : "ok     ", suite->bench->name,
            what, kind, *argument ? " " : "", argument);
    fflush(suite->report);
    suite->broken = false;
}

/* Some faults do not exist on some lines; labsim says which. */
static bool exists_here(struct suite *suite, const struct expectation *expectation)
{
    char problem[256];
    bool armed = laboratory_ask(&suite->laboratory, problem, sizeof problem, "fault %s %s%s%s count 1",
                                suite->laboratory.instrument, expectation->kind,
                                *expectation->argument ? " " : "", expectation->argument);
    laboratory_ask(&suite->laboratory, NULL, 0, "clear %s", suite->laboratory.instrument);
    if (!armed && !strstr(problem, "doesn't exist on this instrument's line"))
        suite_complain(suite, "labsim: %s", problem);
    return armed || suite->broken;
}

static void run_fault(struct suite *suite, const struct expectation *expectation)
{
    const char *kind = expectation->kind, *argument = expectation->argument;
    bool records = suite->driver->waveform_options && !(expectation->reads_may_lie & suite->bench->medium);
    if (!exists_here(suite, expectation) || ((expectation->traits & ONLY_BLOCKS) && !records))
        return;
    double before = suite_struck(suite);
    if (!(expectation->traits & ONLY_BLOCKS)) {
        check_reads(suite, expectation);
        conclude(suite, "reads under", kind, argument);
        check_writes(suite, expectation);
        conclude(suite, "writes under", kind, argument);
    }
    if (records) {
        check_records(suite, expectation);
        conclude(suite, "records under", kind, argument);
    }
    if (!(expectation->traits & UNCOUNTED) && suite_struck(suite) == before) {
        suite_complain(suite, "it struck nothing");
        conclude(suite, "strikes of", kind, argument);
    }
}

static size_t list_kinds(struct suite *suite, char kinds[KINDS_MAX][32])
{
    char answer[16384];
    laboratory_ask(&suite->laboratory, answer, sizeof answer, "list");
    size_t count = 0;
    char *rest = answer;
    for (char *line = strtok_r(rest, "\n", &rest); line && count < KINDS_MAX;
         line = strtok_r(NULL, "\n", &rest))
        count += sscanf(line, "kind %31[^:]", kinds[count]) == 1;
    return count;
}

static void run_kind(struct suite *suite, const char *kind)
{
    bool known = false;
    for (size_t i = 0; i < sizeof expectations / sizeof *expectations; i++)
        if (!strcmp(expectations[i].kind, kind)) {
            run_fault(suite, &expectations[i]);
            known = true;
        }
    if (!known)
        run_fault(suite, &(struct expectation){.kind = kind, .argument = ""});
}

static void run_bench(const struct bench *bench, const char *labsim, FILE *report)
{
    struct suite suite;
    char kinds[KINDS_MAX][32];
    suite_begin(&suite, bench, labsim, report);
    conclude(&suite, "opening", "", "");
    if (bench->prepare &&
        bench->prepare(suite.instrument, suite.line, laboratory_now() + 10 * LABORATORY_SECOND, &suite.fault))
        suite_complain(&suite, "preparing it: %s", suite.fault.text);
    size_t count = suite.failed ? 0 : list_kinds(&suite, kinds);
    if (count == 0)
        suite_complain(&suite, "labsim lists no faults");
    for (size_t i = 0; i < count; i++)
        run_kind(&suite, kinds[i]);
    check_hang_up(&suite);
    conclude(&suite, "hang-up and return", "", "");
    check_soak(&suite);
    conclude(&suite, "many reads with random faults", "", "");
    fprintf(report, "%s: %u transactions, %u failed openly; %u passed, %u failed\n", bench->name,
            suite.transactions, suite.failures, suite.passed, suite.failed);
    suite_end(&suite);
    fclose(report);
    exit(suite.failed ? EXIT_FAILURE : EXIT_SUCCESS);
}

/* --- all of them --- */

struct runner {
    pid_t child;
    FILE *report;
};

static void start(struct runner *runner, const struct bench *bench, const char *labsim)
{
    runner->report = tmpfile();
    if (!runner->report) {
        perror("conformance: tmpfile");
        exit(EXIT_FAILURE);
    }
    fflush(stdout);
    runner->child = fork();
    if (runner->child == 0)
        run_bench(bench, labsim, runner->report);
}

/* Prints the report and returns whether all of it passed. */
static bool finish(struct runner *runner)
{
    int status = -1;
    waitpid(runner->child, &status, 0);
    rewind(runner->report);
    char line[512];
    while (fgets(line, sizeof line, runner->report))
        fputs(line, stdout);
    fflush(stdout);
    fclose(runner->report);
    return status == 0;
}

/* Nobody can be left out: a driver without a bench fails the suite, and so does a bench without its
 * driver. */
static unsigned count_gaps(void)
{
    unsigned gaps = 0;
    for (const struct driver *const *driver = driver_table; *driver; driver++) {
        bool found = false;
        for (const struct bench *bench = benches; bench->name; bench++)
            found = found || !strcmp(bench->driver, (*driver)->name);
        if (!found)
            printf("FAILED  %s: no bench for this driver; add one to tests/conformance/bench.c\n",
                   (*driver)->name);
        gaps += !found;
    }
    for (const struct bench *bench = benches; bench->name; bench++)
        if (!driver_find(bench->driver)) {
            printf("FAILED  %s: there is no driver %s\n", bench->name, bench->driver);
            gaps++;
        }
    return gaps;
}

int main(int argc, char **argv)
{
    const char *labsim = argc > 1 ? argv[1] : "build/labsim";
    struct runner runners[BENCHES_MAX];
    size_t count = 0;
    unsigned failed = count_gaps();
    for (const struct bench *bench = benches; bench->name && count < BENCHES_MAX && !failed; bench++)
        if (argc < 3 || !strcmp(argv[2], bench->name))
            start(&runners[count++], bench, labsim);
    for (size_t i = 0; i < count; i++)
        failed += !finish(&runners[i]);
    printf("conformance: %zu benches, %u failed\n", count, failed);
    return failed || count == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
