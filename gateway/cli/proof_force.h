/* proof_force.h - conditions that a simulator brings about: which words for its control socket belong to
 * which cause. */
#ifndef GATEWAY_CLI_PROOF_FORCE_H
#define GATEWAY_CLI_PROOF_FORCE_H

#include <stdbool.h>
#include <stddef.h>

struct proof_force;

/* NULL, and `why`, when the file cannot be read, all of it. */
struct proof_force *proof_force_read(const char *path, const char *simulator, char *why, size_t size);
void proof_force_destroy(struct proof_force *force); /* accepts NULL */
/* Sends every line of this cause and state ("before", "on", "off"): how many there were; negative:
 * proof_force_why(). */
int proof_force_send(struct proof_force *force, const char *cause, const char *state);
const char *proof_force_why(const struct proof_force *force);

#endif
