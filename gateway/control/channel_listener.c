#include "gateway/control/channel_listener.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Larger than any chain of certificates in use; both files and the URL fit one payload. */
#define FILE_MOST 30000u

/* Appends a file's text and a zero byte. */
static int append_file(struct channel_listener *listener, const char *path, char *why, size_t why_size)
{
    errno = 0;
    FILE *file = fopen(path, "re");
    size_t got = file ? fread(listener->bytes + listener->length, 1, FILE_MOST, file) : 0;
    int error = errno;
    bool is_read = file && !ferror(file) && got > 0 && got < FILE_MOST;
    if (file)
        fclose(file);
    if (!is_read) {
        snprintf(why, why_size, "cannot use %s for the listener %s: %s", path, listener->url,
                 got == FILE_MOST ? "it is larger than a certificate"
                 : error != 0     ? strerror(error)
                                  : "it is empty");
        return -1;
    }
    listener->length += got;
    listener->bytes[listener->length++] = '\0';
    return 0;
}

int channel_listener_load(struct channel_listener *listener, const struct config_listener *spec, char *why,
                          size_t why_size)
{
    *listener = (struct channel_listener){0};
    if (strlen(spec->url) >= sizeof listener->url - sizeof "65535") {
        snprintf(why, why_size, "the listener's address is too long: %s", spec->url);
        return -1;
    }
    strcpy(listener->url, spec->url);
    bool tls = spec->scheme == CONFIG_TLS || spec->scheme == CONFIG_WSS;
    listener->bytes = calloc(1, tls ? 2 * (FILE_MOST + 1) : 2);
    if (!listener->bytes) {
        snprintf(why, why_size, "no memory for the listener %s", spec->url);
        return -1;
    }
    if (!tls) {
        listener->length = 2;
        return 0;
    }
    if (append_file(listener, spec->certificate, why, why_size) != 0)
        return -1;
    return append_file(listener, spec->key, why, why_size);
}

void channel_listener_finish(struct channel_listener *listener)
{
    if (listener->bytes)
        explicit_bzero(listener->bytes, listener->length);
    free(listener->bytes);
}

size_t channel_listener_compose(const struct channel_listener *listener,
                                uint8_t payload[ENVELOPE_PAYLOAD_MAX])
{
    size_t url = strlen(listener->url) + 1;
    memcpy(payload, listener->url, url);
    memcpy(payload + url, listener->bytes, listener->length);
    return url + listener->length;
}

void channel_listeners_remember(struct channel_listener *listeners, size_t count, const uint8_t *payload,
                                size_t length)
{
    const char *at = (const char *)payload, *end = at + length;
    for (size_t i = 0; i < count && at < end; i++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t line = (size_t)((newline ? newline : end) - at);
        if (line < sizeof listeners[i].url) {
            memcpy(listeners[i].url, at, line);
            listeners[i].url[line] = '\0';
        }
        at += line + 1;
    }
}
