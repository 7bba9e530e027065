/* pipe_socket.h - the socket below a pipe of nng, which nng doesn't give out.
 *
 * nng 1.5.2 may never finish closing a TLS pipe on which it waits for a message (its issues 1236 and 1543;
 * seen in one close of four), and from then on finishes closing no pipe of the process. The same pipe ends
 * well when its peer closes. So a pipe is ended by shutting its socket down, which to nng is the same as the
 * peer's going. */
#ifndef GATEWAY_BUS_PIPE_SOCKET_H
#define GATEWAY_BUS_PIPE_SOCKET_H

#include <nng/nng.h>

/* 0, or -1: not a TCP pipe, or gone already. */
int pipe_socket_shut(nng_pipe pipe);

#endif
