#include "gateway/control/feeds.h"

#include "gateway/control/notes.h"
#include "gateway/control/requests.h"
#include "gateway/control/respond.h"
#include "gateway/identity/crypto.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_BYTES 32
#define ANSWERED  500

_Static_assert(CRYPTO_DIGEST_SIZE == LEDGER_FEED_HASH, "the ledger keeps a digest");

static int compare(const void *a, const void *b)
{
    const struct ledger_feed *left = a, *right = b;
    return memcmp(left->hash, right->hash, sizeof left->hash);
}

void feeds_load(struct control *control, struct ledger_contents *contents)
{
    control->feeds = (struct feeds){contents->feeds, contents->feed_count, contents->feed_count};
    contents->feeds = NULL;
    contents->feed_count = 0;
    if (control->feeds.count)
        qsort(control->feeds.list, control->feeds.count, sizeof *control->feeds.list, compare);
}

const struct ledger_feed *feeds_find(const struct control *control, const char *key)
{
    const struct feeds *feeds = &control->feeds;
    struct ledger_feed wanted = {0};
    crypto_digest(key, strlen(key), wanted.hash);
    const struct ledger_feed *found =
        feeds->count ? bsearch(&wanted, feeds->list, feeds->count, sizeof wanted, compare) : NULL;
    const struct account *account = found ? accounts_get(control->accounts, found->account) : NULL;
    return account && !account->disabled ? found : NULL;
}

static void note_feed(struct control *control, const struct pending *pending, const char *kind,
                      const struct ledger_feed *feed)
{
    char text[160];
    snprintf(text, sizeof text, "feed %" PRIu64 ", %s", feed->id, feed->rig[0] ? feed->rig : "own bookings");
    notes_event(control, kind, pending->account, NULL, "", text);
}

/* ---- made -------------------------------------------------------------------------------------------- */

static bool may_make(struct control *control, const struct caller *caller, const struct request *request)
{
    uint64_t account = caller->identity.account;
    size_t count = 0;
    for (size_t i = 0; i < control->feeds.count; i++)
        count += control->feeds.list[i].account == account;
    if (!account)
        respond_refuse(control, &caller->origin, "not-allowed",
                       "making a feed: it is somebody's; log in with an account");
    else if (request->rig[0] && !caller->rig)
        requests_no_rig(control, caller, "making a feed: ", request->rig);
    else if (count >= FEEDS_EACH)
        respond_refuse(
            control, &caller->origin, "too-many-feeds",
            "making a feed: you have %d, which is as many as one may have; revoke one that you don't use",
            FEEDS_EACH);
    else
        return true;
    return false;
}

void requests_feed_make(struct control *control, const struct caller *caller, const struct request *request)
{
    struct ledger_feed feed = {.account = caller->identity.account, .made = control->wall};
    uint8_t bytes[KEY_BYTES];
    uint64_t id = may_make(control, caller, request) ? requests_wait(control, caller, request) : 0;
    if (!id)
        return;
    struct pending *pending = pending_find(control->pending, id);
    crypto_random(bytes, sizeof bytes);
    crypto_encode(bytes, sizeof bytes, pending->feed_key, sizeof pending->feed_key);
    crypto_wipe(bytes, sizeof bytes);
    crypto_digest(pending->feed_key, strlen(pending->feed_key), feed.hash);
    snprintf(feed.rig, sizeof feed.rig, "%s", request->rig);
    if (ledger_put_feed(control->ledger, id, &feed) == LEDGER_OK)
        return;
    respond_refuse(control, &caller->origin, "busy", "making a feed: too much is waiting; try again");
    pending_remove(control->pending, id);
}

static bool insert(struct feeds *feeds, const struct ledger_feed *feed)
{
    if (feeds->count == feeds->room) {
        size_t room = feeds->room ? 2 * feeds->room : 16;
        struct ledger_feed *list = realloc(feeds->list, room * sizeof *list);
        if (!list)
            return false;
        feeds->list = list;
        feeds->room = room;
    }
    size_t at = feeds->count;
    while (at > 0 && compare(&feeds->list[at - 1], feed) > 0)
        at--;
    memmove(feeds->list + at + 1, feeds->list + at, (feeds->count - at) * sizeof *feeds->list);
    feeds->list[at] = *feed;
    feeds->count++;
    return true;
}

void requests_feed_made(struct control *control, uint64_t id, const struct ledger_event *event)
{
    struct pending *pending = pending_find(control->pending, id);
    if (event->result != LEDGER_OK || !insert(&control->feeds, &event->feed)) {
        respond_refuse(control, &pending->origin, "not-stored", "making a feed: %s",
                       event->result != LEDGER_OK ? event->why : "no memory; it works after a restart");
    } else {
        note_feed(control, pending, "feed-made", &event->feed);
        struct answer_head head;
        struct answer_buffer buffer = respond_begin(control, &head);
        translate_feed_made(&buffer, &head, event->feed.id, pending->feed_key, control->page);
        respond_send(control, &pending->origin, &buffer);
    }
    crypto_wipe(pending->feed_key, sizeof pending->feed_key);
    pending_remove(control->pending, id);
}

/* ---- listed, revoked --------------------------------------------------------------------------------- */

void requests_feeds(struct control *control, const struct caller *caller, const struct request *request)
{
    bool everyone = request->feeds.everyone && requests_is_technician(caller);
    struct answer_feed *list = calloc(ANSWERED, sizeof *list);
    size_t count = 0;
    if (!list) {
        respond_refuse(control, &caller->origin, "busy", "listing the feeds: no memory; try again");
        return;
    }
    for (size_t i = 0; i < control->feeds.count && count < ANSWERED; i++) {
        const struct ledger_feed *feed = &control->feeds.list[i];
        const struct account *whose = accounts_get(control->accounts, feed->account);
        if (everyone || feed->account == caller->identity.account)
            list[count++] = (struct answer_feed){
                .feed = feed->id, .made = feed->made, .rig = feed->rig, .whose = whose ? whose->name : ""};
    }
    struct answer_head head;
    struct answer_buffer buffer = respond_begin(control, &head);
    translate_feeds(&buffer, &head, list, count);
    respond_send(control, &caller->origin, &buffer);
    free(list);
}

static struct ledger_feed *by_id(const struct control *control, uint64_t id)
{
    for (size_t i = 0; i < control->feeds.count; i++)
        if (control->feeds.list[i].id == id)
            return &control->feeds.list[i];
    return NULL;
}

void requests_feed_revoke(struct control *control, const struct caller *caller, const struct request *request)
{
    const struct ledger_feed *feed = by_id(control, request->feed_revoke.feed);
    if (!feed || (feed->account != caller->identity.account && !requests_is_technician(caller))) {
        respond_refuse(control, &caller->origin, "unknown-feed",
                       "revoking a feed: you have none with this number: see 'labctl feed list'");
        return;
    }
    uint64_t id = requests_wait(control, caller, request);
    if (!id)
        return;
    pending_find(control->pending, id)->feed = feed->id;
    if (ledger_drop_feed(control->ledger, id, feed->id) == LEDGER_OK)
        return;
    respond_refuse(control, &caller->origin, "busy", "revoking a feed: too much is waiting; try again");
    pending_remove(control->pending, id);
}

void requests_feed_revoked(struct control *control, uint64_t id, const struct ledger_event *event)
{
    const struct pending *pending = pending_find(control->pending, id);
    struct feeds *feeds = &control->feeds;
    struct ledger_feed *feed = by_id(control, pending->feed);
    if (event->result != LEDGER_OK && event->result != LEDGER_NOT_FOUND) {
        respond_refuse(control, &pending->origin, "not-stored", "revoking a feed: %s", event->why);
    } else {
        if (feed) {
            note_feed(control, pending, "feed-revoked", feed);
            memmove(feed, feed + 1, (size_t)(feeds->list + feeds->count - (feed + 1)) * sizeof *feed);
            feeds->count--;
        }
        respond_done(control, &pending->origin);
    }
    pending_remove(control->pending, id);
}
