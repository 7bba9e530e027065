#!/usr/bin/env python3
"""One rig with 500 points and 200 rules, polled 100 times a second over a TCP line: the processor time of all processes of
labgate, and beside it that of a bare libmodbus loop which asks for the same registers as often. The instrument is a register
server of this file's own, because labsim's have fewer registers; it runs beside labgate and is not counted. Rows as
tests/bench/run wants them."""
import contextlib
import ctypes
import os
import pathlib
import signal
import socket
import struct
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "scenario"))
sys.path.insert(0, str(HERE))
import weight  # noqa: E402
from lab import BUILD, Lab, until  # noqa: E402

POINTS, RULES, POLL = 500, 200, 0.01  # s
AT_ONCE = 125  # registers of one read
CHANGING = 10  # one point in so many has a new value at each poll
SETTLE = 3.0  # s
BARE = 6.0  # s, before and after

PROFILE = """profile: large
driver: modbus
points:
{points}
  limit: {{type: number, unit: degC, range: 0 degC .. 95 degC, safe: 0 degC, access: write, readback: shown,
          tolerance: 0.05 degC, within: 2 s, at: {{table: holding, address: 0, as: int16, scale: 0.1}}}}
  shown: {{type: number, unit: degC, poll: 1 s, at: {{table: holding, address: 0, as: int16, scale: 0.1}}}}
"""
POINT = "  p{i}: {{type: number, poll: 10 ms, stale_after: 1 s, at: {{table: input, address: {i}, as: uint16}}}}\n"
RULE = "      - trip: t{i}\n        when: plc.p{a} > 60000 or plc.p{b} > 60000\n        drives: {{plc.limit: 0 degC}}\n"
CONFIGURATION = """name: bench
state: {state}
listeners:
  - url: tcp://127.0.0.1:0
rigs:
  large:
    instruments: {{plc: {{profile: large, link: 'tcp://127.0.0.1:{port}', unit: 1, turnaround: 1 ms}}}}
    safe:
      - set: all
      - verify: all
    interlocks:
{rules}"""


# ---- the instrument


def answer(request, holding, polls):
    """The PDU that answers one; counts reads of the first registers in polls[0]."""
    function, first, count = struct.unpack(">BHH", request[:5])
    if function == 6:
        holding[first] = count
        return request
    if function == 3:
        return struct.pack(">BB", 3, 2 * count) + b"".join(struct.pack(">H", holding[first + i]) for i in range(count))
    if function != 4:
        return bytes([function | 0x80, 1])
    polls[0] += first == 0
    values = [polls[0] % 50000 if (first + i) % CHANGING == 0 else first + i for i in range(count)]
    return struct.pack(">BB", 4, 2 * count) + struct.pack(f">{count}H", *values)


def receive(connection, size):
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise ConnectionError
        data += part
    return data


def serve(listener):
    holding, polls = [0] * 16, [0]
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(ConnectionError), connection:
            while True:
                transaction, _, length, unit = struct.unpack(">HHHB", receive(connection, 7))
                reply = answer(receive(connection, length - 1), holding, polls)
                connection.sendall(struct.pack(">HHHB", transaction, 0, len(reply) + 1, unit) + reply)


class Instrument:
    """The register server, in a process of its own."""

    def __enter__(self):
        listener = socket.create_server(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        self.pid = os.fork()
        if self.pid == 0:
            with contextlib.suppress(PermissionError):
                os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(20))  # it is not on a gateway's machine
            serve(listener)
        listener.close()
        return self

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


# ---- the bare loop


def poll_bare(port, seconds):
    """Share of a processor, in %, of nothing but asking and waiting, with the priority that labgate has."""
    library = ctypes.CDLL("libmodbus.so.5")
    library.modbus_new_tcp.restype = ctypes.c_void_p
    bare = ctypes.c_void_p(library.modbus_new_tcp(b"127.0.0.1", port))
    assert library.modbus_set_slave(bare, 1) == 0 and library.modbus_connect(bare) == 0, "connecting the bare library"
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
    registers = (ctypes.c_uint16 * AT_ONCE)()
    before, began = os.times(), time.monotonic()
    for due in range(round(seconds / POLL)):
        time.sleep(max(0.0, began + due * POLL - time.monotonic()))
        for first in range(0, POINTS, AT_ONCE):
            assert library.modbus_read_input_registers(bare, first, AT_ONCE, registers) == AT_ONCE, "a bare read"
    after = os.times()
    return 100 * (after.user + after.system - before.user - before.system) / (time.monotonic() - began)


def bare_share(seconds):
    """In a process of its own, for the priority."""
    with Instrument() as instrument:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(writing, f"{poll_bare(instrument.port, seconds)}".encode())
            os._exit(0)
        os.close(writing)
        with open(reading) as result:
            share = float(result.read())
        os.waitpid(child, 0)
        return share


# ---- the laboratory


class LargeRig(Lab):
    def __init__(self, port):
        super().__init__()
        self.config = self.folder / "lab"
        (self.config / "profiles").mkdir(parents=True)
        (self.config / "profiles" / "large.yaml").write_text(
            PROFILE.format(points="".join(POINT.format(i=i) for i in range(POINTS))))
        rules = "".join(RULE.format(i=i, a=2 * i, b=2 * i + 1) for i in range(RULES))
        (self.config / "lab.yaml").write_text(CONFIGURATION.format(state=self.folder / "state", port=port, rules=rules))

    def start_sim(self):
        pass

    def gate_command(self):
        return [BUILD / "labgate", "run", self.config, "--profiles", self.config / "profiles"]


def line(lab):
    return lab.admin(health={}).health.links[0]


def main():
    bare = [bare_share(BARE)]
    with Instrument() as instrument, LargeRig(instrument.port) as lab:
        time.sleep(SETTLE)
        before, began = line(lab), time.monotonic()
        weight.burden(lab, f"a rig of {POINTS} points and {RULES} rules at 100 Hz", 5)
        after, spent = line(lab), time.monotonic() - began
        until(lambda: lab.admin(rigs={}).rigs.rigs[0].status.condition == "SAFE", "the rig to be safe")
    bare.append(bare_share(BARE))
    print(f"large_rig: a bare libmodbus loop that asks for the same took {bare[0]:.1f} % before and {bare[1]:.1f} % after",
          file=sys.stderr)
    rate = (after.transactions - before.transactions) / spent
    print(f"large_rig: {rate:.0f} transactions/s of {(POINTS + AT_ONCE - 1) // AT_ONCE / POLL:.0f}, "
          f"{after.timeouts} timeouts", file=sys.stderr)
    assert rate > 0.95 * POINTS / AT_ONCE / POLL, "the line does not keep its rate"


if __name__ == "__main__":
    main()
