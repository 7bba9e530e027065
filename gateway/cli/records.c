/* log, export. */
#include "gateway/cli/bookings.h"
#include "gateway/cli/columns.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/download.h"
#include "gateway/cli/timeline.h"
#include "gateway/cli/times.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PAGE_MOST 200
#define FOLLOW_MS 1000

static int read_number(struct cli *cli, const struct arguments *arguments, const char *option,
                       uint64_t *number)
{
    const char *text = arguments_option(arguments, option);
    if (text && !arguments_whole(text, 0, UINT64_MAX, number))
        return fail(cli, CLI_USAGE, "--%s %s: give a number, 0 or more", option, text);
    return CLI_OK;
}

void log_record_json(struct json *json, const Labgate__LogRecord *record)
{
    json_unsigned(json, "number", record->number);
    json_instant(json, "time", (int64_t)record->wall);
    json_string(json, "who", record->who);
    json_string(json, "kind", record->kind);
    json_string(json, "rig", record->rig);
    if (record->point[0])
        json_string(json, "point", record->point);
    if (record->has_values) {
        json_number(json, "before", record->before);
        json_number(json, "after", record->after);
    }
    if (record->reason[0])
        json_string(json, "reason", record->reason);
    if (record->rule[0])
        json_string(json, "rule", record->rule);
    if (record->session)
        json_unsigned(json, "session", record->session);
    json_string(json, "text", record->text);
}

static void print_record(struct cli *cli, const Labgate__LogRecord *record)
{
    char when[TIMES_TEXT];
    struct text line = {0};
    text_add_format(&line, "%6" PRIu64 "  %s  %-10s  %-12s  %s", record->number,
                    times_local((int64_t)record->wall, when), record->rig, record->kind, record->who);
    if (record->point[0])
        text_add_format(&line, "  %s", record->point);
    if (record->has_values)
        text_add_format(&line, " %.6g -> %.6g", record->before, record->after);
    if (record->reason[0])
        text_add_format(&line, "  %s", record->reason);
    if (record->rule[0])
        text_add_format(&line, " (rule %s)", record->rule);
    if (record->text[0])
        text_add_format(&line, "  %s", record->text);
    bool refused = record->reason[0] && strcmp(record->reason, "accepted") != 0;
    say_styled(cli, refused ? STYLE_WARNING : STYLE_PLAIN, "%s", text_get(&line));
    text_finish(&line);
}

struct log_order {
    Labgate__Log request;
    uint64_t most; /* records in all; 0: no limit */
    bool follow;
};

/* One page; *more says whether to go on at once. */
static int print_page(struct cli *cli, struct log_order *order, uint64_t *printed, bool *more)
{
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer;
    uint64_t left = order->most ? order->most - *printed : PAGE_MOST;
    order->request.most = (uint32_t)(left < PAGE_MOST ? left : PAGE_MOST);
    request.body_case = LABGATE__REQUEST__BODY_LOG;
    request.log = &order->request;
    int result = cli_call(cli, &request, "read the log", LABGATE__ANSWER__BODY_LOG, &answer);
    if (result != CLI_OK)
        return result;
    const Labgate__LogPage *page = answer->log;
    for (size_t i = 0; i < page->n_records; i++) {
        if (cli->json_wanted) {
            json_open_object(&cli->json, NULL);
            log_record_json(&cli->json, page->records[i]);
            json_close_object(&cli->json);
        } else {
            print_record(cli, page->records[i]);
        }
        if (page->records[i]->number > order->request.after)
            order->request.after = page->records[i]->number;
    }
    fflush(stdout);
    *printed += page->n_records;
    *more = page->more && (!order->most || *printed < order->most);
    if (page->next > order->request.after)
        order->request.after = page->next;
    client_free(answer);
    return CLI_OK;
}

/* By the gateway's clock, as are the records. */
static int read_span(struct cli *cli, const struct arguments *arguments, Labgate__Log *request)
{
    const char *from = arguments_option(arguments, "from"), *until = arguments_option(arguments, "until");
    int64_t now = 0, first = 0, last = 0;
    int result = from || until ? bookings_now(cli, &now) : CLI_OK;
    if (result == CLI_OK && from)
        result = bookings_instant(cli, "--from", from, now, &first);
    if (result == CLI_OK && until)
        result = bookings_instant(cli, "--until", until, now, &last);
    request->from = (uint64_t)first;
    request->until = (uint64_t)last;
    return result;
}

/* `kind` has room for one. */
static void read_filters(const struct arguments *arguments, Labgate__Log *request, char **kind)
{
    const char *person = arguments_option(arguments, "person");
    request->person = (char *)(uintptr_t)(person ? person : "");
    request->refusals = arguments_flag(arguments, "refusals");
    *kind = (char *)(uintptr_t)arguments_option(arguments, "kind");
    request->kinds = kind;
    request->n_kinds = *kind != NULL;
}

static int run_log(struct cli *cli, const struct arguments *arguments)
{
    struct log_order order = {.request = LABGATE__LOG__INIT, .follow = arguments_flag(arguments, "follow")};
    uint64_t printed = 0;
    bool more = true;
    char *kind;
    int result = read_number(cli, arguments, "session", &order.request.session);
    if (result == CLI_OK)
        result = read_number(cli, arguments, "after", &order.request.after);
    if (result == CLI_OK)
        result = read_number(cli, arguments, "most", &order.most);
    read_filters(arguments, &order.request, &kind);
    if (result == CLI_OK)
        result = cli_require_login(cli);
    if (result == CLI_OK)
        result = cli_load_seat(cli);
    if (result == CLI_OK)
        result = read_span(cli, arguments, &order.request);
    if (result != CLI_OK)
        return result;
    if (arguments->count)
        order.request.rig = (char *)arguments->words[0];
    else if (!order.request.session && cli->seat.seat)
        order.request.session = cli->seat.session;
    interruption_catch();
    while (result == CLI_OK && more && !interruption_seen()) {
        result = print_page(cli, &order, &printed, &more);
        if (!more && order.follow && (!order.most || printed < order.most)) {
            more = true;
            poll(NULL, 0, FOLLOW_MS);
        }
    }
    interruption_release();
    if (result == CLI_OK && !printed && !order.follow && !cli->json_wanted)
        warn(cli, "no record fits%s%s%s%s", arguments->count ? ", of the rig " : "",
             arguments->count ? order.request.rig : "", kind ? ", of the kind " : "", kind ? kind : "");
    return result;
}

/* --- export ----------------------------------------------------------------------------------- */

/* A file's name comes from the gateway: it must not lead out of the directory. */
static bool good_file_name(const char *name)
{
    if (!name[0] || name[0] == '.' || strlen(name) > 200)
        return false;
    for (; *name; name++)
        if (*name == '/' || (unsigned char)*name < 0x20 || *name == 0x7f)
            return false;
    return true;
}

static bool write_bytes(void *context, const uint8_t *bytes, size_t length)
{
    return fwrite(bytes, 1, length, context) == length;
}

static int export_changes(struct cli *cli, uint64_t session, const Labgate__File *entry, const char *path)
{
    struct progress progress;
    FILE *file = fopen(path, "we");
    if (!file)
        return fail(cli, CLI_LOCAL, "cannot write %s: %s", path, strerror(errno));
    struct download order = {
        .session = session, .name = entry->name, .take = write_bytes, .context = file, .progress = &progress};
    progress_begin(cli, &progress, "reading", 0);
    int result = download(cli, &order);
    progress_end(&progress);
    if (fclose(file) != 0 && result == CLI_OK)
        result = fail(cli, CLI_LOCAL, "cannot write %s: %s", path, strerror(errno));
    return result;
}

/* Makes `path`, of the file as the gateway has it, the one that is written. */
static int export_capture(struct cli *cli, const Labgate__File *entry, const char *ending, struct text *path)
{
    const Labgate__CaptureDone *capture = entry->capture;
    struct trace trace;
    uint8_t *codes = NULL;
    if (!capture || !download_trace(capture, NULL, &trace))
        return fail(cli, CLI_FAULT, "%s cannot be read: its description makes no sense", entry->name);
    static const char raw[] = ".capture";
    if (path->length > sizeof raw && strcmp(path->data + path->length - (sizeof raw - 1), raw) == 0)
        path->data[path->length -= sizeof raw - 1] = '\0';
    text_add_format(path, ".%s", ending);
    int result = download_codes(cli, capture, &codes);
    trace.codes = codes;
    if (result == CLI_OK)
        result = download_write_trace(cli, &trace, text_get(path), trace_writer_for(text_get(path)));
    free(codes);
    return result;
}

static int export_file(struct cli *cli, uint64_t session, const Labgate__File *entry, const char *directory,
                       const char *ending)
{
    struct text path = {0};
    int result;
    if (!good_file_name(entry->name))
        return fail(cli, CLI_FAULT, "a file of the recording has an impossible name: %s", entry->name);
    text_add_format(&path, "%s/%s", directory, entry->name);
    if (strcmp(entry->kind, "capture") == 0)
        result = export_capture(cli, entry, ending, &path);
    else
        result = export_changes(cli, session, entry, text_get(&path));
    if (result == CLI_OK && cli->json_wanted)
        json_string(&cli->json, NULL, text_get(&path));
    else if (result == CLI_OK)
        say(cli, "%s", text_get(&path));
    text_finish(&path);
    return result;
}

/* A capture that was cut off is told and does not keep the others. */
static int export_files(struct cli *cli, const Labgate__FileList *list, uint64_t session,
                        const char *directory, const char *ending)
{
    int worst = CLI_OK;
    if (cli->json_wanted)
        json_open_array(&cli->json, NULL);
    bool json = cli->json_wanted;
    for (size_t i = 0; i < list->n_files && !interruption_seen(); i++) {
        const Labgate__File *entry = list->files[i];
        if (entry->capture && (entry->capture->failed[0] || !entry->capture->complete)) {
            warn(cli, "%s is left out: %s", entry->name,
                 entry->capture->failed[0] ? entry->capture->failed : "it is not complete");
            worst = CLI_FAULT;
            continue;
        }
        int result = export_file(cli, session, entry, directory, ending);
        if (result != CLI_OK)
            worst = result;
        if (result == CLI_UNREACHABLE || result == CLI_INTERRUPTED)
            break;
    }
    if (json)
        json_close_array(&cli->json);
    return worst;
}

/* -1 with errno: it cannot be looked into. */
static int count_files(const char *directory)
{
    DIR *opened = opendir(directory);
    int count = -2; /* itself and its parent */
    if (!opened)
        return -1;
    while (readdir(opened))
        count++;
    closedir(opened);
    return count;
}

/* Only once there is something to be put there; what is there already is nobody's to be overwritten unasked.
 */
static int make_directory(struct cli *cli, const char *directory, bool force)
{
    bool made = mkdir(directory, 0777) == 0;
    if (!made && errno != EEXIST)
        return fail(cli, CLI_LOCAL, "cannot make the directory %s: %s", directory, strerror(errno));
    int files = made || force ? 0 : count_files(directory);
    if (files < 0)
        return fail(cli, CLI_LOCAL, "cannot look into %s: %s: nothing was exported; name another directory",
                    directory, strerror(errno));
    if (files > 0)
        return fail(
            cli, CLI_LOCAL,
            "%s is there and is not empty: nothing was exported; name another directory, or say --force "
            "to write into it",
            directory);
    return CLI_OK;
}

static int run_export(struct cli *cli, const struct arguments *arguments)
{
    const char *directory = arguments_option(arguments, "out"),
               *ending = arguments_option(arguments, "captures");
    Labgate__Files files = LABGATE__FILES__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer;
    struct text attempt = {0};
    ending = ending ? ending : "csv";
    if (!arguments_whole(arguments->words[0], 1, UINT64_MAX, &files.session))
        return fail(cli, CLI_USAGE, "%s is not a session's number; labctl bookings shows them",
                    arguments->words[0]);
    if (!directory)
        return fail(cli, CLI_USAGE, "say where to: labctl export %s --out DIR", arguments->words[0]);
    if (strcmp(ending, "csv") != 0 && strcmp(ending, "npy") != 0 && strcmp(ending, "png") != 0)
        return fail(cli, CLI_USAGE, "--captures %s: it is csv, npy or png", ending);
    int result = cli_require_login(cli);
    if (result != CLI_OK)
        return result;
    request.body_case = LABGATE__REQUEST__BODY_FILES;
    request.files = &files;
    text_add_format(&attempt, "list the recording of session %" PRIu64, files.session);
    result = cli_call(cli, &request, text_get(&attempt), LABGATE__ANSWER__BODY_FILES, &answer);
    text_finish(&attempt);
    if (result != CLI_OK)
        return result;
    result = make_directory(cli, directory, arguments_flag(arguments, "force"));
    if (result != CLI_OK) {
        client_free(answer);
        return result;
    }
    interruption_catch();
    result = export_files(cli, answer->files, files.session, directory, ending);
    interruption_release();
    if (answer->files->n_files == 0)
        warn(cli, "session %" PRIu64 " left no files", files.session);
    client_free(answer);
    return result;
}

static const struct option_row log_options[] = {
    {"session",  "N",    "of this session (default: the one of the seat, when no RIG is named)" },
    {"after",    "N",    "only records after this number"                                       },
    {"most",     "N",    "end after so many records"                                            },
    {"person",   "NAME", "only what this account did, or this name; labgate: the gateway itself"},
    {"kind",     "KIND", "only this: trip, refusal, lockout ..."                                },
    {"refusals", NULL,   "only what was refused"                                                },
    {"from",     "TIME", "not before this time"                                                 },
    {"until",    "TIME", "not after this time"                                                  },
    {"follow",   NULL,   "go on as records come, until Ctrl-C"                                  },
    {NULL,       NULL,   NULL                                                                   },
};

static const struct option_row export_options[] = {
    {"out",      "DIR",  "where to; it is made when it is missing"                              },
    {"captures", "FORM", "csv (default), npy or png"                                            },
    {"force",    NULL,   "also into a directory that is not empty, over files of the same names"},
    {NULL,       NULL,   NULL                                                                   },
};

const struct command command_log = {
    .name = "log",
    .group = GROUP_RECORDS,
    .arguments = "[RIG]",
    .most = 1,
    .summary = "show the audit: who did what, the answer, the values before and after",
    .text =
        "Students may read that of their own sessions. With --json each record is a JSON document on a line.",
    .options = log_options,
    .examples = "labctl log\nlabctl log tank-1 --after 1200 --follow",
    .run = run_log,
};

const struct command command_export = {
    .name = "export",
    .group = GROUP_RECORDS,
    .arguments = "SESSION",
    .least = 1,
    .most = 1,
    .summary = "save a session's changes and captures as files",
    .options = export_options,
    .examples = "labctl export 12 --out report\nlabctl export 12 --out report --captures png",
    .run = run_export,
};
