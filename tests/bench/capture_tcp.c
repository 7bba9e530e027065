/* A deep record over TCP through a link, against a bare socket that asks the same simulator for the same
 * bytes in the largest blocks that the instrument gives. Polls go on meanwhile, as they do in a lab. */
#include "tests/bench/bench.h"
#include "tests/unit/link/lab.h"

#include "drivers/scpi.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>

enum { ROUNDS = 5, DEPTH = 12000000, BLOCK = 250000 };

static unsigned char record[DEPTH], copy[DEPTH];

/* --- bare ---------------------------------------------------------------------------------------- */

static int bare_connect(const struct lab *lab)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)lab->port)};
    static const int on = 1;
    int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connection < 0 || connect(connection, (struct sockaddr *)&address, sizeof(address)))
        lab_die("connecting a bare socket");
    static const struct timeval patience = {.tv_sec = 20};
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    return connection;
}

static void say(int connection, const char *text)
{
    if (send(connection, text, strlen(text), MSG_NOSIGNAL) != (ssize_t)strlen(text))
        lab_die("sending on a bare socket");
}

static void hear(int connection, void *bytes, size_t length)
{
    for (size_t got = 0; got < length;) {
        ssize_t now = recv(connection, (char *)bytes + got, length - got, 0);
        if (now <= 0)
            lab_die("receiving on a bare socket");
        got += (size_t)now;
    }
}

/* "#" , the number of digits, the length, the data and a line feed. */
static void hear_block(int connection, unsigned char *bytes, size_t length)
{
    char header[2], digits[10] = "", end;
    hear(connection, header, sizeof(header));
    hear(connection, digits, (size_t)(header[1] - '0'));
    if (strtoul(digits, NULL, 10) != length)
        lab_die("a block is not as long as was asked for");
    hear(connection, bytes, length);
    hear(connection, &end, 1);
}

static void prepare(const struct lab *lab)
{
    char message[64], answer;
    int connection = bare_connect(lab);
    snprintf(message, sizeof(message), ":ACQ:MDEP %d\n:RUN\n*OPC?\n", DEPTH);
    say(connection, message);
    for (answer = 0; answer != '\n';)
        hear(connection, &answer, 1);
    lab_sleep(LAB_SECOND);
    say(connection, ":STOP\n*OPC?\n");
    for (answer = 0; answer != '\n';)
        hear(connection, &answer, 1);
    close(connection);
}

static double bare_rate(const struct lab *lab)
{
    char message[96];
    int connection = bare_connect(lab);
    say(connection, ":WAV:SOUR CHAN1\n:WAV:MODE RAW\n:WAV:FORM BYTE\n");
    int64_t began = lab_now();
    for (size_t at = 0; at < DEPTH; at += BLOCK) {
        snprintf(message, sizeof(message), ":WAV:STAR %zu\n:WAV:STOP %zu\n:WAV:DATA?\n", at + 1, at + BLOCK);
        say(connection, message);
        hear_block(connection, copy + at, BLOCK);
    }
    double rate = (double)DEPTH * LAB_SECOND / (double)(lab_now() - began);
    close(connection);
    return rate;
}

/* --- through a link ------------------------------------------------------------------------------ */

struct scope {
    struct scpi_instrument_options options;
    struct scpi_point_options scale;
    struct scpi_waveform_options source;
    struct driver_point point;
    struct driver_waveform waveform;
    int64_t poll;
    struct link_instrument_spec instrument;
};

static void describe(struct scope *scope, struct lab_link *link, const struct lab *lab)
{
    memset(link, 0, sizeof(*link));
    *scope = (struct scope){
        .options = {.identity = (char *)"RIGOL", .error_queue = true},
        .scale = {.query = (char *)":CHAN1:SCAL?"                          },
        .source = {.source = (char *)"CHAN1"},
        .poll = LAB_SECOND,
    };
    scope->point = (struct driver_point){
        .name = "scale", .type = DRIVER_NUMBER, .readable = true, .options = &scope->scale};
    scope->waveform = (struct driver_waveform){.name = "ch1", .unit = "V", .options = &scope->source};
    scope->instrument = (struct link_instrument_spec){
        .driver = driver_find("scpi-rigol-ds1000z"),
        .instrument = {.name = "scope",
                       .options = &scope->options,
                       .points = &scope->point,
                       .point_count = 1,
                       .waveforms = &scope->waveform,
                       .waveform_count = 1},
        .polls = &scope->poll,
    };
    link->spec = (struct link_spec){
        .name = "scope",
        .line = {.timeout = 500 * LAB_MS},
        .instruments = &scope->instrument,
        .instrument_count = 1,
        .rig_count = 1,
        .longest = 250 * LAB_MS,
    };
    lab_on_tcp(link, lab);
}

static void await_up(const struct lab_link *link)
{
    struct link_report report;
    for (int64_t until = lab_now() + 20 * LAB_SECOND; lab_now() < until; lab_await(link, until))
        while (link_next_report(link->link, &report))
            if (report.kind == LINK_REPORT_INSTRUMENT && report.state.up)
                return;
    lab_die("the scope does not answer through the link");
}

static double link_rate(const struct lab *lab)
{
    struct scope scope;
    struct lab_link link;
    struct link_report report = {0};
    size_t taken = 0;
    bool done = false;
    describe(&scope, &link, lab);
    lab_connect(&link);
    await_up(&link);
    int64_t began = lab_now();
    if (link_capture(link.link, &(struct link_capture){.depth = DRIVER_DEEP}))
        lab_die("starting a capture");
    while (!done || taken < DEPTH) {
        if (lab_now() > began + 60 * LAB_SECOND)
            lab_die("the capture does not end");
        lab_await(&link, lab_now() + LAB_SECOND);
        while (link_next_report(link.link, &report)) {
            done |= report.kind == LINK_REPORT_CAPTURE && report.capture.done;
            if (report.kind == LINK_REPORT_CAPTURE && report.capture.result)
                lab_die(report.capture.why);
        }
        taken += link_capture_take(link.link, 0, record + taken, sizeof(record) - taken);
    }
    double rate = (double)DEPTH * LAB_SECOND / (double)(lab_now() - began);
    lab_disconnect(&link);
    return rate;
}

int main(void)
{
    struct lab lab;
    double ratios[ROUNDS], bare[ROUNDS], ours[ROUNDS];
    lab_start(&lab, "scope:A@tcp:127.0.0.1:0");
    prepare(&lab);
    for (size_t i = 0; i < ROUNDS; i++) {
        bare[i] = bare_rate(&lab);
        ours[i] = link_rate(&lab);
        ratios[i] = ours[i] / bare[i];
    }
    lab_stop(&lab);
    if (memcmp(record, copy, DEPTH))
        lab_die("the records differ");
    fprintf(stderr, "capture_tcp: bare socket %.1f MB/s, link %.1f MB/s\n", bench_median(bare, ROUNDS) / 1e6,
            bench_median(ours, ROUNDS) / 1e6);
    bench_at_least("deep capture over TCP, of a bare socket's copy", bench_median(ratios, ROUNDS), 0.8, "x");
    return 0;
}
