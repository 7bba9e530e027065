/* ends.h - two network namespaces with nothing between them but a tun device each: whoever reads one and
 * writes the other is the line. Linux only (namespaces(7), Documentation/networking/tuntap). */
#ifndef TESTS_LINE_ENDS_H
#define TESTS_LINE_ENDS_H

#include <sys/types.h>

/* Addresses of the two ends, both of 10.77.0.0/30. */
#define ENDS_NEAR "10.77.0.1"
#define ENDS_FAR  "10.77.0.2"

struct ends {
    int near, far;    /* tun devices, non-blocking: an IP packet a read or write */
    pid_t far_keeper; /* lives in the far namespace, so that others can enter it; ends with its parent */
};

/* Moves this process into the near namespace, and makes the far one. Without root a user namespace is made
 * first, in which this process is root. -1 after saying why on standard error. */
int ends_open(struct ends *);
void ends_close(struct ends *);

#endif
