/* What the bus answers to requests for the console's files. */
#include "gateway/bus/page_answer.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t plain[] = "plain", zipped[] = "zip", brotli[] = "br";

static const struct page_file files[] = {
    {"/",          "text/html",       "\"one\"", false, false, {plain, 5}, {zipped, 3}, {brotli, 2}},
    {"/app-12.js", "text/javascript", "\"two\"", true,  true,  {plain, 5}, {zipped, 3}, {0}        },
};

static const struct page_place here = {"http", "127.0.0.1", 7680};

static struct page_answer answer_of(struct page_request request, const struct page_place *place)
{
    struct page_answer answer;
    if (!request.method)
        request.method = "GET";
    if (!request.target)
        request.target = "/";
    page_answer(&request, place, files, 2, &answer);
    return answer;
}

static struct page_answer get(struct page_request request)
{
    return answer_of(request, &here);
}

/* "": the answer has no such header. */
static const char *header(const struct page_answer *answer, const char *name)
{
    for (size_t i = 0; i < answer->header_count; i++)
        if (strcmp(answer->headers[i].name, name) == 0)
            return answer->headers[i].value;
    return "";
}

static void test_files(void **state)
{
    (void)state;
    struct page_answer answer = get((struct page_request){0});
    assert_int_equal(answer.status, 200);
    assert_ptr_equal(answer.body.bytes, plain);
    assert_string_equal(header(&answer, "Content-Type"), "text/html");
    assert_string_equal(header(&answer, "Cache-Control"), "no-cache");
    assert_string_equal(header(&answer, "ETag"), "\"one\"");
    answer = get((struct page_request){.target = "/app-12.js?from=somewhere"});
    assert_int_equal(answer.status, 200);
    assert_non_null(strstr(header(&answer, "Cache-Control"), "immutable"));
}

static void test_forms(void **state)
{
    (void)state;
    static const struct {
        const char *accept, *encoding;
    } cases[] = {
        {NULL,                 ""    },
        {"",                   ""    },
        {"br",                 "br"  },
        {"gzip, deflate, br",  "br"  },
        {"gzip, deflate",      "gzip"},
        {"GZIP;q=0.5",         "gzip"},
        {"br;q=0, gzip",       "gzip"},
        {"br;q=0",             ""    },
        {"brotli, gzipped",    ""    },
        {" , ;, br \t, ,",     "br"  },
        {"identity;q=1, *;q=", ""    },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct page_answer answer = get((struct page_request){.accept_encoding = cases[i].accept});
        assert_string_equal(header(&answer, "Content-Encoding"), cases[i].encoding);
        assert_string_equal(header(&answer, "Vary"), "Accept-Encoding");
    }
    struct page_answer answer =
        get((struct page_request){.target = "/app-12.js", .accept_encoding = "br, gzip"});
    assert_string_equal(header(&answer, "Content-Encoding"), "gzip"); /* what there is */
}

static void test_known_files_are_not_sent_again(void **state)
{
    (void)state;
    static const char *const known[] = {"\"one\"", "W/\"one\"", "\"other\", \"one\"", "*"};
    for (size_t i = 0; i < 4; i++) {
        struct page_answer answer = get((struct page_request){.if_none_match = known[i]});
        assert_int_equal(answer.status, 304);
        assert_null(answer.body.bytes);
        assert_string_equal(header(&answer, "ETag"), "\"one\"");
    }
    assert_int_equal(get((struct page_request){.if_none_match = "\"two\""}).status, 200);
}

static void test_every_answer_is_guarded(void **state)
{
    (void)state;
    const struct page_request requests[] = {
        {.target = "/"},    {.target = "/nothing"},        {.target = "/app-12.jsx"},
        {.method = "POST"}, {.host = "elsewhere.example"}, {.content_length = "7"},
    };
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        struct page_answer answer = get(requests[i]);
        const char *policy = header(&answer, "Content-Security-Policy");
        assert_non_null(strstr(policy, "default-src 'none'"));
        assert_non_null(strstr(policy, "frame-ancestors 'none'"));
        assert_null(strstr(policy, "unsafe"));
        assert_string_equal(header(&answer, "X-Content-Type-Options"), "nosniff");
    }
    struct page_answer part = get((struct page_request){.target = "/app-12.js"});
    assert_string_equal(header(&part, "X-Content-Type-Options"), "nosniff");
    assert_string_equal(header(&part, "Cross-Origin-Resource-Policy"), "same-origin");
    assert_string_equal(header(&part, "Content-Security-Policy"), ""); /* is the document's */
}

static void test_what_is_no_file(void **state)
{
    (void)state;
    static const char *const targets[] = {"",
                                          "//",
                                          "/.",
                                          "/./",
                                          "/../etc/passwd",
                                          "/%2e%2e/etc/passwd",
                                          "/app-12.js/",
                                          "/app-12",
                                          "/app-12.jsx",
                                          "app-12.js",
                                          "/APP-12.JS",
                                          "\\",
                                          "/\xff\xfe",
                                          "/app-12.js%00",
                                          "*",
                                          "/?/../x#",
                                          "http://x/",
                                          "/app-12.js;v=1"};
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        bool root = strcmp(targets[i], "/?/../x#") == 0; /* a query says nothing */
        assert_int_equal(get((struct page_request){.target = targets[i]}).status, root ? 200 : 404);
    }
}

static void test_only_reading(void **state)
{
    (void)state;
    static const char *const methods[] = {"POST", "PUT", "DELETE", "OPTIONS", "get", "", "GETX"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        struct page_answer answer = get((struct page_request){.method = methods[i]});
        assert_int_equal(answer.status, 405);
        assert_string_equal(header(&answer, "Allow"), "GET, HEAD");
        assert_string_equal(header(&answer, "Connection"), "close");
    }
    assert_int_equal(get((struct page_request){.method = "HEAD"}).status, 200);
    /* A body would be taken for the next request. */
    const struct page_request bodies[] = {
        {.content_length = "12"}, {.content_length = "-1"}, {.transfer_encoding = "chunked"}};
    for (size_t i = 0; i < 3; i++) {
        struct page_answer answer = get(bodies[i]);
        assert_int_equal(answer.status, 400);
        assert_string_equal(header(&answer, "Connection"), "close");
    }
    assert_int_equal(get((struct page_request){.content_length = "0"}).status, 200);
}

static void expect_host(const struct page_place *place, const char *host, const char *location)
{
    /* In its place: the header points into the answer. */
    const struct page_request request = {.method = "GET", .target = "/", .host = host};
    struct page_answer answer;
    page_answer(&request, place, files, 2, &answer);
    assert_int_equal(answer.status, location ? 307 : 200);
    assert_string_equal(header(&answer, "Location"), location ? location : "");
}

static void test_who_comes_by_another_name_is_sent_to_the_listeners(void **state)
{
    (void)state;
    expect_host(&here, "127.0.0.1:7680", NULL);
    expect_host(&here, "127.0.0.1", NULL);
    expect_host(&here, "localhost:7680", "http://127.0.0.1:7680/");
    expect_host(&here, "127.0.0.1.evil.example", "http://127.0.0.1:7680/");
    expect_host(&here, "evil.example\r\nSet-Cookie: x", "http://127.0.0.1:7680/");
    const struct page_place named = {"https", "Lab.example", 443};
    expect_host(&named, "lab.EXAMPLE", NULL);
    expect_host(&named, "lab.example.evil", "https://Lab.example:443/");
    const struct page_place six = {"http", "::1", 80};
    expect_host(&six, "[::1]:80", NULL);
    expect_host(&six, "::1", "http://[::1]:80/");
    const struct page_place anywhere[] = {
        {"http", "0.0.0.0", 80},
        {"http", "::",      80},
        {"http", "",        80}
    };
    for (size_t i = 0; i < 3; i++)
        expect_host(&anywhere[i], "whatever.example", NULL);
}

/* Whatever comes, there is an answer, and nothing beyond the texts is read (under the sanitizers). */
static void test_noise(void **state)
{
    (void)state;
    srand(7);
    for (int round = 0; round < 200000; round++) {
        char texts[7][24];
        for (size_t i = 0; i < 7; i++) {
            size_t length = (size_t)rand() % sizeof texts[i];
            for (size_t k = 0; k < length; k++)
                texts[i][k] =
                    (char)(rand() % 3 ? "/ap-12.js,;=q0brgzi \t\"*[]:"[rand() % 27] : rand() % 255 + 1);
            texts[i][length] = '\0';
        }
        struct page_request request = {.method = rand() % 4 ? "GET" : texts[0],
                                       .target = texts[1],
                                       .host = texts[2],
                                       .accept_encoding = texts[3],
                                       .if_none_match = texts[4],
                                       .content_length = rand() % 4 ? NULL : texts[5],
                                       .transfer_encoding = rand() % 4 ? NULL : texts[6]};
        struct page_answer answer = get(request);
        assert_true(answer.status == 200 || answer.status == 304 || answer.status == 307 ||
                    answer.status == 400 || answer.status == 404 || answer.status == 405);
        assert_true(answer.header_count <= PAGE_HEADERS_MOST);
    }
}

/* What was compiled in. */
static void test_the_page_itself(void **state)
{
    (void)state;
    bool index = false;
    for (size_t i = 0; i < page_file_count; i++) {
        index = index || strcmp(page_files[i].path, "/") == 0;
        assert_true(page_files[i].plain.size > 0);
        assert_true(page_files[i].gzip.size < page_files[i].plain.size);
    }
    assert_true(index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_known_files_are_not_sent_again),
        cmocka_unit_test(test_every_answer_is_guarded),
        cmocka_unit_test(test_what_is_no_file),
        cmocka_unit_test(test_only_reading),
        cmocka_unit_test(test_who_comes_by_another_name_is_sent_to_the_listeners),
        cmocka_unit_test(test_noise),
        cmocka_unit_test(test_the_page_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
