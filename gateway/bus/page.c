#include "gateway/bus/page.h"

#include "gateway/bus/page_answer.h"
#include "gateway/bus/page_calendar.h"

#include <nng/nng.h>
#include <nng/supplemental/http/http.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct page {
    nng_http_server *server;
    nng_url *url;
    struct page_calendars *calendars;
};

/* The port may be one that the system chose. */
static uint16_t port_of(const struct page *page)
{
    nng_sockaddr address = {0};
    if (nng_http_server_get_addr(page->server, &address) != 0)
        return (uint16_t)strtoul(page->url->u_port, NULL, 10);
    return ntohs(address.s_family == NNG_AF_INET6 ? address.s_in6.sa_port : address.s_in.sa_port);
}

static int set_data(nng_http_res *response, const void *bytes, size_t size)
{
    return nng_http_res_set_data(response, bytes, size);
}

static int fill(nng_http_res *response, const struct page_answer *answer)
{
    int error = nng_http_res_set_status(response, answer->status);
    for (size_t i = 0; i < answer->header_count && error == 0; i++)
        error = nng_http_res_set_header(response, answer->headers[i].name, answer->headers[i].value);
    if (error == 0 && answer->body.bytes)
        error = (answer->transient ? nng_http_res_copy_data : set_data)(response, answer->body.bytes,
                                                                        answer->body.size);
    return error;
}

static void finish(nng_aio *aio, const struct page_answer *answer)
{
    nng_http_res *response;
    int error = nng_http_res_alloc(&response);
    if (error == 0 && (error = fill(response, answer)) != 0)
        nng_http_res_free(response);
    if (error == 0)
        nng_aio_set_output(aio, 0, response);
    nng_aio_finish(aio, error);
}

void page_finish_later(void *asker, const struct page_answer *answer)
{
    finish(asker, answer);
}

/* On nng's threads. */
static void on_request(nng_aio *aio)
{
    nng_http_req *request = nng_aio_get_input(aio, 0);
    const struct page *page = nng_http_handler_get_data(nng_aio_get_input(aio, 1));
    const struct page_request asked = {
        .method = nng_http_req_get_method(request),
        .target = nng_http_req_get_uri(request),
        .host = nng_http_req_get_header(request, "Host"),
        .accept_encoding = nng_http_req_get_header(request, "Accept-Encoding"),
        .if_none_match = nng_http_req_get_header(request, "If-None-Match"),
        .content_length = nng_http_req_get_header(request, "Content-Length"),
        .transfer_encoding = nng_http_req_get_header(request, "Transfer-Encoding"),
        .accept_language = nng_http_req_get_header(request, "Accept-Language"),
    };
    const struct page_place place = {
        .scheme = strcmp(page->url->u_scheme, "wss") == 0 ? "https" : "http",
        .host = page->url->u_hostname,
        .port = port_of(page),
    };
    struct page_answer answer;
    char key[PAGE_KEY_MAX];
    if (!page_wants_calendar(&asked, &place, key))
        page_answer(&asked, &place, page_files, page_file_count, &answer);
    else if (page_calendars_ask(page->calendars, aio, &asked, key))
        return; /* page_finish_later() is called */
    else
        page_answer_calendar(&(struct page_calendar){.status = 503}, NULL, &answer);
    finish(aio, &answer);
}

/* Every method and every path that the WebSocket doesn't take. */
static int add_handler(struct page *page)
{
    nng_http_handler *handler;
    int error = nng_http_handler_alloc(&handler, "/", on_request);
    if (error != 0)
        return error;
    if ((error = nng_http_handler_set_method(handler, NULL)) != 0 ||
        (error = nng_http_handler_set_tree(handler)) != 0 ||
        (error = nng_http_handler_collect_body(handler, false, 0)) != 0 ||
        (error = nng_http_handler_set_data(handler, page, NULL)) != 0 ||
        (error = nng_http_server_add_handler(page->server, handler)) != 0)
        nng_http_handler_free(handler);
    return error;
}

int page_serve(const char *url, struct page_calendars *calendars)
{
    struct page *page = calloc(1, sizeof *page);
    if (!page)
        return NNG_ENOMEM;
    page->calendars = calendars;
    int error = nng_url_parse(&page->url, url);
    if (error == 0)
        error = nng_http_server_hold(&page->server, page->url);
    if (error == 0)
        error = add_handler(page);
    return error; /* what there is of the page stays: on an error the process ends */
}
