/* A file of conditions is read whole, or refused with the line that is too much. */
#include "gateway/cli/proof_force.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* So many lines, of which `number` has so many bytes. */
static struct proof_force *read_file(size_t lines, size_t number, size_t bytes, char *why, size_t size)
{
    char path[] = "/tmp/labgate-force-XXXXXX";
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");
    assert_non_null(file);
    for (size_t i = 1; i <= lines; i++) {
        fputs("overheat on", file);
        for (size_t k = 11; i == number && k < bytes; k++)
            fputc('x', file);
        fputc('\n', file);
    }
    fclose(file);
    struct proof_force *force = proof_force_read(path, "", why, size);
    unlink(path);
    return force;
}

static void what_does_not_fit_is_refused_with_its_line(void **state)
{
    (void)state;
    static const struct {
        size_t lines, number, bytes;
        const char *refused; /* NULL: it is read */
    } cases[] = {
        {500, 1, 20,  NULL    },
        {3,   3, 298, NULL    },
        {3,   3, 299, ":3: "  },
        {4,   2, 900, ":2: "  },
        {501, 1, 20,  ":501: "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char why[400] = "";
        struct proof_force *force =
            read_file(cases[i].lines, cases[i].number, cases[i].bytes, why, sizeof why);
        assert_int_equal(force != NULL, cases[i].refused == NULL);
        assert_true(!cases[i].refused || strstr(why, cases[i].refused));
        proof_force_destroy(force);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_does_not_fit_is_refused_with_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
