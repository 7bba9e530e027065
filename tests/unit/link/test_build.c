/* A link that would have more polls than can be numbered is refused, and what was built of it is given back.
 */
#include "gateway/link/internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define HALF (LINK_NOWHERE / 2u) /* two of these fit, and one poll more does not */

static const uint16_t the_point[] = {0};
static struct driver_read reads[HALF + 1];
static size_t planned; /* reads of the instrument that is planned next */
static int open_instruments;

static int create(const struct driver_instrument_spec *spec, struct driver_instrument **instrument,
                  struct driver_fault *fault)
{
    (void)spec;
    (void)fault;
    *instrument = malloc(1);
    open_instruments++;
    return *instrument ? DRIVER_OK : DRIVER_NO_MEMORY;
}

static void destroy(struct driver_instrument *instrument)
{
    open_instruments -= instrument != NULL;
    free(instrument);
}

static int plan(struct driver_instrument *instrument, const struct driver_line_spec *line,
                const uint16_t *points, size_t count, const struct driver_read **list, size_t *list_count)
{
    (void)instrument;
    (void)line;
    (void)points;
    (void)count;
    *list = reads;
    *list_count = planned;
    planned = HALF;
    return DRIVER_OK;
}

static const struct driver driver = {.create = create, .destroy = destroy, .plan = plan};
static const struct driver_point point = {.name = "p", .type = DRIVER_NUMBER, .readable = true};
static const int64_t polls[] = {100000000};

static int64_t no_time(void *context)
{
    (void)context;
    return 0;
}

/* Two instruments, the first with `count` reads and the other with HALF. */
static int build(size_t count, struct link **link, struct driver_fault *fault)
{
    static struct link_instrument_spec instruments[2];
    static struct link_spec spec;
    const struct link_clock clock = {.now = no_time};
    for (size_t i = 0; i < 2; i++)
        instruments[i] = (struct link_instrument_spec){
            .driver = &driver,
            .instrument = {.name = i ? "b" : "a", .points = &point, .point_count = 1},
            .polls = polls,
            .lost_after = 3,
        };
    spec = (struct link_spec){.name = "line", .instruments = instruments, .instrument_count = 2};
    planned = count;
    *link = NULL;
    *fault = (struct driver_fault){0};
    return link_assemble(&spec, -1, &clock, link, fault);
}

static void too_many_polls_are_refused(void **state)
{
    (void)state;
    struct link *link;
    struct driver_fault fault;
    for (size_t i = 0; i <= HALF; i++)
        reads[i] = (struct driver_read){.points = the_point, .count = 1};
    assert_int_equal(build(HALF, &link, &fault), LINK_OK);
    link_destroy(link);
    assert_int_equal(build(HALF + 1, &link, &fault), LINK_NO_MEMORY);
    assert_null(link);
    assert_non_null(strstr(fault.text, "too many polls"));
    assert_int_equal(open_instruments, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(too_many_polls_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
