/* Every fault, on real sockets and ptys: it happens when it is armed, as it is described, and stops when it
 * should. A reply that must not come is proved by the one to the next request coming first. */
#include "tests/unit/sim/process.h"

static const char *const lab[] = {"tank@tcp:127.0.0.1:0", "tank:1,motor:2@rtu:%s/line",
                                  "scope@tcp:127.0.0.1:0", NULL};

struct setting {
    struct process process;
    int tcp, rtu, scpi;
    uint16_t transaction;
};

static int set_up(void **state)
{
    struct setting *setting = calloc(1, sizeof *setting);
    process_start(&setting->process, lab);
    setting->tcp = connect_tcp(&setting->process, "tank");
    setting->rtu = open_line(&setting->process, "line");
    setting->scpi = connect_tcp(&setting->process, "scope");
    *state = setting;
    return 0;
}

static int tear_down(void **state)
{
    struct setting *setting = *state;
    close(setting->tcp);
    close(setting->rtu);
    close(setting->scpi);
    process_stop(&setting->process);
    free(setting);
    return 0;
}

static void send_tcp(struct setting *setting, const uint8_t *pdu, size_t length)
{
    struct modbus_message message = {.transaction = ++setting->transaction, .unit = 1, .length = length};
    uint8_t frame[MODBUS_FRAME_MAX];
    memcpy(message.pdu, pdu, length);
    length = modbus_build_tcp(&message, frame);
    assert_int_equal(write(setting->tcp, frame, length), (ssize_t)length);
}

static void send_rtu(struct setting *setting, uint8_t unit, const uint8_t *pdu, size_t length)
{
    struct modbus_message message = {.unit = unit, .length = length};
    uint8_t frame[MODBUS_FRAME_MAX];
    memcpy(message.pdu, pdu, length);
    length = modbus_build_rtu(&message, frame);
    assert_int_equal(write(setting->rtu, frame, length), (ssize_t)length);
}

static const uint8_t read_serial[] = {0x03, 0, 108, 0, 2}, read_name[] = {0x03, 0, 100, 0, 2},
                     read_limit[] = {0x03, 0, 3, 0, 2}, set_pump[] = {0x06, 0, 0, 0, 100};

/* Asks for the serial number and fails unless it comes, right and next. */
static void next_is_right_on_tcp(struct setting *setting)
{
    uint8_t frame[13];
    send_tcp(setting, read_serial, sizeof read_serial);
    assert_int_equal(receive(setting->tcp, frame, sizeof frame, PATIENCE), sizeof frame);
    const uint8_t wanted[13] = {(uint8_t)(setting->transaction >> 8),
                                (uint8_t)setting->transaction,
                                0,
                                0,
                                0,
                                7,
                                1,
                                0x03,
                                4,
                                0x01,
                                0x34,
                                0xD6,
                                0x81};
    assert_memory_equal(frame, wanted, sizeof frame);
}

static size_t intact_rtu(const uint8_t *pdu, size_t length, uint8_t unit, uint8_t *frame)
{
    struct modbus_message message = {.unit = unit, .length = length};
    memcpy(message.pdu, pdu, length);
    return modbus_build_rtu(&message, frame);
}

static void next_is_right_on_rtu(struct setting *setting)
{
    uint8_t frame[9], wanted[9];
    const uint8_t pdu[] = {0x03, 4, 0x01, 0x34, 0xD6, 0x81};
    intact_rtu(pdu, sizeof pdu, 1, wanted);
    send_rtu(setting, 1, read_serial, sizeof read_serial);
    assert_int_equal(receive(setting->rtu, frame, sizeof frame, PATIENCE), sizeof frame);
    assert_memory_equal(frame, wanted, sizeof frame);
}

static void lost_replies_do_not_come(void **state)
{
    struct setting *setting = *state;
    ctl_ok(&setting->process, "fault tank lost count 1");
    send_tcp(setting, set_pump, sizeof set_pump);
    next_is_right_on_tcp(setting);
    assert_true(state_of(&setting->process, "tank", "pump") == 10); /* but the pump was set */
    ctl_ok(&setting->process, "fault tank:1 unheard count 1");
    send_rtu(setting, 1, set_pump, sizeof set_pump);
    next_is_right_on_rtu(setting);
    assert_true(state_of(&setting->process, "tank:1", "pump") == 0);
}

static void late_replies_come_behind_others(void **state)
{
    struct setting *setting = *state;
    uint8_t frame[13], first[13];
    ctl_ok(&setting->process, "fault tank late 300ms count 1");
    int64_t sent = clock_now();
    send_tcp(setting, read_name, sizeof read_name);
    uint16_t late = setting->transaction;
    next_is_right_on_tcp(setting);
    assert_int_equal(receive(setting->tcp, first, sizeof first, PATIENCE), sizeof frame);
    assert_true(clock_now() - sent >= 300 * CLOCK_MILLISECOND);
    assert_int_equal(first[0] << 8 | first[1], late);
    assert_memory_equal(first + 9, "labs", 4);
}

static void truncated_replies_lack_their_end(void **state)
{
    struct setting *setting = *state;
    uint8_t bytes[32], wanted[9];
    const uint8_t pdu[] = {0x03, 4, 'l', 'a', 'b', 's'};
    intact_rtu(pdu, sizeof pdu, 1, wanted);
    ctl_ok(&setting->process, "fault tank:1 truncated 3 count 1");
    send_rtu(setting, 1, read_name, sizeof read_name);
    assert_int_equal(receive(setting->rtu, bytes, 6, PATIENCE), 6);
    assert_memory_equal(bytes, wanted, 6);
    next_is_right_on_rtu(setting);
}

static void dribbled_replies_take_their_time(void **state)
{
    struct setting *setting = *state;
    uint8_t bytes[9];
    ctl_ok(&setting->process, "fault tank:1 dribbled 20ms count 1");
    int64_t sent = clock_now();
    send_rtu(setting, 1, read_name, sizeof read_name);
    assert_int_equal(receive(setting->rtu, bytes, 1, PATIENCE), 1);
    assert_int_equal(receive(setting->rtu, bytes + 1, 8, PATIENCE), 8);
    assert_true(clock_now() - sent >= 9 * 20 * CLOCK_MILLISECOND);
    next_is_right_on_rtu(setting);
}

static void damaged_rtu_replies_fail_their_crc(void **state)
{
    struct setting *setting = *state;
    uint8_t frame[9];
    const char *const faults[] = {"fault tank:1 garbled count 20 seed 3",
                                  "fault tank:1 bad-crc count 20 seed 4"};
    for (size_t f = 0; f < 2; f++) {
        ctl_ok(&setting->process, faults[f]);
        for (int i = 0; i < 20; i++) {
            send_rtu(setting, 1, read_name, sizeof read_name);
            assert_int_equal(receive(setting->rtu, frame, sizeof frame, PATIENCE), sizeof frame);
            uint16_t crc = modbus_crc16(frame, 7);
            assert_false(frame[7] == (crc & 0xFF) && frame[8] == crc >> 8);
        }
        next_is_right_on_rtu(setting);
    }
}

static void replies_bear_wrong_names(void **state)
{
    struct setting *setting = *state;
    uint8_t frame[9];
    ctl_ok(&setting->process, "fault tank:1 wrong-unit count 1");
    send_rtu(setting, 1, read_name, sizeof read_name);
    receive(setting->rtu, frame, sizeof frame, PATIENCE);
    assert_int_not_equal(frame[0], 1);
    assert_int_equal(modbus_crc16(frame, 7), frame[7] | frame[8] << 8);
    ctl_ok(&setting->process, "fault tank:1 wrong-function count 1");
    send_rtu(setting, 1, read_name, sizeof read_name);
    receive(setting->rtu, frame, sizeof frame, PATIENCE);
    assert_int_not_equal(frame[1], 0x03);
    assert_int_equal(modbus_crc16(frame, 7), frame[7] | frame[8] << 8);
    next_is_right_on_rtu(setting);
}

static void echoes_are_wrong_and_reads_are_not(void **state)
{
    struct setting *setting = *state;
    uint8_t frame[8];
    ctl_ok(&setting->process, "fault tank:1 wrong-echo count 1");
    next_is_right_on_rtu(setting);
    send_rtu(setting, 1, set_pump, sizeof set_pump);
    assert_int_equal(receive(setting->rtu, frame, sizeof frame, PATIENCE), sizeof frame);
    assert_int_equal(modbus_crc16(frame, 6), frame[6] | frame[7] << 8);
    assert_int_equal(frame[1], 0x06);
    assert_true(memcmp(frame + 2, set_pump + 1, 4) != 0);
}

static void headers_are_damaged_on_tcp(void **state)
{
    struct setting *setting = *state;
    uint8_t frame[13];
    ctl_ok(&setting->process, "fault tank garbled count 10 seed 1");
    for (int i = 0; i < 10; i++) {
        send_tcp(setting, read_name, sizeof read_name);
        assert_int_equal(receive(setting->tcp, frame, sizeof frame, PATIENCE), sizeof frame);
        const uint8_t wanted[7] = {
            (uint8_t)(setting->transaction >> 8), (uint8_t)setting->transaction, 0, 0, 0, 7, 1};
        assert_true(memcmp(frame, wanted, sizeof wanted) != 0);
    }
    ctl_ok(&setting->process, "fault tank wrong-transaction count 1");
    send_tcp(setting, read_name, sizeof read_name);
    receive(setting->tcp, frame, sizeof frame, PATIENCE);
    assert_int_not_equal(frame[0] << 8 | frame[1], setting->transaction);
    next_is_right_on_tcp(setting);
}

static void foreign_replies_have_the_shape_and_other_values(void **state)
{
    struct setting *setting = *state;
    uint8_t frame[9];
    next_is_right_on_rtu(setting);
    ctl_ok(&setting->process, "fault tank:1 foreign count 1");
    send_rtu(setting, 1, read_name, sizeof read_name);
    assert_int_equal(receive(setting->rtu, frame, sizeof frame, PATIENCE), sizeof frame);
    assert_int_equal(modbus_crc16(frame, 7), frame[7] | frame[8] << 8);
    assert_memory_equal(frame + 3, ((const uint8_t[]){0x01, 0x34, 0xD6, 0x81}), 4); /* the serial number */
}

static void exceptions_keep_writes_away(void **state)
{
    struct setting *setting = *state;
    uint8_t frame[9];
    char line[64];
    for (int code = 1; code <= 11; code++) {
        snprintf(line, sizeof line, "fault tank exception %d count 1", code);
        ctl_ok(&setting->process, line);
        send_tcp(setting, set_pump, sizeof set_pump);
        assert_int_equal(receive(setting->tcp, frame, sizeof frame, PATIENCE), sizeof frame);
        assert_int_equal(frame[7], 0x86);
        assert_int_equal(frame[8], code);
    }
    assert_true(state_of(&setting->process, "tank", "pump") == 0);
    next_is_right_on_tcp(setting);
}

static void frozen_points_stay_while_the_plant_goes_on(void **state)
{
    struct setting *setting = *state;
    static const uint8_t read_level[] = {0x04, 0, 2, 0, 2};
    uint8_t before[13], after[13];
    char answer[256];
    ctl_ok(&setting->process, "fault tank frozen level");
    send_tcp(setting, read_level, sizeof read_level);
    receive(setting->tcp, before, sizeof before, PATIENCE);
    ctl_ok(&setting->process, "force tank level 0.4");
    assert_true(state_of(&setting->process, "tank", "level") > 0.39);
    send_tcp(setting, read_level, sizeof read_level);
    receive(setting->tcp, after, sizeof after, PATIENCE);
    assert_memory_equal(before + 9, after + 9, 4);
    ctl_ok(&setting->process, "clear tank");
    send_tcp(setting, read_level, sizeof read_level);
    receive(setting->tcp, after, sizeof after, PATIENCE);
    assert_true(memcmp(before + 9, after + 9, 4) != 0);
    ctl_ok(&setting->process, "fault tank frozen input:0");
    assert_memory_equal(ctl(&setting->process, "fault tank frozen nonsense", answer, sizeof answer),
                        "error:", 6);
}

static void acknowledged_writes_act_late_or_never(void **state)
{
    struct setting *setting = *state;
    uint8_t frame[12];
    ctl_ok(&setting->process, "fault tank ignored count 1");
    send_tcp(setting, set_pump, sizeof set_pump);
    assert_int_equal(receive(setting->tcp, frame, sizeof frame, PATIENCE), sizeof frame);
    assert_memory_equal(frame + 7, set_pump, 5);
    assert_true(state_of(&setting->process, "tank", "pump") == 0);
    ctl_ok(&setting->process, "fault tank acts-late 300ms count 1");
    int64_t sent = clock_now();
    send_tcp(setting, set_pump, sizeof set_pump);
    receive(setting->tcp, frame, sizeof frame, PATIENCE);
    while (state_of(&setting->process, "tank", "pump") != 10)
        assert_true(clock_now() - sent < PATIENCE * CLOCK_MILLISECOND);
    assert_true(clock_now() - sent >= 300 * CLOCK_MILLISECOND);
}

static void filters_and_rates_choose(void **state)
{
    struct setting *setting = *state;
    uint8_t frame[13];
    int struck = 0;
    ctl_ok(&setting->process, "fault tank exception 6 on write");
    next_is_right_on_tcp(setting);
    ctl_ok(&setting->process, "clear");
    ctl_ok(&setting->process, "fault tank exception 6 on read");
    send_tcp(setting, set_pump, sizeof set_pump);
    assert_int_equal(receive(setting->tcp, frame, 12, PATIENCE), 12);
    assert_int_equal(frame[7], 0x06);
    ctl_ok(&setting->process, "clear");
    ctl_ok(&setting->process, "fault tank exception 4 on 04");
    next_is_right_on_tcp(setting);
    ctl_ok(&setting->process, "clear");
    ctl_ok(&setting->process, "fault tank exception 4 rate 25 seed 9");
    for (int i = 0; i < 400; i++) {
        send_tcp(setting, read_limit, sizeof read_limit);
        receive(setting->tcp, frame, 9, PATIENCE);
        if (frame[7] & 0x80)
            struck++;
        else
            receive(setting->tcp, frame + 9, 4, PATIENCE);
    }
    assert_in_range(struck, 60, 140); /* the seed makes it the same number each time */
    assert_true(state_of(&setting->process, "tank", "faults_struck") == struck);
}

static void ask(struct setting *setting, const char *message, char *answer, size_t capacity)
{
    size_t length = 0;
    assert_int_equal(write(setting->scpi, message, strlen(message)), (ssize_t)strlen(message));
    while (length + 1 < capacity && receive(setting->scpi, answer + length, 1, PATIENCE) == 1)
        if (answer[length++] == '\n')
            break;
    answer[length] = '\0';
}

static void scopes_stay_silent_and_send_broken_blocks(void **state)
{
    struct setting *setting = *state;
    char answer[2048];
    ctl_ok(&setting->process, "fault scope silent count 1");
    assert_int_equal(write(setting->scpi, "*IDN?\n", 6), 6);
    ask(setting, ":CHAN1:SCAL?\n", answer, sizeof answer);
    assert_string_equal(answer, "1.000000e+00\n");
    ctl_ok(&setting->process, "fault scope no-length count 1");
    assert_int_equal(write(setting->scpi, ":WAV:DATA?\n", 11), 11);
    assert_int_equal(receive(setting->scpi, answer, 1203, PATIENCE), 1203);
    assert_memory_equal(answer, "#0", 2);
    ctl_ok(&setting->process, "fault scope short-block 100 count 1");
    assert_int_equal(write(setting->scpi, ":WAV:DATA?\n", 11), 11);
    assert_int_equal(receive(setting->scpi, answer, 1112, PATIENCE), 1112);
    assert_memory_equal(answer, "#9000001200", 11);
    ask(setting, ":CHAN1:SCAL?\n", answer, sizeof answer);
    assert_string_equal(answer, "1.000000e+00\n");
    ctl_ok(&setting->process, "fault scope error-queue");
    for (int i = 1; i < SCPI_QUEUE_MAX; i++)
        ask(setting, ":SYST:ERR?\n", answer, sizeof answer);
    assert_string_equal(answer, "-113,\"Undefined header\"\n");
    ask(setting, ":SYST:ERR?\n", answer, sizeof answer);
    assert_string_equal(answer, "-350,\"Queue overflow\"\n");
}

#define LAB(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LAB(lost_replies_do_not_come),
        LAB(late_replies_come_behind_others),
        LAB(truncated_replies_lack_their_end),
        LAB(dribbled_replies_take_their_time),
        LAB(damaged_rtu_replies_fail_their_crc),
        LAB(replies_bear_wrong_names),
        LAB(echoes_are_wrong_and_reads_are_not),
        LAB(headers_are_damaged_on_tcp),
        LAB(foreign_replies_have_the_shape_and_other_values),
        LAB(exceptions_keep_writes_away),
        LAB(frozen_points_stay_while_the_plant_goes_on),
        LAB(acknowledged_writes_act_late_or_never),
        LAB(filters_and_rates_choose),
        LAB(scopes_stay_silent_and_send_broken_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
