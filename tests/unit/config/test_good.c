/* A right configuration, and everything that the drivers and the core get from it. */
#include "tests/unit/config/fixture.h"

#include <math.h>

#define SECOND ((int64_t)1000000000)

static struct config *load_good(void)
{
    struct config *config = config_load(fixture_good(), NULL, NULL, 0);
    assert_non_null(config);
    if (!config_lab(config))
        config_print_errors(config, stderr);
    assert_non_null(config_lab(config));
    return config;
}

static const struct config_rig *rig_named(const struct config_lab *lab, const char *name)
{
    for (size_t i = 0; i < lab->rig_count; i++)
        if (!strcmp(lab->rigs[i].spec.name, name))
            return &lab->rigs[i];
    fail_msg("no rig %s", name);
    return NULL;
}

static uint16_t point_named(const struct rig_spec *spec, const char *name)
{
    for (uint16_t i = 0; i < spec->point_count; i++)
        if (!strcmp(spec->points[i].name, name))
            return i;
    fail_msg("no point %s", name);
    return RIG_NONE;
}

static void near(double left, double right)
{
    if (fabs(left - right) > 1e-9)
        fail_msg("%.12g is not %.12g", left, right);
}

static void the_lab_is_as_written(void **state)
{
    (void)state;
    struct config *config = load_good();
    const struct config_lab *lab = config_lab(config);
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/state", fixture_good());
    assert_string_equal(lab->name, "test-lab");
    assert_string_equal(lab->title.zh, "测试实验室");
    assert_string_equal(lab->time_zone, "Asia/Shanghai");
    assert_string_equal(lab->state, path);
    assert_true(lab->token_life == 8 * 3600 * SECOND);
    assert_true(lab->history == 60 * SECOND);
    assert_true(lab->history_bytes == 256 * 1024);
    assert_true(lab->recording_budget == 2000000000);
    assert_true(lab->recording_life == 180 * 86400 * SECOND);
    assert_true(lab->audit_buffer == 4096);
    assert_int_equal(lab->listener_count, 2);
    assert_string_equal(lab->listeners[0].url, "tcp://127.0.0.1:7600");
    assert_int_equal(lab->listeners[0].scheme, CONFIG_TCP);
    assert_int_equal(lab->listeners[1].scheme, CONFIG_IPC);
    assert_null(lab->listeners[0].certificate);
    assert_int_equal(lab->rig_count, 2);
    config_destroy(config);
}

static void lines_carry_what_is_on_them(void **state)
{
    (void)state;
    struct config *config = load_good();
    const struct config_lab *lab = config_lab(config);
    assert_int_equal(lab->link_count, 3);
    const struct config_link *tcp = &lab->links[0], *serial = &lab->links[2];
    assert_string_equal(tcp->name, "tcp://127.0.0.1:15502");
    assert_false(tcp->line.serial);
    assert_string_equal(tcp->line.host, "127.0.0.1");
    assert_int_equal(tcp->line.port, 15502);
    assert_true(tcp->line.timeout == SECOND / 5);
    assert_true(tcp->line.turnaround == SECOND / 200); /* from the profile */
    assert_true(tcp->longest == SECOND / 4);
    assert_int_equal(tcp->instruments[0].lost_after, 2);
    assert_string_equal(tcp->instruments[0].driver->name, "modbus");
    assert_string_equal(tcp->instruments[0].instrument.name, "tank-1.plc");
    assert_string_equal(tcp->instruments[0].profile, "test/tank");
    assert_true(serial->line.serial);
    assert_string_equal(serial->line.device, "/dev/ttyTEST0");
    assert_int_equal(serial->line.baud, 19200);
    assert_int_equal(serial->line.parity, DRIVER_PARITY_EVEN);
    assert_int_equal(serial->line.stop_bits, 1);
    assert_int_equal(serial->instrument_count, 2);
    assert_string_equal(serial->instruments[1].instrument.name, "line-2.b");
    assert_int_equal(serial->instruments[1].first_point, serial->instruments[0].instrument.point_count);
    config_destroy(config);
}

/* Every index leads back to where it came from. */
static void places_lead_there_and_back(void **state)
{
    (void)state;
    struct config *config = load_good();
    const struct config_lab *lab = config_lab(config);
    for (uint16_t r = 0; r < lab->rig_count; r++) {
        const struct config_rig *rig = &lab->rigs[r];
        for (uint16_t i = 0; i < rig->spec.instrument_count; i++) {
            const struct config_place *place = &rig->instruments[i];
            const struct config_instrument *instrument =
                &lab->links[place->link].instruments[place->instrument];
            assert_int_equal(instrument->rig, r);
            assert_int_equal(instrument->rig_instrument, i);
            assert_int_equal(rig->links[rig->spec.instruments[i].link], place->link);
            for (uint16_t p = 0; p < instrument->instrument.point_count; p++) {
                const struct rig_point_spec *point = &rig->spec.points[instrument->first_point + p];
                assert_int_equal(point->instrument, i);
                assert_string_equal(strchr(point->name, '.') + 1, instrument->instrument.points[p].name);
                assert_true(point->poll == instrument->polls[p]);
                assert_int_equal(point->type, instrument->instrument.points[p].type);
            }
        }
    }
    config_destroy(config);
}

static void points_are_in_their_own_unit(void **state)
{
    (void)state;
    struct config *config = load_good();
    const struct rig_spec *spec = &rig_named(config_lab(config), "tank-1")->spec;
    const struct rig_point_spec *level = &spec->points[point_named(spec, "plc.level")];
    const struct rig_point_spec *pump = &spec->points[point_named(spec, "plc.pump")];
    const struct rig_point_spec *fill = &spec->points[point_named(spec, "plc.fill")];
    const struct rig_point_spec *mode = &spec->points[point_named(spec, "plc.mode")];
    const struct rig_point_spec *beat = &spec->points[point_named(spec, "plc.heartbeat")];
    near(level->maximum, 0.5); /* written as 50 cm */
    assert_true(level->poll == SECOND / 5 && level->stale_after == 3 * level->poll);
    assert_true(spec->points[point_named(spec, "plc.temperature")].stale_after == 2 * SECOND);
    near(pump->maximum, 80); /* tuned; the profile says 100 */
    near(pump->tolerance, 1);
    near(spec->points[point_named(spec, "plc.pump_speed")].tolerance, 1); /* from the output that it shows */
    assert_int_equal(pump->readback, point_named(spec, "plc.pump_speed"));
    assert_true(pump->output && !pump->readable && pump->within == 2 * SECOND);
    assert_string_equal(fill->off, "closed");
    assert_string_equal(fill->on, "open");
    near(fill->safe, 0);
    assert_int_equal(spec->points[point_named(spec, "plc.heater")].role, RIG_TEACHER);
    assert_string_equal(mode->choices[2].name, "reverse");
    assert_int_equal(mode->choices[2].number, 2);
    assert_null(mode->choices[3].name);
    assert_false(beat->output);
    assert_int_equal(spec->heartbeat.point, point_named(spec, "plc.heartbeat"));
    assert_int_equal(spec->local_mode, point_named(spec, "plc.local"));
    assert_string_equal(rig_named(config_lab(config), "tank-1")->point_titles[0].zh, "液位");
    config_destroy(config);
}

static void the_safe_sequence_is_in_order(void **state)
{
    (void)state;
    struct config *config = load_good();
    const struct rig_spec *spec = &rig_named(config_lab(config), "tank-1")->spec;
    assert_int_equal(spec->safe_count, 4);
    assert_int_equal(spec->safe[0].kind, RIG_STEP_SET);
    assert_int_equal(spec->safe[0].count, 2);
    assert_true(spec->safe[0].within == SECOND / 2);
    assert_int_equal(spec->safe[0].items[1].point, point_named(spec, "plc.pump"));
    assert_int_equal(spec->safe[1].kind, RIG_STEP_WAIT);
    assert_true(spec->safe[1].within == SECOND / 10);
    assert_int_equal(spec->safe[3].kind, RIG_STEP_VERIFY);
    assert_true(spec->safe[3].within == 3 * SECOND);
    const struct rig_spec *all = &rig_named(config_lab(config), "line-2")->spec;
    size_t outputs = 0;
    for (size_t i = 0; i < all->point_count; i++)
        outputs += all->points[i].output;
    assert_int_equal(all->safe[0].count, outputs);
    assert_int_equal(all->safe[1].count, outputs - 2); /* the two heartbeats have no read-back */
    assert_int_equal(all->heartbeat.point, RIG_NONE);
    config_destroy(config);
}

static enum rig_truth evaluate(const struct rig_spec *spec, const struct rig_program *when, const char *name,
                               double number)
{
    struct rig_value *values = calloc(spec->point_count, sizeof(*values));
    assert_non_null(values);
    values[point_named(spec, name)] = (struct rig_value){number, RIG_GOOD, SECOND};
    enum rig_truth truth = rig_rule_evaluate(when, NULL, values, SECOND);
    free(values);
    return truth;
}

static void interlocks_are_compiled(void **state)
{
    (void)state;
    struct config *config = load_good();
    const struct config_rig *rig = rig_named(config_lab(config), "tank-1");
    const struct rig_spec *spec = &rig->spec;
    assert_int_equal(spec->trip_count, 2);
    const struct rig_trip_spec *overheat = &spec->trips[0], *guard = &spec->trips[1];
    assert_string_equal(overheat->name, "overheat");
    assert_string_equal(overheat->text, "plc.temperature > 176 degF");
    assert_int_equal(evaluate(spec, overheat->when, "plc.temperature", 79.9), RIG_FALSE);
    assert_int_equal(evaluate(spec, overheat->when, "plc.temperature", 80.1), RIG_TRUE);
    assert_true(overheat->hold == SECOND / 5 && rig->reactions[0] == 3 * SECOND / 2 &&
                rig->reactions[1] == 0);
    assert_true(overheat->reset == RIG_TECHNICIAN && !overheat->ignore_bad && !overheat->drives);
    assert_true(guard->reset == RIG_TEACHER && guard->ignore_bad);
    assert_int_equal(guard->drive_count, 1);
    const struct rig_permissive_spec *permissive = &spec->permissives[0];
    assert_int_equal(permissive->of, point_named(spec, "plc.heater"));
    assert_int_equal(evaluate(spec, permissive->when, "plc.level", 0.16), RIG_TRUE);
    assert_int_equal(evaluate(spec, permissive->when, "plc.level", 0.14), RIG_FALSE);
    assert_string_equal(spec->exclusives[0].name, "plc.fill or plc.heater");
    assert_int_equal(spec->exclusives[0].count, 2);
    const struct rig_limit_spec *limit = &spec->limits[0];
    near(limit->slew, 20);
    near(limit->rate, 2);
    near(limit->range[RIG_STUDENT].maximum, 60);
    near(limit->range[RIG_TEACHER].maximum, 80);
    assert_string_equal(limit->text, "slew 20 %/s, on_for 10 min, rate 2 /s, range student 0 % .. 60 %");
    assert_true(limit->on_for == 600 * SECOND && limit->ramp_step == SECOND / 5);
    assert_true(spec->resume_window == 30 * SECOND && spec->presence == 8 * SECOND);
    assert_true(spec->command_age == 2 * SECOND && spec->handover_keep && !spec->teacher_reset);
    assert_true(config_lab(config)->rigs[0].any_teacher);
    config_destroy(config);
}

static void limits_are_converted(void **state)
{
    (void)state;
    struct config *config = load_good();
    const struct rig_spec *spec = &rig_named(config_lab(config), "line-2")->spec;
    const struct rig_limit_spec *element = &spec->limits[0], *pump = &spec->limits[1];
    assert_string_equal(element->text, "off_for 3 min, starts 6, total 0.5 kWh, totalizes 2000 W");
    assert_true(element->off_for == 180 * SECOND && element->starts == 6 && element->on_for == 0);
    assert_int_equal(element->totalized, RIG_NONE);
    near(element->total, 1.8e6); /* W s */
    near(element->flow, 2000);
    assert_string_equal(
        pump->text, "range student 0 % .. 40 %, technician 0 % .. 90 %, teacher 0 % .. 60 %, slew 30 %/min");
    near(pump->range[RIG_STUDENT].maximum, 40);
    near(pump->range[RIG_TEACHER].maximum, 60);
    near(pump->range[RIG_TECHNICIAN].maximum, 90);
    near(pump->slew, 0.5);
    assert_true(pump->total == 0 && pump->starts == 0 && pump->off_for == 0);
    config_destroy(config);
}

static void waveforms_belong_to_their_instrument(void **state)
{
    (void)state;
    struct config *config = load_good();
    const struct config_rig *rig = rig_named(config_lab(config), "tank-1");
    assert_int_equal(rig->waveform_count, 1);
    assert_string_equal(rig->waveforms[0].name, "meter.ch1");
    assert_string_equal(rig->waveforms[0].unit, "V");
    assert_int_equal(rig->waveforms[0].rig_instrument, 1);
    assert_true(rig->spec.instruments[1].on_loss_continue && !rig->spec.instruments[1].outputs);
    assert_string_equal(rig->capabilities[0], "process-control");
    assert_null(rig->capabilities[1]);
    config_destroy(config);
}

static void variables_can_be_defined(void **state)
{
    (void)state;
    static const char *const defines[] = {"tank=[::1]:502"};
    static const char *const unknown[] = {"tnak=x", "tank"};
    struct config *config = config_load(fixture_good(), NULL, defines, 1);
    const struct config_lab *lab = config_lab(config);
    assert_non_null(lab);
    assert_string_equal(lab->links[0].line.host, "::1");
    assert_int_equal(lab->links[0].line.port, 502);
    config_destroy(config);
    config = config_load(fixture_good(), NULL, unknown, 2);
    struct fixture fixture = {.directory = "/nowhere"};
    char *errors = fixture_errors(&fixture, config);
    assert_string_equal(errors, "--define: \"tank\" must be name=value\n"
                                "--define: lab.yaml declares no variable tnak; did you mean tank?\n");
    free(errors);
    config_destroy(config);
}

static void two_names_of_one_device_are_one_line(void **state)
{
    (void)state;
    struct fixture fixture;
    char device[PATH_MAX], other[PATH_MAX], change[3 * PATH_MAX];
    fixture_copy(&fixture);
    fixture_write(&fixture, "device", "", 0);
    snprintf(device, sizeof(device), "%s/device", fixture.directory);
    snprintf(other, sizeof(other), "%s/other", fixture.directory);
    assert_int_equal(symlink("device", other), 0);
    snprintf(change, sizeof(change), "a: {profile: test/tank, link: serial:%s, ", device);
    fixture_change(&fixture, "rigs/line-2.yaml", "a: {profile: test/tank, link: serial:/dev/ttyTEST0, ",
                   change);
    snprintf(change, sizeof(change), "b: {profile: test/tank, link: serial:%s, ", other);
    fixture_change(&fixture, "rigs/line-2.yaml", "b: {profile: test/tank, link: serial:/dev/ttyTEST0, ",
                   change);
    struct config *config = config_load(fixture.directory, NULL, NULL, 0);
    assert_non_null(config_lab(config));
    assert_int_equal(config_lab(config)->link_count, 3);
    assert_int_equal(config_lab(config)->links[2].instrument_count, 2);
    config_destroy(config);
    fixture_remove(&fixture);
}

static void profiles_come_from_the_lab_then_from_where_they_are_installed(void **state)
{
    (void)state;
    struct fixture fixture;
    char installed[PATH_MAX], from[2 * PATH_MAX], to[2 * PATH_MAX];
    fixture_copy(&fixture);
    snprintf(installed, sizeof(installed), "%s/installed", fixture.directory);
    snprintf(from, sizeof(from), "%s/profiles/test", fixture.directory);
    snprintf(to, sizeof(to), "%s/test", installed);
    assert_int_equal(mkdir(installed, 0700), 0);
    assert_int_equal(rename(from, to), 0);
    struct config *config = config_load(fixture.directory, installed, NULL, 0);
    assert_non_null(config_lab(config));
    config_destroy(config);
    fixture_change(&fixture, "lab.yaml", "profile: test/meter", "profile: test/metre");
    config = config_load(fixture.directory, installed, NULL, 0);
    char *errors = fixture_errors(&fixture, config);
    assert_string_equal(errors,
                        "lab.yaml:18:18: rigs.tank-1.instruments.meter.profile: no profile test/metre in "
                        "profiles or installed; did you mean test/meter?\n");
    free(errors);
    config_destroy(config);
    fixture_remove(&fixture);
}

static void the_check_counts(void **state)
{
    (void)state;
    struct config *config = load_good();
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    assert_true(config_print_check(config, file));
    fclose(file);
    assert_non_null(strstr(
        text, "line serial:/dev/ttyTEST0: 2 instruments, timeout 200 ms, longest transaction 250 ms\n"));
    assert_non_null(strstr(text, "  tank-1.plc: test/tank, 13 points, 7 polled (28 values/s)\n"));
    assert_non_null(
        strstr(text, "  heartbeat plc.heartbeat every 200 ms, at most 283 ms late; drops after 1 s\n"));
    assert_non_null(
        strstr(text, "  a.heartbeat has no read-back: what is written to it is sent, not verified\n"));
    assert_non_null(
        strstr(text, "good: 2 rigs, 3 lines, 4 instruments, 40 points, 7 interlocks, 2 listeners\n"));
    free(text);
    config_destroy(config);
}

static void what_is_computed_is_printed(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_copy(&fixture);
    fixture_change(&fixture, "lab.yaml", "plc.pump: {range: 0 % .. 80 %}",
                   "plc.pump: {range: 0 % .. 80 %}\n      plc.level: {stale_after: 210 ms}");
    struct config *config = config_load(fixture.directory, NULL, NULL, 0);
    char *text = NULL, *json = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    assert_true(config_print_check(config, file));
    fclose(file);
    file = open_memstream(&json, &size);
    assert_true(config_print_check_json(config, file));
    fclose(file);
    assert_non_null(
        strstr(text, "  load 14 % at TCP: 28.0 transactions/s (0 % if every instrument answered at once)"));
    assert_non_null(strstr(text, "  load 81 % at 19200 baud: 46.0 transactions/s"));
    assert_non_null(strstr(text, "  trip       overheat            1056 ms       500 ms    63 ms"));
    assert_non_null(strstr(text, " 268 ms     10 ms     1382 ms "));
    assert_non_null(
        strstr(text, "    guard: 566 ms when nobody has control: then the whole safe sequence runs"));
    assert_non_null(strstr(text, "  limit      limit of plc.pump "));
    assert_non_null(strstr(json, "\"lost_reply\":"));
    assert_non_null(strstr(text, "    guard: does not act while its input is not known"));
    assert_non_null(
        strstr(text, "lab.yaml:44:9: remark: rigs.tank-1.interlocks[3].when: while another instrument on its "
                     "line does not answer, plc.level may be 268 ms old, and counts as stale after 210 ms"));
    assert_non_null(strstr(
        json, "{\"kind\":\"trip\",\"name\":\"overheat\",\"input\":\"plc.temperature\",\"total\":1055."));
    assert_non_null(strstr(json, "\"unanswered\":null"));
    assert_non_null(strstr(json, "\"line\":44,\"column\":9"));
    free(text);
    free(json);
    config_destroy(config);
    fixture_remove(&fixture);
}

/* Of the row that begins here: the first number is the sum of the seven that follow. */
static void check_sum(const char *row)
{
    long numbers[8];
    for (size_t i = 0; i < 8; i++) {
        const char *unit = strstr(row, " ms"), *first = unit;
        assert_non_null(unit);
        while (first > row && first[-1] != ' ')
            first--;
        numbers[i] = strtol(first, NULL, 10);
        row = unit + 3;
    }
    for (size_t i = 1; i < 8; i++)
        numbers[0] -= numbers[i];
    assert_int_equal(numbers[0], 0);
}

static void the_parts_of_a_reaction_add_up_as_printed(void **state)
{
    (void)state;
    struct config *config = config_load(fixture_good(), NULL, NULL, 0);
    char *text = NULL;
    size_t size = 0, rows = 0;
    FILE *file = open_memstream(&text, &size);
    assert_true(config_print_check(config, file));
    fclose(file);
    static const char *const kinds[] = {"\n  trip  ", "\n  permissive ", "\n  limit  ", "\n  e-stop "};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        for (const char *at = text; (at = strstr(at, kinds[i])); at++, rows++)
            check_sum(at);
    assert_true(rows >= 6);
    free(text);
    config_destroy(config);
}

static bool is_taken(const char *from, const char *to)
{
    struct fixture fixture;
    fixture_copy(&fixture);
    fixture_change(&fixture, "lab.yaml", from, to);
    struct config *config = config_load(fixture.directory, NULL, NULL, 0);
    bool good = config_lab(config) != NULL;
    config_destroy(config);
    fixture_remove(&fixture);
    return good;
}

/* The sum with one lost reply, 1381.8 and 881.8 ms, is what counts. */
static void a_reaction_is_taken_from_its_worst_on(void **state)
{
    (void)state;
    assert_true(is_taken("reaction: 1500 ms", "reaction: 1382 ms"));
    assert_false(is_taken("reaction: 1500 ms", "reaction: 1381 ms"));
    static const char level[] = "when: plc.level > 15 cm and age(plc.level) < 1 s";
    assert_true(
        is_taken(level, "when: plc.level > 15 cm and age(plc.level) < 1 s\n        reaction: 882 ms"));
    assert_false(
        is_taken(level, "when: plc.level > 15 cm and age(plc.level) < 1 s\n        reaction: 881 ms"));
}

static void a_silence_longer_than_the_reaction_is_pointed_out(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_copy(&fixture);
    fixture_change(&fixture, "lab.yaml", "reaction: 1500 ms", "reaction: 1382 ms");
    fixture_change(&fixture, "lab.yaml", "plc.pump: {range: 0 % .. 80 %}",
                   "plc.pump: {range: 0 % .. 80 %}\n      plc.temperature: {stale_after: 3 s}");
    struct config *config = config_load(fixture.directory, NULL, NULL, 0);
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    assert_true(config_print_check(config, file));
    fclose(file);
    assert_non_null(
        strstr(text, "reaction: when the instrument that shows it stops answering it takes 3494 ms, longer "
                     "than 1382 ms"));
    free(text);
    config_destroy(config);
    fixture_remove(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_lab_is_as_written),
        cmocka_unit_test(lines_carry_what_is_on_them),
        cmocka_unit_test(places_lead_there_and_back),
        cmocka_unit_test(points_are_in_their_own_unit),
        cmocka_unit_test(the_safe_sequence_is_in_order),
        cmocka_unit_test(interlocks_are_compiled),
        cmocka_unit_test(limits_are_converted),
        cmocka_unit_test(waveforms_belong_to_their_instrument),
        cmocka_unit_test(variables_can_be_defined),
        cmocka_unit_test(two_names_of_one_device_are_one_line),
        cmocka_unit_test(profiles_come_from_the_lab_then_from_where_they_are_installed),
        cmocka_unit_test(the_check_counts),
        cmocka_unit_test(what_is_computed_is_printed),
        cmocka_unit_test(the_parts_of_a_reaction_add_up_as_printed),
        cmocka_unit_test(a_reaction_is_taken_from_its_worst_on),
        cmocka_unit_test(a_silence_longer_than_the_reaction_is_pointed_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
