/* Any bytes as lab.yaml, or as a profile that a right lab.yaml names: no crash, no leak, no endless loop. The
 * first byte chooses which. */
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

static void write_file(const char *directory, const char *name, const void *bytes, size_t size)
{
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/%s", directory, name);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0 || write(file, bytes, size) != (ssize_t)size)
        abort();
    close(file);
}

/* One directory for the run, made at the first input; /dev/shm so that no disk is worn. */
static const char *workplace(void)
{
    static char directory[] = "/dev/shm/labgate-fuzz-XXXXXX";
    static bool made;
    if (!made) {
        char path[PATH_MAX];
        if (!mkdtemp(directory))
            abort();
        snprintf(path, sizeof(path), "%s/profiles", directory);
        if (mkdir(path, 0700) != 0)
            abort();
        made = true;
    }
    return directory;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    const char *directory = workplace();
    bool profile = data[0] & 1;
    write_file(directory, "lab.yaml", profile ? (const void *)frame : data + 1,
               profile ? sizeof(frame) - 1 : size - 1);
    write_file(directory, "profiles/fuzzed.yaml", data + 1, profile ? size - 1 : 0);
    struct config *config = config_load(directory, NULL, NULL, 0);
    if (config) {
        static FILE *nowhere;
        if (!nowhere)
            nowhere = fopen("/dev/null", "w");
        config_print_check(config, nowhere);
    }
    config_destroy(config);
    return 0;
}
