#include "gateway/identity/keys.h"
#include "gateway/identity/crypto.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const names[KEYS_COUNT] = {
    [KEYS_TOKEN] = "token", [KEYS_AUDIT] = "audit", [KEYS_HEAD] = "head"};
static const char heading[] = "labgate-keys 1\n";

#define FILE_MAX 512

static bool parse_key(const char **at, const char *name, uint8_t *key)
{
    size_t length = strlen(name);
    const char *hex = *at + length + 1;
    if (strncmp(*at, name, length) != 0 || (*at)[length] != ' ' ||
        strnlen(hex, 2 * KEYS_SIZE) != 2 * KEYS_SIZE ||
        !crypto_decode_hex(hex, 2 * KEYS_SIZE, key, KEYS_SIZE) || hex[2 * KEYS_SIZE] != '\n')
        return false;
    *at = hex + 2 * KEYS_SIZE + 1;
    return true;
}

static bool parse_keys(const char *text, struct keys *keys)
{
    const char *at = text + strlen(heading);
    bool good = strncmp(text, heading, strlen(heading)) == 0;
    for (size_t i = 0; good && i < KEYS_COUNT; i++)
        good = parse_key(&at, names[i], keys->key[i]);
    return good && *at == '\0';
}

static int read_keys(int fd, struct keys *keys, char *why, size_t why_size)
{
    char text[FILE_MAX + 1];
    struct stat status;
    ssize_t got = fstat(fd, &status) == 0 ? read(fd, text, FILE_MAX) : -1;
    if (got < 0) {
        snprintf(why, why_size, "cannot read the key file: %s", strerror(errno));
        return CRYPTO_IO;
    }
    if ((status.st_mode & 077) != 0) {
        snprintf(why, why_size,
                 "the key file `keys` in the state directory can be read by others than its owner: "
                 "`chmod 600` it, and remove it when somebody may have read it");
        crypto_wipe(text, sizeof text);
        return CRYPTO_BAD_KEYS;
    }
    text[got] = '\0';
    bool good = parse_keys(text, keys);
    crypto_wipe(text, sizeof text);
    if (!good)
        snprintf(why, why_size,
                 "the key file `keys` in the state directory is damaged: bring it back from a backup");
    return good ? CRYPTO_OK : CRYPTO_BAD_KEYS;
}

static void make_text(struct keys *keys, char text[FILE_MAX + 1])
{
    crypto_random(keys, sizeof *keys);
    size_t length = (size_t)snprintf(text, FILE_MAX + 1, "%s", heading);
    for (size_t i = 0; i < KEYS_COUNT; i++) {
        char hex[2 * KEYS_SIZE + 1];
        crypto_encode_hex(keys->key[i], KEYS_SIZE, hex, sizeof hex);
        length += (size_t)snprintf(text + length, FILE_MAX + 1 - length, "%s %s\n", names[i], hex);
        crypto_wipe(hex, sizeof hex);
    }
}

static int write_keys(int directory, const char *text)
{
    static const char temporary[] = "keys.new";
    unlinkat(directory, temporary, 0);
    int fd = openat(directory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return -1;
    size_t length = strlen(text);
    bool written = write(fd, text, length) == (ssize_t)length && fsync(fd) == 0;
    written = close(fd) == 0 && written;
    written = written && linkat(directory, temporary, directory, "keys", 0) == 0;
    int error = errno;
    unlinkat(directory, temporary, 0);
    errno = error;
    return written && fsync(directory) == 0 ? 0 : -1;
}

static int make_keys(int directory, struct keys *keys, char *why, size_t why_size)
{
    char text[FILE_MAX + 1];
    make_text(keys, text);
    int status = write_keys(directory, text);
    int error = errno;
    crypto_wipe(text, sizeof text);
    if (status == 0)
        return CRYPTO_OK;
    crypto_wipe(keys, sizeof *keys);
    snprintf(why, why_size, "cannot make the key file `keys` in the state directory: %s", strerror(error));
    return CRYPTO_IO;
}

int keys_open(const char *path, struct keys *keys, char *why, size_t why_size)
{
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) {
        snprintf(why, why_size, "cannot open the state directory %s: %s", path, strerror(errno));
        return CRYPTO_IO;
    }
    int result;
    int fd = openat(directory, "keys", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0) {
        result = read_keys(fd, keys, why, why_size);
        close(fd);
    } else if (errno == ENOENT) {
        result = make_keys(directory, keys, why, why_size);
    } else {
        snprintf(why, why_size, "cannot open the key file `keys` in %s: %s", path, strerror(errno));
        result = CRYPTO_IO;
    }
    close(directory);
    return result;
}
