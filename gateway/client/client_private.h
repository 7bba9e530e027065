/* client_private.h - what client.c and watch.c share. */
#ifndef GATEWAY_CLIENT_CLIENT_PRIVATE_H
#define GATEWAY_CLIENT_CLIENT_PRIVATE_H

#include "gateway/client/client.h"
#include "gateway/client/line.h"
#include "gateway/client/translate.h"

#define SECOND      INT64_C(1000000000)
#define CREDIT      16u
#define FRAMES_KEPT (2 * CREDIT)

/* One watch: frames that came while a call waited are kept, as many as were asked for. */
struct watch {
    char *rig;        /* NULL: none */
    uint32_t request; /* 0: to be asked for anew */
    unsigned epoch;   /* of the connection it was asked on */
    bool has_cursor;
    uint64_t boot, frame; /* last one given to the caller */
    bool resumed;         /* a frame of this request has been given */
    unsigned taken;       /* frames since the last renewal */
    int64_t heard;
    Labgate__Answer *kept[FRAMES_KEPT];
    unsigned first, count;
};

struct client {
    struct line *line;
    char *token;
    uint32_t seat, next_id;
    bool was_connected, had_connection;
    unsigned told_epoch;
    void (*connection)(void *context, bool connected);
    void *context;
    /* The gateway's clock: at our time `at` it had reached at least `seen`. */
    uint64_t boot, seen;
    int64_t at;
    /* Is anybody there? Reckoned over calls, for their deadlines may be short. */
    int64_t quiet_since;  /* the last message heard, or the first request after it */
    bool unanswered;      /* something was sent since a message was heard */
    int64_t probed;       /* since then; 0: not */
    unsigned heard_epoch; /* of all this */
    struct watch watch;
};

uint32_t client_take_id(struct client *client);
struct request_envelope client_envelope(const struct client *client);

/* Waits for a connection and tells the caller what happened to it. CLIENT_OK, CLIENT_UNREACHABLE at the
 * deadline, or CLIENT_UNTRUSTED as soon as a certificate was refused: trying on doesn't change it. */
int client_await_connection(struct client *client, int64_t deadline);

/* Sends, and notes since when an answer is due. */
enum line_result client_say(struct client *client, unsigned epoch, const struct line_request *request,
                            int64_t deadline);

struct client_awaited {
    unsigned epoch;
    uint32_t request; /* whose answer goes to *answer; 0: only frames are awaited */
    int64_t deadline;
    int64_t silence; /* after which it is asked whether the connection lives */
};
/* Takes one message in. LINE_OK: one came (a frame is kept, anything unknown dropped); LINE_CHANGED also when
 * the connection turned out to be dead. */
enum line_result client_listen(struct client *client, const struct client_awaited *awaited,
                               Labgate__Answer **answer, int *fault);

/* In watch.c: */
void client_keep_frame(struct client *client, Labgate__Answer *answer); /* takes the answer */
void client_forget_watch(struct client *client);

#endif
