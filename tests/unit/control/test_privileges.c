/* Giving privileges up. As root the real thing is done in a child; as anybody else only what holds for them.
 */
#include "gateway/control/privileges.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/labgate-privileges-XXXXXX";

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(folder) && chmod(folder, 0755) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    return rmdir(folder);
}

static void skip_unless_root(void)
{
    if (geteuid() != 0)
        skip();
}

static int exit_status(pid_t child)
{
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* The value of a line of /proc/self/status. */
static void read_status(const char *name, char *value, size_t size)
{
    char line[256];
    FILE *file = fopen("/proc/self/status", "r");
    value[0] = '\0';
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':')
            snprintf(value, size, "%s", line + strlen(name) + 1);
    if (file)
        fclose(file);
    value[strcspn(value, "\n")] = '\0';
}

static bool status_is(const char *name, const char *wanted)
{
    char value[256];
    read_status(name, value, sizeof value);
    if (strcmp(value, wanted) != 0)
        fprintf(stderr, "%s is \"%s\" and not \"%s\"\n", name, value, wanted);
    return strcmp(value, wanted) == 0;
}

static void test_a_missing_user_falls_back_and_says_so(void **state)
{
    (void)state;
    struct privileges_user user;
    char note[256] = "";
    assert_int_equal(privileges_find_user("labgate-no-such-user", &user, note, sizeof note), 0);
    assert_true(user.fallback);
    assert_non_null(strstr(note, "labgate-no-such-user"));
    note[0] = '\0';
    assert_int_equal(privileges_find_user("nobody", &user, note, sizeof note), 0);
    assert_false(user.fallback);
    assert_string_equal(note, "");
}

static int drop_control(const char *state_directory)
{
    char note[512], path[160];
    struct privileges_control options = {
        .user = "nobody", .device_group = "dialout", .state = state_directory};
    if (privileges_drop_control(&options, note, sizeof note) != 0)
        return 1;
    if (geteuid() == 0 || getuid() == 0 || setuid(0) == 0 || setgid(0) == 0)
        return 2;
    gid_t groups[8];
    if (getgroups(8, groups) > 1)
        return 3;
    if (!status_is("CapPrm", "\t0000000000000000") || !status_is("NoNewPrivs", "\t1"))
        return 4;
    snprintf(path, sizeof path, "%s/file", state_directory);
    int fd = open(path, O_RDWR);
    return fd >= 0 ? 0 : 5;
}

static void test_control_drops_all_but_its_state_and_devices(void **state)
{
    (void)state;
    skip_unless_root();
    char directory[128], file[160];
    snprintf(directory, sizeof directory, "%s/state", folder);
    snprintf(file, sizeof file, "%s/file", directory);
    assert_int_equal(mkdir(directory, 0700), 0);
    close(open(file, O_CREAT | O_WRONLY, 0600));
    pid_t child = fork();
    if (child == 0)
        _exit(drop_control(directory));
    assert_int_equal(exit_status(child), 0);
    unlink(file);
    rmdir(directory);
}

static int drop_launcher(void)
{
    struct privileges_user user;
    char note[512] = "";
    if (privileges_find_user("nobody", &user, note, sizeof note) != 0 ||
        privileges_drop_launcher(&user, note, sizeof note) != 0)
        return 1;
    if (geteuid() != user.user || setuid(0) == 0 || getgroups(0, NULL) != 0)
        return 2;
    /* Only bit 10, CAP_NET_BIND_SERVICE. */
    return status_is("CapPrm", "\t0000000000000400") && status_is("CapBnd", "\t0000000000000400") &&
                   status_is("CapAmb", "\t0000000000000400") && status_is("NoNewPrivs", "\t1")
               ? 0
               : 3;
}

static void test_the_launcher_keeps_only_low_ports(void **state)
{
    (void)state;
    skip_unless_root();
    pid_t child = fork();
    if (child == 0)
        _exit(drop_launcher());
    assert_int_equal(exit_status(child), 0);
}

static void test_anybodys_directory_is_not_taken(void **state)
{
    (void)state;
    skip_unless_root();
    struct privileges_user user;
    struct stat status;
    char note[512] = "", directory[128], file[160];
    assert_int_equal(privileges_find_user("nobody", &user, note, sizeof note), 0);
    snprintf(directory, sizeof directory, "%s/shared", folder);
    snprintf(file, sizeof file, "%s/theirs", directory);
    assert_int_equal(mkdir(directory, 0755), 0);
    close(open(file, O_CREAT | O_WRONLY, 0600));
    assert_int_equal(privileges_own_directory(directory, &user, note, sizeof note), -1);
    assert_non_null(strstr(note, directory));
    assert_int_equal(stat(file, &status), 0);
    assert_int_equal(status.st_uid, 0);
    unlink(file);
    assert_int_equal(privileges_own_directory(directory, &user, note, sizeof note), 0); /* it is empty now */
    assert_int_equal(stat(directory, &status), 0);
    assert_int_equal(status.st_uid, user.user);
    rmdir(directory);
}

static void test_a_link_is_not_followed(void **state)
{
    (void)state;
    skip_unless_root();
    struct privileges_user user;
    struct stat status;
    char note[512] = "", directory[128], outside[128], link[160];
    assert_int_equal(privileges_find_user("nobody", &user, note, sizeof note), 0);
    snprintf(directory, sizeof directory, "%s/linked", folder);
    snprintf(outside, sizeof outside, "%s/outside", folder);
    snprintf(link, sizeof link, "%s/link", directory);
    assert_int_equal(mkdir(directory, 0700), 0);
    close(open(outside, O_CREAT | O_WRONLY, 0600));
    assert_int_equal(symlink(outside, link), 0);
    assert_int_equal(privileges_own_directory(directory, &user, note, sizeof note), 0);
    assert_int_equal(stat(outside, &status), 0);
    assert_int_equal(status.st_uid, 0);
    unlink(link);
    unlink(outside);
    rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_missing_user_falls_back_and_says_so),
        cmocka_unit_test(test_control_drops_all_but_its_state_and_devices),
        cmocka_unit_test(test_the_launcher_keeps_only_low_ports),
        cmocka_unit_test(test_anybodys_directory_is_not_taken),
        cmocka_unit_test(test_a_link_is_not_followed),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
