/* confine.h - what the bus process takes away from itself once it listens: capabilities, resources, and all
 * system calls but those that serving needs. */
#ifndef GATEWAY_BUS_CONFINE_H
#define GATEWAY_BUS_CONFINE_H

#include <stddef.h>

/* The system calls that remain, for every thread of the process, for ever. Opening a file is refused with
 * EACCES, making a socket too; a few others that libraries try get ENOSYS; any other, execve and ptrace among
 * them, kills the process. 0 or -1 with a sentence in why. */
int confine_system_calls(char *why, size_t why_size);

/* The calling thread keeps no capability, nor do threads that it starts from now on. 0 or -1. */
int confine_capabilities(void);

/* No core files, no new processes, `descriptors` open files if allowed; bounded memory. */
int confine_resources(size_t descriptors, char *why, size_t why_size);

/* All of it, and no capabilities. */
int confine_process(size_t descriptors, char *why, size_t why_size);

#endif
