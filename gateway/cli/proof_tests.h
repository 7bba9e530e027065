/* proof_tests.h - one test for each kind of cause in the cause-and-effect matrix. proof_try() (proof_walk.h)
 * chooses.
 */
#ifndef GATEWAY_CLI_PROOF_TESTS_H
#define GATEWAY_CLI_PROOF_TESTS_H

#include "gateway/cli/proof_walk.h"

typedef enum proof_verdict proof_test(struct proof_walk *walk, struct proof_case *test);

proof_test proof_test_trip, proof_test_permissive;                        /* proof_interlocks.c */
proof_test proof_test_exclusive, proof_test_limit;                        /* proof_limits.c */
proof_test proof_test_stop, proof_test_lockout;                           /* proof_pressed.c */
proof_test proof_test_local, proof_test_lost, proof_test_heartbeat;       /* proof_plant.c */
proof_test proof_test_release, proof_test_handover, proof_test_departure; /* proof_edges.c */

#endif
