/* The scpi dialects against an instrument that is scripted: what is believed, what is refused, and that
 * the line is in step again after a late answer. */
#include "drivers/scpi.h"
#include "drivers/stream.h"

#include "tests/unit/drivers/peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define IDENTITY "RIGOL TECHNOLOGIES,DS1104Z,DS1ZA000000001,00.04.04"
#define MEMORY   3000

/* What the instrument does, and what it has seen. */
struct device {
    const char *stale;   /* sent before the first answer: late answers to questions of before */
    const char *errors;  /* answers of SYST:ERR?, one a letter: 0 or an error */
    const char *pending; /* where in errors it is */
    bool running, keeps_running, other_source, exchanged;
    bool screen; /* is what it offers, and not its memory */
    bool joins;  /* answers of one message */
    int token;
    double frequency;
    unsigned from, to;
    size_t missing; /* bytes left out of each block */
    bool no_length;
    bool turned; /* a knob: the volts of a code are others */
    bool deaf;   /* to the messages that choose the second chunk */
    unsigned choices;
    char seen[4096];
};

static void say(struct peer *peer, const char *text)
{
    peer_give(peer, text, strlen(text));
}

static void give_block(struct peer *peer, struct device *device)
{
    char block[MEMORY + 16];
    size_t count = device->to - device->from + 1;
    int head = sprintf(block, "#9%09zu", count);
    for (size_t i = 0; i < count; i++)
        block[head + (int)i] = (char)((device->from + i) % 251);
    block[head + (int)count] = '\n';
    if (device->no_length)
        say(peer, "#0");
    else
        peer_give(peer, block, (size_t)head + count + 1 - device->missing);
}

static void give_error(struct peer *peer, struct device *device)
{
    char error = device->pending && *device->pending ? *device->pending++ : '0';
    say(peer, error == '0' ? "0,\"No error\"\n" : "-113,\"Undefined header\"\n");
}

static void obey(struct peer *peer, struct device *device, const char *message)
{
    char text[96];
    if (!strncmp(message, ":WAV:ST", 7) && !strchr(message, '?') && device->choices++ / 2 == 1 &&
        device->deaf)
        return;
    if (device->stale) {
        say(peer, device->stale);
        device->stale = NULL;
    }
    if (!strcmp(message, "*IDN?"))
        say(peer, device->exchanged ? "RIGOL TECHNOLOGIES,DS1054Z,7,1\n" : IDENTITY "\n");
    else if (!strcmp(message, "*ESE?"))
        sprintf(text, "%d\n", device->token), say(peer, text);
    else if (!strcmp(message, "*ESE?;*ESE?") && device->joins)
        sprintf(text, "%d;%d\n", device->token, device->token), say(peer, text);
    else if (!strcmp(message, "FREQ?;*ESE?") && device->joins)
        sprintf(text, "%g;%d\n", device->frequency, device->token), say(peer, text);
    else if (!strcmp(message, "SYST:ERR?"))
        give_error(peer, device);
    else if (!strcmp(message, "FREQ?"))
        sprintf(text, "%g\n", device->frequency), say(peer, text);
    else if (!strcmp(message, ":TRIG:STAT?"))
        say(peer, device->running ? "AUTO\n" : "STOP\n");
    else if (!strcmp(message, ":TRIG:SWE?"))
        say(peer, "AUTO\n");
    else if (!strcmp(message, ":WAV:SOUR?"))
        say(peer, device->other_source ? "CHAN2\n" : "CHAN1\n");
    else if (!strcmp(message, ":WAV:STAR?"))
        sprintf(text, "%u\n", device->from), say(peer, text);
    else if (!strcmp(message, ":WAV:PRE?"))
        sprintf(text, "0,%s,%s,0,%s,-10,127\n", device->screen ? "0,1200" : "2,3000",
                device->screen ? "1,1e-6,-6e-4" : "1,1e-6,-1.5e-3", device->turned ? "2e-2" : "4e-2"),
            say(peer, text);
    else if (!strncmp(message, ":WAV:MODE ", 10))
        device->screen = !strcmp(message + 10, "NORM");
    else if (!strcmp(message, ":WAV:DATA?"))
        give_block(peer, device);
    else if (!strcmp(message, ":RUN"))
        device->running = true;
    else if (!strcmp(message, ":STOP"))
        device->running = device->keeps_running;
    else if (!strcmp(message, "BAD 1"))
        device->pending = device->errors;
    (void)(sscanf(message, "*ESE %d", &device->token) || sscanf(message, "FREQ %lf", &device->frequency) ||
           sscanf(message, ":WAV:STAR %u", &device->from) || sscanf(message, ":WAV:STOP %u", &device->to));
}

static void serve(struct peer *peer)
{
    struct device *device = peer->context;
    char message[256];
    size_t length = 0;
    for (char byte; peer_take(peer, &byte, 1);) {
        if (byte != '\n' && length < sizeof message - 1) {
            message[length++] = byte;
            continue;
        }
        message[length] = '\0';
        length = 0;
        if (strlen(device->seen) + strlen(message) + 2 < sizeof device->seen)
            strcat(strcat(device->seen, message), "\n");
        obey(peer, device, message);
    }
}

/* --- the bench --- */

enum { FREQUENCY, BAD, POINTS };

struct bench {
    struct device device;
    struct peer peer;
    struct driver_line_spec line_spec;
    struct scpi_instrument_options options;
    struct driver_point points[POINTS];
    struct scpi_point_options point_options[POINTS];
    struct driver_waveform waveform;
    struct scpi_waveform_options waveform_options;
    struct driver_instrument_spec spec;
    struct driver_instrument *instrument;
    struct driver_line *line;
    struct driver_fault fault;
    int64_t deadline;
    const struct driver *driver;
};

static char no_text[] = "", ask_frequency[] = "FREQ?", set_frequency[] = "FREQ {}", set_bad[] = "BAD {}",
            channel[] = "CHAN1", wrong[] = "Agilent";

static void begin(struct bench *bench, bool serial, const char *driver)
{
    peer_start(&bench->peer, serial, serve, &bench->device);
    bench->line_spec = peer_line(&bench->peer);
    bench->options =
        (struct scpi_instrument_options){.identity = no_text, .error_queue = true, .token = true};
    bench->point_options[FREQUENCY] = (struct scpi_point_options){
        .query = ask_frequency, .set = set_frequency, .on = no_text, .off = no_text};
    bench->point_options[BAD] =
        (struct scpi_point_options){.query = ask_frequency, .set = set_bad, .on = no_text, .off = no_text};
    for (int i = 0; i < POINTS; i++)
        bench->points[i] = (struct driver_point){.name = "frequency",
                                                 .type = DRIVER_NUMBER,
                                                 .readable = true,
                                                 .writable = true,
                                                 .options = &bench->point_options[i]};
    bench->waveform_options.source = channel;
    bench->waveform = (struct driver_waveform){"ch1", "V", &bench->waveform_options};
    bench->spec =
        (struct driver_instrument_spec){"scope", &bench->options, bench->points, POINTS, &bench->waveform, 1};
    bench->driver = driver_find(driver);
    assert_non_null(bench->driver);
    bench->deadline = peer_now() + 20 * PEER_SECOND;
    assert_int_equal(bench->driver->create(&bench->spec, &bench->instrument, &bench->fault), 0);
    assert_int_equal(stream_transport.open(&bench->line_spec, bench->deadline, &bench->line, &bench->fault),
                     0);
}

static int greet(struct bench *bench)
{
    return bench->driver->greet(bench->instrument, bench->line, bench->deadline, &bench->fault);
}

static void end(struct bench *bench)
{
    stream_transport.close(bench->line);
    bench->driver->destroy(bench->instrument);
    peer_stop(&bench->peer);
}

static int read_frequency(struct bench *bench, struct driver_sample *sample)
{
    const struct driver_read *reads;
    size_t count;
    const uint16_t point = FREQUENCY;
    assert_int_equal(bench->driver->plan(bench->instrument, &bench->line_spec, &point, 1, &reads, &count), 0);
    assert_int_equal(count, 1);
    return bench->driver->read(bench->instrument, bench->line, reads, sample, bench->deadline, &bench->fault);
}

static int write_point(struct bench *bench, uint16_t point, double number)
{
    const struct driver_value value = {.number = number};
    return bench->driver->write(bench->instrument, bench->line, point, &value, bench->deadline,
                                &bench->fault);
}

/* --- points --- */

static void points_are_read_and_written(void **state)
{
    (void)state;
    for (int serial = 0; serial < 2; serial++) {
        struct bench bench = {.device.frequency = 50};
        struct driver_sample sample;
        begin(&bench, serial, "scpi");
        assert_int_equal(greet(&bench), 0);
        assert_int_equal(read_frequency(&bench, &sample), 0);
        assert_true(sample.good && sample.value.number == 50);
        assert_int_equal(write_point(&bench, FREQUENCY, 1250), 0);
        assert_int_equal(read_frequency(&bench, &sample), 0);
        assert_true(sample.good && sample.value.number == 1250);
        end(&bench);
    }
}

static void a_refused_command_is_known_and_not_blamed_on_the_next(void **state)
{
    (void)state;
    struct bench bench = {.device.errors = "EE"};
    begin(&bench, false, "scpi");
    assert_int_equal(greet(&bench), 0);
    assert_int_equal(write_point(&bench, BAD, 1), DRIVER_REJECTED);
    assert_int_equal(bench.fault.code, -113);
    assert_non_null(strstr(bench.fault.text, "BAD 1"));
    assert_int_equal(write_point(&bench, FREQUENCY, 7), 0);
    end(&bench);
}

static void a_queue_without_end_is_cleared(void **state)
{
    (void)state;
    char errors[200];
    memset(errors, 'E', sizeof errors - 1);
    errors[sizeof errors - 1] = '\0';
    struct bench bench = {.device.errors = errors};
    begin(&bench, false, "scpi");
    assert_int_equal(greet(&bench), 0);
    assert_int_equal(write_point(&bench, BAD, 1), DRIVER_REJECTED);
    assert_int_equal(greet(&bench), DRIVER_OK); /* so that *CLS has been read */
    assert_non_null(strstr(bench.device.seen, "*CLS"));
    end(&bench);
}

/* --- the token --- */

static int read_named(struct bench *bench, struct driver_sample *sample)
{
    const struct driver_read *reads;
    size_t count;
    const uint16_t point = FREQUENCY;
    assert_int_equal(bench->driver->plan(bench->instrument, &bench->line_spec, &point, 1, &reads, &count), 0);
    assert_non_null(reads->other);
    assert_true(reads->other->unmistakable && reads->other->shape != reads->shape);
    return bench->driver->read(bench->instrument, bench->line, reads->other, sample, bench->deadline,
                               &bench->fault);
}

static void an_older_answer_lacks_the_token(void **state)
{
    (void)state;
    static const char *const stale[] = {"7\n", "7;199\n", "7;\n"};
    for (size_t i = 0; i < sizeof stale / sizeof *stale; i++) {
        struct bench bench = {.device.frequency = 50, .device.joins = true};
        struct driver_sample sample = {0};
        begin(&bench, true, "scpi");
        bench.options.compound = true;
        bench.instrument->token = 199;
        assert_int_equal(greet(&bench), 0);
        assert_int_equal(read_named(&bench, &sample), 0);
        assert_true(sample.good && sample.value.number == 50);
        bench.device.stale = stale[i];
        assert_int_equal(read_named(&bench, &sample), DRIVER_GARBLED);
        assert_int_equal(greet(&bench), 0);
        assert_int_equal(read_named(&bench, &sample), 0);
        end(&bench);
    }
}

/* It is asked so often that one lost answer does not decide, and not for ever. */
static void an_instrument_that_does_not_join_is_asked_plainly(void **state)
{
    (void)state;
    struct bench bench = {.device.frequency = 50};
    struct driver_sample sample = {0};
    begin(&bench, false, "scpi");
    bench.options.compound = true;
    bench.line_spec.timeout = PEER_SECOND / 10;
    int tries = 0;
    while (greet(&bench) && tries < 5)
        tries++;
    assert_int_equal(tries, 3);
    assert_int_equal(read_named(&bench, &sample), DRIVER_REJECTED);
    assert_int_equal(read_frequency(&bench, &sample), 0);
    end(&bench);
}

/* --- greeting --- */

static void late_answers_are_thrown_away_by_the_greeting(void **state)
{
    (void)state;
    static const char *const stale[] = {
        "1.5\n",          "1.5\nAUTO\n0,\"No error\"\n", IDENTITY "\n", IDENTITY "\n" IDENTITY "\n",
        IDENTITY "\n7\n", IDENTITY "\n0,\"No error\"\n",
    };
    for (size_t i = 0; i < sizeof stale / sizeof *stale; i++) {
        struct bench bench = {.device.frequency = 50};
        struct driver_sample sample;
        begin(&bench, false, "scpi");
        assert_int_equal(greet(&bench), 0);
        bench.instrument->token = 200; /* not 7 */
        bench.device.stale = stale[i];
        if (greet(&bench))
            fail_msg("case %zu: %s", i, bench.fault.text);
        if (read_frequency(&bench, &sample))
            fail_msg("case %zu: %s", i, bench.fault.text);
        assert_true(sample.good && sample.value.number == 50);
        end(&bench);
    }
}

/* Nothing is known of it yet, and the first line that looks like an identity is none. */
static void a_late_answer_is_not_taken_for_a_stranger(void **state)
{
    (void)state;
    struct bench bench = {.device.frequency = 50, .device.stale = "0,0,1200,1,5e-7,-3e-4,0,4e-2,0,127\n"};
    begin(&bench, false, "scpi");
    assert_int_equal(greet(&bench), 0);
    assert_string_equal(bench.instrument->identity, IDENTITY);
    assert_int_equal(greet(&bench), 0);
    end(&bench);
}

static void another_instrument_is_not_greeted(void **state)
{
    (void)state;
    struct bench bench = {.device.frequency = 50};
    begin(&bench, false, "scpi");
    bench.options.identity = wrong;
    bench.line_spec.timeout = PEER_SECOND / 10;
    assert_int_equal(greet(&bench), DRIVER_TIMED_OUT);
    assert_non_null(strstr(bench.fault.text, "Agilent"));
    end(&bench);
}

static void an_instrument_that_was_exchanged_is_not_greeted(void **state)
{
    (void)state;
    struct bench bench = {.device.frequency = 50};
    begin(&bench, false, "scpi");
    assert_int_equal(greet(&bench), 0);
    bench.line_spec.timeout = PEER_SECOND / 10;
    bench.device.exchanged = true;
    assert_int_equal(greet(&bench), DRIVER_TIMED_OUT);
    assert_non_null(strstr(bench.fault.text, "DS1104Z"));
    end(&bench);
}

static void of_two_answers_none_is_taken(void **state)
{
    (void)state;
    struct bench bench = {.device.frequency = 50};
    struct driver_sample sample;
    begin(&bench, false, "scpi");
    assert_int_equal(greet(&bench), 0);
    bench.device.stale = "99\n98\n"; /* in one piece, so both are there when the first has been read */
    assert_int_equal(read_frequency(&bench, &sample), DRIVER_GARBLED);
    end(&bench);
}

static void what_came_unasked_is_no_answer(void **state)
{
    (void)state;
    struct bench bench = {.device.frequency = 50};
    struct driver_sample sample;
    begin(&bench, true, "scpi");
    assert_int_equal(greet(&bench), 0);
    peer_give(&bench.peer, "99\n", 3);
    assert_int_equal(read_frequency(&bench, &sample), DRIVER_GARBLED);
    assert_int_equal(stream_transport.recover(bench.line, PEER_SECOND / 50, bench.deadline, &bench.fault), 0);
    assert_int_equal(greet(&bench), 0);
    assert_int_equal(read_frequency(&bench, &sample), 0);
    assert_true(sample.value.number == 50);
    end(&bench);
}

/* --- records --- */

static int capture(struct bench *bench, enum driver_depth depth, uint8_t *codes, size_t *chunks,
                   struct driver_record *record)
{
    const struct driver *driver = bench->driver;
    int result = driver->capture_begin(bench->instrument, bench->line, 0, depth, record, bench->deadline,
                                       &bench->fault);
    size_t taken = 0, got = 1;
    while (!result && got > 0) {
        result = driver->capture_chunk(bench->instrument, bench->line, codes + taken, MEMORY - taken, &got,
                                       bench->deadline, &bench->fault);
        taken += got;
        *chunks += got > 0;
    }
    return result;
}

static void deep_memory_arrives_whole_in_chunks(void **state)
{
    (void)state;
    for (int serial = 0; serial < 2; serial++) {
        struct bench bench = {.device.running = true};
        begin(&bench, serial, "scpi-rigol-ds1000z");
        bench.line_spec.longest = PEER_SECOND / 10; /* 1,152 bytes at 115200 baud, 8N1 */
        assert_int_equal(greet(&bench), 0);
        static uint8_t codes[MEMORY];
        size_t chunks = 0;
        struct driver_record record;
        assert_int_equal(capture(&bench, DRIVER_DEEP, codes, &chunks, &record), 0);
        assert_int_equal(record.samples, MEMORY);
        assert_true(record.code_zero == 117 && record.value_step == 0.04);
        assert_true(record.time_first == -1.5e-3 && record.time_step == 1e-6);
        for (size_t i = 0; i < MEMORY; i++)
            assert_int_equal(codes[i], (i + 1) % 251);
        if (serial)
            assert_in_range(chunks, 3, 5);
        else
            assert_int_equal(chunks, 1);
        assert_false(bench.device.running);
        assert_int_equal(
            bench.driver->capture_end(bench.instrument, bench.line, bench.deadline, &bench.fault), 0);
        assert_int_equal(greet(&bench), 0); /* so that :RUN has been read */
        assert_true(bench.device.running);
        end(&bench);
    }
}

/* Set through the gateway, or by a knob that somebody turns: its samples would be scaled by the old volts. */
static void a_record_whose_scale_changed_is_not_taken(void **state)
{
    (void)state;
    for (int knob = 0; knob < 2; knob++) {
        struct bench bench = {.device.running = true};
        begin(&bench, false, "scpi-rigol-ds1000z");
        assert_int_equal(greet(&bench), 0);
        static uint8_t codes[MEMORY];
        struct driver_record record;
        size_t got = 1;
        assert_int_equal(bench.driver->capture_begin(bench.instrument, bench.line, 0, DRIVER_SCREEN, &record,
                                                     bench.deadline, &bench.fault),
                         0);
        bench.device.turned = knob;
        if (!knob)
            assert_int_equal(write_point(&bench, FREQUENCY, 60), 0);
        int result = 0;
        while (!result && got)
            result = bench.driver->capture_chunk(bench.instrument, bench.line, codes, MEMORY, &got,
                                                 bench.deadline, &bench.fault);
        assert_int_equal(result, DRIVER_REJECTED);
        assert_non_null(strstr(bench.fault.text, "read it again"));
        end(&bench);
    }
}

/* Who only looks on must not stop what another measures. */
static void a_live_screen_is_refused_where_it_would_stop_the_scope(void **state)
{
    (void)state;
    struct bench bench = {.device.running = true};
    begin(&bench, true, "scpi-rigol-ds1000z");
    bench.line_spec.longest = PEER_SECOND / 10; /* too short for 1,200 bytes at 115200 baud */
    assert_int_equal(greet(&bench), 0);
    static uint8_t codes[MEMORY];
    size_t chunks = 0;
    struct driver_record record;
    assert_int_equal(capture(&bench, DRIVER_LIVE, codes, &chunks, &record), DRIVER_UNSUPPORTED);
    assert_int_equal(greet(&bench), 0); /* so that what was said before has been read */
    assert_null(strstr(bench.device.seen, ":STOP"));
    assert_true(bench.device.running);
    end(&bench);
}

static void a_broken_block_is_no_record(void **state)
{
    (void)state;
    for (int no_length = 0; no_length < 2; no_length++) {
        struct bench bench = {
            .device = {.running = true, .missing = 5, .no_length = no_length}
        };
        begin(&bench, false, "scpi-rigol-ds1000z");
        assert_int_equal(greet(&bench), 0);
        static uint8_t codes[MEMORY];
        size_t chunks = 0;
        struct driver_record record;
        bench.line_spec.timeout = PEER_SECOND / 10;
        assert_int_equal(capture(&bench, DRIVER_DEEP, codes, &chunks, &record),
                         no_length ? DRIVER_GARBLED : DRIVER_TIMED_OUT);
        /* Recovered, the same chunk can be asked for again, and the end puts it back to work. */
        bench.line_spec.timeout = 10 * PEER_SECOND;
        bench.device.missing = 0;
        bench.device.no_length = false;
        assert_int_equal(stream_transport.recover(bench.line, PEER_SECOND / 50, bench.deadline, &bench.fault),
                         0);
        assert_int_equal(greet(&bench), 0);
        assert_int_equal(greet(&bench), 0); /* so that all before it has been read */
        assert_false(bench.device.running);
        size_t got;
        assert_int_equal(bench.driver->capture_chunk(bench.instrument, bench.line, codes, MEMORY, &got,
                                                     bench.deadline, &bench.fault),
                         0);
        assert_int_equal(got, MEMORY);
        assert_int_equal(
            bench.driver->capture_end(bench.instrument, bench.line, bench.deadline, &bench.fault), 0);
        assert_int_equal(greet(&bench), 0);
        assert_true(bench.device.running);
        end(&bench);
    }
}

static void a_scope_that_does_not_stop_gives_no_deep_record(void **state)
{
    (void)state;
    struct bench bench = {
        .device = {.running = true, .keeps_running = true}
    };
    begin(&bench, false, "scpi-rigol-ds1000z");
    assert_int_equal(greet(&bench), 0);
    static uint8_t codes[MEMORY];
    size_t chunks = 0;
    struct driver_record record;
    assert_int_equal(capture(&bench, DRIVER_DEEP, codes, &chunks, &record), DRIVER_REJECTED);
    assert_non_null(strstr(bench.fault.text, "goes on acquiring"));
    assert_int_equal(chunks, 0);
    end(&bench);
}

/* Without reading back the first chunk would come twice, of the right length. */
static void a_part_that_was_not_chosen_is_not_taken(void **state)
{
    (void)state;
    struct bench bench = {.device.deaf = true};
    begin(&bench, true, "scpi-rigol-ds1000z");
    bench.line_spec.longest = PEER_SECOND / 10;
    assert_int_equal(greet(&bench), 0);
    static uint8_t codes[MEMORY];
    size_t chunks = 0;
    struct driver_record record;
    assert_int_equal(capture(&bench, DRIVER_DEEP, codes, &chunks, &record), DRIVER_REJECTED);
    assert_int_equal(chunks, 1);
    assert_non_null(strstr(bench.fault.text, ":WAV:STAR?"));
    end(&bench);
}

static void another_channel_is_no_record(void **state)
{
    (void)state;
    struct bench bench = {
        .device = {.running = true, .other_source = true}
    };
    begin(&bench, false, "scpi-rigol-ds1000z");
    assert_int_equal(greet(&bench), 0);
    static uint8_t codes[MEMORY];
    size_t chunks = 0;
    struct driver_record record;
    assert_int_equal(capture(&bench, DRIVER_DEEP, codes, &chunks, &record), DRIVER_REJECTED);
    assert_non_null(strstr(bench.fault.text, "CHAN2"));
    assert_int_equal(greet(&bench), 0);
    assert_true(bench.device.running); /* put back to work */
    end(&bench);
}

static int take_part(struct bench *bench, size_t capacity, size_t *got)
{
    uint8_t codes[MEMORY];
    return bench->driver->capture_chunk(bench->instrument, bench->line, codes, capacity, got, bench->deadline,
                                        &bench->fault);
}

static struct driver_record begin_screen(struct bench *bench)
{
    struct driver_record record;
    assert_int_equal(bench->driver->capture_begin(bench->instrument, bench->line, 0, DRIVER_SCREEN, &record,
                                                  bench->deadline, &bench->fault),
                     0);
    return record;
}

/* One that comes in one piece is taken from a scope that runs; who has room for less gets parts of one
 * acquisition. */
static void a_record_in_parts_is_of_a_scope_that_stands_still(void **state)
{
    (void)state;
    size_t got;
    struct bench bench = {.device.running = true};
    begin(&bench, false, "scpi-rigol-ds1000z");
    assert_int_equal(greet(&bench), 0);
    assert_int_equal(begin_screen(&bench).samples, 1200);
    assert_int_equal(take_part(&bench, MEMORY, &got), 0);
    assert_int_equal(got, 1200);
    assert_true(bench.device.running);
    begin_screen(&bench);
    for (size_t taken = 0; taken < 1200; taken += got) {
        assert_int_equal(take_part(&bench, 500, &got), 0);
        assert_false(bench.device.running);
    }
    assert_int_equal(bench.driver->capture_end(bench.instrument, bench.line, bench.deadline, &bench.fault),
                     0);
    assert_int_equal(greet(&bench), 0);
    assert_true(bench.device.running);
    end(&bench);
}

/* Somebody has pressed RUN, or it is another one, while the line was away. */
static void a_part_of_another_acquisition_is_not_taken(void **state)
{
    (void)state;
    size_t got;
    for (int runs = 0; runs < 2; runs++) {
        struct bench bench = {.device.running = true};
        begin(&bench, false, "scpi-rigol-ds1000z");
        assert_int_equal(greet(&bench), 0);
        begin_screen(&bench);
        assert_int_equal(take_part(&bench, 500, &got), 0);
        assert_int_equal(greet(&bench), 0);
        bench.device.running = runs;
        assert_int_equal(take_part(&bench, 500, &got), runs ? DRIVER_REJECTED : DRIVER_OK);
        assert_int_equal(got, runs ? 0 : 500);
        if (runs)
            assert_non_null(strstr(bench.fault.text, "another record"));
        end(&bench);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_are_read_and_written),
        cmocka_unit_test(a_refused_command_is_known_and_not_blamed_on_the_next),
        cmocka_unit_test(a_queue_without_end_is_cleared),
        cmocka_unit_test(an_older_answer_lacks_the_token),
        cmocka_unit_test(an_instrument_that_does_not_join_is_asked_plainly),
        cmocka_unit_test(late_answers_are_thrown_away_by_the_greeting),
        cmocka_unit_test(a_late_answer_is_not_taken_for_a_stranger),
        cmocka_unit_test(a_record_whose_scale_changed_is_not_taken),
        cmocka_unit_test(another_instrument_is_not_greeted),
        cmocka_unit_test(an_instrument_that_was_exchanged_is_not_greeted),
        cmocka_unit_test(of_two_answers_none_is_taken),
        cmocka_unit_test(what_came_unasked_is_no_answer),
        cmocka_unit_test(deep_memory_arrives_whole_in_chunks),
        cmocka_unit_test(a_live_screen_is_refused_where_it_would_stop_the_scope),
        cmocka_unit_test(a_broken_block_is_no_record),
        cmocka_unit_test(a_part_that_was_not_chosen_is_not_taken),
        cmocka_unit_test(a_record_in_parts_is_of_a_scope_that_stands_still),
        cmocka_unit_test(a_part_of_another_acquisition_is_not_taken),
        cmocka_unit_test(another_channel_is_no_record),
        cmocka_unit_test(a_scope_that_does_not_stop_gives_no_deep_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
