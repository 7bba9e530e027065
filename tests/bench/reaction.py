#!/usr/bin/env python3
"""From the sample that trips to the first byte of the safe write: the whole gateway, on a TCP line and on an RTU line at
115200 baud, with its disk stalled and 10,000 commands on offer at each trip. Times are those of the simulator, which
notes what it hears and says. Rows as tests/bench/run wants them.

On a real gateway's machine there are neither instruments nor students: so the simulator has a priority above the
gateway's, and the flood stands behind everything else. What is left of them in the figures is for the gateway to bear."""
import contextlib
import math
import mmap
import os
import pathlib
import socket
import struct
import select
import signal
import sys
import threading
import time
import tty

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "scenario"))
import lab as laboratory  # noqa: E402
from lab import BUILD, Lab, Process, Refused, SCHEMA, until  # noqa: E402

TRIPS = 100
SIMULATOR_PRIORITY, GATEWAY_PRIORITY = 20, 10
ECHO_EVERY = 0.002  # s
OFFERED = 10_000  # commands at each trip
CONNECTIONS = 4
SEQUENCES = 3_000_000  # numbers from here on have the same length when encoded
AT_LEAST = 1 << 16  # bytes of answers that are worth waking up for
CHARACTER = 11e9 / 115200  # ns
SILENCE = 1.75e6  # ns
SAFE_WRITE = "0600030320"  # register 3, the limit, to 80.0 degC
PORT_NOTE = struct.Struct("=qBB54s")  # as tests/shim/port_times.c keeps them
PORT_NOTES = 1 << 18

PROFILE = """profile: reacting
driver: modbus
points:
  guard: {type: boolean, poll: 30 ms, stale_after: 1 s, at: {table: discrete, address: 5}}
  limit: {type: number, unit: degC, range: 0 degC .. 95 degC, safe: 80 degC, access: write, readback: shown,
          tolerance: 0.05 degC, within: 1 s, at: {table: holding, address: 3, as: int16, scale: 0.1}}
  shown: {type: number, unit: degC, poll: 200 ms, at: {table: holding, address: 3, as: int16, scale: 0.1}}
  alarm: {type: number, unit: m, range: 0 m .. 0.5 m, safe: 0 m, access: write, readback: alarmed, tolerance: 0.01 m,
          within: 1 s, at: {table: holding, address: 4, as: float32, order: cdab}}
  alarmed: {type: number, unit: m, poll: 200 ms, at: {table: holding, address: 4, as: float32, order: cdab}}
"""
CONFIGURATION = """name: bench
state: {state}
listeners:
  - url: tcp://127.0.0.1:0
audit_buffer: 65536
rigs:
  tank:
    instruments: {{plc: {{profile: reacting, link: '{link}', unit: 1{serial}}}}}
    safe:
      - set: all
      - verify: all
    interlocks:
      - trip: opened
        when: not plc.guard
        drives: {{plc.limit: 80 degC}}
        reset: student
"""


class ReactingLab(Lab):
    def __init__(self, rtu):
        super().__init__()
        self.rtu = rtu
        memory = pathlib.Path("/dev/shm")  # the simulator must not wait for a disk
        folder = memory if memory.is_dir() else self.folder
        self.trace, self.port = folder / f"{self.folder.name}.trace", folder / f"{self.folder.name}.port"
        with open(self.port, "wb") as port:
            port.truncate(PORT_NOTE.size * (1 + PORT_NOTES))
        self.config = self.folder / "lab"
        (self.config / "profiles").mkdir(parents=True)
        (self.config / "profiles" / "reacting.yaml").write_text(PROFILE)

    def start_sim(self):
        where = f"rtu:{self.folder}/line,baud=115200" if self.rtu else "tcp:127.0.0.1:0"
        self.sim = Process(["setsid", BUILD / "labsim", "--control", self.folder / "sim.sock", "--die-with-parent",
                            f"tank=tank:1@{where}"])
        self.sim.wait_line(r"^ready")
        with contextlib.suppress(PermissionError):
            os.sched_setscheduler(self.sim.process.pid, os.SCHED_FIFO, os.sched_param(SIMULATOR_PRIORITY))
        link = f"serial:{self.folder}/line" if self.rtu else f"tcp://127.0.0.1:{self.sim.find(r'^instrument tank tcp .* (.*)')[0][1]}"
        (self.config / "lab.yaml").write_text(CONFIGURATION.format(
            state=self.folder / "state", link=link, serial=", baud: 115200" if self.rtu else ""))

    def gate_command(self):
        shims = [f"{BUILD}/tests/shim/port_times.so"] * self.rtu + [f"{BUILD}/tests/shim/failing_disk.so"]
        return ["setsid", "env", f"LD_PRELOAD={':'.join(shims)}", f"FAILING_FOLDER={self.folder}/state",
                f"FAILING_HOW={self.folder}/disk", f"PORT_TIMES={self.port}", BUILD / "labgate", "run", self.config,
                "--profiles", self.config / "profiles"]

    def __exit__(self, *why):
        self.port.unlink(missing_ok=True)
        return super().__exit__(*why)

    def disk(self, word):
        path = self.folder / "disk"
        path.write_text(word)
        path.chmod(0o644)


# ---- the load


def varint(number):
    encoded = b""
    while number > 127:
        encoded, number = encoded + bytes([number & 127 | 128]), number >> 7
    return encoded + bytes([number])


class Flood:
    """Connections of the person in control that offer commands without waiting for an answer."""

    def __init__(self, lab, person):
        self.person, self.sequence, self.answers = person, SEQUENCES, 0
        self.clients = [lab.client() for _ in range(CONNECTIONS)]
        for client in self.clients:
            client.bus.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, AT_LEAST)
            threading.Thread(target=self.read, args=(client.bus.sock,), daemon=True).start()

    def read(self, sock):
        while True:
            try:
                self.answers += len(sock.recv(1 << 20)) > 0
            except TimeoutError:
                continue
            except OSError:
                return

    def offer(self):
        person, mark = self.person, varint(SEQUENCES)
        template = person.message(**person.command("plc.alarm", 0.25, sequence=SEQUENCES))
        before, after = template.split(mark)
        for number, client in enumerate(self.clients):
            words = []
            for i in range(number, OFFERED, CONNECTIONS):
                head = struct.pack(">QI", len(template) + 4, 0x80000000 | i + 1)
                words.append(head + before + varint(self.sequence + i) + after)
            client.bus.sock.sendall(b"".join(words))
        self.sequence += OFFERED
        person.sequence = self.sequence

    def drain(self):
        last = -1
        while last != self.answers:
            last = self.answers
            time.sleep(0.1)


# ---- a bare pty


def with_priority(priority):
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))


def forked(work):
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    return pid


class BarePty:
    """While it stands, bytes go there and back; afterwards `samples` has (when, ns)."""

    def __enter__(self):
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        self.result, self.told = os.pipe()
        self.stop, self.stopping = os.pipe()
        self.pids = [forked(self.echo), forked(self.ask)]
        os.close(self.told)
        return self

    def echo(self):
        os.close(self.told)
        with_priority(GATEWAY_PRIORITY)
        while True:
            os.write(self.slave, os.read(self.slave, 64))

    def ask(self):
        with_priority(SIMULATOR_PRIORITY)
        samples = []
        while not select.select([self.stop], [], [], ECHO_EVERY)[0]:
            began, left = time.monotonic_ns(), 8
            os.write(self.master, b"12345678")
            while left > 0:
                left -= len(os.read(self.master, 64))
            samples.append((began, time.monotonic_ns() - began))
        with open(self.told, "w") as told:
            told.writelines(f"{when} {took}\n" for when, took in samples)

    def __exit__(self, *_):
        os.write(self.stopping, b"x")
        with open(self.result) as result:
            self.samples = [tuple(map(int, each.split())) for each in result]
        os.kill(self.pids[0], signal.SIGKILL)
        for pid in self.pids:
            os.waitpid(pid, 0)
        for each in (self.master, self.slave, self.stop, self.stopping):
            os.close(each)

    def during(self, spans):
        return [took for when, took in self.samples if any(begin <= when <= end for begin, end in spans)]


# ---- one trip


def arm(lab, person):
    """No trip is latched any more, and the output is not at its safe value."""
    lab.ctl("force", "tank", "guard_closed", 1)

    def is_reset():
        try:
            person.do(reset={})
            person.epoch = person.status("tank").epoch
            return person.set("plc.limit", 50).verified
        except Refused as refused:
            if refused.reason not in ("not-gone", "tripped", "old-epoch", "superseded", "making-safe", "no-record", "not-confirmed"):
                raise
            return False

    until(is_reset, "the trip to be reset", 20)


def heard_by_simulator(lab):
    """What the simulator noted: (ns, "request" or "reply", bytes as hex)."""
    events = []
    for line in lab.trace.read_text().splitlines():
        words = line.split()
        if len(words) >= 3 and words[1] in ("request", "reply"):
            events.append((int(words[0]), words[1], words[2]))
    return events


def passed_port(lab, begin, end):
    """The same of what the gateway wrote and read, without unit and checksum of requests: a request has the time at which its
    write began, a reply that at which its last byte had been read."""
    events = []
    with open(lab.port, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as notes:
        count = int.from_bytes(notes[:8], sys.byteorder)
        assert count <= PORT_NOTES, f"{count} notes of what passed the port, and room for {PORT_NOTES}"
        for at, written, length, data in PORT_NOTE.iter_unpack(notes[PORT_NOTE.size:PORT_NOTE.size * (1 + count)]):
            if not begin <= at <= end:
                continue
            if written:
                events.append((at, "request", data[1:length - 2].hex()))
            elif events and events[-1][1] == "reply":
                events[-1] = (at, "reply", events[-1][2] + data[:length].hex())
            else:
                events.append((at, "reply", data[:length].hex()))
    return events


def trip(lab, person, flood, spans):
    """What the simulator heard and said of one trip, and what passed the gateway's port."""
    arm(lab, person)
    lab.disk("stalled")
    lab.ctl("trace", "tank", lab.trace)
    began = time.monotonic_ns()
    flood.offer()
    lab.ctl("force", "tank", "guard_closed", 0)
    until(lambda: any(what == "request" and data == SAFE_WRITE for _, what, data in heard_by_simulator(lab)),
          "the safe write", 20)
    spans.append((began, time.monotonic_ns()))
    lab.ctl("trace", "tank", "off")
    heard = heard_by_simulator(lab)
    lab.trace.unlink()
    lab.disk("well")
    flood.drain()
    return heard, passed_port(lab, *spans[-1]) if lab.rtu else []


def is_open(asked, reply, rtu):
    """A reply to the poll of the guard that shows it open."""
    pdu = reply[2:] if rtu else reply[14:]
    return asked.startswith("020005") and pdu.startswith("0201") and int(pdu[4:6], 16) & 1 == 0


def sample_and_write(events, rtu):
    """The reply that shows the guard open, those of the transactions after it, and the safe write. None: it was no sample
    that tripped; when the machine stood still for longer than three polls, the guard was stale."""
    written = next(i for i, event in enumerate(events) if event[1:] == ("request", SAFE_WRITE))
    sampled = next((i for i in range(1, written) if events[i][1] == "reply" and is_open(events[i - 1][2], events[i][2], rtu)),
                   None)
    if sampled is None:
        return None
    return events[sampled], [event for event in events[sampled + 1:written] if event[1] == "reply"], events[written]


def reaction(heard, port, rtu):
    """(ns from the end of the sample, or of the transaction that was in flight then, to the first byte of the safe write, and on
    the serial line less the silence before it; the same as the simulator saw it; transactions between). None: not of a sample."""
    seen = sample_and_write(heard, rtu)
    if seen is None:
        return None
    sample, between, written = seen
    if not rtu:
        return written[0] - sample[0], written[0] - sample[0], len(between)
    at, _, reply = (between or [sample])[-1]
    # It notes a reply when it begins, and a request when a silence has shown its end.
    transmitted = (len(reply) / 2 + len(SAFE_WRITE) / 2 + 3) * CHARACTER + SILENCE
    at_port = sample_and_write(port, rtu)
    ended = (at_port[1] or [at_port[0]])[-1][0]
    return at_port[2][0] - SILENCE - ended, written[0] - SILENCE - transmitted - at, len(at_port[1])


def quantile(values, share):
    return sorted(values)[round(share * (len(values) - 1))]


def row(figure, value, bound, unit):
    print(f"{figure}\t{value:.3g} {unit}\t<= {bound:.3g} {unit}\t{'ok' if value <= bound else 'short'}", flush=True)


def stand_back():
    """A session of its own, which gets of the processors what others leave."""
    os.setsid()
    os.nice(10)
    with contextlib.suppress(OSError):
        pathlib.Path("/proc/self/autogroup").write_text("19")


def measure(rtu):
    spans = []
    with ReactingLab(rtu) as lab, contextlib.ExitStack() as stack:
        person = lab.person("anna")
        person.book("tank", seconds=3600)
        person.take("tank")
        pty = stack.enter_context(BarePty()) if rtu else None
        stand_back()
        flood = Flood(lab, person)
        for client in flood.clients:
            client.token, client.seat = person.token, person.seat
        results = [reaction(*trip(lab, person, flood, spans), rtu) for _ in range(TRIPS)]
        counters = {each.name: each.value for each in lab.admin(health={}).health.counters}
        for client in flood.clients:
            client.close()
    of_sample = [result for result in results if result]
    assert len(of_sample) >= 0.9 * TRIPS, f"{len(of_sample)} of {TRIPS} trips came of a sample"
    times, simulator, between = ([each[i] / scale for each in of_sample] for i, scale in enumerate((1e6, 1e6, 1)))
    priority = counters["realtime-priority"]
    print(f"reaction: {'RTU' if rtu else 'TCP'}, {f'SCHED_FIFO {priority}' if priority else 'ordinary scheduling'}: {TRIPS} trips, {TRIPS * OFFERED} commands offered, {counters['bus-busy']} found "
          f"no room; median {quantile(times, 0.5):.2f} ms, 99th percentile {quantile(times, 0.99):.2f} ms, worst "
          f"{max(times):.2f} ms; transactions between: {sum(between) / len(between):.2f}, at most {max(between):.0f}; "
          f"{TRIPS - len(of_sample)} trips by staleness", file=sys.stderr)
    if rtu:
        stack.close()
        bare = [took / 1e6 for took in pty.during(spans)] or [math.inf]
        for what, values in (("as the simulator saw it", simulator), ("there and back on a bare pty at the same time", bare)):
            print(f"reaction: {what}: {len(values)} times, median {quantile(values, 0.5):.2f} ms, 99th percentile "
                  f"{quantile(values, 0.99):.2f} ms, worst {max(values):.2f} ms", file=sys.stderr)
        row("RTU, sample to safe write beyond what is in flight and 3.5 characters, 99th", quantile(times, 0.99), 1, "ms")
        row("  transactions before the safe write", max(between), 1, "")
    else:
        row("TCP, sample to safe write, disk stalled, 10,000 commands, 99th", quantile(times, 0.99), 1, "ms")


if __name__ == "__main__":
    for kind in sys.argv[1:] or ("tcp", "rtu"):
        child = os.fork()  # for stand_back()
        if child == 0:
            measure(kind == "rtu")
            os._exit(0)
        if os.waitpid(child, 0)[1] != 0:
            sys.exit(1)
