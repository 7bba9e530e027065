#include "gateway/client/translate.h"

#include "gateway/client/client.h"

#include <stdlib.h>

#define VERSION 1

uint8_t *translate_pack(const Labgate__Request *request, size_t *size)
{
    *size = labgate__request__get_packed_size(request);
    uint8_t *bytes = malloc(*size > 0 ? *size : 1);
    if (bytes)
        labgate__request__pack(request, bytes);
    return bytes;
}

Labgate__Answer *translate_unpack(const uint8_t *bytes, size_t size)
{
    return labgate__answer__unpack(NULL, size, bytes);
}

void client_free(Labgate__Answer *answer)
{
    if (answer)
        labgate__answer__free_unpacked(answer, NULL);
}

void translate_envelope(Labgate__Request *request, const struct request_envelope *envelope)
{
    request->version = VERSION;
    request->token = (char *)(envelope->token ? envelope->token : "");
    request->seat = envelope->seat;
    request->seen = envelope->seen;
    request->elapsed = envelope->elapsed;
}

uint8_t *translate_watch(const struct request_envelope *envelope, const struct watch_request *watch,
                         size_t *size)
{
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Watch body = LABGATE__WATCH__INIT;
    Labgate__Cursor cursor = LABGATE__CURSOR__INIT;
    translate_envelope(&request, envelope);
    cursor.boot = watch->boot;
    cursor.frame = watch->frame;
    body.rig = (char *)watch->rig;
    body.credit = watch->credit;
    body.cursor = watch->has_cursor ? &cursor : NULL;
    request.body_case = LABGATE__REQUEST__BODY_WATCH;
    request.watch = &body;
    return translate_pack(&request, size);
}
