/* What is kept between commands: private, whole after kill -9, and no command number ever used twice. */
#include "gateway/cli/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROCESSES 4
#define NUMBERS   40
#define KILLS     25

static char directory[] = "/tmp/labctl-store-XXXXXX";

static int make_directory(void **state)
{
    (void)state;
    if (!mkdtemp(directory))
        return -1;
    setenv("XDG_CONFIG_HOME", directory, 1);
    setenv("XDG_STATE_HOME", directory, 1);
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", directory);
    return system(command) == 0 ? 0 : -1;
}

static void test_login_comes_back(void **state)
{
    (void)state;
    struct store store;
    struct login login = {.role = 1, .expires = 1795413600000}, read;
    struct stat status;
    assert_int_equal(store_open(&store, "default"), STORE_OK);
    assert_int_equal(store_load_login(&store, &read), STORE_NONE);
    strcpy(login.server, "tls+tcp://lab.example.edu:7101");
    strcpy(login.token, "secret");
    strcpy(login.name, "Li Na 李娜");
    assert_int_equal(store_save_login(&store, &login), STORE_OK);
    assert_int_equal(store_load_login(&store, &read), STORE_OK);
    assert_string_equal(read.server, login.server);
    assert_string_equal(read.name, login.name);
    assert_string_equal(read.rig, "");
    assert_int_equal(read.expires, login.expires);
    assert_int_equal(stat(store.login_path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(unlink(store.login_path), 0);
    assert_int_equal(store_load_login(&store, &read), STORE_NONE);
}

/* Nobody who can write into the directory may have it made readable by a file that was there before. */
static void test_a_readable_file_becomes_private(void **state)
{
    (void)state;
    struct store store;
    struct login login = {0};
    struct stat status;
    assert_int_equal(store_open(&store, "open"), STORE_OK);
    FILE *file = fopen(store.login_path, "w");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(chmod(store.login_path, 0644), 0);
    assert_int_equal(store_save_login(&store, &login), STORE_OK);
    assert_int_equal(stat(store.login_path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
}

/* What is written goes into the file of that name and not where a link leads. */
static void test_links_are_not_followed(void **state)
{
    (void)state;
    struct store store;
    struct login login = {0};
    char victim[STORE_PATH_MAX], temporary[STORE_PATH_MAX + 32];
    struct stat status;
    assert_int_equal(store_open(&store, "link"), STORE_OK);
    snprintf(victim, sizeof victim, "%.4000s/victim", directory);
    snprintf(temporary, sizeof temporary, "%s.%ld", store.login_path, (long)getpid());
    assert_int_equal(symlink(victim, temporary), 0);
    assert_int_equal(store_save_login(&store, &login), STORE_FAILED);
    assert_int_not_equal(stat(victim, &status), 0);
    assert_int_equal(unlink(temporary), 0);
}

static void test_profiles_are_names_only(void **state)
{
    (void)state;
    struct store store;
    assert_int_equal(store_open(&store, "../x"), STORE_BAD_PROFILE);
    assert_int_equal(store_open(&store, ".x"), STORE_BAD_PROFILE);
    assert_int_equal(store_open(&store, ""), STORE_BAD_PROFILE);
    assert_int_equal(store_open(&store, "teacher-2.a_b"), STORE_OK);
}

static void test_a_lock_is_for_one(void **state)
{
    (void)state;
    struct store store;
    int lock = -1, second = -1;
    assert_int_equal(store_open(&store, "lock"), STORE_OK);
    assert_int_equal(store_lock(&store, store.keeper_path, false, &lock), STORE_OK);
    assert_int_equal(store_lock(&store, store.keeper_path, false, &second), STORE_BUSY);
    store_unlock(lock);
    assert_int_equal(store_lock(&store, store.keeper_path, false, &second), STORE_OK);
    store_unlock(second);
}

/* As labctl set does: lock, next number, "send" it into the pipe, unlock. */
static void take_numbers(struct store *store, int out, int count)
{
    for (int i = 0; i < count; i++) {
        struct seat seat;
        int lock = -1;
        if (store_lock(store, store->seat_lock_path, true, &lock) != STORE_OK ||
            store_next_sequence(store, &seat) != STORE_OK ||
            write(out, &seat.sequence, sizeof seat.sequence) != (ssize_t)sizeof seat.sequence)
            _exit(1);
        store_unlock(lock);
    }
    _exit(0);
}

static void begin_seat(struct store *store, const char *profile)
{
    struct seat seat = {.seat = 3, .session = 9};
    strcpy(seat.rig, "tank-1");
    assert_int_equal(store_open(store, profile), STORE_OK);
    assert_int_equal(store_save_seat(store, &seat), STORE_OK);
}

static void test_processes_share_no_number_and_keep_order(void **state)
{
    (void)state;
    struct store store;
    int ends[2];
    uint64_t number, last = 0;
    size_t count = 0;
    begin_seat(&store, "many");
    assert_int_equal(pipe(ends), 0);
    for (int i = 0; i < PROCESSES; i++)
        if (fork() == 0)
            take_numbers(&store, ends[1], NUMBERS);
    close(ends[1]);
    while (read(ends[0], &number, sizeof number) == (ssize_t)sizeof number) {
        assert_int_equal(number, last + 1);
        last = number;
        count++;
    }
    assert_int_equal(count, PROCESSES * NUMBERS);
    close(ends[0]);
    for (int i = 0; i < PROCESSES; i++)
        wait(NULL);
}

/* The process dies at any point, and with it the lock; a number may be lost, none comes twice. */
static void test_no_number_comes_twice_across_kill(void **state)
{
    (void)state;
    struct store store;
    struct seat seat;
    int ends[2];
    uint64_t number, last = 0;
    begin_seat(&store, "killed");
    assert_int_equal(pipe(ends), 0);
    for (int i = 0; i < KILLS; i++) {
        pid_t child = fork();
        if (child == 0)
            take_numbers(&store, ends[1], 1000000);
        assert_int_equal(read(ends[0], &number, sizeof number), sizeof number);
        usleep((useconds_t)(i * 137 % 900)); /* to die at another point each time */
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        assert_true(number > last);
        last = number;
        assert_int_equal(store_load_seat(&store, &seat), STORE_OK);
        assert_string_equal(seat.rig, "tank-1");
        assert_true(seat.sequence >= last);
        /* What else it sent before it died. */
        uint64_t marker = UINT64_MAX;
        assert_int_equal(write(ends[1], &marker, sizeof marker), sizeof marker);
        while (read(ends[0], &number, sizeof number) == (ssize_t)sizeof number && number != marker) {
            assert_true(number > last && number <= seat.sequence);
            last = number;
        }
    }
    close(ends[0]);
    close(ends[1]);
}

static void test_no_seat_no_number(void **state)
{
    (void)state;
    struct store store;
    struct seat seat;
    assert_int_equal(store_open(&store, "nobody"), STORE_OK);
    assert_int_equal(store_next_sequence(&store, &seat), STORE_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_login_comes_back),
        cmocka_unit_test(test_a_readable_file_becomes_private),
        cmocka_unit_test(test_links_are_not_followed),
        cmocka_unit_test(test_profiles_are_names_only),
        cmocka_unit_test(test_a_lock_is_for_one),
        cmocka_unit_test(test_processes_share_no_number_and_keep_order),
        cmocka_unit_test(test_no_number_comes_twice_across_kill),
        cmocka_unit_test(test_no_seat_no_number),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
