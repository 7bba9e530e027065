/* envelope.h - what passes between the control process and the bus process: one datagram of a SOCK_SEQPACKET
 * pair is one envelope and its payload. The two are the same program on the same machine, so integers are in
 * host order.
 *
 * There are two pairs: urgent (e-stop and release, and their answers) and ordinary. Both ends are
 * non-blocking. */
#ifndef GATEWAY_BUS_ENVELOPE_H
#define GATEWAY_BUS_ENVELOPE_H

#include <stdint.h>

#define ENVELOPE_PAYLOAD_MAX 65536u  /* of a request, up to control */
#define ENVELOPE_ANSWER_MAX  262144u /* of an answer or a frame, down to the bus: set SO_SNDBUF for it */
#define ENVELOPE_MAGIC       0x4c474554u

/* A connection's bounds; the bus enforces them before control hears of a request. */
#define ENVELOPE_URGENT_IN_FLIGHT 1  /* releases */
#define ENVELOPE_STOPS_IN_FLIGHT  64 /* e-stops: one for each rig that a lab may have */
#define ENVELOPE_OTHERS_IN_FLIGHT 16
#define ENVELOPE_CREDIT_MAX       32 /* answers outstanding to one Watch; nng drops silently at 64 */

enum envelope_kind {
    /* bus to control */
    ENVELOPE_READY = 1,  /* listening; payload: the URLs with the ports that were given, one a line */
    ENVELOPE_PROGRESS,   /* at least every 500 ms from the bus's own loop: it is alive and moving; payload:
                            counters */
    ENVELOPE_REQUEST,    /* payload: a Request */
    ENVELOPE_WATCH,      /* payload: a Request whose body is Watch */
    ENVELOPE_PIPE_GONE,  /* the connection closed */
    ENVELOPE_UNWATCHED,  /* nobody has watched `stream` for a while, since as many grants as `frame` says: its
                            frames are not kept any more */
    ENVELOPE_SPECTATORS, /* `stream` is watched by so many connections without a seat as `frame` says: when it
                            has changed, at most once a second */
    ENVELOPE_FAILED,     /* cannot serve; payload: why, for people. The bus exits after it */
    /* control to bus */
    ENVELOPE_ANSWER,      /* to pipe and request; payload: an Answer */
    ENVELOPE_GRANT_WATCH, /* pipe and request watch `stream` with `credit` from frame `frame` on (0: from the
                             newest full frame on); what came before was answered by control, and each such
                             answer consumed one credit already. The bus serves renewals itself: control hears
                             of a Watch again only when its id, token, seat or rig is new, 20 s have passed,
                             or its cursor lies outside what the bus sent. */
    ENVELOPE_END_WATCH,   /* token void or session over; payload: the last Answer */
    ENVELOPE_DELTA, /* stream `stream`, frame `frame`: payload is an Answer with the changes since frame - 1;
                       at least one every 4 s, if need be without changes, for a Watch is answered every 5 s.
                       Only of streams that are watched: from the first grant until UNWATCHED */
    ENVELOPE_FULL,  /* the same with everything as of `frame`; before the first grant of a stream, after a
                       change of layout, and after a frame that could not be sent */
    ENVELOPE_CLOSE_PIPE,
    ENVELOPE_LISTEN, /* before BEGIN, once for each listener; payload: URL, certificate (PEM), key (PEM), each
                        ended by a zero byte; the last two are empty without TLS */
    ENVELOPE_BEGIN,  /* serve; the bus answers READY or FAILED */
    /* made by control's channel, never sent */
    ENVELOPE_LOST, /* this generation's bus has ended: its pipes and watchers are gone; payload: why, for
                      people */
};

enum envelope_class { ENVELOPE_URGENT = 1, ENVELOPE_COMMAND, ENVELOPE_WATCHING };

struct envelope {
    uint32_t magic;
    uint8_t kind;
    uint8_t class;
    uint8_t secure; /* REQUEST: the connection is TLS, ipc or loopback */
    uint8_t credit;
    uint32_t generation; /* of the bus; frames of another one are dropped */
    uint32_t pipe;       /* nng's id */
    uint32_t request;    /* request id of the protocol, top bit set */
    uint32_t stream;     /* a rig's index */
    uint64_t frame;
    uint8_t address[16]; /* REQUEST: peer, IPv6 or IPv4-mapped; zero for ipc */
    uint64_t tag;        /* WATCH: the bus's own; GRANT_WATCH gives it back */
    uint32_t length;     /* of the payload */
    uint32_t every;      /* as tag: ms between two frames at least */
    uint64_t seat;       /* GRANT_WATCH: of who watches; 0: a spectator */
};

/* Payload of PROGRESS. Counts since the bus's start, and two that are now. */
struct envelope_counters {
    uint64_t malformed; /* messages that were no Request */
    uint64_t oversized; /* messages of more than ENVELOPE_PAYLOAD_MAX */
    uint64_t busy;      /* requests beyond a connection's bounds */
    uint64_t dropped;   /* answers and frames for which there was no pipe or no room any more */
    uint64_t pipes, watchers;
};

enum envelope_result {
    ENVELOPE_MOVED = 1,
    ENVELOPE_AGAIN = 0,      /* would block */
    ENVELOPE_BROKEN = -1,    /* the other side is gone */
    ENVELOPE_UNREADABLE = -2 /* what came is no envelope: nothing of ours sends that */
};

/* One datagram, without blocking. The payload has envelope->length bytes. */
enum envelope_result envelope_send(int fd, const struct envelope *envelope, const void *payload);
/* Reads one into *envelope and buffer. */
enum envelope_result envelope_receive(int fd, struct envelope *envelope, uint8_t buffer[ENVELOPE_ANSWER_MAX]);

#endif
