/* bus.h - the bus process: the only code of the gateway that strangers can reach. It serves one raw REP
 * endpoint of nng on every listener, forwards requests to control as envelopes and fans control's frames out
 * to watchers. It opens no file, device or outgoing connection, and decides nothing. */
#ifndef GATEWAY_BUS_BUS_H
#define GATEWAY_BUS_BUS_H

/* `labgate bus --urgent-fd N --ordinary-fd M --generation G`: the whole life of a bus process, as the
 * launcher starts it (gateway/control/launcher.h). arguments[0] is the program, arguments[1] "bus". Listeners
 * come as ENVELOPE_LISTEN, ended by ENVELOPE_BEGIN. It ends the process itself with
 * its exit status: 0 when control closed the
 * channel, 1 when it could not serve (ENVELOPE_FAILED said why), or returns 2 when the arguments are wrong.
 */
int bus_main(int argument_count, char **arguments);

#endif
