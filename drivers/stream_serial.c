/* Serial streams. Real ports are opened and set up by libserialport, which knows their rates and control
 * lines. It knows no ptys (they have no entry in /sys/class/tty), so these are set up by termios here.
 * Reading and writing go to the descriptor in both cases: libserialport's blocking calls spin after a
 * hang-up instead of reporting it. */
#include "drivers/fault.h"
#include "drivers/stream_port.h"

#include <errno.h>
#include <fcntl.h>
#include <libserialport.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static int open_pty(struct stream_port *port, const struct driver_line_spec *spec, struct driver_fault *fault)
{
    int descriptor = open(port->device.path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0)
        return driver_fail(fault, DRIVER_DISCONNECTED, errno, "opening %.60s: %s", spec->device,
                           strerror(errno));
    port->descriptor = descriptor;
    struct termios settings;
    if (!tcgetattr(descriptor, &settings)) {
        cfmakeraw(&settings);
        settings.c_cflag |= CLOCAL | CREAD;
        if (!tcsetattr(descriptor, TCSANOW, &settings))
            return 0;
    }
    return driver_fail(fault, DRIVER_DISCONNECTED, errno, "setting up %.60s: %s", spec->device,
                       strerror(errno));
}

static enum sp_return configure(struct sp_port *library, const struct driver_line_spec *spec)
{
    static const enum sp_parity parities[] = {SP_PARITY_NONE, SP_PARITY_EVEN, SP_PARITY_ODD};
    struct sp_port_config *settings = NULL;
    enum sp_return result = sp_new_config(&settings);
    if (result != SP_OK)
        return result;
    sp_set_config_baudrate(settings, spec->baud);
    sp_set_config_bits(settings, spec->data_bits);
    sp_set_config_parity(settings, parities[spec->parity]);
    sp_set_config_stopbits(settings, spec->stop_bits);
    sp_set_config_flowcontrol(settings, SP_FLOWCONTROL_NONE);
    result = sp_set_config(library, settings);
    sp_free_config(settings);
    return result;
}

static int fail_library(struct driver_fault *fault, const char *doing, const struct driver_line_spec *spec,
                        enum sp_return result)
{
    int error = result == SP_ERR_FAIL ? sp_last_error_code() : 0;
    const char *why = result == SP_ERR_MEM    ? "out of memory"
                      : result == SP_ERR_ARG  ? "the device or a setting is not known"
                      : result == SP_ERR_SUPP ? "the device cannot do that"
                                              : strerror(error);
    return driver_fail(fault, DRIVER_DISCONNECTED, error, "%s %.60s at %d baud: %s", doing, spec->device,
                       spec->baud, why);
}

static int open_port(struct stream_port *port, const struct driver_line_spec *spec,
                     struct driver_fault *fault)
{
    struct sp_port *library = NULL;
    enum sp_return result = sp_get_port_by_name(port->device.path, &library);
    if (result != SP_OK)
        return fail_library(fault, "opening", spec, result);
    result = sp_open(library, SP_MODE_READ_WRITE);
    if (result != SP_OK) {
        sp_free_port(library);
        return fail_library(fault, "opening", spec, result);
    }
    port->library = library;
    result = configure(library, spec);
    if (result == SP_OK)
        result = sp_get_port_handle(library, &port->descriptor);
    if (result == SP_OK)
        fcntl(port->descriptor, F_SETFD, FD_CLOEXEC); /* the library leaves it to be inherited */
    return result == SP_OK ? 0 : fail_library(fault, "setting up", spec, result);
}

int stream_open_serial(struct stream_port *port, const struct driver_line_spec *spec,
                       struct driver_fault *fault)
{
    int result = serial_device_claim(&port->device, spec->device, fault);
    if (result)
        return result;
    result = port->device.pseudo ? open_pty(port, spec, fault) : open_port(port, spec, fault);
    if (result) {
        stream_close_serial(port);
        return result;
    }
    serial_device_seal(&port->device);
    tcflush(port->descriptor, TCIOFLUSH);
    return 0;
}

void stream_close_serial(struct stream_port *port)
{
    if (port->descriptor >= 0)
        tcflush(port->descriptor, TCIOFLUSH); /* closing would wait until it is sent */
    if (port->library) {
        sp_close(port->library);
        sp_free_port(port->library);
    } else if (port->descriptor >= 0) {
        close(port->descriptor);
    }
    port->library = NULL;
    port->descriptor = -1;
    serial_device_release(&port->device);
}
