/* Any bytes as lab.yaml, or, where a line begins with "driver:", as a profile that a right lab.yaml names: no
 * crash, no leak, no endless loop. */
#include "gateway/config/config.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char frame[] = "name: fuzz\n"
                            "listeners: [{url: \"tcp://127.0.0.1:7600\"}]\n"
                            "rigs:\n"
                            "  r: {instruments: {a: {profile: fuzzed, link: \"tcp://127.0.0.1:502\"}}}\n";

/* One directory for the run, made at the first input, in memory so that no disk is worn. */
static char directory[] = "/dev/shm/labgate-fuzz-XXXXXX";

static void write_file(const char *name, const void *bytes, size_t size)
{
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/%s", directory, name);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0 || write(file, bytes, size) != (ssize_t)size)
        abort();
    close(file);
}

static void remove_directory(void)
{
    static const char *const names[] = {"lab.yaml", "profiles/fuzzed.yaml", "profiles", ""};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
        remove(path);
    }
}

static void make_directory(void)
{
    static bool made;
    char path[PATH_MAX];
    if (made)
        return;
    if (!mkdtemp(directory))
        abort();
    snprintf(path, sizeof(path), "%s/profiles", directory);
    if (mkdir(path, 0700) != 0)
        abort();
    atexit(remove_directory);
    made = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static FILE *nowhere;
    bool profile = memmem(data, size, "\ndriver:", 8) != NULL;
    make_directory();
    if (!nowhere)
        nowhere = fopen("/dev/null", "w");
    write_file("lab.yaml", profile ? (const void *)frame : data, profile ? sizeof(frame) - 1 : size);
    write_file("profiles/fuzzed.yaml", data, profile ? size : 0);
    struct config *config = config_load(directory, NULL, NULL, 0);
    if (config)
        config_print_check(config, nowhere);
    config_destroy(config);
    return 0;
}
