/* capture: an instrument's waveform, acquired, read, written and drawn. */
#include "gateway/cli/commands.h"
#include "gateway/cli/download.h"
#include "gateway/cli/points.h"
#include "gateway/cli/times.h"

#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define STATE_POLL_MS 200
#define PLOT_LINES    16
/* Reading a deep memory over a serial line takes a quarter of an hour; without any new byte for so long it is
 * dead. */
#define STALL_LIMIT (90 * NS_PER_S)

struct order {
    const char *waveform, *out;
    bool deep, plot;
    trace_writer *write;
};

static const char *find_waveform(struct cli *cli, const Labgate__RigDetail *rig, const char *name)
{
    const char *names[128], *found = NULL;
    size_t count = 0;
    for (size_t i = 0; i < rig->n_waveforms; i++) {
        const char *full = rig->waveforms[i]->name, *dot = strrchr(full, '.');
        if (strcmp(full, name) == 0 || (dot && !found && strcmp(dot + 1, name) == 0))
            found = full;
        if (count + 2 <= sizeof names / sizeof *names) {
            names[count++] = full;
            names[count++] = dot ? dot + 1 : full;
        }
    }
    if (found)
        return found;
    const char *nearest = nearest_name(name, names, count);
    fail(cli, CLI_USAGE, "%s has no waveform %s%s%s", rig->rig->name, name,
         nearest ? "; did you mean " : "; labctl show lists them", nearest ? nearest : "");
    return NULL;
}

/* Starts it, as a numbered command of the seat: across a drop it is taken once. */
static int start(struct cli *cli, const struct order *order, Labgate__Answer **answer)
{
    Labgate__Capture capture = LABGATE__CAPTURE__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    struct text attempt = {0};
    int lock = -1, result = store_lock(&cli->store, cli->store.seat_lock_path, true, &lock);
    if (result == STORE_OK)
        result = store_next_sequence(&cli->store, &cli->seat);
    if (result != STORE_OK) {
        store_unlock(lock);
        return fail(cli, CLI_LOCAL, "cannot capture %s: its command number cannot be kept: %s",
                    order->waveform, result == STORE_NONE ? "the seat was left meanwhile" : cli->store.why);
    }
    capture.waveform = (char *)order->waveform;
    capture.deep = order->deep;
    capture.epoch = cli->seat.epoch;
    capture.sequence = cli->seat.sequence;
    request.body_case = LABGATE__REQUEST__BODY_CAPTURE;
    request.capture = &capture;
    text_add_format(&attempt, "capture %s", order->waveform);
    result = cli_call(cli, &request, text_get(&attempt), LABGATE__ANSWER__BODY_CAPTURE, answer);
    text_finish(&attempt);
    store_unlock(lock);
    return result;
}

static void cancel(struct cli *cli, uint64_t capture)
{
    Labgate__CaptureCancel cancelled = LABGATE__CAPTURE_CANCEL__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer = NULL;
    cancelled.capture = capture;
    request.body_case = LABGATE__REQUEST__BODY_CAPTURE_CANCEL;
    request.capture_cancel = &cancelled;
    client_call(cli->client, &request, cli->timeout, &answer);
    client_free(answer);
}

/* Replaces *answer by the capture's state now; a drop in between only delays it. */
static int ask_state(struct cli *cli, uint64_t capture, Labgate__Answer **answer)
{
    Labgate__CaptureState state = LABGATE__CAPTURE_STATE__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *now = NULL;
    state.capture = capture;
    request.body_case = LABGATE__REQUEST__BODY_CAPTURE_STATE;
    request.capture_state = &state;
    int result = client_call(cli->client, &request, cli->timeout, &now);
    if (result == CLIENT_UNREACHABLE || result == CLIENT_TIMED_OUT)
        return CLI_OK;
    if (result != CLIENT_OK)
        return fail(cli, CLI_FAULT, "cannot follow the capture: %s", client_result_text(result));
    if (!now->ok)
        result = cli_refused(cli, now, "follow the capture");
    else if (now->body_case != LABGATE__ANSWER__BODY_CAPTURE)
        result = fail(cli, CLI_FAULT, "cannot follow the capture: the answer is of another kind");
    if (result != CLI_OK) {
        client_free(now);
        return result;
    }
    client_free(*answer);
    *answer = now;
    return CLI_OK;
}

static int await(struct cli *cli, Labgate__Answer **answer)
{
    struct progress progress;
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): fail() never gives CLI_OK */
    const uint64_t id = (*answer)->capture->capture;
    uint64_t bytes = (*answer)->capture->bytes;
    int64_t moved = times_monotonic();
    int result = CLI_OK;
    progress_begin(cli, &progress, "acquiring", 0);
    while (result == CLI_OK && !(*answer)->capture->complete && !(*answer)->capture->failed[0]) {
        poll(NULL, 0, STATE_POLL_MS);
        if (interruption_seen()) {
            cancel(cli, id);
            result = fail(cli, CLI_INTERRUPTED, "the capture was interrupted and is cancelled");
            break;
        }
        result = ask_state(cli, id, answer);
        const Labgate__CaptureDone *now = (*answer)->capture;
        if (now->bytes != bytes)
            moved = times_monotonic();
        bytes = now->bytes;
        progress_step(&progress, bytes, now->samples * trace_code_size((enum trace_format)now->format));
        if (result == CLI_OK && times_monotonic() - moved > STALL_LIMIT) {
            cancel(cli, id);
            result = fail(cli, CLI_FAULT, "the instrument gave nothing for 90 s; the capture is cancelled");
        }
    }
    progress_end(&progress);
    if (result == CLI_OK && (*answer)->capture->failed[0])
        result = fail(cli, CLI_FAULT, "the capture failed: %s", (*answer)->capture->failed);
    return result;
}

static void tell(struct cli *cli, const struct order *order, const Labgate__CaptureDone *capture,
                 const struct trace *trace)
{
    double least = 0, most = 0;
    trace_extent(trace, 0, trace->samples, &least, &most);
    if (cli->json_wanted) {
        struct json *json = &cli->json;
        json_open_object(json, NULL);
        json_boolean(json, "ok", true);
        json_string(json, "waveform", capture->waveform);
        json_string(json, "unit", capture->unit);
        json_unsigned(json, "samples", capture->samples);
        json_number(json, "time_first", capture->time_first);
        json_number(json, "time_step", capture->time_step);
        json_number(json, "least", least);
        json_number(json, "greatest", most);
        json_unsigned(json, "session", capture->session);
        json_string(json, "file", capture->file);
        json_instant(json, "acquired", (int64_t)capture->wall);
        if (order->out)
            json_string(json, "out", order->out);
        json_close_object(json);
        return;
    }
    struct text low = {0}, high = {0}, step = {0};
    engineering(least, trace->unit, false, &low);
    engineering(most, trace->unit, false, &high);
    engineering(trace->time_step, "s", false, &step);
    say(cli, "%s: %" PRIu64 " samples, one every %s, from %s to %s", capture->waveform, capture->samples,
        text_get(&step), text_get(&low), text_get(&high));
    if (order->out)
        say(cli, "written to %s", order->out);
    else
        say(cli, "kept with session %" PRIu64 " as %s; labctl export %" PRIu64 " --out DIR", capture->session,
            capture->file, capture->session);
    text_finish(&low);
    text_finish(&high);
    text_finish(&step);
}

static void plot(const struct trace *trace)
{
    struct winsize size = {0};
    struct text text = {0};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        size.ws_col = 80;
    trace_plot(trace, size.ws_col, PLOT_LINES, &text);
    fwrite(text_get(&text), 1, text.length, stdout);
    text_finish(&text);
}

static int fetch(struct cli *cli, const struct order *order, const Labgate__CaptureDone *capture)
{
    struct trace trace;
    uint8_t *codes = NULL;
    if (!download_trace(capture, NULL, &trace))
        return fail(cli, CLI_FAULT, "the capture of %s cannot be read: its description makes no sense",
                    order->waveform);
    int result = download_codes(cli, capture, &codes);
    if (result == CLI_OK) {
        trace.codes = codes;
        if (order->out)
            result = download_write_trace(cli, &trace, order->out, order->write);
    }
    if (result == CLI_OK) {
        if (order->plot)
            plot(&trace);
        tell(cli, order, capture, &trace);
    }
    free(codes);
    return result;
}

static int run_capture(struct cli *cli, const struct arguments *arguments)
{
    Labgate__Answer *shown = NULL, *answer = NULL;
    struct order order = {
        .out = arguments_option(arguments, "out"),
        .deep = arguments_flag(arguments, "deep"),
        .plot = !cli->json_wanted && (arguments_flag(arguments, "plot") || cli->terminal),
    };
    order.write = order.out ? trace_writer_for(order.out) : NULL;
    if (order.out && !order.write)
        return fail(cli, CLI_USAGE, "--out %s: the name must end in %s", order.out, trace_endings);
    int result = cli_require_login(cli);
    if (result == CLI_OK)
        result = cli_require_seat(cli);
    if (result == CLI_OK)
        result = cli_show(cli, cli->seat.rig, &shown);
    if (result != CLI_OK)
        return result;
    order.waveform = find_waveform(cli, shown->show, arguments->words[0]);
    if (!order.waveform)
        result = CLI_USAGE;
    if (result == CLI_OK)
        result = start(cli, &order, &answer);
    if (result == CLI_OK) {
        interruption_catch();
        result = await(cli, &answer);
        if (result == CLI_OK)
            result = fetch(cli, &order, answer->capture);
        interruption_release();
    }
    client_free(answer);
    client_free(shown);
    return result;
}

static const struct option_row capture_options[] = {
    {"deep", NULL,   "the instrument's whole memory, not only its screen: may take minutes"},
    {"out",  "FILE", "write it: .csv, .npy (NumPy) or .png by the name's ending"           },
    {"plot", NULL,   "draw it in the terminal even when the output is none"                },
    {NULL,   NULL,   NULL                                                                  },
};

const struct command command_capture = {
    .name = "capture",
    .group = GROUP_RIG,
    .arguments = "WAVEFORM",
    .least = 1,
    .most = 1,
    .summary = "acquire a waveform, read it, write or draw it",
    .text = "Ctrl-C cancels it at the instrument. A drop of the line only delays it. The gateway keeps each "
            "capture with\n"
            "the session's recording.",
    .options = capture_options,
    .examples = "labctl capture scope.ch1 --out step.png\nlabctl capture ch1 --deep --out step.npy",
    .run = run_capture,
};
