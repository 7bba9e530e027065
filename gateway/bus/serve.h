/* serve.h - the bus's loop: endpoint on one side, control on the other. */
#ifndef GATEWAY_BUS_SERVE_H
#define GATEWAY_BUS_SERVE_H

#include "gateway/bus/endpoint.h"
#include "gateway/bus/peers.h"

struct serve_options {
    struct endpoint *endpoint; /* listening; stays the caller's */
    int control[PEER_LANES];   /* the channel's descriptors */
    uint32_t generation;
};

/* Serves until control closes the channel. Returns the exit status: 0, or 1 for no memory or an envelope that
 * control would never send. */
int serve(const struct serve_options *options);

#endif
