/* channel_listener.h - what each bus process is told about a listener: URL, certificate and key, read once
 * while files may still be read and kept for the buses to come. */
#ifndef GATEWAY_CONTROL_CHANNEL_LISTENER_H
#define GATEWAY_CONTROL_CHANNEL_LISTENER_H

#include "gateway/bus/envelope.h"
#include "gateway/config/config.h"

#define CHANNEL_URL_SIZE 256

struct channel_listener {
    char url[CHANNEL_URL_SIZE]; /* once a bus is up with the port it was given in place of a 0: clients find
                                   the next bus */
    uint8_t *bytes;             /* certificate and key, each with a zero byte */
    size_t length;
};

/* 0, or -1 with a sentence in why; to be finished in both cases. */
int channel_listener_load(struct channel_listener *listener, const struct config_listener *spec, char *why,
                          size_t why_size);
void channel_listener_finish(struct channel_listener *listener); /* wipes the key */

/* The payload of ENVELOPE_LISTEN; returns its length. */
size_t channel_listener_compose(const struct channel_listener *listener,
                                uint8_t payload[ENVELOPE_PAYLOAD_MAX]);
/* Takes the URLs from the payload of ENVELOPE_READY: those of the listeners, in their order. */
void channel_listeners_remember(struct channel_listener *listeners, size_t count, const uint8_t *payload,
                                size_t length);

#endif
