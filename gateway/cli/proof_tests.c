/* Which test is for which cause. */
#include "gateway/cli/proof_tests.h"

#include "gateway/cli/proof_steps.h"

#include <string.h>

static const struct {
    const char *kind, *name; /* of the matrix; NULL: any */
    proof_test *test;
} tests[] = {
    {"trip",       NULL,             proof_test_trip      },
    {"permissive", NULL,             proof_test_permissive},
    {"exclusive",  NULL,             proof_test_exclusive },
    {"limit",      NULL,             proof_test_limit     },
    {"e-stop",     NULL,             proof_test_stop      },
    {"lock-out",   NULL,             proof_test_lockout   },
    {"local mode", NULL,             proof_test_local     },
    {"heartbeat",  NULL,             proof_test_heartbeat },
    {"lost",       NULL,             proof_test_lost      },
    {"edge",       "end of control", proof_test_release   },
    {"edge",       "hand-over",      proof_test_handover  },
    {"edge",       "departure",      proof_test_departure },
};

enum proof_verdict proof_try(struct proof_walk *walk, struct proof_case *test)
{
    const Labgate__ProofItem *item = test->item;
    test->rule = proof_rule(walk->described->show, item->name);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        if (!strcmp(tests[i].kind, item->kind) && (!tests[i].name || !strcmp(tests[i].name, item->name))) {
            enum proof_verdict verdict = tests[i].test(walk, test);
            proof_release(walk); /* the next one begins from the safe state */
            return walk->error ? PROOF_SKIPPED : verdict;
        }
    return proof_ask_technician(walk, test, "does it do what the matrix says? (y, n, s: skip, q: quit)");
}
