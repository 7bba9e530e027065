#include "gateway/bus/page_answer.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* On every answer but a 304, which leaves the stored ones standing. */
static const struct page_header security[] = {
    {"X-Content-Type-Options",       "nosniff"    },
    {"Cross-Origin-Resource-Policy", "same-origin"},
};

/* On what a browser shows or runs by itself; a document's parts (scripts, styles) have the document's, and a
 * first visit on a thin line does not pay for it with each of them. Nothing comes from elsewhere, nothing
 * inline runs, nobody frames the page: a click on the rig is a click on this page. */
static const struct page_header document_security[] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src "
     "'self'; "
     "manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
    {"X-Frame-Options",            "DENY"                                                                 },
    {"Referrer-Policy",            "no-referrer"                                                          },
    {"Permissions-Policy",         "camera=(), geolocation=(), microphone=()"                             },
    {"Cross-Origin-Opener-Policy", "same-origin"                                                          },
};

static void add(struct page_answer *answer, const char *name, const char *value)
{
    assert(answer->header_count < PAGE_HEADERS_MOST);
    answer->headers[answer->header_count++] = (struct page_header){name, value};
}

static void say(struct page_answer *answer, uint16_t status, const char *text)
{
    answer->status = status;
    answer->body = (struct page_bytes){(const uint8_t *)text, strlen(text)};
    add(answer, "Content-Type", "text/plain; charset=utf-8");
    add(answer, "Cache-Control", "no-store");
}

/* --- who is asked ----------------------------------------------------------------------------- */

static bool is_unspecified(const char *host)
{
    return host[0] == '\0' || host[strspn(host, "0.")] == '\0' || host[strspn(host, "0:")] == '\0';
}

/* The header is the host, with brackets when it has colons, and perhaps a port. */
static bool names_host(const char *header, const char *host)
{
    size_t length = strlen(host);
    bool six = strchr(host, ':') != NULL;
    if (six && *header++ != '[')
        return false;
    if (strncasecmp(header, host, length) != 0)
        return false;
    header += length;
    if (six && *header++ != ']')
        return false;
    return *header == '\0' || *header == ':';
}

static bool is_elsewhere(const struct page_request *request, const struct page_place *place)
{
    return !is_unspecified(place->host) && request->host && !names_host(request->host, place->host);
}

static void send_there(const struct page_place *place, struct page_answer *answer)
{
    bool six = strchr(place->host, ':') != NULL;
    snprintf(answer->location, sizeof answer->location, "%s://%s%s%s:%u/", place->scheme, six ? "[" : "",
             place->host, six ? "]" : "", place->port);
    say(answer, 307, "The laboratory is at the address of its listener.\n");
    add(answer, "Location", answer->location);
}

/* --- which form ------------------------------------------------------------------------------- */

/* Whether a list like "gzip, br;q=0.5" has the coding, with a weight other than 0. */
static bool accepts(const char *list, const char *coding)
{
    size_t length = strlen(coding);
    while (list && *list) {
        list += strspn(list, " \t,");
        size_t item = strcspn(list, ",");
        if (item >= length && strncasecmp(list, coding, length) == 0 &&
            (item == length || strchr(" \t;", list[length]))) {
            const char *weight = memchr(list, '=', item);
            return !weight || strtod(weight + 1, NULL) > 0;
        }
        list += item;
    }
    return false;
}

static void choose_form(const struct page_file *file, const char *accept_encoding, struct page_answer *answer)
{
    answer->body = file->plain;
    if (file->brotli.bytes && accepts(accept_encoding, "br")) {
        answer->body = file->brotli;
        add(answer, "Content-Encoding", "br");
    } else if (file->gzip.bytes && accepts(accept_encoding, "gzip")) {
        answer->body = file->gzip;
        add(answer, "Content-Encoding", "gzip");
    }
}

/* --- the file --------------------------------------------------------------------------------- */

/* Paths are compared as they came: what needs decoding or has dots is no file of ours. */
static const struct page_file *find(const char *target, const struct page_file *files, size_t count)
{
    size_t length = strcspn(target, "?#");
    for (size_t i = 0; i < count; i++)
        if (strlen(files[i].path) == length && memcmp(files[i].path, target, length) == 0)
            return &files[i];
    return NULL;
}

static bool is_known(const char *if_none_match, const char *etag)
{
    return if_none_match && (strstr(if_none_match, etag) || strcmp(if_none_match, "*") == 0);
}

static void serve(const struct page_file *file, const struct page_request *request,
                  struct page_answer *answer)
{
    add(answer, "ETag", file->etag);
    add(answer, "Cache-Control", file->immutable ? "public, max-age=31536000, immutable" : "no-cache");
    if (is_known(request->if_none_match, file->etag)) {
        answer->status = 304;
        return;
    }
    add(answer, "Vary", "Accept-Encoding");
    answer->status = 200;
    add(answer, "Content-Type", file->type);
    choose_form(file, request->accept_encoding, answer);
}

/* Its bytes are not read, so the connection is of no further use. */
static bool has_body(const struct page_request *request)
{
    return request->transfer_encoding ||
           (request->content_length && strcmp(request->content_length, "0") != 0);
}

static void secure(struct page_answer *answer, bool is_part)
{
    for (size_t i = 0; answer->status != 304 && i < sizeof security / sizeof *security; i++)
        add(answer, security[i].name, security[i].value);
    for (size_t i = 0;
         answer->status != 304 && !is_part && i < sizeof document_security / sizeof *document_security; i++)
        add(answer, document_security[i].name, document_security[i].value);
}

/* --- calendars -------------------------------------------------------------------------------- */

static const char calendars[] = "/calendar/", suffix[] = ".ics";

static bool is_below(const char *target, const char *folder)
{
    return strncmp(target, folder, strlen(folder)) == 0;
}

static bool reads(const struct page_request *request)
{
    return strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0;
}

/* Bound to this machine, or encrypted. */
static bool is_private(const struct page_place *place)
{
    return strcmp(place->scheme, "https") == 0 || strncmp(place->host, "127.", 4) == 0 ||
           strcmp(place->host, "::1") == 0 || strcasecmp(place->host, "localhost") == 0;
}

/* Base64url of 32 bytes. */
static bool read_key(const char *target, char key[PAGE_KEY_MAX])
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *at = target + strlen(calendars);
    size_t length = strspn(at, letters), rest = strlen(suffix);
    bool whole = length == PAGE_KEY_MAX - 1 && strncmp(at + length, suffix, rest) == 0 &&
                 (at[length + rest] == '\0' || at[length + rest] == '?');
    memcpy(key, at, whole ? length : 0);
    key[whole ? length : 0] = '\0';
    return whole;
}

bool page_wants_calendar(const struct page_request *request, const struct page_place *place,
                         char key[PAGE_KEY_MAX])
{
    return is_below(request->target, calendars) && reads(request) && !has_body(request) &&
           is_private(place) && read_key(request->target, key);
}

bool page_wants_chinese(const struct page_request *request)
{
    const char *query = strchr(request->target, '?');
    if (query && strstr(query, "lang="))
        return strstr(query, "lang=zh") != NULL;
    return request->accept_language && strncasecmp(request->accept_language, "zh", 2) == 0;
}

void page_answer_calendar(const struct page_calendar *calendar, const char *if_none_match,
                          struct page_answer *answer)
{
    *answer = (struct page_answer){.status = calendar->status};
    if (calendar->status == 200) {
        add(answer, "ETag", calendar->etag);
        add(answer, "Cache-Control", "private, no-cache");
        add(answer, "Vary", "Accept-Language");
        if (is_known(if_none_match, calendar->etag)) {
            answer->status = 304;
            return;
        }
        add(answer, "Content-Type", "text/calendar; charset=utf-8");
        add(answer, "Content-Disposition", "inline; filename=\"labgate.ics\"");
        answer->body = (struct page_bytes){(const uint8_t *)calendar->text, calendar->size};
        answer->transient = true;
    } else if (calendar->status == 404) {
        say(answer, 404, "This key opens no calendar, or no longer.\n");
    } else {
        say(answer, 503, "The laboratory is busy: try again in a minute.\n");
        add(answer, "Retry-After", "60");
    }
    secure(answer, false);
}

/* --- all of it -------------------------------------------------------------------------------- */

void page_answer(const struct page_request *request, const struct page_place *place,
                 const struct page_file *files, size_t count, struct page_answer *answer)
{
    *answer = (struct page_answer){0};
    const struct page_file *file = find(request->target, files, count);
    if (!reads(request))
        say(answer, 405, "Here are only files to read; everything else is said on the bus.\n");
    else if (has_body(request))
        say(answer, 400, "A request for a file has no body.\n");
    else if (file && is_elsewhere(request, place))
        send_there(place, answer);
    else if (file)
        serve(file, request, answer);
    else if (is_below(request->target, calendars) && !is_private(place))
        say(answer, 403,
            "Calendars are shown over https only. Whoever heard this line knows the key now: revoke it.\n");
    else
        say(answer, 404, "There is no such file. The laboratory's page is at /\n");
    if (!reads(request))
        add(answer, "Allow", "GET, HEAD");
    if (!reads(request) || has_body(request))
        add(answer, "Connection", "close");
    secure(answer, answer->status == 200 && file->part);
}
