/* The modbus dialect against an instrument of a few registers: which functions it uses to write, and what
 * it leaves alone. */
#include "drivers/modbus.h"
#include "drivers/registers.h"

#include "tests/unit/drivers/peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define REGISTERS 16

/* An instrument over TCP that knows some functions and has no addresses beyond its registers. */
struct device {
    uint16_t holding[REGISTERS];
    bool coils[REGISTERS];
    unsigned unknown;  /* a function that it refuses with exception 01; 0: none */
    unsigned seen[32]; /* requests by function */
    bool serial, punctual;
};

static unsigned take_word(const uint8_t *bytes)
{
    return (unsigned)(bytes[0] << 8 | bytes[1]);
}

static void put_word(uint8_t *bytes, unsigned word)
{
    bytes[0] = (uint8_t)(word >> 8);
    bytes[1] = (uint8_t)word;
}

static size_t refuse(uint8_t *pdu, uint8_t code)
{
    pdu[0] |= 0x80;
    pdu[1] = code;
    return 2;
}

/* Turns the request into its reply; returns the reply's length. */
static size_t obey(struct device *device, uint8_t *pdu)
{
    unsigned function = pdu[0], address = take_word(pdu + 1), value = take_word(pdu + 3);
    device->seen[function % 32]++;
    if (function == device->unknown)
        return refuse(pdu, 1);
    if (address >= REGISTERS || ((function == 3 || function == 0x10) && address + value > REGISTERS))
        return refuse(pdu, 2);
    switch (function) {
    case 0x03:
        pdu[1] = (uint8_t)(2 * value);
        for (unsigned i = 0; i < value; i++)
            put_word(pdu + 2 + 2 * i, device->holding[address + i]);
        return 2 + 2 * value;
    case 0x05:
        device->coils[address] = value == 0xFF00;
        return 5;
    case 0x06:
        device->holding[address] = (uint16_t)value;
        return 5;
    case 0x10:
        for (unsigned i = 0; i < value; i++)
            device->holding[address + i] = (uint16_t)take_word(pdu + 6 + 2 * i);
        return 5;
    case 0x16: {
        unsigned or_mask = take_word(pdu + 5);
        device->holding[address] = (uint16_t)((device->holding[address] & value) | (or_mask & ~value));
        return 7;
    }
    default:
        return refuse(pdu, 1);
    }
}

static void serve(struct peer *peer)
{
    uint8_t frame[260];
    while (peer_take(peer, frame, 6) && peer_take(peer, frame + 6, take_word(frame + 4))) {
        size_t length = obey(peer->context, frame + 7);
        put_word(frame + 4, (unsigned)length + 1);
        peer_give(peer, frame, 7 + length);
    }
}

/* The same on a serial line, where the first reading is answered by the late reply to an older one, and each
 * reading after it by the one before. */
static uint16_t checksum(const uint8_t *bytes, size_t length)
{
    uint16_t sum = 0xFFFF;
    for (size_t i = 0; i < length; i++) {
        sum ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            sum = sum & 1 ? (uint16_t)(sum >> 1 ^ 0xA001) : (uint16_t)(sum >> 1);
    }
    return sum;
}

static void give_rtu(struct peer *peer, uint8_t *frame, size_t length)
{
    uint16_t sum = checksum(frame, length);
    frame[length] = (uint8_t)sum;
    frame[length + 1] = (uint8_t)(sum >> 8);
    peer_give(peer, frame, length + 2);
}

static void serve_late(struct peer *peer)
{
    struct device *device = peer->context;
    uint8_t frame[260], late[260] = {3, 3, 2, 0, 0};
    while (peer_take(peer, frame, 8)) {
        size_t length = 1 + obey(device, frame + 1);
        if (frame[1] == 0x03 && !device->punctual) {
            give_rtu(peer, late, 5);
            memcpy(late, frame, 5);
        } else {
            give_rtu(peer, frame, length);
        }
    }
}

/* --- the bench --- */

enum { LEVEL, LAMP, PUMP, TOTAL, FAR, SENSOR, POINTS };

static const struct modbus_point_options places[POINTS] = {
    [LEVEL] = {.table = MODBUS_HOLDING, .address = 0, .scale = 0.1,            .bit = MODBUS_NO_BIT  },
    [LAMP] = {.table = MODBUS_HOLDING, .address = 1, .scale = 1,              .bit = 3              },
    [PUMP] = {.table = MODBUS_COIL,    .address = 2, .scale = 1,              .bit = MODBUS_NO_BIT  },
    [TOTAL] = {.table = MODBUS_HOLDING, .address = 4, .as = MODBUS_UINT32,     .scale = 1,             .bit = MODBUS_NO_BIT},
    [FAR] = {.table = MODBUS_HOLDING,                       .address = 20,             .scale = 1, .bit = MODBUS_NO_BIT},
    [SENSOR] = {.table = MODBUS_INPUT,                       .address = 0,               .scale = 1,    .bit = MODBUS_NO_BIT },
};

static const struct driver_point points[POINTS] = {
    [LEVEL] = {"level",  DRIVER_NUMBER,  true, true,  NULL, &places[LEVEL] },
    [LAMP] = {"lamp",   DRIVER_BOOLEAN, true, true,  NULL, &places[LAMP]  },
    [PUMP] = {"pump",   DRIVER_BOOLEAN, true, true,  NULL, &places[PUMP]  },
    [TOTAL] = {"total",  DRIVER_INTEGER, true, true,  NULL, &places[TOTAL] },
    [FAR] = {"far",    DRIVER_INTEGER, true, true,  NULL, &places[FAR]   },
    [SENSOR] = {"sensor", DRIVER_INTEGER, true, false, NULL, &places[SENSOR]},
};

struct bench {
    struct device device;
    struct modbus_instrument_options options;
    struct peer peer;
    struct driver_line_spec line_spec;
    struct driver_instrument_spec spec;
    const struct driver *driver;
    struct driver_instrument *instrument;
    struct driver_line *line;
    struct driver_fault fault;
    int64_t deadline;
};

static void begin(struct bench *bench)
{
    bench->options.unit = 3;
    bool serial = bench->device.serial;
    peer_start(&bench->peer, serial, serial ? serve_late : serve, &bench->device);
    bench->line_spec = peer_line(&bench->peer);
    bench->deadline = peer_now() + 20 * PEER_SECOND;
    bench->spec = (struct driver_instrument_spec){
        .name = "plc", .options = &bench->options, .points = points, .point_count = POINTS};
    bench->driver = driver_find("modbus");
    assert_non_null(bench->driver);
    assert_int_equal(bench->driver->create(&bench->spec, &bench->instrument, &bench->fault), 0);
    assert_int_equal(
        registers_transport.open(&bench->line_spec, bench->deadline, &bench->line, &bench->fault), 0);
}

static void end(struct bench *bench)
{
    registers_transport.close(bench->line);
    bench->driver->destroy(bench->instrument);
    peer_stop(&bench->peer);
}

static int set(struct bench *bench, uint16_t point, double number)
{
    const struct driver_value value = {.number = number};
    return bench->driver->write(bench->instrument, bench->line, point, &value, bench->deadline,
                                &bench->fault);
}

/* --- writing --- */

static void each_point_is_written_by_its_function(void **state)
{
    (void)state;
    struct bench bench = {.device.holding = {0}};
    begin(&bench);
    assert_int_equal(set(&bench, LEVEL, 12.3), 0);
    assert_int_equal(bench.device.holding[0], 123);
    assert_int_equal(bench.device.seen[0x06], 1);
    assert_int_equal(set(&bench, TOTAL, 70000), 0);
    assert_int_equal(bench.device.holding[4], 1);
    assert_int_equal(bench.device.holding[5], 70000 - 65536);
    assert_int_equal(bench.device.seen[0x10], 1);
    assert_int_equal(set(&bench, PUMP, 1), 0);
    assert_true(bench.device.coils[2]);
    assert_false(bench.device.coils[1] || bench.device.coils[3]);
    assert_int_equal(bench.device.seen[0x05], 1);
    end(&bench);
}

static void an_instrument_without_06h_is_written_by_10h(void **state)
{
    (void)state;
    struct bench bench = {.device.unknown = 0x06, .options.write_function = MODBUS_WRITE_MULTIPLE};
    begin(&bench);
    assert_int_equal(set(&bench, LEVEL, 12.3), 0);
    assert_int_equal(bench.device.holding[0], 123);
    assert_int_equal(bench.device.seen[0x06], 0);
    end(&bench);
}

static void a_bit_leaves_its_neighbours(void **state)
{
    (void)state;
    static const struct {
        enum modbus_mask_write how;
        unsigned unknown; /* function */
        int result;
        unsigned masks, whole; /* requests of 16h and 06h for two writes */
    } cases[] = {
        {MODBUS_MASK_AUTO,   0,    DRIVER_OK,       2, 0},
        {MODBUS_MASK_AUTO,   0x16, DRIVER_OK,       1, 2}, /* asked once, then known */
        {MODBUS_MASK_ALWAYS, 0x16, DRIVER_REJECTED, 2, 0},
        {MODBUS_MASK_NEVER,  0,    DRIVER_OK,       0, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bench bench = {.device.unknown = cases[i].unknown, .options.mask_write = cases[i].how};
        begin(&bench);
        bench.device.holding[1] = 0xA5A5; /* bit 3 off */
        assert_int_equal(set(&bench, LAMP, 1), cases[i].result);
        assert_int_equal(bench.device.holding[1], cases[i].result ? 0xA5A5 : 0xA5AD);
        assert_int_equal(set(&bench, LAMP, 0), cases[i].result);
        assert_int_equal(bench.device.holding[1], 0xA5A5);
        assert_int_equal(bench.device.seen[0x16], cases[i].masks);
        assert_int_equal(bench.device.seen[0x06], cases[i].whole);
        end(&bench);
    }
}

/* Promise S14. The instrument has no 16h, and its lamp's neighbour was switched on a moment ago. */
static void a_late_reply_does_not_undo_a_neighbour(void **state)
{
    (void)state;
    for (int punctual = 0; punctual < 2; punctual++) {
        struct bench bench = {
            .device = {.serial = true, .punctual = punctual},
              .options.mask_write = MODBUS_MASK_NEVER
        };
        begin(&bench);
        bench.device.holding[1] = 0x0001;
        assert_int_equal(set(&bench, LAMP, 1), DRIVER_OK);
        assert_int_equal(bench.device.holding[1], 0x0009);
        assert_int_equal(bench.device.seen[0x03], punctual ? 2 : 3);
        end(&bench);
    }
}

static void what_cannot_be_written_is_not_sent(void **state)
{
    (void)state;
    struct bench bench = {.device.holding = {0}};
    begin(&bench);
    assert_int_equal(set(&bench, SENSOR, 1), DRIVER_UNSUPPORTED);
    assert_int_equal(set(&bench, LEVEL, 7000), DRIVER_INVALID);
    assert_int_equal(set(&bench, TOTAL, -1), DRIVER_INVALID);
    for (size_t i = 0; i < 32; i++)
        assert_int_equal(bench.device.seen[i], 0);
    end(&bench);
}

/* --- reading --- */

static void points_are_read_together_and_told_apart(void **state)
{
    (void)state;
    struct bench bench = {
        .device.holding = {123, 0x0008, 0, 0, 1, 2},
          .options.gap = 4
    };
    begin(&bench);
    const uint16_t wanted[] = {TOTAL, LEVEL, LAMP};
    const struct driver_read *reads;
    size_t count;
    assert_int_equal(bench.driver->plan(bench.instrument, &bench.line_spec, wanted, 3, &reads, &count), 0);
    assert_int_equal(count, 1);
    struct driver_sample samples[3];
    assert_int_equal(
        bench.driver->read(bench.instrument, bench.line, reads, samples, bench.deadline, &bench.fault), 0);
    static const double expected[] = {[LEVEL] = 12.3, [LAMP] = 1, [TOTAL] = 65538};
    for (size_t i = 0; i < 3; i++) {
        assert_true(samples[i].good);
        double error = samples[i].value.number - expected[reads->points[i]];
        assert_true(error < 1e-9 && error > -1e-9);
    }
    end(&bench);
}

static void a_refused_gap_is_explained(void **state)
{
    (void)state;
    struct bench bench = {.options.gap = 124};
    begin(&bench);
    const uint16_t wanted[] = {TOTAL, FAR};
    const struct driver_read *reads;
    size_t count;
    assert_int_equal(bench.driver->plan(bench.instrument, &bench.line_spec, wanted, 2, &reads, &count), 0);
    assert_int_equal(count, 1);
    struct driver_sample samples[2];
    assert_int_equal(
        bench.driver->read(bench.instrument, bench.line, reads, samples, bench.deadline, &bench.fault),
        DRIVER_REJECTED);
    assert_int_equal(bench.fault.code, 2);
    assert_non_null(strstr(bench.fault.text, "gap: 0"));
    end(&bench);
}

/* Over a serial line another way of asking has a reply that cannot be taken for the first one's. */
static void another_way_of_asking_has_another_shape(void **state)
{
    (void)state;
    struct bench bench = {.options.gap = 4};
    begin(&bench);
    struct driver_line_spec serial = {.serial = true, .baud = 9600};
    const uint16_t wanted[] = {LEVEL};
    const struct driver_read *reads;
    size_t count;
    assert_int_equal(bench.driver->plan(bench.instrument, &serial, wanted, 1, &reads, &count), 0);
    unsigned ways = 0;
    for (const struct driver_read *other = reads->other; other; other = other->other) {
        assert_int_not_equal(other->shape, reads->shape);
        struct driver_sample sample;
        bench.device.holding[0] = 77;
        assert_int_equal(
            bench.driver->read(bench.instrument, bench.line, other, &sample, bench.deadline, &bench.fault),
            0);
        assert_true(sample.good && sample.value.number > 7.69 && sample.value.number < 7.71);
        ways++;
    }
    assert_true(ways > 0);
    end(&bench);
}

/* Behind the last point that is declared the map may end, and a longer read be refused. */
static void another_way_that_may_be_refused_is_unsure(void **state)
{
    (void)state;
    struct bench bench = {.options.gap = 4};
    begin(&bench);
    struct driver_line_spec serial = {.serial = true, .baud = 9600};
    static const uint16_t level[] = {LEVEL}, far[] = {FAR};
    const struct driver_read *reads;
    size_t count;
    assert_int_equal(bench.driver->plan(bench.instrument, &serial, level, 1, &reads, &count), 0);
    assert_true(reads->other && !reads->unsure);
    assert_int_equal(bench.driver->plan(bench.instrument, &serial, far, 1, &reads, &count), 0);
    assert_true(reads->other && reads->unsure);
    end(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_point_is_written_by_its_function),
        cmocka_unit_test(an_instrument_without_06h_is_written_by_10h),
        cmocka_unit_test(a_bit_leaves_its_neighbours),
        cmocka_unit_test(a_late_reply_does_not_undo_a_neighbour),
        cmocka_unit_test(what_cannot_be_written_is_not_sent),
        cmocka_unit_test(points_are_read_together_and_told_apart),
        cmocka_unit_test(a_refused_gap_is_explained),
        cmocka_unit_test(another_way_of_asking_has_another_shape),
        cmocka_unit_test(another_way_that_may_be_refused_is_unsure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
