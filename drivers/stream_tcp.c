#include "drivers/stream_port.h"
#include "drivers/tcp_connect.h"

#include <unistd.h>

int stream_open_tcp(struct stream_port *port, const struct driver_line_spec *spec, int64_t deadline,
                    struct driver_fault *fault)
{
    return tcp_connect(spec->host, spec->port, deadline, &port->descriptor, fault);
}

void stream_close_tcp(struct stream_port *port)
{
    if (port->descriptor >= 0)
        close(port->descriptor);
    port->descriptor = -1;
}
